"""The benchmarks run and print figures. What the figures are is not tested: a busy machine is no bug."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("part", "rows"), [("qsh", 3), ("tokens", 6)])
def test_a_quick_run_prints_and_writes_figures(part, rows, tmp_path):
    written = tmp_path / "figures.json"

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", part, "--quick", "--json", str(written)],
        check=False,
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^\| .*(?:short|60 parameters).*\d\.\d\d \|$", done.stdout, re.MULTILINE)) == rows
    (report,) = json.loads(written.read_text())["reports"]
    assert len(report["rows"]) == len(report["claims"]) == rows
    assert all(row["times"] > 0 for row in report["rows"])


@pytest.mark.parametrize(("part", "rows"), [("dynamic", [2, 12]), ("descriptors", [2])])
def test_parts_about_modules_do_what_they_measure(part, rows, tmp_path):
    """They check themselves what they planned, synced and found: a wrong result ends the run."""
    if part == "descriptors":
        pytest.importorskip("jsonschema", reason="the peer is in the extra `benchmark`")
    written = tmp_path / "figures.json"

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", part, "--quick", "--json", str(written)],
        check=False,
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    reports = json.loads(written.read_text())["reports"]
    assert [len(report["rows"]) for report in reports] == rows


def test_an_unknown_part_is_named():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "pagse"],
        check=False,
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 2
    assert "pagse" in done.stderr
