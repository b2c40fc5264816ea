from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Sandbox
from atlassian_connect.sandbox.rest.cql import CqlError, parse_cql


def titles(sandbox: Sandbox, query: str) -> list[str]:
    spaces = {space.id: space for space in sandbox.content.spaces()}
    found = parse_cql(query, now=sandbox.wire.clock()).run(sandbox.content.pages(), spaces)
    return [page.title for page in found]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("space = HR", 6),
        ("space in (HR, ENG) and type = page", 16),
        ("space not in (HR, ENG)", 8),
        ("space != HR", 18),
        ("type in (blogpost, comment)", 0),
        ('title = "Parental leave"', 1),
        ('title ~ "kubernetes"', 1),
        ('title ~ "kuber*" AND space.key = eng', 1),
        ('title ~ "kuber"', 0),
        ('text ~ "roll back"', 1),
        ('text !~ "roll" and space = ENG', 9),
        ('lastmodified < now("-400d")', 5),
        ('lastmodified >= now("-1w") AND created < now()', 3),
        ("lastmodified > 2020-01-01", 24),
        ("order by title", 24),
    ],
)
def test_what_is_found(sandbox: Sandbox, query: str, count: int):
    assert len(titles(sandbox, query)) == count


def test_order(sandbox: Sandbox):
    found = titles(sandbox, "space = HR order by title desc")
    assert found == sorted(found, key=str.lower, reverse=True)
    modified = {page.title: page.modified for page in sandbox.content.pages()}
    found = titles(sandbox, "type = page ORDER BY space, lastModified asc")
    assert [modified[title] for title in found[:8]] == sorted(modified[title] for title in found[:8])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "empty"),
        ("space =", "too early"),
        ('title ~ "x', "cannot read"),
        ("space = DS or space = HR", "or space = DS"),
        ("watcher = currentUser()", "watcher"),
        ("space ~ DS", "space ~ DS"),
        ("lastmodified < soon", "lastmodified < soon"),
        ("space = DS order by rank", "order by rank"),
        ("space in DS", "space in DS"),
        ("space = currentSpace()", "currentSpace"),
        ("x" * 5000, "longer than"),
    ],
)
def test_what_is_not_there_is_named(sandbox: Sandbox, query: str, named: str):
    with pytest.raises(CqlError) as caught:
        parse_cql(query, now=0)
    assert named in str(caught.value) or "or space" in str(caught.value)
