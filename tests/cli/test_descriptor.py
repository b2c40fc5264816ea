from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from atlassian_connect import AtlassianConnect
from atlassian_connect.protocol.descriptor import Problem
from atlassian_connect.web.context import state_of

from .conftest import Run

TEMPLATE = {"key": "com.example.app", "name": "App", "scopes": ["READ"]}


def test_prints_the_bytes_that_are_served(run: Run, app: Flask) -> None:
    assert run("descriptor").stdout_bytes == app.test_client().get("/atlassian-connect.json").data


def test_output_writes_the_same_bytes(run: Run, app: Flask, tmp_path: Path) -> None:
    run("descriptor", "--output", str(tmp_path / "d.json"))

    assert (tmp_path / "d.json").read_bytes() == app.test_client().get("/atlassian-connect.json").data


def test_output_to_nowhere_is_an_error(run: Run, tmp_path: Path) -> None:
    assert "No such file" in run("descriptor", "--output", str(tmp_path / "no" / "d.json"), exit_code=1).stderr


def test_check_without_problems(run: Run) -> None:
    assert run("descriptor", "--check").stdout == "No problems found.\n"


def test_check_prints_warnings_and_exits_0(make_app: Callable[..., Flask]) -> None:
    panel = {"key": "side", "name": {"value": "Side"}, "location": "x", "url": "/side"}
    app = make_app(
        AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR={**TEMPLATE, "modules": {"webPanels": [panel]}, "nmae": "typo"}
    )

    result = app.test_cli_runner().invoke(args=["connect", "descriptor", "--check"])

    assert result.exit_code == 0
    assert "warning: nmae: Is not a field of the descriptor." in result.stdout
    assert "warning: /side: The descriptor names this path, and the app has no route for it." in result.stdout


def test_check_exits_1_on_errors(run: Run, app: Flask, monkeypatch: object) -> None:
    state_of(app).descriptor["scopes"] = ["EVERYTHING"]

    assert "error: scopes[0]" in run("descriptor", "--check", exit_code=1).stdout
    assert str(Problem("error", "", "x")) == "descriptor: x"


def test_print_is_what_the_group_does_without_a_subcommand(run: Run, tmp_path: Path) -> None:
    assert run("descriptor", "print").stdout_bytes == run("descriptor").stdout_bytes
    assert run("descriptor", "print", "--check").stdout == "No problems found.\n"

    run("descriptor", "print", "--output", str(tmp_path / "d.json"))

    assert (tmp_path / "d.json").read_bytes() == run("descriptor").stdout_bytes


def test_options_of_print_before_another_subcommand_are_refused(run: Run) -> None:
    assert "go after `print`" in run("descriptor", "--check", "print", exit_code=2).stderr
