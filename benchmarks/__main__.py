"""``python -m benchmarks [PART…] [--quick] [--json FILE]``."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from .report import machine

_PARTS = ("qsh", "tokens", "pages", "installs", "access", "host_client", "dynamic", "descriptors")


def main() -> int:
    """Run the parts that were asked for. Exits 0 whatever the figures are: a busy machine is no error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(_PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and tenants: a look, no figures to quote")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(_PARTS):
        parser.error(f"there is no part {unknown.pop()!r}; choose from {', '.join(_PARTS)}")
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()) + "\n")
    reports = []
    for part in arguments.parts or _PARTS:
        for report in importlib.import_module(f"benchmarks.{part}").run(quick=arguments.quick):
            print(report.text(), flush=True)
            reports.append(report)
    if arguments.json is not None:
        document = {"machine": facts, "quick": arguments.quick, "reports": [asdict(report) for report in reports]}
        arguments.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
