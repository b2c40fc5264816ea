from __future__ import annotations

import pytest

from atlassian_connect.sandbox.rest.jql import JqlError, parse_jql
from atlassian_connect.sandbox.store.store import Store

NOW = 1_790_000_000.0


def keys(text: str) -> list[str]:
    return [issue.key for issue in parse_jql(text, now=NOW).run(Store(lambda: NOW).content.issues())]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("project = OPS", 8),
        ("project=ops", 8),
        ('project = "WEB"', 8),
        ("project != OPS", 8),
        ("project in (OPS, 'WEB')", 16),
        ("project not in (OPS)", 8),
        ("key in (OPS-1, WEB-2)", 2),
        ("resolution = EMPTY", 14),
        ("resolution is EMPTY", 14),
        ("resolution = Unresolved", 14),
        ("resolution IS NOT EMPTY", 2),
        ("resolution = Done", 2),
        ("statusCategory != Done", 14),
        ('statusCategory in ("To Do", "In Progress")', 14),
        ('status = "In Progress" AND project = OPS', 2),
        ("updated <= -400d", 2),
        ("updated >= -1d", 0),
        ("updated >= -3d", 2),
        ("updated <= -1000w", 0),
        ('updated < "2030-01-01"', 16),
        ('created > "2030-01-01 10:30"', 0),
        ("project = OPS and updated <= -100d and resolution = EMPTY order by updated desc", 3),
    ],
)
def test_what_is_found(text: str, count: int):
    assert len(keys(text)) == count


def test_order():
    oldest_first = keys("project = OPS ORDER BY updated ASC")
    assert oldest_first[0] == "OPS-8"
    assert keys("project = OPS ORDER BY updated DESC") == oldest_first[::-1]
    assert keys("project in (OPS, WEB) ORDER BY project DESC, key")[0] == "WEB-1"
    assert keys("project = OPS")[0] == "OPS-8"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "Unbounded"),
        ("ORDER BY updated", "Unbounded"),
        ('text ~ "x"', 'text ~ "x"'),
        ("project = OPS AND labels = a", "labels = a"),
        ("project = OPS OR project = WEB", "OR project = WEB"),
        ("assignee = currentUser()", "currentUser"),
        ("updated <= startOfDay()", "updated <= startOfDay"),
        ("updated <= never", "never"),
        ("project = ", "too early"),
        ("project", "too early"),
        ("project in OPS", "project in OPS"),
        ("project in (OPS", "too early"),
        ("project in (OPS WEB)", "project in"),
        ("project is OPS", "project is OPS"),
        ("project = OPS ORDER updated", "ORDER updated"),
        ("project = OPS ORDER BY size", "ORDER BY size"),
        ("project = OPS ORDER BY key ASC WEB", "ORDER BY"),
        ("(project = OPS)", "( project"),
        ('"', "cannot read"),
        ("project = OPS AND" + " x" * 3000, "longer"),
    ],
)
def test_what_is_not_there_is_named(text: str, named: str):
    with pytest.raises(JqlError) as caught:
        keys(text)
    assert named in str(caught.value)
