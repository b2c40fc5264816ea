"""``flask connect new``: the app that it writes is run, tested and checked as its owner would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from atlassian_connect.cli import connect_group
from atlassian_connect.errors import ConnectError
from atlassian_connect.scaffold import NewApp, ScaffoldError, write_app

ROOT = Path(__file__).parents[2]


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FLASK", "ATLASSIAN"))}
    environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("product", ["jira", "confluence", "both"])
def test_the_written_app_passes_its_own_tests(tmp_path: Path, product: str) -> None:
    result = CliRunner().invoke(
        connect_group, ["new", "meeting-notes", "--product", product, "--directory", str(tmp_path / "app")]
    )
    assert result.exit_code == 0, result.output
    folder = tmp_path / "app"

    tested = run("make", "test", f"BIN={Path(sys.executable).parent}", folder=folder)

    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed" in tested.stdout


@pytest.mark.parametrize("product", ["jira", "confluence", "both"])
def test_the_written_app_is_tidy(tmp_path: Path, product: str) -> None:
    products = frozenset({"jira", "confluence"} if product == "both" else {product})
    write_app(tmp_path, NewApp("notes", "com.example.notes", products))
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed: make check has it")

    checked = run(str(ruff), "check", "--isolated", "--select", "E,F,I,UP,B", "--line-length", "120", folder=tmp_path)
    formatted = run(str(ruff), "format", "--isolated", "--check", "--line-length", "120", folder=tmp_path)

    assert (checked.returncode, formatted.returncode) == (0, 0), checked.stdout + formatted.stdout


def test_what_was_asked_for_is_in_it(tmp_path: Path) -> None:
    written = write_app(tmp_path, NewApp("notes", "com.example.notes", frozenset({"jira"})))

    texts = {path.name: (tmp_path / path).read_text() for path in written}
    assert 'app_key="com.example.notes"' in texts["extensions.py"]
    assert "connect dev --sandbox --product jira\n" in texts["Makefile"]
    assert "jira:issue_updated" in texts["events.py"]
    assert "confluence" not in (texts["events.py"] + texts["pages.py"] + texts["test_app.py"]).lower()
    assert not any(mark in text for text in texts.values() for mark in ("<<", "<%"))
    assert ".env" in texts[".gitignore"].split()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "pages.py").write_text("mine")

    with pytest.raises(ScaffoldError, match=r"pages\.py already"):
        write_app(tmp_path, NewApp("notes"))

    assert (tmp_path / "notes" / "pages.py").read_text() == "mine"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["pages.py"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ScaffoldError, match="cannot be written"):
        write_app(tmp_path / "file" / "app", NewApp("notes"))


@pytest.mark.parametrize(
    "name",
    ["", "Notes", "1st", "a b", "../up", "a/b", "notes-", "a--b", "class", "json", "tests", "flask", "x" * 51],
)
def test_names_that_cannot_work_are_refused(name: str) -> None:
    with pytest.raises(ScaffoldError):
        NewApp(name)


@pytest.mark.parametrize("key", ["a b", "é", "x" * 65, "a/b", '"', "a\n"])
def test_keys_that_no_host_takes_are_refused(key: str) -> None:
    with pytest.raises(ConnectError, match="no app key"):
        NewApp("notes", key)


def test_the_command_needs_no_app(tmp_path: Path) -> None:
    result = run(sys.executable, "-m", "flask", "connect", "new", "notes", folder=tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "notes" / "notes" / "__init__.py").is_file()
    again = run(sys.executable, "-m", "flask", "connect", "new", "notes", folder=tmp_path)
    assert again.returncode == 1
    assert "already" in again.stderr
    assert "Traceback" not in again.stderr
