"""Properties: what is checked before anything is sent, what is not there, and who wins when two write."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from atlassian_connect.client import HostClient, VersionedProperty
from atlassian_connect.client.properties import MAX_VALUE_LENGTH, RESERVED_KEY, Properties
from atlassian_connect.errors import (
    AppAccessBlockedError,
    ConnectError,
    HostConflictError,
    HostError,
    HostForbiddenError,
    HostNotFoundError,
    PropertyError,
)

from .hosts import APP_KEY
from .scripted import ScriptedHost, query, said, scripted

APP = f"/rest/atlassian-connect/1/addons/{APP_KEY}/properties"


class KeyValues:
    """Jira's and Connect's form of properties, below one path."""

    def __init__(self, host: ScriptedHost, path: str) -> None:
        self.values: dict[str, Any] = {}
        self.path = path
        self.queries: list[dict[str, str]] = []
        real = host.handle

        def handle(received: Any) -> Any:
            path = unquote(received.path.removeprefix(host.tenant.base.path))
            if path == self.path:
                host.route("GET", path, (200, {"keys": [{"self": "x", "key": key} for key in self.values]}))
            elif path.startswith(self.path + "/"):
                for method in ("GET", "PUT", "DELETE"):
                    host.route(method, path, getattr(self, method))
            return real(received)

        host.handle = handle  # type: ignore[method-assign]

    def _key(self, received: Any) -> str:
        self.queries.append(query(received))
        return unquote(received.path.rpartition("/")[2])

    def GET(self, received: Any) -> Any:
        key = self._key(received)
        if key not in self.values:
            return 404, {"message": "Property with key not found.", "statusCode": 404}
        return 200, {"key": key, "value": self.values[key], "self": "x"}

    def PUT(self, received: Any) -> Any:
        assert received.headers["Content-Type"] == "application/json"
        key = self._key(received)
        new = key not in self.values
        self.values[key] = said(received)
        return (201 if new else 200), {"message": "Property created.", "statusCode": 201}

    def DELETE(self, received: Any) -> Any:
        return (204, None) if self.values.pop(self._key(received), self) is not self else (404, {})


@pytest.fixture
def jira(transport):
    return scripted(transport, "jira")


@pytest.fixture
def confluence(transport):
    return scripted(transport, "confluence")


@pytest.fixture
def app(jira):
    host, client = jira
    return client.app_properties, KeyValues(host, APP)


# --- one set of methods -----------------------------------------------------------------------------------------------

PLACES: list[tuple[Callable[[HostClient], Any], str]] = [
    (lambda client: client.app_properties, APP),
    (lambda client: client.issue_properties("DEMO-1"), "/rest/api/3/issue/DEMO-1/properties"),
    (lambda client: client.project_properties(10001), "/rest/api/3/project/10001/properties"),
    (lambda client: client.issue_type_properties(1), "/rest/api/3/issuetype/1/properties"),
    (lambda client: client.comment_properties(5), "/rest/api/3/comment/5/properties"),
    (lambda client: client.worklog_properties("DEMO-1", 6), "/rest/api/3/issue/DEMO-1/worklog/6/properties"),
    (lambda client: client.dashboard_item_properties(1, 2), "/rest/api/3/dashboard/1/items/2/properties"),
    (lambda client: client.board_properties(3), "/rest/agile/1.0/board/3/properties"),
    (lambda client: client.sprint_properties(4), "/rest/agile/1.0/sprint/4/properties"),
    (lambda client: client.user_properties("557058:a"), "/rest/api/3/user/properties"),
]


@pytest.mark.parametrize(("place", "path"), PLACES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_place_reads_and_writes_the_same(jira, place, path):
    host, client = jira
    kept = KeyValues(host, path)
    properties: Properties = place(client)

    assert properties.keys() == []
    assert properties.put("a", {"b": [1, None]}) is True
    assert properties.put("a", {"b": [2]}) is False
    assert properties.get("a") == {"b": [2]}
    assert properties.keys() == ["a"]
    assert properties.delete("a") is True
    assert properties.delete("a") is False
    assert kept.values == {}


def test_a_users_properties_name_the_account(jira):
    host, client = jira
    kept = KeyValues(host, "/rest/api/3/user/properties")

    client.user_properties("557058:a").put("k", 1)

    assert kept.queries == [{"accountId": "557058:a"}]


# --- what is not there ------------------------------------------------------------------------------------------------


def test_what_is_missing_reads_as_the_default(app):
    properties, _ = app

    assert properties.get("nothing") is None
    assert properties.get("nothing", 7) == 7


def test_a_null_that_is_there_is_not_the_default(app):
    properties, kept = app
    kept.values["k"] = None

    assert properties.get("k", "default") is None


def test_an_object_that_is_missing_reads_as_the_default_but_cannot_be_listed_or_written(jira):
    properties = jira[1].issue_properties("DEMO-404")

    assert properties.get("k", "default") == "default"
    assert properties.delete("k") is False
    with pytest.raises(HostNotFoundError):
        properties.keys()
    with pytest.raises(HostNotFoundError):
        properties.put("k", 1)


@pytest.mark.parametrize("certain", [True, False])
def test_what_an_administrator_certainly_blocks_is_not_just_missing(transport, certain):
    class Blocked(AppAccessBlockedError, HostNotFoundError):
        pass

    class Observer:
        def before(self, *call: Any) -> None: ...

        def after(self, method: str, target: Any, found: Any) -> Any:
            return Blocked(status=404, message="", method=method, url="", certain=certain)

    host, _ = scripted(transport, "jira")
    client = HostClient(host.tenant, transport=transport, observer=Observer())
    properties = client.issue_properties("DEMO-1")
    calls = (lambda: properties.get("k"), lambda: properties.delete("k"), lambda: client.content_properties(1).get("k"))

    for call in calls:
        if certain:
            with pytest.raises(AppAccessBlockedError):
                call()
        else:
            assert not call()


def test_other_refusals_are_raised(jira):
    host, client = jira
    host.route("GET", "/rest/api/3/issue/DEMO-1/properties/k", (403, {"errorMessages": ["No"]}))

    with pytest.raises(HostForbiddenError):
        client.issue_properties("DEMO-1").get("k")


@pytest.mark.parametrize("answer", [b"", b"[]", b"<html>", b'{"key": "k"}'])
def test_an_answer_that_is_no_property_is_an_error(app, jira, answer):
    properties = jira[1].issue_properties("DEMO-1")
    jira[0].route("GET", "/rest/api/3/issue/DEMO-1/properties/k", (200, answer))

    with pytest.raises(HostError, match="without a JSON object with value"):
        properties.get("k")


# --- keys and values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["a b", "ä", "a/b", "100%", "a?b#c", "x:y", "%2f", "a+b", "😀"])
def test_keys_are_percent_encoded(app, jira, key):
    properties, kept = app

    properties.put(key, 1)

    assert kept.values == {key: 1}
    assert jira[0].last.path.rpartition("/")[2].isascii()
    assert properties.get(key) == 1


@pytest.mark.parametrize(
    "key", ["", ".", "..", "a/../b", "..\\b", "%2e%2e", "a\nb", "a\x00", "\ud800", "k" * 128, None, 7]
)
def test_keys_that_no_host_takes_are_refused_before_anything_is_sent(app, jira, key):
    properties, _ = app

    for method in (properties.get, properties.delete, lambda key: properties.put(key, 1)):
        with pytest.raises(PropertyError):
            method(key)
    assert jira[0].received == []


def test_how_long_keys_may_be(app, jira):
    properties, _ = app
    KeyValues(jira[0], "/rest/api/3/issue/X-1/properties")
    issue = jira[1].issue_properties("X-1")

    assert properties.put("k" * 127, 1)
    assert issue.put("k" * 255, 1)
    with pytest.raises(PropertyError, match="1 to 255"):
        issue.put("k" * 256, 1)


def test_the_hosts_own_property_is_read_and_never_written(app, jira):
    properties, kept = app
    kept.values[RESERVED_KEY] = "client-key-1"

    assert properties.get(RESERVED_KEY) == "client-key-1"
    sent = len(jira[0].received)
    for write in (lambda: properties.put(RESERVED_KEY, "x"), lambda: properties.delete(RESERVED_KEY)):
        with pytest.raises(PropertyError, match="host's own"):
            write()
    assert len(jira[0].received) == sent


def test_values_have_at_most_32768_characters_of_json(app, jira):
    properties, kept = app

    assert properties.put("k", "ä" * (MAX_VALUE_LENGTH - 2))
    assert len(kept.values["k"]) == MAX_VALUE_LENGTH - 2
    with pytest.raises(PropertyError, match="32769 characters"):
        properties.put("k", "a" * (MAX_VALUE_LENGTH - 1))
    assert len(jira[0].received) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, b"x", "\ud800"])
def test_what_is_no_json_is_not_sent(app, jira, value):
    with pytest.raises(PropertyError, match="JSON"):
        app[0].put("k", value)
    assert jira[0].received == []


def test_a_value_that_holds_itself_is_not_sent(app):
    value: list[Any] = []
    value.append(value)

    with pytest.raises(PropertyError):
        app[0].put("k", value)


def test_a_property_error_is_a_value_error():
    assert issubclass(PropertyError, ValueError)
    assert issubclass(PropertyError, ConnectError)


@pytest.mark.parametrize("bad", ["", "..", "a/../../b", "\n"])
def test_ids_of_objects_cannot_change_the_path(jira, bad):
    host, client = jira

    for place in (client.issue_properties, client.project_properties, client.board_properties):
        with pytest.raises(ValueError, match=r"is no (issue|project|board) id"):
            place(bad).get("k")
    assert host.received == []


# --- Confluence -------------------------------------------------------------------------------------------------------


class Versioned:
    """Confluence v2: properties by number, found by key, each with a version."""

    def __init__(self, host: ScriptedHost, entity: str) -> None:
        self.host, self.path = host, f"{entity}/properties"
        self.entries: dict[str, dict[str, Any]] = {}
        self.before_write: Callable[[], None] = lambda: None
        host.route("GET", self.path, self.find)
        host.route("POST", self.path, self.create)

    def find(self, received: Any) -> Any:
        key = query(received).get("key")
        found = [entry for entry in self.entries.values() if key in (None, entry["key"])]
        return 200, {"results": found, "_links": {}}

    def create(self, received: Any) -> Any:
        self.before_write()
        body = said(received)
        if any(entry["key"] == body["key"] for entry in self.entries.values()):
            return 409, {"errors": [{"status": 409, "title": "There is such a property."}]}
        return 200, self.add(body["key"], body["value"])

    def add(self, key: str, value: Any) -> dict[str, Any]:
        id_ = str(100 + len(self.entries))
        entry = {"id": id_, "key": key, "value": value, "version": {"number": 1}}
        self.entries[id_] = entry
        self.host.route("PUT", f"{self.path}/{id_}", lambda received: self.update(id_, received))
        self.host.route("DELETE", f"{self.path}/{id_}", lambda received: self.delete(id_))
        return entry

    def update(self, id_: str, received: Any) -> Any:
        self.before_write()
        body, entry = said(received), self.entries[id_]
        if body["version"]["number"] != entry["version"]["number"] + 1:
            return 409, {"errors": [{"status": 409, "title": "Version conflict"}]}
        self.change(id_, body["value"])
        return 200, entry

    def change(self, id_: str, value: Any) -> None:
        entry = self.entries[id_]
        entry.update(value=value, version={"number": entry["version"]["number"] + 1})

    def delete(self, id_: str) -> Any:
        del self.entries[id_]
        return 204, None


@pytest.fixture
def page(confluence):
    host, client = confluence
    return client.content_properties(65536), Versioned(host, "/api/v2/pages/65536")


def test_content_properties_have_versions(page):
    properties, _ = page

    first = properties.put("k", {"a": 1})
    second = properties.put("k", {"a": 2})

    assert (first.version, second.version, first.id) == (1, 2, second.id)
    assert properties.read("k") == VersionedProperty(second.id, "k", {"a": 2}, 2)
    assert properties.get("k") == {"a": 2}
    assert properties.keys() == ["k"]
    assert properties.delete("k") is True
    assert properties.delete("k") is False
    assert (properties.read("k"), properties.get("k", 5)) == (None, 5)


@pytest.mark.parametrize(
    ("place", "entity"),
    [
        (lambda client: client.space_properties("98310"), "/api/v2/spaces/98310"),
        (lambda client: client.content_properties(1, "blogposts"), "/api/v2/blogposts/1"),
        (lambda client: client.content_properties("2", "custom-content"), "/api/v2/custom-content/2"),
    ],
)
def test_where_versioned_properties_are(confluence, place, entity):
    host, client = confluence
    Versioned(host, entity)

    assert place(client).put("k", 1).value == 1


def test_a_value_made_from_an_old_version_is_not_written(page):
    properties, kept = page
    read = properties.put("k", 1)
    properties.put("k", 2)

    with pytest.raises(HostConflictError, match="version 2, not 1"):
        properties.put("k", 3, expected_version=read.version)
    with pytest.raises(HostConflictError):
        properties.put("k", 3, expected_version=0)
    with pytest.raises(HostConflictError):
        properties.put("new", 3, expected_version=1)
    assert kept.entries[read.id]["value"] == 2
    assert properties.put("k", 3, expected_version=2).version == 3
    assert properties.put("new", 3, expected_version=0).version == 1


def test_whoever_comes_second_gets_a_conflict(page):
    properties, kept = page
    id_ = properties.put("k", 1).id
    kept.before_write = lambda: kept.change(id_, "theirs")

    with pytest.raises(HostConflictError, match="Version conflict"):
        properties.put("k", "mine")
    assert properties.get("k") == "theirs"


def test_a_change_is_made_again_on_what_somebody_else_wrote(page):
    properties, kept = page
    id_ = properties.put("k", ["a"]).id
    theirs = iter([["a", "b"], ["a", "b", "c"]])
    kept.before_write = lambda: kept.change(id_, value) if (value := next(theirs, None)) else None

    written = properties.update("k", lambda value: [*value, "mine"])

    assert written.value == ["a", "b", "c", "mine"]
    assert written.version == 4


def test_a_change_of_nothing_starts_with_none_and_meets_a_creator(page):
    properties, kept = page
    seen = []

    def change(value):
        seen.append(value)
        return [*(value or []), "mine"]

    def create_first():
        kept.before_write = lambda: None
        kept.add("k", ["theirs"])

    kept.before_write = create_first

    assert properties.update("k", change).value == ["theirs", "mine"]
    assert seen == [None, ["theirs"]]


def test_a_change_gives_up(page):
    properties, kept = page
    id_ = properties.put("k", 0).id
    kept.before_write = lambda: kept.change(id_, 1)

    with pytest.raises(HostConflictError):
        properties.update("k", lambda value: 2, attempts=3)
    assert kept.entries[id_]["version"]["number"] == 4
    with pytest.raises(ValueError, match="at least 1"):
        properties.update("k", lambda value: 2, attempts=0)


def test_another_key_in_the_answer_is_not_taken_for_ours(confluence):
    host, client = confluence
    entry = {"id": "1", "key": "other", "value": 1, "version": {"number": 1}}
    host.route("GET", "/api/v2/pages/1/properties", (200, {"results": [entry, None, 3]}))

    assert client.content_properties(1).read("k") is None


@pytest.mark.parametrize("entry", [{"key": "k"}, {"id": "1", "key": "k", "value": 1, "version": "1"}])
def test_an_answer_that_is_no_versioned_property_is_an_error(confluence, entry):
    host, client = confluence
    host.route("GET", "/api/v2/pages/1/properties", (200, {"results": [entry]}))

    with pytest.raises(HostError, match="no property"):
        client.content_properties(1).read("k")


def test_confluence_keeps_user_properties_by_other_methods(confluence):
    host, client = confluence
    path, values = "/rest/api/user/557058:a/property", {}

    def put(received):
        if "k" not in values:
            return 404, {"message": "No such property"}
        values["k"] = said(received)["value"]
        return 204, None

    def post(received):
        values["k"] = said(received)["value"]
        return 201, None

    host.route("PUT", f"{path}/k", put)
    host.route("POST", f"{path}/k", post)
    host.route("GET", f"{path}/k", lambda received: (200, {"key": "k", "value": values["k"]}))
    host.route("GET", path, lambda received: (200, {"results": [{"key": key} for key in values], "_links": {}}))
    properties = client.user_properties("557058:a")

    assert properties.put("k", {"a": 1}) is True
    assert properties.put("k", {"a": 2}) is False
    assert properties.get("k") == {"a": 2}
    assert properties.keys() == ["k"]
    with pytest.raises(PropertyError, match="JSON object"):
        properties.put("k", [1])
    with pytest.raises(PropertyError, match="letters, digits"):
        properties.put("a.b", {})
    with pytest.raises(PropertyError, match="characters"):
        properties.put("k", {"a": "a" * MAX_VALUE_LENGTH})


def test_what_is_sent_is_compact_json(app, jira):
    app[0].put("k", {"a": [1, "ü"]})

    assert jira[0].last.body == '{"a":[1,"ü"]}'.encode()
    assert json.loads(jira[0].last.body) == {"a": [1, "ü"]}
