"""Who may do what: Jira's permissions, Confluence's operations, and visitors who are not logged in."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from ..connect_app import APP_KEY, ConnectApp, HostCaller

CHECK = "/rest/api/3/permissions/check"


@pytest.fixture
def app(app: ConnectApp) -> ConnectApp:
    app.descriptor["modules"]["jiraProjectPermissions"] = [
        {"key": "tidy", "name": {"value": "Tidy"}, "description": {"value": "Tidy up"}, "category": "issues"}
    ]
    return app


def anonymous(host: HostCaller, method: str, path: str, body: bytes = b""):
    headers = {"Content-Type": "application/json"} if body else {}
    return host.send(method, f"http://localhost:2990{path}", headers, body)


def test_several_blocks_and_permissions(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    issue = int(sandbox.content.issue("WEB-1").id)
    blocks = [
        {"permissions": ["EDIT_ISSUES", "DELETE_ISSUES"], "projects": [10000, 10001]},
        {"permissions": ["DELETE_ISSUES", "BROWSE_PROJECTS"], "issues": [issue, 1]},
    ]
    body = {"accountId": MEMBER, "globalPermissions": ["BULK_CHANGE", "ADMINISTER"], "projectPermissions": blocks}
    answer = host("POST", CHECK, body).json
    assert answer["globalPermissions"] == ["BULK_CHANGE"]
    assert answer["projectPermissions"] == [
        {"permission": "EDIT_ISSUES", "projects": [10000, 10001], "issues": []},
        {"permission": "BROWSE_PROJECTS", "projects": [], "issues": [issue]},
    ]
    sandbox.permissions.restrict("OPS", [ADMIN])
    answer = host("POST", CHECK, body).json
    assert answer["projectPermissions"][0] == {"permission": "EDIT_ISSUES", "projects": [10001], "issues": []}
    too_many = {"permissions": ["EDIT_ISSUES"], "projects": [10000] * 1001}
    assert host("POST", CHECK, {"projectPermissions": [too_many]}).status_code == 400


def test_permissions_that_apps_define(host: HostCaller, jira_app: Installation):
    name = f"{APP_KEY}__tidy"
    for account_id, count in ((ADMIN, 1), (MEMBER, 0)):
        block = {"permissions": [name], "projects": [10000]}
        answer = host("POST", CHECK, {"accountId": account_id, "projectPermissions": [block]}).json
        assert len(answer["projectPermissions"]) == count
    assert host("POST", CHECK, {"globalPermissions": [name]}).status_code == 400


def test_a_deactivated_user_may_nothing(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    sandbox.permissions.deactivate(ADMIN)
    answer = host("POST", CHECK, {"accountId": ADMIN, "globalPermissions": ["ADMINISTER"]}).json
    assert answer["globalPermissions"] == []
    assert host("GET", f"/rest/api/3/user?accountId={ADMIN}").json["active"] is False
    assert host("GET", "/rest/api/3/user?accountId=nobody").status_code == 404


def test_my_permissions(host: HostCaller, jira_app: Installation):
    answer = host("GET", "/rest/api/3/mypermissions?permissions=EDIT_ISSUES,ADMINISTER&issueKey=OPS-1").json
    assert {key: one["havePermission"] for key, one in answer["permissions"].items()} == {
        "EDIT_ISSUES": True,
        "ADMINISTER": False,
    }
    assert answer["permissions"]["ADMINISTER"]["type"] == "GLOBAL"
    for query in ("", "?permissions=NONE_SUCH"):
        assert host("GET", f"/rest/api/3/mypermissions{query}").status_code == 400
    assert host("GET", "/rest/api/3/mypermissions?permissions=EDIT_ISSUES&projectKey=NO").status_code == 404


def test_projects_with_permissions(host: HostCaller, jira_app: Installation):
    found = host("POST", "/rest/api/3/permissions/project", {"permissions": ["EDIT_ISSUES"]}).json["projects"]
    assert found == [{"id": 10000, "key": "OPS"}, {"id": 10001, "key": "WEB"}]
    none = host("POST", "/rest/api/3/permissions/project", {"permissions": ["EDIT_ISSUES", "DELETE_ISSUES"]})
    assert none.json["projects"] == []


def test_operations_on_pages_and_spaces(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    page = sandbox.content.pages()[0]
    names = host("GET", f"/api/v2/pages/{page.id}/operations", product="confluence").json["operations"]
    assert names == [{"operation": name, "targetType": "page"} for name in ("read", "update")]
    found = host("GET", f"/api/v2/spaces/{page.space_id}/operations", product="confluence").json["operations"]
    assert {"operation": "read", "targetType": "space"} in found
    assert {"operation": "administer", "targetType": "space"} not in found


# --- not logged in ----------------------------------------------------------------------------------------------------


def test_visitors_see_what_is_public(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation
):
    page_ids = {page.space_id: page.id for page in sandbox.content.pages()}
    public, private, _ = (space.id for space in sandbox.content.spaces())
    for path in (f"/wiki/api/v2/pages/{page_ids[public]}", f"/wiki/rest/api/content/{page_ids[public]}"):
        assert anonymous(host, "GET", path).status_code == 200
        assert anonymous(host, "GET", path.replace(page_ids[public], page_ids[private])).status_code == 404
    pages = anonymous(host, "GET", f"/wiki/api/v2/spaces/{public}/pages")
    assert len(pages.json["results"]) == 8
    assert "X-AAccountId" not in pages.headers
    assert sandbox.log[-1].verdict == "anonymous"
    assert anonymous(host, "GET", f"/wiki/api/v2/spaces/{private}/pages").status_code == 404
    for path in ("/wiki/api/v2/spaces", "/wiki/api/v2/pages", "/wiki/rest/api/search?cql=type=page"):
        assert anonymous(host, "GET", path).status_code == 401
    assert anonymous(host, "GET", "/rest/api/3/issue/OPS-1").status_code == 200
    assert anonymous(host, "GET", "/rest/api/3/issue/WEB-1").status_code == 404
    assert anonymous(host, "GET", "/rest/api/3/search/jql?jql=project=OPS").status_code == 401
    assert anonymous(host, "GET", "/rest/api/3/myself").status_code == 401
    assert anonymous(host, "PUT", "/rest/api/3/issue/OPS-1", b"{}").status_code == 401


def test_visitors_ask_for_their_permissions(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    body = b'{"projectPermissions": [{"permissions": ["BROWSE_PROJECTS", "EDIT_ISSUES"], "projects": [10000, 10001]}]}'
    answer = anonymous(host, "POST", CHECK, body).json
    assert answer["projectPermissions"] == [{"permission": "BROWSE_PROJECTS", "projects": [10000], "issues": []}]
    assert anonymous(host, "POST", CHECK, b'{"accountId": "x"}').status_code == 403


def test_a_wrong_token_is_not_anonymous(host: HostCaller, jira_app: Installation):
    for value in ("JWT x", "JWT ", "Bearer ", "Basic eDp5"):
        response = host.send("GET", "http://localhost:2990/rest/api/3/issue/OPS-1", {"Authorization": value}, b"")
        assert response.status_code == 401


def test_the_public_page_check(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    for key, operation, allowed in (("DS", "read", True), ("DS", "update", False), ("HR", "read", False)):
        space_id = next(space.id for space in sandbox.content.spaces() if space.key == key)
        path = f"/rest/api/content/{sandbox.content.pages(space_id)[0].id}/permission/check"
        body = {"subject": {"type": "user", "identifier": "anonymous"}, "operation": operation}
        assert host("POST", path, body, product="confluence").json["hasPermission"] is allowed
