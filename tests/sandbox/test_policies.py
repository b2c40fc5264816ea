"""App access rules: what the app is kept out of, and what it is told."""

from __future__ import annotations

import re

import pytest

from atlassian_connect.protocol import access
from atlassian_connect.sandbox import Installation, Sandbox
from atlassian_connect.sandbox.policies import MAX_BLOCKED, ContentBlockedError, container_of_body
from atlassian_connect.sandbox.rest import catalogue

from .connect_app import APP_KEY, ConnectApp, HostCaller

EVENTS = ("app_access_to_objects_blocked", "app_access_to_objects_in_container_blocked", "app_policy_changed")


@pytest.fixture
def app(app: ConnectApp) -> ConnectApp:
    app.descriptor["modules"]["webhooks"] += [{"event": event, "url": f"/hooks/{event}"} for event in EVENTS]
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE"]
    return app


def space_id(sandbox: Sandbox, key: str) -> str:
    return next(space.id for space in sandbox.content.spaces() if space.key == key)


def page_in(sandbox: Sandbox, key: str) -> str:
    return sandbox.content.pages(space_id(sandbox, key))[0].id


# --- blocking ---------------------------------------------------------------------------------------------------------


def test_blocking_tells_the_app(sandbox: Sandbox, app: ConnectApp, confluence_app: Installation):
    assert confluence_app.blocked == frozenset()
    confluence_app.block("DS")
    confluence_app.block(space_id(sandbox, "DS"))
    assert confluence_app.blocked == {"DS"}
    told = [(path.rpartition("/")[2], body) for path, _, body, _ in app.received if "/hooks/" in path]
    assert [event for event, _ in told] == list(EVENTS)
    for _, body in told:
        assert body["containers"] == [{"type": "space", "id": space_id(sandbox, "DS"), "key": "DS"}]
        assert {"type": "page", "id": page_in(sandbox, "DS")} in body["objects"]
        assert isinstance(body["timestamp"], int)
    confluence_app.unblock("DS")
    confluence_app.unblock("DS")
    assert confluence_app.blocked == frozenset()
    assert app.received_paths()[-1] == "/hooks/app_policy_changed"
    assert len([path for path in app.received_paths() if "/hooks/" in path]) == 4


def test_blocking_a_project(sandbox: Sandbox, app: ConnectApp, jira_app: Installation):
    jira_app.block("OPS")
    bodies = [body for path, _, body, _ in app.received if "/hooks/" in path]
    assert [body["webhookEvent"] for body in bodies] == list(EVENTS)
    assert bodies[0]["containers"] == [{"type": "project", "id": "10000", "key": "OPS"}]
    assert {"type": "issue", "id": sandbox.content.issue("OPS-1").id, "key": "OPS-1"} in bodies[0]["objects"]


def test_what_cannot_be_blocked(jira_app: Installation, confluence_app: Installation, monkeypatch: pytest.MonkeyPatch):
    for installation, key in ((jira_app, "DS"), (confluence_app, "OPS"), (confluence_app, "")):
        with pytest.raises(KeyError):
            installation.block(key)
        with pytest.raises(KeyError):
            installation.unblock(key)
    assert MAX_BLOCKED == 15
    monkeypatch.setattr("atlassian_connect.sandbox.policies.MAX_BLOCKED", 2)
    confluence_app.block("DS")
    confluence_app.block("ENG")
    with pytest.raises(ValueError, match="at most"):
        confluence_app.block("HR")


def test_an_uninstalled_app_is_not_told(app: ConnectApp, confluence_app: Installation):
    confluence_app.uninstall()
    count = len(app.received)
    confluence_app.block("DS")
    assert len(app.received) == count


# --- enforcement: every operation, by the catalogue -------------------------------------------------------------------

DIRECT = re.compile(r"^/(?:rest/api/3|rest/api|api/v2)/(pages|content|issue|project|spaces|space)/<(?!path)")


def direct_operations(product: str):
    operations = catalogue.CONFLUENCE_OPERATIONS if product == "confluence" else catalogue.JIRA_OPERATIONS
    return [operation for operation in operations if DIRECT.search(operation.rule)]


