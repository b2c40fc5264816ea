from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from atlassian_connect import AtlassianConnect
from atlassian_connect.client.call_counts import CallCount
from atlassian_connect.web.call_file import CallFile

from .conftest import Run

HISTORY = "GET /wiki/rest/api/content/{id}/history"


def test_explains_a_call(run: Run) -> None:
    text = run("access", "get", "https://example.atlassian.net/wiki/rest/api/content/123/history?expand=x").stdout

    assert text.splitlines() == [
        f"Operation   {HISTORY}",
        "API         Confluence version 1, Content APIs: Get content history",
        "Effect      blocked where an administrator blocks apps from the space",
        "Sources     document: blocked; OpenAPI annotation: blocked",
        "Scope       READ, which the app has",
        "Deprecated  says the document and the OpenAPI file",
        "Use         GET /wiki/api/v2/pages/{id}/versions",
        "            GET /wiki/api/v2/blogposts/{id}/versions",
        "With        id = 123",
    ]
    assert run("access", "explain", "GET", "/wiki/rest/api/content/123/history").stdout == text


def test_names_a_missing_scope(run: Run) -> None:
    assert "Scope       DELETE, which the descriptor lacks" in run("access", "DELETE", "/rest/api/3/issue/X-1").stdout
    assert "Scope       closed to Connect apps" in run("access", "POST", "/rest/api/3/user").stdout
    assert "Scope       none needed" in run("access", "GET", "/rest/atlassian-connect/1/app/module/dynamic").stdout


def test_says_that_sources_disagree(run: Run) -> None:
    text = run("access", "GET", "/wiki/rest/api/space/DS/state").stdout

    assert "Effect      exempt" in text
    assert "Sources     document: exempt; OpenAPI annotation: blocked" in text
    assert "They disagree, and the document counts." in text


def test_an_unknown_call(run: Run) -> None:
    text = run("access", "GET", "/rest/agile/1.0/board").stdout

    assert text.splitlines() == [
        "Operation   not in the catalogue of Jira",
        "Effect      unknown: no source says whether app access rules concern it",
    ]


@pytest.mark.parametrize("version", ["2", "latest"])
def test_version_2_of_jira_is_unknown_and_version_3_a_hint(run: Run, version: str) -> None:
    text = run("access", "GET", f"/rest/api/{version}/issue/X-1").stdout

    assert "Effect      unknown" in text
    assert "Version 3   GET /rest/api/3/issue/{issueIdOrKey} is blocked" in text


def test_the_product_may_be_given(run: Run) -> None:
    assert "not in the catalogue of Jira" in run("access", "GET", "/rest/api/content", "--product", "jira").stdout


def test_for_programs(run: Run) -> None:
    found = json.loads(run("access", "GET", "/wiki/rest/api/content/123/history", "--json").stdout)

    assert (found["effect"], found["scope"], found["deprecated"]) == ("blocked", "READ", True)
    assert found["variables"] == {"id": "123"}


def test_control_characters_do_not_reach_the_terminal(run: Run) -> None:
    assert "\x1b" not in run("access", "GET", "/wiki/api/v2/pages/%1B[2J").stdout


@pytest.mark.parametrize("arguments", [["GET"], ["GET", "/a", "b"], ["GET", "/a", "--product", "bitbucket"]])
def test_bad_usage(run: Run, arguments: list[str]) -> None:
    assert "Usage" in run("access", *arguments, exit_code=2).stderr


# --- report -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> CallFile:
    return CallFile(tmp_path / "access.sqlite3")


@pytest.fixture
def app(make_app: Callable[..., Flask], file: CallFile) -> Flask:
    return make_app(AtlassianConnect(), ATLASSIAN_CONNECT_ACCESS_REPORT=str(file.path))


def test_report(run: Run, file: CallFile) -> None:
    file.add(
        {
            ("confluence", HISTORY): CallCount(calls=7, refused=2, blocked=1),
            ("jira", "DELETE /rest/api/3/issue/{issueIdOrKey}"): CallCount(calls=3),
            ("jira", "GET /rest/agile/1.0/…"): CallCount(calls=1),
        }
    )

    assert [" ".join(line.split()) for line in run("access", "report").stdout.splitlines()] == [
        "CALLS REFUSED EFFECT OPERATION REMARKS",
        f"7 2 blocked {HISTORY} blocked 1 times; deprecated, use GET /wiki/api/v2/pages/{{id}}/versions",
        "3 0 blocked DELETE /rest/api/3/issue/{issueIdOrKey} DELETE, which the descriptor lacks",
        "1 0 unknown GET /rest/agile/1.0/…",
        "Operations: 3, calls: 11.",
        "Can be blocked by an administrator: 2; deprecated: 1; need a scope that the descriptor lacks: 1.",
    ]


def test_report_for_programs(run: Run, file: CallFile) -> None:
    file.add({("confluence", HISTORY): CallCount(calls=7)})

    [line] = json.loads(run("access", "report", "--json").stdout)

    assert (line["operation"], line["calls"], line["effect"], line["missing_scope"]) == (HISTORY, 7, "blocked", None)


def test_report_of_nothing(run: Run, file: CallFile) -> None:
    assert "No calls were counted yet" in run("access", "report").stdout
    assert not file.path.exists()


def test_report_and_begin_anew(run: Run, file: CallFile) -> None:
    file.add({("confluence", HISTORY): CallCount(calls=7)})

    assert HISTORY in run("access", "report", "--clear").stdout
    assert file.counts() == {}


def test_without_a_file_the_report_says_how_to_get_one(make_app: Callable[..., Flask]) -> None:
    result = make_app(AtlassianConnect()).test_cli_runner().invoke(args=["connect", "access", "report"])

    assert result.exit_code == 1
    assert "ATLASSIAN_CONNECT_ACCESS_REPORT" in result.stderr


def test_a_broken_file_is_one_line(run: Run, file: CallFile) -> None:
    file.path.write_text("no database at all, but somebody's notes, and many of them")

    assert "cannot be used" in run("access", "report", exit_code=1).stderr
