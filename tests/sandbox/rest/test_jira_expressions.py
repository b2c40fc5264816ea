"""Jira expressions that apps evaluate by REST."""

from __future__ import annotations

from typing import Any

import pytest

from atlassian_connect.sandbox import Installation

from ..connect_app import HostCaller

PATHS = ("/rest/api/3/expression/eval", "/rest/api/3/expression/evaluate")
ISSUE = {"issue": {"key": "OPS-1"}}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("expression", "context", "value"),
    [
        ("issue.key", ISSUE, "OPS-1"),
        ("issue.issueType.name == 'Bug' || issue.labels.length > 100", {"issue": {"id": 10100}}, False),
        ("[issue.project.key, project.name]", {**ISSUE, "project": {"id": "10001"}}, ["OPS", "Website"]),
        ("project.key", {"project": {"key": "WEB"}}, "WEB"),
        ("1 < 2", {}, True),
        ("issue.resolution", ISSUE, None),
    ],
)
def test_what_is_known_is_evaluated(
    jira_app: Installation, host: HostCaller, path: str, expression: str, context: dict, value: Any
):
    answer = host("POST", path, {"expression": expression, "context": context})
    assert (answer.status_code, answer.json) == (200, {"value": value})


def test_the_user_is_whom_the_call_is_made_as(jira_app: Installation, host: HostCaller):
    answer = host("POST", PATHS[0], {"expression": "user.accountId"})
    assert answer.json == {"value": jira_app.account_id}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"expression": " "}, 400),
        ({"expression": 3}, 400),
        ({"expression": "x" * 1001}, 400),
        ({"expression": "1", "context": []}, 200),
        ({"expression": "1", "context": [1]}, 400),
        ({"expression": "1", "context": {"issue": "OPS-1"}}, 400),
        ({"expression": "1", "context": {"issue": {"key": {}}}}, 400),
        ({"expression": "1", "context": {"project": {"id": True}}}, 400),
        ({"expression": "1", "context": {"issue": {"key": "NO-1"}}}, 404),
        ({"expression": "1", "context": {"project": {"key": "NO"}}}, 404),
        ({"expression": "1", "context": {"issues": {"jql": {"query": "project = OPS"}}}}, 501),
        ({"expression": "issue.comments.map(c => c.body)", "context": ISSUE}, 501),
        ({"expression": "issue.status", "context": ISSUE}, 501),
        ({"expression": "issue.key"}, 501),
        ({"expression": "(" * 300 + "1" + ")" * 300}, 501),
    ],
)
def test_what_is_wrong_or_not_had_is_said(jira_app: Installation, host: HostCaller, body: dict, status: int):
    for path in PATHS:
        assert host("POST", path, body).status_code == status


def test_what_the_app_may_not_see_is_not_there(jira_app: Installation, host: HostCaller):
    jira_app.block("OPS")
    assert host("POST", PATHS[0], {"expression": "1", "context": ISSUE}).status_code == 403
