"""The content REST of both products, as an app sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from ..connect_app import HostCaller


def confluence(host: HostCaller, method: str, path: str, body: object = None):
    return host(method, path, body, product="confluence")


def test_spaces(host: HostCaller, confluence_app: Installation):
    spaces = confluence(host, "GET", "/api/v2/spaces").json
    assert [space["key"] for space in spaces["results"]] == ["DS", "ENG", "HR"]
    assert "next" not in spaces["_links"]
    first = spaces["results"][0]
    assert confluence(host, "GET", f"/api/v2/spaces/{first['id']}").json == first
    chosen = confluence(host, "GET", "/api/v2/spaces?keys=HR&keys=ENG&sort=-key").json
    assert [space["key"] for space in chosen["results"]] == ["HR", "ENG"]
    by_id = confluence(host, "GET", f"/api/v2/spaces?ids={first['id']}").json
    assert [space["key"] for space in by_id["results"]] == ["DS"]
    assert confluence(host, "GET", "/api/v2/spaces/1").status_code == 404


def test_pages_page_by_page(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    space_id = confluence(host, "GET", "/api/v2/spaces?keys=ENG").json["results"][0]["id"]
    path, seen = f"/api/v2/spaces/{space_id}/pages?sort=modified-date&limit=4", []
    while path:
        response = confluence(host, "GET", path)
        seen += [page["version"]["createdAt"] for page in response.json["results"]]
        link = response.json["_links"].get("next")
        assert (f'<{link}>; rel="next"' if link else None) == response.headers.get("Link")
        path = link.removeprefix("/wiki") if link else None
    assert len(seen) == 10
    assert seen == sorted(seen)
    newest = confluence(host, "GET", f"/api/v2/spaces/{space_id}/pages?sort=-modified-date").json["results"]
    assert [page["version"]["createdAt"] for page in newest] == seen[::-1]
    assert len(confluence(host, "GET", "/api/v2/pages").json["results"]) == 24


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=-1",
        "limit=%C2%B2",
        "cursor=x",
        "cursor=b2Zmc2V0Og==",
        "cursor=%C3%A9",
        "sort=size",
        "cursor=b2Zmc2V0OtmH",
        "body-format=view",
    ],
)
def test_bad_parameters(sandbox: Sandbox, host: HostCaller, confluence_app: Installation, query: str):
    space_id = sandbox.content.spaces()[0].id
    assert confluence(host, "GET", f"/api/v2/spaces/{space_id}/pages?{query}").status_code == 400


def test_a_page_and_its_ages(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    ages = sorted((sandbox.wire.clock() - page.modified) // 86400 for page in sandbox.content.pages())
    assert ages[0] < 10
    assert ages[-1] >= 400
    assert any(40 <= age < 100 for age in ages)
    page = sandbox.content.pages()[0]
    plain = confluence(host, "GET", f"/api/v2/pages/{page.id}").json
    assert (plain["title"], plain["body"], plain["version"]["number"]) == (page.title, {}, page.version)
    whole = confluence(host, "GET", f"/api/v2/pages/{page.id}?body-format=storage").json
    assert whole["body"]["storage"]["value"] == page.body
    assert confluence(host, "GET", "/api/v2/pages/nothing").status_code == 404


def test_updating_a_page(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    page = sandbox.content.pages()[0]
    body = {
        "id": page.id,
        "status": "current",
        "title": "Renamed",
        "body": {"representation": "storage", "value": "<p>new</p>"},
        "version": {"number": page.version + 1},
    }
    response = confluence(host, "PUT", f"/api/v2/pages/{page.id}", body)
    assert response.status_code == 200
    assert response.json["title"] == "Renamed"
    assert response.json["version"]["number"] == page.version + 1
    assert response.json["version"]["authorId"] == confluence_app.account_id
    assert sandbox.content.page(page.id).body == "<p>new</p>"
    again = confluence(host, "PUT", f"/api/v2/pages/{page.id}", body)
    assert (again.status_code, again.json["errors"][0]["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"title": 3},
        {"title": "x" * 256},
        {"version": None},
        {"version": {"number": "2"}},
        {"id": "1"},
        {"status": "archived"},
        {"body": 3},
        {"body": {"value": "x"}},
        {"body": {"representation": "storage"}},
        {"version": {"number": True}},
        {"version": []},
    ],
)
def test_a_wrong_update_changes_nothing(sandbox: Sandbox, host: HostCaller, confluence_app: Installation, change):
    page = sandbox.content.pages()[0]
    good = {"id": page.id, "status": "current", "title": "T", "version": {"number": page.version + 1}}
    assert confluence(host, "PUT", f"/api/v2/pages/{page.id}", {**good, **change}).status_code == 400
    assert sandbox.content.page(page.id) == page


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 5000])
def test_bodies_that_are_no_object(sandbox: Sandbox, host: HostCaller, confluence_app, jira_app, raw: bytes):
    page = sandbox.content.pages()[0]
    assert confluence(host, "PUT", f"/api/v2/pages/{page.id}", raw).status_code == 400
    assert host("PUT", "/rest/api/3/issue/OPS-1", raw).status_code == 400
    assert host("POST", "/rest/api/3/permissions/check", raw).status_code == 400


def test_users(host: HostCaller, confluence_app: Installation):
    admin = confluence(host, "GET", f"/rest/api/user?accountId={ADMIN}&expand=operations").json
    assert {"operation": "administer", "targetType": "application"} in admin["operations"]
    member = confluence(host, "GET", f"/rest/api/user?accountId={MEMBER}&expand=operations").json
    assert member["operations"] == [{"operation": "use", "targetType": "application"}]
    assert "operations" not in confluence(host, "GET", f"/rest/api/user?accountId={ADMIN}").json
    assert confluence(host, "GET", "/rest/api/user?accountId=nobody").status_code == 404
    me = confluence(host, "GET", "/rest/api/user/current").json
    assert (me["accountId"], me["accountType"]) == (confluence_app.account_id, "app")


def test_content_permissions(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    space_id = next(space.id for space in sandbox.content.spaces() if space.key == "ENG")
    path = f"/rest/api/content/{sandbox.content.pages(space_id)[0].id}/permission/check"

    def check(account_id: str, operation: str):
        subject = {"type": "user", "identifier": account_id}
        return confluence(host, "POST", path, {"subject": subject, "operation": operation})

    assert check(ADMIN, "delete").json["hasPermission"] is True
    assert check(MEMBER, "update").json["hasPermission"] is True
    assert check(MEMBER, "delete").json["hasPermission"] is False
    assert check("anonymous", "read").json["hasPermission"] is False
    assert check(ADMIN, "paint").status_code == 400
    assert confluence(host, "POST", "/rest/api/content/1/permission/check", {}).status_code == 404


# --- Jira -------------------------------------------------------------------------------------------------------------


def test_projects(host: HostCaller, jira_app: Installation):
    both = host("GET", "/rest/api/3/project/search").json
    assert [project["key"] for project in both["values"]] == ["OPS", "WEB"]
    assert (both["total"], both["isLast"], both["startAt"]) == (2, True, 0)
    first = host("GET", "/rest/api/3/project/search?maxResults=1").json
    assert (len(first["values"]), first["isLast"]) == (1, False)
    assert host("GET", "/rest/api/3/project/search?startAt=1").json["values"][0]["key"] == "WEB"
    assert host("GET", "/rest/api/3/project/search?startAt=x").status_code == 400


def test_search_page_by_page(host: HostCaller, jira_app: Installation):
    query = (
        "jql=project+in+(OPS,+WEB)+AND+resolution+%3D+EMPTY+ORDER+BY+updated+ASC&fields=summary,updated&maxResults=5"
    )
    token, found = "", []
    while True:
        answer = host("GET", f"/rest/api/3/search/jql?{query}" + (f"&nextPageToken={token}" if token else "")).json
        found += answer["issues"]
        if answer["isLast"]:
            assert "nextPageToken" not in answer
            break
        token = answer["nextPageToken"]
    assert len(found) == 14
    assert all(set(issue["fields"]) == {"summary", "updated"} for issue in found)
    updated = [issue["fields"]["updated"] for issue in found]
    assert updated == sorted(updated)
    cut = datetime.now(UTC) - timedelta(days=300)
    assert datetime.strptime(updated[0], "%Y-%m-%dT%H:%M:%S.%f%z") < cut


def test_search_gives_ids_unless_fields_are_asked_for(host: HostCaller, jira_app: Installation):
    assert set(host("GET", "/rest/api/3/search/jql?jql=project=OPS").json["issues"][0]) == {"id"}
    every = host("GET", "/rest/api/3/search/jql?jql=key=OPS-1&fields=*all").json["issues"][0]
    assert every["fields"]["status"]["statusCategory"]["key"] == "new"


@pytest.mark.parametrize("query", ["", "jql=", "jql=sprint+=+4", "jql=project=OPS&nextPageToken=zzz", "jql=%22"])
def test_searches_that_are_refused(host: HostCaller, jira_app: Installation, query: str):
    response = host("GET", f"/rest/api/3/search/jql?{query}")
    assert response.status_code == 400
    assert response.json["errorMessages"]


def test_an_issue(host: HostCaller, jira_app: Installation):
    issue = host("GET", "/rest/api/3/issue/OPS-2").json
    assert host("GET", f"/rest/api/3/issue/{issue['id']}").json == issue
    assert set(host("GET", "/rest/api/3/issue/OPS-2?fields=summary").json["fields"]) == {"summary"}
    missing = host("GET", "/rest/api/3/issue/OPS-999")
    assert missing.status_code == 404
    assert missing.json["errorMessages"] == ["Issue does not exist or you do not have permission to see it."]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"summary": ""}, "summary"),
        ({"summary": 3}, "summary"),
        ({"summary": "x" * 300}, "summary"),
        ({"labels": ["a b"]}, "labels"),
        ({"summary": "a\nb"}, "summary"),
    ],
)
def test_a_wrong_edit_names_the_field(host: HostCaller, jira_app: Installation, fields, named: str):
    response = host("PUT", "/rest/api/3/issue/OPS-1", {"fields": fields})
    assert response.status_code == 400
    assert named in response.json["errors"]


def test_permissions(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    path = "/rest/api/3/permissions/check"
    project, issue = int(sandbox.content.project("OPS").id), int(sandbox.content.issue("OPS-1").id)
    block = {"permissions": ["EDIT_ISSUES", "ADMINISTER_PROJECTS"], "projects": [project, 99], "issues": [issue]}
    body = {"accountId": ADMIN, "globalPermissions": ["ADMINISTER"], "projectPermissions": [block]}
    answer = host("POST", path, body).json
    assert answer["globalPermissions"] == ["ADMINISTER"]
    assert answer["projectPermissions"] == [
        {"permission": name, "projects": [project], "issues": [issue]} for name in block["permissions"]
    ]
    of_member = host("POST", path, {**body, "accountId": MEMBER}).json
    assert of_member["globalPermissions"] == []
    assert [grant["permission"] for grant in of_member["projectPermissions"]] == ["EDIT_ISSUES"]
    unknown = host("POST", path, {"globalPermissions": ["NO_SUCH"]})
    assert (unknown.status_code, unknown.json["errors"]) == (400, {"NO_SUCH": "Unrecognized permission"})
    url = f"http://localhost:2990{path}"
    anonymous = host.send("POST", url, {"Content-Type": "application/json"}, b'{"globalPermissions": ["ADMINISTER"]}')
    assert anonymous.json == {"globalPermissions": [], "projectPermissions": []}
    assert sandbox.log[-1].verdict == "anonymous"


@pytest.mark.parametrize(
    "body",
    [
        {"accountId": "nobody"},
        {"globalPermissions": "x"},
        {"globalPermissions": [3]},
        {"projectPermissions": {}},
        {"projectPermissions": [3]},
        {"projectPermissions": [{}]},
        {"accountId": {}},
        {"projectPermissions": [{"permissions": ["EDIT_ISSUES"], "projects": 3}]},
    ],
)
def test_wrong_permission_questions(host: HostCaller, jira_app: Installation, body):
    assert host("POST", "/rest/api/3/permissions/check", body).status_code == 400
