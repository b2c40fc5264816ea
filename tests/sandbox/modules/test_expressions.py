"""The part of Jira expressions that conditions get by with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian_connect.sandbox.modules.expressions import ExpressionError, evaluate_expression

HERE = {
    "issue": {"key": "OPS-1", "issueType": {"name": "Story"}, "assignee": None, "labels": ["a", "b"], "id": 10100},
    "user": None,
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("true", True),
        (" issue.issueType.name == 'Story' ", True),
        ("issue.issueType.name == 'Epic' || issue.issueType.name == \"Story\"", True),
        ("issue.issueType.name != 'Story' && true", False),
        ("['Epic', 'Story'].includes(issue.issueType.name)", True),
        ("issue.labels.includes('z')", False),
        ("issue.key.includes('OPS-')", True),
        ("issue.labels.length >= 2", True),
        ("issue.id > 10100.5", False),
        ("user == null", True),
        ("user != null && user.accountId == 'x'", False),
        ("issue.assignee == null || issue.assignee.accountId == 'x'", True),
        ("true || false && false", True),
        ("(true || false) && false", False),
        ("!(1 == 2) == !!true", True),
        ("!false", True),
        ("1 == true", False),
        ("[]", []),
        (r"'it\'s'", "it's"),
    ],
)
def test_values(expression, value):
    assert evaluate_expression(expression, HERE) == value


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "issue.sprint",
        "issue.assignee.accountId",
        "nobody",
        "issue.labels.map(l => l)",
        "issue.labels.filter(1)",
        "issue['key']",
        "true ? 1 : 2",
        "true true",
        "1 || true",
        "!1",
        "'a' < 'b'",
        "(true",
        "[1, ",
        "[,1]",
        "issue.",
        "1 + 1",
        "'open",
        "(" * 200 + "true" + ")" * 200,
        "true || " * 200 + "true",
    ],
)
def test_what_is_not_known_is_refused(expression):
    with pytest.raises(ExpressionError):
        evaluate_expression(expression, HERE)


WORDS = [
    "(",
    ")",
    "[",
    "]",
    "!",
    "==",
    "&&",
    "||",
    ".",
    ",",
    "<",
    "1",
    "'a'",
    "issue",
    "key",
    "labels",
    "includes",
    "null",
]


@given(st.lists(st.sampled_from(WORDS)))
def test_any_text_has_a_value_or_is_refused(words):
    try:
        evaluate_expression(" ".join(words), HERE)
    except ExpressionError:
        return