def filled(sandbox: Sandbox, rule: str) -> str:
    """The path of an operation about something in DS or OPS."""
    root = DIRECT.search(rule)[1]
    owner = {
        "pages": page_in(sandbox, "DS"),
        "content": page_in(sandbox, "DS"),
        "spaces": space_id(sandbox, "DS"),
        "space": "DS",
        "issue": "OPS-1",
        "project": "OPS",
    }[root]
    return re.sub(r"<[^>]*>", "x", re.sub(r"<[^>]*>", owner, rule, count=1))


@pytest.mark.parametrize("product", ["jira", "confluence"])
def test_every_operation_about_a_blocked_object(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation, product: str
):
    (jira_app if product == "jira" else confluence_app).block("OPS" if product == "jira" else "DS")
    effects = set()
    for operation in direct_operations(product):
        path = filled(sandbox, operation.rule)
        token_headers = {"X-Atlassian-Token": "no-check"} if operation.uploads else {}
        body = None if operation.method in ("GET", "DELETE") or operation.uploads else {}
        response = host(operation.method, path, body, product=product, headers=token_headers)
        effect = access.rule(operation.method, path, product=product).effect
        effects.add(effect)
        blocked = response.status_code == 403
        assert blocked == (effect == "blocked"), (operation.method, path, effect, response.data)
    assert effects >= {"blocked", "exempt"}


def test_a_refusal_has_the_shape_of_the_product(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation
):
    jira_app.block("OPS")
    confluence_app.block("DS")
    issue = host("GET", "/rest/api/3/issue/OPS-1")
    assert (issue.status_code, "access rule" in issue.json["errorMessages"][0]) == (403, True)
    v2 = host("GET", f"/api/v2/pages/{page_in(sandbox, 'DS')}", product="confluence")
    assert (v2.status_code, v2.json["errors"][0]["code"]) == (403, "FORBIDDEN")
    v1 = host("GET", f"/rest/api/content/{page_in(sandbox, 'DS')}", product="confluence")
    assert (v1.status_code, v1.json["statusCode"]) == (403, 403)
    assert host("GET", "/rest/api/3/issue/WEB-1").status_code == 200


def test_lists_leave_blocked_objects_out(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation
):
    def count(path: str, product: str = "confluence") -> int:
        payload = host("GET", path, product=product).json
        return len(next(payload[name] for name in ("results", "issues", "values") if name in payload))

    lists = [
        "/api/v2/pages?limit=250",
        "/rest/api/content?limit=250",
        "/rest/api/content/search?cql=type=page&limit=99",
    ]
    lists += ["/rest/api/search?cql=type=page&limit=99"]
    jql = "/rest/api/3/search/jql?jql=project+is+not+EMPTY&maxResults=100"
    assert [count(path) for path in lists] == [24] * 4
    assert (count(jql, "jira"), count("/rest/api/3/project/search", "jira")) == (16, 2)
    confluence_app.block("DS")
    jira_app.block("OPS")
    assert [count(path) for path in lists] == [16] * 4
    assert (count(jql, "jira"), count("/rest/api/3/project/search", "jira")) == (8, 1)
    posted = host("POST", "/rest/api/3/search/jql", {"jql": "project = OPS"})
    assert (posted.status_code, posted.json["issues"]) == (200, [])
    assert count("/api/v2/spaces") == 3  # exempt
    confluence_app.unblock("DS")
    assert [count(path) for path in lists] == [24] * 4


def test_jira_permissions_say_yes_and_confluence_refuses_to_say(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation
):
    jira_app.block("OPS")
    confluence_app.block("DS")
    issue_id = int(sandbox.content.issue("OPS-1").id)
    block = {"permissions": ["EDIT_ISSUES"], "issues": [issue_id]}
    answer = host("POST", "/rest/api/3/permissions/check", {"projectPermissions": [block]})
    assert answer.json["projectPermissions"][0]["issues"] == [issue_id]
    path = f"/rest/api/content/{page_in(sandbox, 'DS')}/permission/check"
    assert host("POST", path, {}, product="confluence").status_code == 403


# --- webhooks and modules ---------------------------------------------------------------------------------------------


