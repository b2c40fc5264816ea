from __future__ import annotations

from datetime import datetime

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox
from atlassian_connect.sandbox.rest.confluence_search import entries
from atlassian_connect.sandbox.rest.cql import CqlError, parse_cql
from atlassian_connect.sandbox.rest.cql_fields import Entry


def found(sandbox: Sandbox, query: str) -> list[Entry]:
    return parse_cql(query, now=sandbox.wire.clock(), account_id=ADMIN).run(
        entries(sandbox.confluence, lambda key: True)
    )


def titles(sandbox: Sandbox, query: str) -> list[str]:
    return [one.title for one in found(sandbox, query)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("type = page and space = HR", 6),
        ("space in (HR, ENG) and type = page", 16),
        ("type = page and space not in (HR, ENG)", 8),
        ("type = page and space != HR", 18),
        ("type in (blogpost, comment)", 8),
        ("type = blogpost", 2),
        ('title = "Parental leave" and type = page', 1),
        ('type = page and title ~ "kubernetes"', 1),
        ('title ~ "kuber*" AND space.key = eng', 1),
        ('title ~ "kuber"', 0),
        ('type = page and text ~ "roll back"', 1),
        ('type = page and text !~ "roll" and space = ENG', 9),
        ('type = page and lastmodified < now("-400d")', 5),
        ('type = page and lastmodified >= now("-1w") AND created < now()', 3),
        ("type = page and lastmodified > 2020-01-01", 24),
        ("order by title", 32),
        ("label = tokens", 2),
        ("label = tokens or label = runbook", 5),
        ("type = page and (space = DS or space = HR)", 14),
        ("type = page and not space = DS", 16),
        ("not (space = DS or space = HR) and type = page", 10),
        ("ancestor = 65537", 7),
        ('parent = 65537 and title ~ "grid"', 1),
        ("type = page and creator = currentUser()", 6),
        ("macro = code", 2),
        ("created > endOfYear()", 0),
        ("type = page and lastmodified < startOfDay()", 24),
        ("type = page and space.type = global", 24),
    ],
)
def test_what_is_found(sandbox: Sandbox, query: str, count: int):
    assert len(titles(sandbox, query)) == count


def test_order(sandbox: Sandbox):
    found = titles(sandbox, "space = HR order by title desc")
    assert found == sorted(found, key=str.lower, reverse=True)
    assert len(found) > 1
    modified = {page.title: page.modified for page in sandbox.content.pages()}
    found = titles(sandbox, "type = page ORDER BY space, lastModified asc")
    assert [modified[title] for title in found[:8]] == sorted(modified[title] for title in found[:8])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "empty"),
        ("space =", "too early"),
        ('title ~ "x', "cannot read"),
        ("(space = DS", "too early"),
        ("space = DS or watcher = x", "watcher = x"),
        ("created > startOfDecade()", "startOfDecade"),
        ("not " * 60 + "space = DS", "too deep"),
        ("watcher = currentUser()", "watcher"),
        ("space ~ DS", "space ~ DS"),
        ("lastmodified < soon", "lastmodified < soon"),
        ("space = DS order by rank", "order by rank"),
        ("space in DS", "space in DS"),
        ("type = space", "type = space"),
        ("type in (page, user)", "type in"),
        ("space = currentSpace()", "currentSpace"),
        ("x" * 5000, "longer than"),
    ],
)
def test_what_is_not_there_is_named(sandbox: Sandbox, query: str, named: str):
    with pytest.raises(CqlError) as caught:
        parse_cql(query, now=0)
    assert named in str(caught.value)


def test_days_and_months_begin_and_end():
    noon = 1_769_860_800.0  # 2026-01-31 12:00 UTC, a Saturday
    written = {"startOfDay()": "01-31", "startOfWeek()": "01-26", "startOfMonth()": "01-01", "endOfMonth()": "02-01"}
    written |= {'startOfMonth("+1M")': "02-01", 'startOfDay("-1d")': "01-30", "startOfYear()": "01-01"}
    written |= {'startOfDay("+1M")': "02-28"}  # a month that has no 31st
    for function, date in written.items():
        limit = parse_cql(f"created >= {function}", now=noon).test
        first = datetime.fromisoformat(f"2026-{date}T00:00:00+00:00").timestamp()
        assert limit(page_of(first))
        assert not limit(page_of(first - 1))


def page_of(created: float) -> Entry:
    none: frozenset[str] = frozenset()
    return Entry("1", "page", "T", "DS", "global", ADMIN, none, created, created, (), "", none, none, "", None)


def test_who_asks_is_the_current_user(sandbox: Sandbox):
    every = list(entries(sandbox.confluence, lambda key: True))
    for account_id in (ADMIN, MEMBER):
        query = parse_cql("creator = currentUser() and type = page", now=0, account_id=account_id)
        found = query.run(every)
        assert {one.creator for one in found} == {account_id}
    nobody = parse_cql("creator = currentUser()", now=0).run(every)
    assert nobody == []


def test_comments_and_files_are_found_with_what_they_are_on(sandbox: Sandbox):
    page = sandbox.content.pages()[0]
    sandbox.content.add_comment(page.id, "<p>an armadillo</p>", account_id=MEMBER)
    sandbox.attachments.add(
        ("page", page.id), name="armadillo.txt", media_type="text/plain", data=b"x", account_id=MEMBER
    )
    kinds = {one.type: one.container for one in found(sandbox, 'siteSearch ~ "armadillo*"')}
    assert kinds == {"comment": page.id, "attachment": page.id}
    sandbox.content.trash_page(page.id, account_id=ADMIN)
    assert found(sandbox, 'siteSearch ~ "armadillo*"') == []


def test_a_space_that_is_not_for_the_reader_is_left_out(sandbox: Sandbox):
    query = parse_cql("type = page", now=0)
    assert len(query.run(entries(sandbox.confluence, {"HR"}.__contains__))) == 6
