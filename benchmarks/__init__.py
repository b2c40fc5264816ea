"""What the project claims about speed, measured. ``python -m benchmarks --help`` says how to run it."""
