# make run    the example app, installed in a local host; make run ARGS=--once tells the story and exits
# make test   all tests, on SQLite and PostgreSQL; JOBS=0 runs them in one process
# make check  style, types, import contracts, the built wheel
# Each makes .venv by itself. PYTHON=python3.13 chooses the interpreter.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test check benchmark docs clean

run: $(VENV)/run.done
	@$(BIN)/python -m example_app $(ARGS)

test: $(VENV)/test.done
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: $(VENV)/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/packaging/check_wheel.py

benchmark: $(VENV)/benchmark.done
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/docs.done
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.done: pyproject.toml $(VENV)/made
	$(PIP) -e '.[example]'
	@touch $@

$(VENV)/%.done: pyproject.toml $(VENV)/made
	$(PIP) -e '.[$*]'
	@touch $@
