"""Components and versions in Jira's REST, and the issues that have them."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Sandbox

from ..connect_app import HostCaller

V3 = "/rest/api/3"


@pytest.fixture
def jira(app, sandbox: Sandbox, descriptor_url: str, host: HostCaller) -> HostCaller:
    app.descriptor["scopes"] = ["READ", "WRITE", "PROJECT_ADMIN", "ADMIN"]
    events = ("released", "unreleased", "updated", "deleted")
    app.descriptor["modules"]["webhooks"] = [{"event": f"jira:version_{one}", "url": f"/hooks/{one}"} for one in events]
    sandbox.jira.install(descriptor_url)
    app.received.clear()
    return host


def values(jira: HostCaller, field: str) -> list[str]:
    return [one["name"] for one in jira("GET", f"{V3}/issue/WEB-1").json["fields"][field]]


def test_issues_follow_their_components(jira: HostCaller):
    made = jira("POST", f"{V3}/component", {"project": "WEB", "name": "Search", "description": "Finds"}).json
    one = f"{V3}/component/{made['id']}"
    assert jira("GET", one).json == made
    assert jira("PUT", f"{V3}/issue/WEB-1", {"fields": {"components": [{"id": made["id"]}]}}).status_code == 204
    assert jira("PUT", one, {"name": "Finding", "description": ""}).json["description"] == ""
    assert values(jira, "components") == ["Finding"]
    assert len(jira("GET", f"{V3}/search/jql?jql=component=Finding").json["issues"]) == 1
    assert [entry["name"] for entry in jira("GET", f"{V3}/project/WEB/component?query=find").json["values"]] == [
        "Finding"
    ]
    assert jira("DELETE", one).status_code == 204
    assert (values(jira, "components"), jira("GET", one).status_code) == ([], 404)


def test_issues_follow_their_versions(jira: HostCaller, app):
    made = jira("POST", f"{V3}/version", {"projectId": 10001, "name": "1.0", "released": True, "archived": False}).json
    assert (made["released"], made["archived"]) == (True, False)
    one = f"{V3}/version/{made['id']}"
    fields = {"fixVersions": [{"name": "1.0"}], "versions": [{"id": made["id"]}]}
    assert jira("PUT", f"{V3}/issue/WEB-1", {"fields": fields}).status_code == 204
    jira("PUT", one, {"name": "1.0.1"})
    jira("PUT", one, {"released": False})
    jira("PUT", one, {"released": True})
    assert values(jira, "fixVersions") == values(jira, "versions") == ["1.0.1"]
    assert jira("GET", f"{V3}/issue/WEB-1").json["fields"]["fixVersions"][0]["released"] is True
    found = jira("GET", f"{V3}/project/WEB/version?status=released&query=1.0").json["values"]
    assert [entry["name"] for entry in found] == ["1.0.1"]
    assert jira("DELETE", one).status_code == 204
    assert values(jira, "fixVersions") == values(jira, "versions") == []
    told = [body["webhookEvent"].partition("_")[2] for _, _, body, _ in app.received]
    assert told == ["updated", "unreleased", "released", "deleted"]


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("POST", "/component", {"project": "WEB", "name": "checkout"}, "name"),
        ("PUT", "/component/10002", {"name": "Content"}, "name"),
        ("PUT", "/component/10002", {"name": " "}, "name"),
        ("PUT", "/component/10002", {"description": 3}, "description"),
        ("POST", "/version", {"projectId": 10001, "name": "SPRING"}, "name"),
        ("POST", "/version", {"projectId": 10001, "name": "New", "released": "yes"}, "released"),
        ("PUT", "/version/10000", {"name": "Autumn"}, "name"),
        ("PUT", "/version/10000", {"name": ""}, "name"),
        ("PUT", "/version/10000", {"name": "Good", "releaseDate": "soon"}, "releaseDate"),
        ("POST", "/project", {"key": "NEW", "name": "operations"}, "projectName"),
        ("PUT", "/project/OPS", {"name": ""}, "name"),
        ("PUT", "/project/OPS", {"name": "Website"}, "projectName"),
    ],
)
def test_names_are_there_and_not_taken(
    jira: HostCaller, sandbox: Sandbox, method: str, path: str, body: dict, named: str
):
    content = sandbox.content
    before = content.projects(), content.components("WEB"), content.project_versions("WEB")
    answer = jira(method, V3 + path, body)
    assert (answer.status_code, list(answer.json["errors"])) == (400, [named])
    assert (content.projects(), content.components("WEB"), content.project_versions("WEB")) == before


def test_a_name_may_stay(jira: HostCaller):
    assert jira("PUT", f"{V3}/component/10002", {"name": "Checkout"}).status_code == 200
    assert jira("PUT", f"{V3}/version/10000", {"name": "Spring"}).status_code == 200
    assert jira("PUT", f"{V3}/project/OPS", {"name": "Operations"}).status_code == 200
    for path in ("/component/1", "/version/1"):
        assert jira("PUT", V3 + path, {"name": "x"}).status_code == 404


def test_values_that_a_program_made_up_are_left_out(jira: HostCaller, sandbox: Sandbox):
    sandbox.content.edit_issue("WEB-1", fields={"components": [{"id": "1", "name": "x"}], "versions": [{"id": "1"}]})
    assert values(jira, "components") == values(jira, "versions") == []
