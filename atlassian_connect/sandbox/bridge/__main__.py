"""Fetch the bridge: ``python -m atlassian_connect.sandbox.bridge``. Prints the folder it is in."""

from __future__ import annotations

import argparse
import sys

from .package import BridgeUnavailableError, fetch_bridge


def main(arguments: list[str] | None = None) -> int:
    """Fetch and print. 1 when it cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m atlassian_connect.sandbox.bridge", description=__doc__)
    parser.add_argument("--cache", metavar="FOLDER", help="keep it here, not in the user's folder for caches")
    try:
        bridge = fetch_bridge(parser.parse_args(arguments).cache)
    except BridgeUnavailableError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command
        return 1
    print(bridge.folder)  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
