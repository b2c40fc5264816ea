"""Projects, users, dashboards, boards and runtime webhooks in Jira's REST."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox

from ..connect_app import APP_KEY, HostCaller

V3 = "/rest/api/3"


@pytest.fixture
def jira(app, sandbox: Sandbox, descriptor_url: str, host: HostCaller) -> HostCaller:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"]
    app.descriptor["modules"]["jiraDashboardItems"] = [
        {
            "key": "clock",
            "name": {"value": "Clock"},
            "description": {"value": "Time"},
            "url": "/clock",
            "thumbnailUrl": "/c.png",
        }
    ]
    sandbox.jira.install(descriptor_url)
    return host


def test_projects(jira: HostCaller):
    made = jira(
        "POST",
        f"{V3}/project",
        {"key": "NEW", "name": "New one", "projectTypeKey": "business", "leadAccountId": MEMBER},
    )
    assert made.status_code == 201
    project = jira("GET", f"{V3}/project/NEW").json
    assert (project["name"], project["lead"]["accountId"], project["projectTypeKey"]) == ("New one", MEMBER, "business")
    assert {one["name"] for one in project["issueTypes"]} >= {"Task", "Sub-task"}
    assert jira("PUT", f"{V3}/project/NEW", {"name": "Newer"}).json["name"] == "Newer"
    component = jira("POST", f"{V3}/component", {"project": "NEW", "name": "Part"}).json
    assert jira("GET", f"{V3}/project/NEW/components").json == [component]
    version = jira(
        "POST", f"{V3}/version", {"projectId": int(made.json["id"]), "name": "1.0", "releaseDate": "2027-01-01"}
    ).json
    assert jira("PUT", f"{V3}/version/{version['id']}", {"released": True}).json["released"] is True
    assert jira("GET", f"{V3}/project/NEW/version").json["values"][0]["releaseDate"] == "2027-01-01"
    assert jira("DELETE", f"{V3}/version/{version['id']}").status_code == 204
    assert jira("DELETE", f"{V3}/project/NEW").status_code == 204
    assert jira("GET", f"{V3}/project/NEW").status_code == 404
    assert [one["key"] for one in jira("GET", f"{V3}/project").json] == ["OPS", "WEB"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"key": "x", "name": "X"}, "projectKey"),
        ({"key": "OPS", "name": "X"}, "projectKey"),
        ({"key": "NEW", "name": ""}, "name"),
        ({"key": "NEW", "name": "X", "projectTypeKey": "garden"}, "projectTypeKey"),
        ({"key": "NEW", "name": "X", "leadAccountId": "nobody"}, "leadAccountId"),
    ],
)
def test_projects_that_cannot_be(jira: HostCaller, body: dict, named: str):
    answer = jira("POST", f"{V3}/project", body)
    assert (answer.status_code, list(answer.json["errors"])) == (400, [named])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/serverInfo", "Cloud"),
        ("/configuration", "issueLinkingEnabled"),
        ("/issuetype", "Sub-task"),
        ("/issuetype/10002", "Task"),
        ("/issuetype/project?projectId=10000", "Bug"),
        ("/status", "In Progress"),
        ("/status/Done", "Done"),
        ("/statuscategory", "indeterminate"),
        ("/project/OPS/statuses", "statusCategory"),
        ("/priority", "Highest"),
        ("/priority/search?id=1", "Highest"),
        ("/resolution/search", "Duplicate"),
        ("/issueLinkType", "blocks"),
        ("/label", "isLast"),
        ("/issue/createmeta?projectKeys=OPS&expand=projects.issuetypes.fields", "allowedValues"),
        ("/issue/createmeta/OPS/issuetypes", "issueTypes"),
        ("/issue/createmeta/OPS/issuetypes/10002", "fieldId"),
        ("/issue/OPS-1/editmeta", "operations"),
        ("/user/search?query=ada", "Ada"),
        ("/user/picker?query=mei", "Mei"),
        (f"/user/bulk?accountId={ADMIN}&accountId={MEMBER}", "Jonas"),
        ("/user/assignable/search?issueKey=OPS-1", "Priya"),
        (f"/user/groups?accountId={ADMIN}", "administrators"),
        ("/group/bulk", "users"),
        ("/group/member?groupname=administrators", "Ada"),
        ("/groups/picker?query=adm", "administrators"),
    ],
)
def test_what_a_site_tells(jira: HostCaller, path: str, text: str):
    answer = jira("GET", V3 + path)
    assert answer.status_code == 200
    assert text in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/issuetype/1", "/status/No", "/priority/9", "/resolution/9", "/user/groups?accountId=x",
        "/group/member?groupname=x",
        "/version/1", "/dashboard/1", "/dashboard/1/gadget", "/field/x/option", "/issueLink/1",
        "/issuetype/1/properties",
        "/comment/1/properties", "/project/NO/components", "/issue/createmeta/OPS/issuetypes/1",
    ],
)  # fmt: skip
def test_what_is_not_there(jira: HostCaller, path: str):
    answer = jira("GET", V3 + path)
    assert answer.status_code == 404
    assert answer.json["errorMessages"]


def test_dashboards_and_their_items(jira: HostCaller, sandbox: Sandbox):
    assert jira("GET", f"{V3}/dashboard/search?dashboardName=team").json["values"][0]["name"] == "Team overview"
    number = jira("POST", f"{V3}/dashboard", {"name": "Mine"}).json["id"]
    gadgets = f"{V3}/dashboard/{number}/gadget"
    module = f"com.atlassian.plugins.atlassian-connect-plugin:{APP_KEY}__clock"
    made = jira("POST", gadgets, {"moduleKey": module, "title": "Now", "position": {"row": 0, "column": 1}}).json
    assert (made["title"], made["moduleKey"], made["position"]["column"]) == ("Now", module, 1)
    assert jira("PUT", f"{gadgets}/{made['id']}", {"title": "Then", "color": "red"}).status_code == 204
    for colour in ("beige", {}, [], None):
        assert jira("PUT", f"{gadgets}/{made['id']}", {"color": colour}).status_code == 400
    assert jira("GET", gadgets).json["gadgets"][0]["title"] == "Then"
    config = f"{V3}/dashboard/{number}/items/{made['id']}/properties/config"
    assert jira("PUT", config, {"zone": "UTC"}).status_code == 201
    assert jira("GET", config).json["value"] == {"zone": "UTC"}
    assert jira("POST", gadgets, {"moduleKey": "other__thing"}).status_code == 400
    assert jira("DELETE", f"{gadgets}/{made['id']}").status_code == 204
    assert jira("GET", config).status_code == 404


def test_boards(jira: HostCaller):
    boards = jira("GET", "/rest/agile/1.0/board?projectKeyOrId=WEB").json["values"]
    assert [one["name"] for one in boards] == ["WEB board"]
    path = f"/rest/agile/1.0/board/{boards[0]['id']}"
    columns = jira("GET", f"{path}/configuration").json["columnConfig"]["columns"]
    assert [one["name"] for one in columns] == ["To Do", "In Progress", "Done"]
    found = jira("GET", f"{path}/issue?jql=status=Done&fields=summary").json
    assert (found["total"], found["issues"][0]["key"]) == (1, "WEB-3")
    assert jira("GET", "/rest/agile/1.0/board/99").status_code == 404
    assert jira("GET", f"{path}/issue?jql=zzz").status_code == 400


def webhook(**more) -> dict:
    return {"events": ["jira:issue_updated"], "jqlFilter": "project = OPS", **more}


def test_runtime_webhooks_come_and_go(jira: HostCaller, app, clock):
    url = f"{app.base_url}/hooks/runtime"
    made = jira("POST", f"{V3}/webhook", {"url": url, "webhooks": [
        webhook(fieldIdsFilter=["summary"]), webhook(jqlFilter="watchCount > 3"), webhook(events=["nope"]), 7,
        webhook(jqlFilter="project = OPS and text ~ x"), webhook(jqlFilter="status not in (Done)")]}).json  # fmt: skip
    results = made["webhookRegistrationResult"]
    assert ["createdWebhookId" in one for one in results] == [True, False, False, False, False, True]
    listed = jira("GET", f"{V3}/webhook").json["values"]
    assert (listed[0]["fieldIdsFilter"], listed[0]["url"], len(listed)) == (["summary"], url, 2)
    number = results[0]["createdWebhookId"]
    clock.ahead += 29 * 86_400
    times = {"iat": int(clock()), "exp": int(clock()) + 180}
    assert jira("PUT", f"{V3}/webhook/refresh", {"webhookIds": [number, 99]}, **times).json["expirationDate"]
    clock.ahead += 2 * 86_400
    times = {"iat": int(clock()), "exp": int(clock()) + 180}
    assert [one["id"] for one in jira("GET", f"{V3}/webhook", **times).json["values"]] == [number]
    assert jira("DELETE", f"{V3}/webhook", {"webhookIds": [number, 99]}, **times).status_code == 202
    assert jira("GET", f"{V3}/webhook", **times).json["values"] == []


def test_limits_of_runtime_webhooks(jira: HostCaller, app):
    url = f"{app.base_url}/hooks/runtime"
    for wrong in ("https://other.example/hooks", "/hooks", None, f"{app.base_url}.evil.example/x"):
        assert jira("POST", f"{V3}/webhook", {"url": wrong, "webhooks": [webhook()]}).status_code == 400
    results = jira("POST", f"{V3}/webhook", {"url": url, "webhooks": [webhook()] * 101}).json[
        "webhookRegistrationResult"
    ]
    assert ["errors" in one for one in results] == [False] * 100 + [True]
    assert jira("POST", f"{V3}/webhook", {"url": f"{url}/2", "webhooks": [webhook()]}).status_code == 400
    for body in ({"webhookIds": []}, {"webhookIds": ["x"]}, {}):
        assert jira("DELETE", f"{V3}/webhook", body).status_code == 400


def test_what_is_missing_is_named(jira: HostCaller):
    answer = jira("GET", f"{V3}/issue/OPS-1/remotelink")
    assert answer.status_code == 501
    assert "/rest/api/3/issue/OPS-1/remotelink" in answer.json["errorMessages"][0]