def test_webhooks_about_blocked_objects_are_dropped(
    sandbox: Sandbox, app: ConnectApp, jira_app: Installation, confluence_app: Installation
):
    jira_app.block("OPS")
    confluence_app.block("DS")
    count = len(app.received)
    sandbox.jira.edit_issue("OPS-1", summary="x")
    sandbox.confluence.edit_page(page_in(sandbox, "DS"), title="x")
    assert confluence_app.deliver("page_updated", {"comment": {"parent": {"spaceKey": "DS"}}}) == []
    assert jira_app.deliver("jira:issue_updated", {"issue": {"key": "OPS-9999"}}) == []
    assert len(app.received) == count
    sandbox.jira.edit_issue("WEB-1", summary="x")
    sandbox.confluence.edit_page(page_in(sandbox, "HR"), title="x")
    assert app.received_paths()[count:] == ["/hooks/issue/WEB-1", "/hooks/page"]
    assert container_of_body(sandbox.confluence, {}, {"group": {}}) is None


def test_modules_in_a_blocked_place_are_not_loaded(
    sandbox: Sandbox, app: ConnectApp, jira_app: Installation, confluence_app: Installation
):
    jira_app.block("OPS")
    confluence_app.block("DS")
    count = len(app.received)
    places = [
        (confluence_app, {"space.key": "DS"}),
        (confluence_app, {"space.id": space_id(sandbox, "DS")}),
        (confluence_app, {"page.id": page_in(sandbox, "DS")}),
        (confluence_app, {"content.id": page_in(sandbox, "DS")}),
        (jira_app, {"project.key": "OPS"}),
        (jira_app, {"project.id": "10000"}),
        (jira_app, {"issue.key": "OPS-1"}),
    ]
    for installation, context in places:
        answer = installation.open("page", context=context)
        assert answer.status == 403
        assert "This content has been blocked" in answer.text
        assert APP_KEY in answer.text
        with pytest.raises(ContentBlockedError):
            installation.iframe_url("page", context=context)
    assert len(app.received) == count
    for context in ({}, {"space.key": "HR"}, {"space.key": "none"}, {"page.id": "none"}):
        assert confluence_app.open("page", context=context).status == 200


# --- data policies ----------------------------------------------------------------------------------------------------


def test_confluence_data_policies(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    def get(path: str):
        return host("GET", f"/api/v2/data-policies{path}", product="confluence")

    assert get("/metadata").json == {"anyContentBlocked": False}
    confluence_app.block("ENG")
    assert get("/metadata").json == {"anyContentBlocked": True}
    first = get("/spaces?limit=2")
    flags = {space["key"]: space["dataPolicy"] for space in first.json["results"]}
    assert flags == {"DS": {"anyContentBlocked": False}, "ENG": {"anyContentBlocked": True}}
    link = first.json["_links"]["next"]
    assert first.headers["Link"] == f'<{link}>; rel="next"'
    rest = host("GET", link.removeprefix("/wiki"), product="confluence").json
    assert [space["key"] for space in rest["results"]] == ["HR"]
    assert [space["key"] for space in get("/spaces?keys=HR&keys=ENG&sort=-key").json["results"]] == ["HR", "ENG"]
    assert [space["key"] for space in get(f"/spaces?ids={space_id(sandbox, 'DS')}").json["results"]] == ["DS"]
    assert get("/spaces?limit=x").status_code == 400
    anonymous = host.send("GET", "http://localhost:2990/wiki/api/v2/data-policies/metadata", {}, b"")
    assert anonymous.status_code == 401


def test_jira_data_policies(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    assert host("GET", "/rest/api/3/data-policy").json == {"anyContentBlocked": False}
    jira_app.block("WEB")
    assert host("GET", "/rest/api/3/data-policy").json == {"anyContentBlocked": True}
    answer = host("GET", "/rest/api/3/data-policy/project?ids=10000,10001").json
    assert answer == {
        "projectDataPolicies": [
            {"id": 10000, "dataPolicy": {"anyContentBlocked": False}},
            {"id": 10001, "dataPolicy": {"anyContentBlocked": True}},
        ]
    }
    for query in ("", "?ids=", "?ids=10000,99", "?ids=OPS", "?ids=" + ",".join(["10000"] * 51)):
        assert host("GET", f"/rest/api/3/data-policy/project{query}").status_code == 400
    sandbox.jira.tells_policies = False
    refused = host("GET", "/rest/api/3/data-policy")
    assert (refused.status_code, refused.json["errorMessages"]) == (401, ["Only apps can access this resource."])
    assert host("GET", "/rest/api/3/data-policy/project?ids=10000").status_code == 401
