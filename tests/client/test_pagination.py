"""Every style of both hosts; hosts that repeat, mislead and never end."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from itertools import chain, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.wrappers import Request

from atlassian_connect.client import HostClient
from atlassian_connect.errors import HostNotFoundError, PaginationError, UrlNotAllowedError

from .hosts import CLOUD, make_tenant


def query_of(received):
    return Request({"QUERY_STRING": received.query, "REQUEST_METHOD": "GET"}).args


def answering(make):
    """Answer with the JSON that ``make`` makes of the query."""

    def answer(received):
        made = make(query_of(received))
        document, headers = made if isinstance(made, tuple) else (made, {})
        return 200, {"Content-Type": "application/json", **headers}, json.dumps(document).encode()

    return answer


def jira_offset(count, *, most=50, name="values", **without):
    def make(query):
        start, size = int(query.get("startAt", 0)), min(int(query.get("maxResults", 50)), most)
        page = list(range(count))[start : start + size]
        document = {
            "startAt": start,
            "maxResults": size,
            "total": count,
            "isLast": start + len(page) >= count,
            name: page,
        }
        return {key: value for key, value in document.items() if without.get(key, True)}

    return answering(make)


def jira_token(count, *, size=20):
    def make(query):
        start = int(query.get("nextPageToken", "t 0&").split()[1].rstrip("&"))
        document = {"issues": list(range(count))[start : start + size], "names": {}, "warningMessages": []}
        if start + size < count:
            document["nextPageToken"] = f"t {start + size}&"
        return document

    return answering(make)


def confluence_v1(count, *, most=25):
    def make(query):
        start, size = int(query.get("start", 0)), min(int(query.get("limit", 25)), most)
        links = {"base": "https://evil.example/wiki", "context": "/wiki", "self": f"{CLOUD}/wiki/rest/api/content"}
        if start + size < count:
            links["next"] = f"/rest/api/content?next=true&limit={size}&start={start + size}&cql=a%3D%22b%20c%22"
        return {"results": list(range(count))[start : start + size], "start": start, "limit": size, "_links": links}

    return answering(make)


def confluence_v2(count, *, in_body=True, in_header=True):
    def make(query):
        start, size = int(query.get("cursor", "c==0").partition("==")[2]), int(query.get("limit", 25))
        links, headers = {"base": f"{CLOUD}/wiki"}, {}
        if start + size < count:
            link = f"/wiki/api/v2/pages?limit={size}&cursor=c%3D%3D{start + size}"
            links.update({"next": link} if in_body else {})
            headers.update({"Link": f'<{link}>; rel="next", <{CLOUD}/wiki>; rel="base"'} if in_header else {})
        return {"results": list(range(count))[start : start + size], "_links": links}, headers

    return answering(make)


def service_desk(count):
    def make(query):
        start, size = int(query.get("start", 0)), int(query.get("limit", 50))
        page = list(range(count))[start : start + size]
        links = {"base": CLOUD, "context": "", "next": f"{CLOUD}/rest/servicedeskapi/request?limit=1&start=999"}
        return {
            "size": len(page),
            "start": start,
            "limit": size,
            "isLastPage": start + size >= count,
            "_links": links,
            "values": page,
        }

    return answering(make)


STYLES = {
    "offset": ("jira", "/rest/api/3/project/search", jira_offset),
    "token": ("jira", "/rest/api/3/search/jql", jira_token),
    "v1": ("confluence", "/rest/api/content", confluence_v1),
    "v2": ("confluence", "/api/v2/pages", confluence_v2),
    "start": ("jira", "/rest/servicedeskapi/request", service_desk),
}


@pytest.fixture(params=STYLES)
def listed(request, cloud, transport, clock):
    """A client and a path of each style; set ``cloud.answers`` by calling the third."""
    product, path, make = STYLES[request.param]
    base = CLOUD + ("/wiki" if product == "confluence" else "")
    client = HostClient(make_tenant(base), transport=transport, clock=clock, retry_policy=clock.policy())

    def of(count):
        cloud.answers[base.removeprefix(CLOUD) + path] = make(count)

    return client, path, of


@pytest.fixture
def jira(cloud, transport, clock):
    return HostClient(make_tenant(CLOUD), transport=transport, clock=clock, retry_policy=clock.policy())


# --- what an iterator promises ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 130])
def test_every_item_comes_once_in_order(count, listed):
    client, path, of = listed
    of(count)

    assert list(client.paginate(path)) == list(range(count))


def test_every_page_is_signed_for_itself(listed, cloud):
    client, path, of = listed
    of(130)

    list(client.paginate(path, limit=10))

    assert len(cloud.received) > 5
    for received in cloud.received:
        received.claims(client.tenant)


def test_nothing_is_asked_before_an_item_is(listed, cloud):
    client, path, of = listed
    of(130)

    items = client.paginate(path, limit=20)
    assert not cloud.received
    next(items)
    assert list(islice(items, 5)) == [1, 2, 3, 4, 5]
    assert len(cloud.received) == 1


@pytest.mark.parametrize("bound", [0, 1, 20, 33])
def test_the_number_of_items_can_be_bounded(bound, listed, cloud):
    client, path, of = listed
    of(130)

    assert list(client.paginate(path, limit=20, max_items=bound)) == list(range(bound))
    assert len(cloud.received) == (bound + 19) // 20


def test_pages_are_lists(listed):
    client, path, of = listed
    of(45)

    pages = list(client.paginate(path, limit=20, max_items=41).pages())

    assert [len(page) for page in pages] == [20, 20, 1]
    assert list(chain(*pages)) == list(range(41))


def test_pages_go_on_where_items_ended(listed):
    client, path, of = listed
    of(45)
    items = client.paginate(path, limit=20)

    assert [next(items), next(items)] == [0, 1]
    assert next(items.pages()) == list(range(2, 20))
    assert next(items) == 20


@pytest.mark.parametrize("taken", [0, 1, 19, 20, 21, 40, 44, 45])
def test_a_saved_position_continues_behind_the_last_item(taken, listed):
    client, path, of = listed
    of(45)
    items = client.paginate(path, params={"q": "a b"}, limit=20)
    seen = list(islice(items, taken))
    saved = json.loads(json.dumps(items.position))

    seen += list(client.paginate(path, start=saved))

    assert seen == list(range(45))


def test_at_the_end_a_position_continues_with_nothing(listed, cloud):
    client, path, of = listed
    of(45)
    items = client.paginate(path, limit=20)
    list(items)
    cloud.received.clear()

    assert items.position["url"] is None
    assert list(client.paginate(path, start=items.position)) == []
    assert not cloud.received


def test_after_an_error_the_same_page_is_asked_for_again(listed, cloud):
    client, path, of = listed
    of(45)
    items = client.paginate(path, limit=20)
    seen = list(islice(items, 20))
    answers, cloud.answers = cloud.answers, dict.fromkeys(cloud.answers, (404, {}, b""))

    with pytest.raises(HostNotFoundError):
        next(items)
    cloud.answers = answers

    assert seen + list(items) == list(range(45))


def test_options_are_those_of_each_request(cloud, jira):
    cloud.answers["/rest/x"] = jira_offset(100)

    list(jira.paginate("/rest/x", limit=50, anonymous=True, headers={"X-Force-Accept-Language": "true"}))

    assert [received.headers["Authorization"] for received in cloud.received] == [None, None]
    assert [received.headers["X-Force-Accept-Language"] for received in cloud.received] == ["true", "true"]


def test_a_page_waits_for_the_host_like_any_call(cloud, jira, clock):
    answers = [(429, {"Retry-After": "5"}, b"")]
    good = jira_offset(3)
    cloud.answers["/rest/x"] = lambda received: answers.pop() if answers else good(received)

    assert list(jira.paginate("/rest/x")) == [0, 1, 2]
    assert clock.slept


# --- styles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("without", [{}, {"total": False}, {"isLast": False}, {"total": False, "isLast": False}])
def test_an_offset_advances_by_what_came(without, cloud, jira):
    """The host sends fewer per page than asked for."""
    cloud.answers["/rest/x"] = jira_offset(25, most=10, **without)

    assert list(jira.paginate("/rest/x", limit=100)) == list(range(25))
    assert [query_of(received).get("startAt") for received in cloud.received][:3] == [None, "10", "20"]


def test_the_array_may_have_any_name(cloud, jira):
    cloud.answers["/rest/x"] = jira_offset(60, name="dashboards")

    assert len(list(jira.paginate("/rest/x"))) == 60
    assert len(list(jira.paginate("/rest/x", items="dashboards"))) == 60
    with pytest.raises(PaginationError, match="'widgets'; there are dashboards"):
        list(jira.paginate("/rest/x", items="widgets"))


def test_a_bare_array_is_one_page_unless_the_caller_knows_better(cloud, jira):
    def users(query):
        start = int(query.get("startAt", 0))
        return list(range(70))[start : start + 50]

    cloud.answers["/rest/x"] = answering(users)

    assert list(jira.paginate("/rest/x")) == list(range(50))
    assert list(jira.paginate("/rest/x", style="offset")) == list(range(70))


@pytest.mark.parametrize(("in_body", "in_header"), [(True, False), (False, True), (True, True)])
def test_a_cursor_stands_in_the_body_or_in_the_header(in_body, in_header, cloud, client):
    cloud.answers["/wiki/api/v2/pages"] = confluence_v2(60, in_body=in_body, in_header=in_header)

    items = client.paginate("/wiki/api/v2/pages")

    assert list(items) == list(range(60))
    assert items.style == "link"


def test_the_base_that_a_page_names_is_not_believed(cloud, client):
    """``_links.base`` of every page here is another site."""
    cloud.answers["/wiki/rest/api/content"] = confluence_v1(60)

    assert len(list(client.paginate("/rest/api/content"))) == 60
    assert query_of(cloud.last)["cql"] == 'a="b c"'


def test_a_next_url_at_the_top(cloud, jira):
    after = {None: 10, "10": 20, "20": None}

    def failed(query):
        following = after[query.get("after")]
        return {"values": [query.get("after")], **({"next": f"{CLOUD}/rest/x?after={following}"} if following else {})}

    cloud.answers["/rest/x"] = answering(failed)

    assert list(jira.paginate("/rest/x")) == [None, "10", "20"]


def test_worklogs_name_their_next_page_to_the_end(cloud, jira):
    def updated(query):
        since = int(query.get("since", 0))
        return {"values": [since], "nextPage": f"{CLOUD}/rest/x?since={since + 1}", "lastPage": since == 2}

    cloud.answers["/rest/x"] = answering(updated)

    assert list(jira.paginate("/rest/x")) == [0, 1, 2]


@pytest.mark.parametrize(
    ("product", "path", "style", "name"),
    [
        ("jira", "/rest/api/3/x", None, "maxResults"),
        ("jira", "/rest/servicedeskapi/x", None, "limit"),
        ("confluence", "/rest/api/x", None, "limit"),
        ("confluence", "/rest/api/x", "offset", "maxResults"),
        ("jira", "/rest/api/3/x", "start", "limit"),
    ],
)
def test_the_page_size_has_the_name_that_the_host_has_for_it(product, path, style, name, cloud, transport):
    client = HostClient(make_tenant(CLOUD, product=product), transport=transport)
    cloud.on(path, body=b'{"values": []}')

    list(client.paginate(path, limit=7, style=style))
    list(client.paginate(path, limit=7, style=style, params={name: 9}))

    assert [received.query for received in cloud.received] == [f"{name}=7", f"{name}=9"]


def test_parameters_of_the_first_page_stay(cloud, jira):
    cloud.answers["/rest/x"] = jira_token(50)

    list(jira.paginate("/rest/x?expand=a,b", params={"jql": "project = X & é", "startAt[]": "1"}))

    for received in cloud.received:
        assert query_of(received)["jql"] == "project = X & é"
        assert query_of(received)["expand"] == "a,b"
    assert query_of(cloud.last)["nextPageToken"] == "t 40&"
    assert cloud.last.query.count("nextPageToken") == 1


# --- hosts that mislead -----------------------------------------------------------------------------------------------


ELSEWHERE = [
    "https://evil.example/wiki/rest/api/content?start=1",
    "//evil.example/wiki/rest/api/content",
    "https://example.atlassian.net@evil.example/wiki/x",
    "https://evil.example@example.atlassian.net/wiki/x",
    "https://example.atlassian.net.evil.example/wiki/x",
    "https://example.atlassian.net:444/wiki/x",
    "http://example.atlassian.net/wiki/x",
    "\\\\evil.example/wiki/x",
    "/\\evil.example/wiki/x",
    "https:\\\\evil.example/wiki/x",
    "https://example.atlassian.net/wiki/../admin",
    "https://example.atlassian.net/wiki/%2e%2e/admin",
    "https://example.atlassian.net/admin",
    "/wiki/rest/x?jwt=abc",
    "/wiki//evil.example/",
    "javascript:alert(1)",
    "/rest/x#fragment",
    "/rest/x\r\nX: y",
    " ",
]
NO_HEADER = {"/rest/x\r\nX: y", " "}  # none can carry them


@pytest.mark.parametrize(
    ("place", "link"),
    [("body", link) for link in ELSEWHERE] + [("header", link) for link in ELSEWHERE if link not in NO_HEADER],
)
def test_signature_to_another_place_by_next_link(place, link, client, cloud, transport):
    evil = type(cloud)()
    transport.mount("https://evil.example", evil)
    if place == "header":
        document, headers = {"results": [1]}, {"Link": f'<{link}>; rel="next"'}
    else:
        document, headers = {"results": [1], "_links": {"next": link}}, {}
    cloud.answers["/wiki/rest/api/content"] = answering(lambda query: (document, headers))
    items = client.paginate("/rest/api/content")

    assert next(items) == 1
    with pytest.raises(UrlNotAllowedError):
        next(items)
    assert len(cloud.received) == 1
    assert not evil.received


@pytest.mark.parametrize("cycle", [1, 2, 3, 50])
def test_a_host_that_repeats_a_cursor_is_noticed(cycle, client, cloud):
    def make(query):
        number = int(query.get("cursor", 0))
        return {"results": [number], "_links": {"next": f"/wiki/api/v2/pages?cursor={number % cycle + 1}"}}

    cloud.answers["/wiki/api/v2/pages"] = answering(make)
    seen = []

    with pytest.raises(PaginationError, match="repeats"):
        seen.extend(client.paginate("/api/v2/pages"))  # extend keeps nothing when it fails
    items = client.paginate("/api/v2/pages")
    assert [next(items) for _ in range(cycle + 1)] == list(range(cycle + 1))
    with pytest.raises(PaginationError):
        next(items)


@pytest.mark.parametrize("cycle", [3, 30, 100])
def test_a_cycle_longer_than_what_is_remembered_is_noticed(cycle, monkeypatch, client, cloud):
    monkeypatch.setattr("atlassian_connect.client.pagination._REMEMBERED", 4)
    cloud.answers["/wiki/api/v2/pages"] = answering(
        lambda query: {
            "results": [1],
            "_links": {"next": f"/wiki/api/v2/pages?cursor={int(query.get('cursor', 0)) % cycle + 1}"},
        }
    )

    with pytest.raises(PaginationError):
        list(client.paginate("/api/v2/pages"))
    assert len(cloud.received) <= 4 * cycle


def test_a_host_that_repeats_a_token(jira, cloud):
    cloud.on("/rest/x", body=b'{"issues": [1], "nextPageToken": "same"}')

    with pytest.raises(PaginationError, match="repeats"):
        list(jira.paginate("/rest/x"))
    assert len(cloud.received) == 2


def test_a_host_that_repeats_an_offset(jira, cloud):
    cloud.on("/rest/x", body=b'{"startAt": 0, "total": 100, "values": [1, 2]}')

    with pytest.raises(PaginationError, match="at 0 when asked for the one at 2"):
        list(jira.paginate("/rest/x"))
    assert len(cloud.received) == 2


def test_a_host_that_does_not_look_at_the_offset(jira, cloud):
    cloud.on("/rest/x", body=b"[1, 2, 3]")

    with pytest.raises(PaginationError, match="startAt"):
        list(jira.paginate("/rest/x", style="offset"))
    assert len(cloud.received) == 2


def test_empty_pages_may_come_between(client, cloud):
    def make(query):
        number = int(query.get("cursor", 0))
        links = {"next": f"/wiki/api/v2/pages?cursor={number + 1}"} if number < 40 else {}
        return {"results": [number] if number % 20 == 0 else [], "_links": links}

    cloud.answers["/wiki/api/v2/pages"] = answering(make)

    assert list(client.paginate("/api/v2/pages")) == [0, 20, 40]


def test_empty_pages_without_end(client, cloud, monkeypatch):
    monkeypatch.setattr("atlassian_connect.client.pagination.MAX_EMPTY_PAGES", 20)
    cloud.answers["/wiki/api/v2/pages"] = answering(
        lambda query: {
            "results": [],
            "_links": {"next": f"/wiki/api/v2/pages?cursor={int(query.get('cursor', 0)) + 1}"},
        }
    )

    with pytest.raises(PaginationError, match="empty"):
        list(client.paginate("/api/v2/pages"))
    assert len(cloud.received) == 21


def test_an_endless_list_ends_at_the_bound(client, cloud):
    cloud.answers["/wiki/api/v2/pages"] = answering(
        lambda query: {
            "results": [1] * 10,
            "_links": {"next": f"/wiki/api/v2/pages?cursor={int(query.get('cursor', 0)) + 1}"},
        }
    )

    assert len(list(client.paginate("/api/v2/pages", max_items=95))) == 95
    assert len(cloud.received) == 10


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "not JSON; it starts '<html>'"),
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"3", "JSON int"),
        (b'"x"', "JSON str"),
        (b"null", "JSON NoneType"),
        (b"{}", "no arrays"),
        (b'{"a": [], "b": []}', r"2 arrays \(a, b\)"),
        (b'{"values": [], "results": []}', "2 arrays"),
        (b'{"values": {}}', "no arrays"),
    ],
)
def test_an_answer_that_is_no_page(body, words, jira, cloud):
    cloud.on("/rest/x", body=body)

    with pytest.raises(PaginationError, match=words):
        list(jira.paginate("/rest/x"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    st.fixed_dictionaries(
        {"values": st.lists(st.integers(), max_size=2)},
        optional={
            name: st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.none()) | st.just({})
            for name in ("startAt", "total", "isLast", "isLastPage", "start", "nextPageToken", "_links", "next", "size")
        },
    )
)
def test_any_page_ends_or_is_refused(jira, cloud, document):
    cloud.on("/rest/x", body=json.dumps(document).encode())

    with suppress(PaginationError, UrlNotAllowedError):
        assert len(list(jira.paginate("/rest/x", items="values", max_items=10))) <= 10


# --- positions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start",
    [
        {},
        {"url": "/rest/x"},
        {"url": 1, "skip": 0},
        {"url": "/rest/x", "skip": -1},
        {"url": "/rest/x", "skip": True},
        {"url": "/rest/x", "skip": 0, "style": "other"},
        {"url": "/rest/secret", "skip": 0},
        {"url": "https://evil.example/rest/x", "skip": 0},
        {"url": "//evil.example/rest/x", "skip": 0},
        {"url": "/rest/x/../secret", "skip": 0},
        {"url": "/rest/x?jwt=a", "skip": 0},
    ],
)
def test_a_position_cannot_lead_to_another_place(start, jira, cloud):
    with pytest.raises(ValueError, match=r"position|other|not|jwt|segments"):
        jira.paginate("/rest/x", start=start)
    assert not cloud.received


@pytest.mark.parametrize("wrong", [{"style": "cursor"}, {"limit": 0}, {"max_items": -1}])
def test_wrong_arguments_are_refused_at_once(wrong, jira):
    with pytest.raises(ValueError, match=r"none of|at least"):
        jira.paginate("/rest/x", **wrong)


# --- memory -----------------------------------------------------------------------------------------------------------


def test_a_hundred_thousand_items_need_the_memory_of_one_page(jira, cloud):
    body = json.dumps([{"id": number, "key": "x" * 50} for number in range(1000)])

    def make(received):
        cloud.received.clear()
        number = int(query_of(received).get("cursor", 0)) + 1
        following = f'"_links": {{"next": "/rest/x?cursor={number}"}}, ' if number < 100 else ""
        return 200, {}, f'{{{following}"results": {body}}}'.encode()

    cloud.answers["/rest/x"] = make
    items = jira.paginate("/rest/x")
    count = sum(1 for _ in islice(items, 5000))
    tracemalloc.start()
    try:
        count += sum(1 for _ in items)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 100_000
    assert peak < 3_000_000
