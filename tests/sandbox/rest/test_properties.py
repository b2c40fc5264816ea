"""Entity properties of both products, the tasks that write many, and permissions to do so."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from ..connect_app import ConnectApp, HostCaller


@pytest.fixture
def app(app: ConnectApp) -> ConnectApp:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE"]
    return app


# --- Jira -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", ["/rest/api/3/issue/OPS-1/properties", "/rest/api/3/project/OPS/properties"])
def test_jira_properties(host: HostCaller, jira_app: Installation, root: str):
    assert host("GET", root).json == {"keys": []}
    assert host("GET", f"{root}/a.b").status_code == 404
    assert host("PUT", f"{root}/a.b", {"x": [1]}).status_code == 201
    assert host("PUT", f"{root}/a.b", {"x": [2]}).status_code == 200
    assert host("GET", f"{root}/a.b").json == {"key": "a.b", "value": {"x": [2]}}
    keys = host("GET", root).json["keys"]
    assert [one["key"] for one in keys] == ["a.b"]
    assert keys[0]["self"].endswith("/properties/a.b")
    assert host("DELETE", f"{root}/a.b").status_code == 204
    assert host("DELETE", f"{root}/a.b").status_code == 404


def test_by_id_and_by_key_are_one(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    issue_id = sandbox.content.issue("OPS-1").id
    host("PUT", f"/rest/api/3/issue/{issue_id}/properties/a", b"1")
    assert host("GET", "/rest/api/3/issue/OPS-1/properties/a").json["value"] == 1
    assert host("GET", "/rest/api/3/issue/NO-1/properties").status_code == 404
    assert host("GET", "/rest/api/3/project/NO/properties").status_code == 404


def test_limits_of_jira_properties(host: HostCaller, jira_app: Installation):
    root = "/rest/api/3/issue/OPS-1/properties"
    assert host("PUT", f"{root}/{'k' * 255}", b"1").status_code == 201
    assert host("PUT", f"{root}/{'k' * 256}", b"1").status_code == 400
    assert host("PUT", f"{root}/a", b'"' + b"x" * 32_766 + b'"').status_code == 201
    assert host("PUT", f"{root}/a", b'"' + b"x" * 32_767 + b'"').status_code == 400
    for raw in (b"", b"{", b"NaN"):
        assert host("PUT", f"{root}/a", raw).status_code == 400


def test_user_properties_of_jira(host: HostCaller, jira_app: Installation):
    root = "/rest/api/3/user/properties"
    assert host("PUT", f"{root}/a?accountId={MEMBER}", b"true").status_code == 201
    assert host("GET", f"{root}/a?accountId={MEMBER}").json["value"] is True
    assert host("GET", f"{root}/a?accountId={ADMIN}").status_code == 404
    assert [one["key"] for one in host("GET", f"{root}?accountId={MEMBER}").json["keys"]] == ["a"]
    assert host("GET", f"{root}?accountId=nobody").status_code == 404
    assert host("GET", root).json == {"keys": []}


def test_many_at_once_is_a_task(sandbox: Sandbox, host: HostCaller, jira_app: Installation, clock):
    ids = [int(sandbox.content.issue(key).id) for key in ("OPS-1", "WEB-1")]
    jira_app.block("WEB")
    started = host("PUT", "/rest/api/3/issue/properties/done", {"value": True, "filter": {"entityIds": ids}})
    assert (started.status_code, started.data) == (303, b"")
    path = started.headers["Location"].removeprefix("http://localhost:2990")
    task = host("GET", path).json
    assert (task["status"], task["progress"]) in {("ENQUEUED", 0), ("RUNNING", task["progress"])}
    assert host("GET", "/rest/api/3/issue/OPS-1/properties/done").status_code == 404
    clock.ahead = 2
    assert host("GET", path).json["status"] == "RUNNING"
    clock.ahead = 100
    task = host("GET", path).json
    assert (task["status"], task["progress"], task["result"]) == ("COMPLETE", 100, "1 issues were written.")
    assert host("GET", "/rest/api/3/issue/OPS-1/properties/done").json["value"] is True
    assert host("GET", "/rest/api/3/task/1").status_code == 404
    for body in ({}, {"value": 1, "filter": {"entityIds": 3}}, {"value": 1, "filter": 3}):
        assert host("PUT", "/rest/api/3/issue/properties/done", body).status_code == 400


@pytest.mark.parametrize(
    ("chosen", "written"),
    [
        ({"entityIds": [10100, 10101, 10102]}, [10100, 10101, 10102]),
        ({"entityIds": [10100, 10101, 10102], "hasProperty": True}, [10100, 10101]),
        ({"entityIds": [10100, 10101, 10102], "hasProperty": False}, [10102]),
        ({"entityIds": [10100, 10101, 10102], "currentValue": "old"}, [10100]),
        ({"currentValue": {"a": [1]}, "hasProperty": True}, [10101]),
        ({"entityIds": []}, []),
    ],
)
def test_a_filter_chooses_the_issues(sandbox: Sandbox, host: HostCaller, jira_app, clock, chosen, written):
    for number, value in ((10100, "old"), (10101, {"a": [1]})):
        sandbox.entity_properties.put(("issue", str(number)), "mood", value, jira_app.account_id)
    started = host("PUT", "/rest/api/3/issue/properties/mood", {"value": "new", "filter": chosen})
    assert started.status_code == 303
    clock.ahead = 100
    path = started.headers["Location"].removeprefix(sandbox.origin)
    assert host("GET", path).json["result"] == f"{len(written)} issues were written."
    for number in written:
        assert sandbox.entity_properties.get(("issue", str(number)), "mood").value == "new"


@pytest.mark.parametrize(
    "body",
    [
        {"value": 1, "filter": None},
        {"value": 1, "filter": [10100]},
        {"value": 1, "filter": {"hasProperty": "yes"}},
        {"value": 1, "filter": {"hasProperty": False, "currentValue": 2}},
        {"value": 1, "filter": {"entityIds": [1] * 10_001}},
        {"value": "x" * 32_768},
        {"expression": "issue.key"},
    ],
    ids=range(7),
)
def test_wrong_bulk_writes_are_refused(sandbox: Sandbox, host: HostCaller, jira_app: Installation, clock, body):
    assert host("PUT", "/rest/api/3/issue/properties/mood", body).status_code == 400
    clock.ahead = 100
    assert sandbox.entity_properties.all(("issue", "10100")) == []


def test_many_are_deleted_at_once(sandbox: Sandbox, host: HostCaller, jira_app: Installation, clock):
    for number in ("10100", "10101", "10102"):
        value = "old" if number != "10102" else "kept"
        sandbox.entity_properties.put(("issue", number), "mood", value, jira_app.account_id)
    body = {"entityIds": [10100, 10101, 10102, 10103], "currentValue": "old"}
    started = host("DELETE", "/rest/api/3/issue/properties/mood", body)
    sandbox.content.delete_issue("10101", account_id=jira_app.account_id)
    clock.ahead = 100
    assert (
        host("GET", started.headers["Location"].removeprefix(sandbox.origin)).json["result"] == "1 issues were changed."
    )
    assert sandbox.entity_properties.all(("issue", "10100")) == []
    assert sandbox.entity_properties.get(("issue", "10102"), "mood").value == "kept"
    assert host("DELETE", "/rest/api/3/issue/properties/mood", {"entityIds": 3}).status_code == 400


def test_issues_that_go_before_the_task_are_left_out(sandbox: Sandbox, host: HostCaller, jira_app: Installation, clock):
    started = host("PUT", "/rest/api/3/issue/properties/x", {"value": 1, "filter": {"entityIds": [10100, 10101]}})
    sandbox.content.delete_issue("10100", account_id=jira_app.account_id)
    clock.ahead = 100
    assert (
        host("GET", started.headers["Location"].removeprefix(sandbox.origin)).json["result"] == "1 issues were written."
    )
    assert sandbox.entity_properties.all(("issue", "10100")) == []


def test_a_task_that_fails(sandbox: Sandbox, host: HostCaller, jira_app: Installation, clock):
    sandbox.tasks.fail_next("Out of order")
    path = host("PUT", "/rest/api/3/issue/properties/x", {"value": 1}).headers["Location"][
        len("http://localhost:2990") :
    ]
    clock.ahead = 100
    assert host("GET", path).json["status"] == "FAILED"
    assert host("GET", path).json["message"] == "Out of order"


# --- Confluence -------------------------------------------------------------------------------------------------------


def ids(sandbox: Sandbox) -> dict[str, str]:
    return {"pages": sandbox.content.pages()[0].id, "spaces": sandbox.content.spaces()[0].id}


@pytest.mark.parametrize("kind", ["pages", "spaces"])
def test_confluence_properties_version_2(sandbox: Sandbox, host: HostCaller, confluence_app: Installation, kind: str):
    def call(method: str, path: str = "", body: object = None):
        return host(method, f"/api/v2/{kind}/{ids(sandbox)[kind]}/properties{path}", body, product="confluence")

    created = call("POST", body={"key": "a", "value": {"x": 1}}).json
    assert (created["key"], created["value"], created["version"]["number"]) == ("a", {"x": 1}, 1)
    assert created["version"]["authorId"] == confluence_app.account_id
    assert call("POST", body={"key": "a", "value": 2}).status_code == 409
    call("POST", body={"key": "b", "value": None})
    assert [one["key"] for one in call("GET").json["results"]] == ["a", "b"]
    assert call("GET", "?key=a").json["results"] == [created]
    assert call("GET", "?key=c").json["results"] == []
    assert len(call("GET", "?limit=1&sort=-key").json["results"]) == 1
    path = f"/{created['id']}"
    assert call("GET", path).json == created
    body = {"key": "a", "value": 2, "version": {"number": 2}}
    assert call("PUT", path, body).json["value"] == 2
    assert call("PUT", path, body).status_code == 409
    assert call("PUT", path, {**body, "version": None}).status_code == 400
    assert call("PUT", path, {**body, "key": "b", "version": {"number": 3}}).status_code == 409
    assert call("DELETE", path).status_code == 204
    for method, more in (("GET", None), ("DELETE", None), ("PUT", body)):
        assert call(method, path, more).status_code == 404
    for wrong in ({"value": 1}, {"key": "", "value": 1}, {"key": 3, "value": 1}, {"key": "x"}, {"key": "x" * 256}):
        assert call("POST", body=wrong).status_code == 400
    assert call("POST", body={"key": "big", "value": "x" * 32_767}).status_code == 400
    assert call("POST", body={"key": "big", "value": "x" * 32_766}).status_code == 200


@pytest.mark.parametrize("kind", ["content", "space"])
def test_confluence_properties_version_1(sandbox: Sandbox, host: HostCaller, confluence_app: Installation, kind: str):
    owner = ids(sandbox)["pages"] if kind == "content" else "DS"

    def call(method: str, path: str = "", body: object = None):
        return host(method, f"/rest/api/{kind}/{owner}/property{path}", body, product="confluence")

    assert call("POST", body={"key": "a", "value": 1}).json["version"]["number"] == 1
    assert call("POST", "/a", {"value": 1}).status_code == 409
    assert call("PUT", "/a", {"value": 2, "version": {"number": 2}}).json["value"] == 2
    assert call("PUT", "/a", {"value": 2, "version": {"number": 2}}).status_code == 409
    assert call("PUT", "/b", {"value": 2, "version": {"number": 1}}).json["version"]["number"] == 1
    assert call("PUT", "/c", {"value": 2, "version": {"number": 2}}).status_code == 404
    listed = call("GET", "?limit=1").json
    assert ([one["key"] for one in listed["results"]], listed["size"]) == (["a"], 1)
    assert listed["_links"]["next"].startswith(f"/rest/api/{kind}/{owner}/property?next=true&start=1&limit=1")
    assert call("GET", "/a").json["value"] == 2
    assert (call("DELETE", "/a").status_code, call("DELETE", "/a").status_code) == (204, 404)
    assert call("GET", "/a").status_code == 404


def test_both_versions_have_the_same_properties(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    space_id = ids(sandbox)["spaces"]
    host("POST", "/rest/api/space/DS/property", {"key": "a", "value": 1}, product="confluence")
    found = host("GET", f"/api/v2/spaces/{space_id}/properties?key=a", product="confluence").json["results"]
    assert found[0]["value"] == 1


def test_user_properties_of_confluence(host: HostCaller, confluence_app: Installation):
    def call(method: str, path: str, body: object = None):
        return host(method, f"/rest/api/user/{MEMBER}/property{path}", body, product="confluence")

    assert call("POST", "/a", {"value": {"x": 1}}).status_code == 201
    assert call("POST", "/a", {"value": 1}).status_code == 409
    assert call("POST", "/a.b", {"value": 1}).status_code == 400
    assert call("PUT", "/a", {"value": 2}).status_code == 204
    assert call("PUT", "/none", {"value": 2}).status_code == 404
    assert call("GET", "/a").json["value"] == 2
    assert call("GET", "").json["results"] == [{"key": "a"}]
    assert (call("DELETE", "/a").status_code, call("DELETE", "/a").status_code) == (204, 404)
    assert host("GET", "/rest/api/user/nobody/property/a", product="confluence").status_code == 404
