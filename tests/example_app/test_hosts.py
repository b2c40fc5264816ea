"""Lists that a host gives in several pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from atlassian_connect.client import HostClient, Transport
from atlassian_connect.errors import UrlNotAllowedError
from atlassian_connect.secret import Secret
from atlassian_connect.tenants import Tenant
from example_app.confluence import ConfluenceHost
from example_app.hosts import Area
from example_app.jira import JiraHost

ORIGIN = "https://example.atlassian.net"
AREA = Area(id="7", key="ENG", name="Engineering")


class FakeHost:
    """Answers by a function of path and query, and keeps what it was asked."""

    def __init__(self, answer: Callable[[str, dict[str, str]], Any]) -> None:
        self._answer = answer
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        self.asked.append((environ["PATH_INFO"], query))
        body = json.dumps(self._answer(environ["PATH_INFO"], query)).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def client(host: FakeHost, product: Any, path: str = "") -> HostClient:
    transport = Transport()
    transport.mount(ORIGIN, host)
    now = datetime.now(UTC)
    tenant = Tenant(
        client_key="c",
        app_key="stale-pages",
        product=product,
        base_url=ORIGIN + path,
        shared_secret=Secret("s" * 40),
        installed=True,
        enabled=True,
        installed_at=now,
        updated_at=now,
    )
    return HostClient(tenant, transport=transport)


def spaces(_path: str, query: dict[str, str]) -> dict[str, Any]:
    number = int(query.get("cursor", "0"))
    links = {"next": f"/wiki/api/v2/spaces?limit=250&cursor={number + 1}"} if number < 2 else {}
    return {"results": [{"id": number, "key": f"S{number}", "name": f"Space {number}"}], "_links": links}


def test_confluence_lists_are_followed_to_their_end() -> None:
    host = FakeHost(spaces)

    found = list(ConfluenceHost(client(host, "confluence", "/wiki")).areas())

    assert [area.key for area in found] == ["S0", "S1", "S2"]
    assert {path for path, _ in host.asked} == {"/wiki/api/v2/spaces"}


def test_confluence_links_to_elsewhere_are_not_followed() -> None:
    def evil(_path: str, _query: dict[str, str]) -> Any:
        return {"results": [], "_links": {"next": "https://evil.example/wiki/api/v2/spaces"}}

    with pytest.raises(UrlNotAllowedError):
        list(ConfluenceHost(client(FakeHost(evil), "confluence", "/wiki")).areas())


def pages(_path: str, query: dict[str, str]) -> dict[str, Any]:
    number = int(query.get("cursor", "0"))
    page = {
        "id": str(number),
        "title": f"Page {number}",
        "version": {"createdAt": f"2024-01-0{number + 1}T23:00:00.000Z"},
        "_links": {"webui": f"/pages/{number}"},
    }
    return {"results": [page], "_links": {"next": f"/wiki/api/v2/pages?cursor={number + 1}"}}


@pytest.mark.parametrize(("until", "at_most", "count"), [(3, 100, 3), (9, 2, 2), (1, 5, 1)])
def test_confluence_is_not_asked_for_more_than_is_needed(until: int, at_most: int, count: int) -> None:
    host = FakeHost(pages)

    found = ConfluenceHost(client(host, "confluence", "/wiki")).stale_items(
        AREA, until=date(2024, 1, until), at_most=at_most
    )

    assert [item.title for item in found] == [f"Page {number}" for number in range(count)]
    assert len(host.asked) <= count + 1


def issues(_path: str, query: dict[str, str]) -> dict[str, Any]:
    number = int(query.get("nextPageToken", "0"))
    fields = {"summary": "s", "updated": "2024-01-01T10:00:00.000+0200"}
    answer: dict[str, Any] = {"issues": [{"id": str(number), "key": f"OPS-{number}", "fields": fields}]}
    return answer | ({"nextPageToken": str(number + 1)} if number < 3 else {})


@pytest.mark.parametrize(("at_most", "count"), [(100, 4), (4, 4), (2, 2)])
def test_jira_searches_are_followed_to_their_end(at_most: int, count: int) -> None:
    host = FakeHost(issues)

    found = JiraHost(client(host, "jira")).stale_items(AREA, until=date(2024, 1, 2), at_most=at_most)

    assert [item.path for item in found] == [f"/browse/OPS-{number}" for number in range(count)]
    assert len(host.asked) == count
    assert {query["jql"] for _, query in host.asked} == {
        'project = "ENG" AND statusCategory != Done AND updated <= "2024-01-02 23:59" ORDER BY updated ASC'
    }


@pytest.mark.parametrize("with_last", [True, False])
def test_jira_projects_are_followed_to_their_end(with_last: bool) -> None:
    def projects(_path: str, query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("startAt", "0"))
        values = [{"id": str(start), "key": f"P{start}", "name": "P"}] if start < 3 else []
        return {"startAt": start, "values": values} | ({"isLast": start >= 2} if with_last else {})

    found = list(JiraHost(client(FakeHost(projects), "jira")).areas())

    assert [area.key for area in found] == ["P0", "P1", "P2"]
