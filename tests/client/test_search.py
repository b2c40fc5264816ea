"""Search: lazily, page by page, over the endpoints of today."""

from __future__ import annotations

import pytest

from atlassian_connect.errors import HostBadRequestError

from .scripted import query, scripted

JQL = "/rest/api/3/search/jql"
CQL = "/rest/api/search"


@pytest.fixture
def jira(transport):
    """Seven issues, in pages of at most three."""
    host, client = scripted(transport, "jira")

    def search(received):
        asked = query(received)
        start, size = int(asked.get("nextPageToken", "t0")[1:]), min(int(asked["maxResults"]), 3)
        page = {"issues": [{"id": str(number)} for number in range(start, min(start + size, 7))]}
        if start + size < 7:
            page["nextPageToken"] = f"t{start + size}"
        return 200, page

    host.route("GET", JQL, search)
    return host, client


@pytest.fixture
def confluence(transport):
    host, client = scripted(transport, "confluence")

    def search(received):
        start = int(query(received).get("cursor", "0"))
        links = {"base": "https://example.atlassian.net/wiki", "context": "/wiki"}
        if start < 4:
            links["next"] = f"/rest/api/search?cql=type%3Dpage&cursor={start + 2}"
        return 200, {"results": [{"title": str(start)}, {"title": str(start + 1)}], "_links": links}

    host.route("GET", CQL, search)
    return host, client


def test_issues_come_by_page_token(jira):
    host, client = jira

    found = client.search_jql("project = DEMO", page_size=3)

    assert [issue["id"] for issue in found] == list("0123456")
    asked = [query(received) for received in host.received]
    assert [one.get("nextPageToken") for one in asked] == [None, "t3", "t6"]
    assert {(one["jql"], one["fields"], one["maxResults"]) for one in asked} == {("project = DEMO", "*navigable", "3")}


def test_nothing_is_asked_before_somebody_reads_and_no_more_than_is_read(jira):
    host, client = jira

    found = client.search_jql("project = DEMO")
    assert host.received == []
    next(found)
    assert len(host.received) == 1


def test_a_search_stops_after_as_many_as_wanted(jira):
    host, client = jira

    assert len(list(client.search_jql("project = DEMO", max_items=4))) == 4
    assert len(host.received) == 2


def test_a_search_can_be_gone_on_with(jira):
    _, client = jira
    found = client.search_jql("project = DEMO")
    read = [next(found) for _ in range(4)]

    again = client.paginate(JQL, start=found.position)

    assert [issue["id"] for issue in (*read, *again)] == list("0123456")


def test_what_issues_bring_along(jira):
    host, client = jira

    list(client.search_jql("a", fields=["summary", "status"], expand=["names"], properties=["k"], max_items=1))
    assert {"fields": "summary,status", "expand": "names", "properties": "k"}.items() <= query(host.last).items()
    list(client.search_jql("a", fields=[], max_items=1))
    assert "fields" not in query(host.last)


def test_lists_are_no_text(jira, confluence):
    for search in (
        lambda: jira[1].search_jql("a", fields="summary"),
        lambda: jira[1].search_jql("a", properties="k"),
        lambda: confluence[1].search_cql("a", expand="space"),
    ):
        with pytest.raises(TypeError, match="Give a list"):
            search()


def test_a_bad_query_is_the_hosts_error(jira):
    host, client = jira
    host.route("GET", JQL, (400, {"errorMessages": ["Unbounded JQL queries are not allowed here."]}))

    with pytest.raises(HostBadRequestError, match="Unbounded"):
        next(client.search_jql("order by created"))


def test_content_comes_by_link(confluence):
    host, client = confluence

    found = client.search_cql("type=page", page_size=2, expand=["content.space"])

    assert [result["title"] for result in found] == list("012345")
    assert query(host.received[0]) == {"cql": "type=page", "limit": "2", "expand": "content.space"}
    assert [query(received).get("cursor") for received in host.received] == [None, "2", "4"]


def test_a_search_of_content_stops_after_as_many_as_wanted(confluence):
    host, client = confluence

    assert len(list(client.search_cql("type=page", max_items=3))) == 3
    assert len(host.received) == 2
