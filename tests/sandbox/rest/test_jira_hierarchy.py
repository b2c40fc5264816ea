"""What stands below what: no issue is above itself, and nothing breaks when what is above goes."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Sandbox
from atlassian_connect.sandbox.people import ADMIN
from atlassian_connect.sandbox.store.content import HierarchyError

from ..connect_app import HostCaller

V3 = "/rest/api/3"


@pytest.fixture
def jira(app, sandbox: Sandbox, descriptor_url: str, host: HostCaller) -> HostCaller:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "ADMIN"]
    app.descriptor["modules"]["webhooks"] = [{"event": "jira:issue_deleted", "url": "/hooks/gone"}]
    sandbox.jira.install(descriptor_url)
    return host


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"issuetype": {"name": "Sub-task"}}, "issuetype"),
        ({"issuetype": {"name": "Sub-task"}, "parent": {"key": "OPS-1"}}, "parentId"),
        ({"issuetype": {"name": "Sub-task"}, "parent": {"key": "OPS-2"}}, "issuetype"),
        ({"parent": {"key": "OPS-1"}}, "parentId"),
        ({"issuetype": {"name": "Epic"}}, "issuetype"),
    ],
)
def test_an_edit_keeps_the_levels(jira: HostCaller, sandbox: Sandbox, fields: dict, named: str):
    sandbox.content.create_issue("OPS", "Below", account_id=ADMIN, issue_type="Sub-task", parent_id="10100")
    before = sandbox.content.issue("OPS-1")
    answer = jira("PUT", f"{V3}/issue/OPS-1", {"fields": {"summary": "Never", **fields}})
    assert (answer.status_code, list(answer.json["errors"])) == (400, [named])
    assert sandbox.content.issue("OPS-1") == before


def test_the_store_keeps_the_levels_too(sandbox: Sandbox):
    with pytest.raises(HierarchyError):
        sandbox.content.edit_issue("OPS-1", parent_id=sandbox.content.issue("OPS-1").id)
    with pytest.raises(HierarchyError):
        sandbox.content.create_issue("OPS", "Alone", account_id=ADMIN, issue_type="Sub-task")
    with pytest.raises(KeyError):
        sandbox.content.edit_issue("OPS-1", parent_id="1")


def test_issues_below_an_epic_of_a_deleted_project_stay(jira: HostCaller, sandbox: Sandbox):
    epic = sandbox.content.create_issue("WEB", "Epic", account_id=ADMIN, issue_type="Epic")
    sandbox.content.edit_issue("OPS-1", parent_id=epic.id)
    assert jira("GET", f"{V3}/issue/OPS-1").json["fields"]["parent"]["key"] == epic.key
    assert jira("DELETE", f"{V3}/project/WEB").status_code == 204
    assert "parent" not in jira("GET", f"{V3}/issue/OPS-1").json["fields"]
    assert jira("GET", f"{V3}/search/jql?jql=parent%20is%20not%20empty").json["issues"] == []


def test_apps_are_told_of_subtasks_that_go_with_their_parent(jira: HostCaller, sandbox: Sandbox, app):
    below = sandbox.content.create_issue("OPS", "Below", account_id=ADMIN, issue_type="Sub-task", parent_id="10100")
    app.received.clear()
    assert jira("DELETE", f"{V3}/issue/OPS-1?deleteSubtasks=true").status_code == 204
    assert [body["issue"]["key"] for _, _, body, _ in app.received] == [below.key, "OPS-1"]


def test_keys_are_found_in_any_case(jira: HostCaller):
    assert jira("GET", f"{V3}/issue/ops-1").json["key"] == "OPS-1"
