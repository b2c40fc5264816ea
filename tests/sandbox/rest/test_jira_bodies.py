"""What bodies say besides fields: documents, properties, comments; all of it is written, or nothing."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, Sandbox

from ..connect_app import HostCaller

V3 = "/rest/api/3"
BAD_DOCUMENT = {"type": "doc", "version": 1, "content": [{"type": "listItem", "content": []}]}
PROPERTIES = [{"key": "mood", "value": {"day": "good"}}, {"key": "n", "value": 1}]
BAD_PROPERTIES = [
    "mood",
    [3],
    [{"key": "mood"}],
    [{"key": "", "value": 1}],
    [{"key": "k" * 256, "value": 1}],
    [{"key": "k", "value": "v" * 32_768}],
]


def doc(said: str) -> dict:
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": said}]}],
    }


@pytest.fixture
def jira(app, sandbox: Sandbox, descriptor_url: str, host: HostCaller) -> HostCaller:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "ACT_AS_USER"]
    app.descriptor["modules"]["webhooks"] = [{"event": "jira:issue_updated", "url": "/hooks/updated"}]
    sandbox.jira.install(descriptor_url)
    return host


def new(**more) -> dict:
    return {"fields": {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "New"}, **more}


def test_a_document_that_is_none_is_refused_and_named(jira: HostCaller, sandbox: Sandbox):
    before = sandbox.content.issue("OPS-1")
    body = {"fields": {"summary": "Never", "description": BAD_DOCUMENT}}
    for method, path, sent in (
        ("PUT", "/issue/OPS-1", body),
        ("POST", "/issue/OPS-1/comment", {"body": BAD_DOCUMENT}),
        ("POST", "/issue", {"fields": {**new()["fields"], "description": BAD_DOCUMENT}}),
    ):
        answer = jira(method, V3 + path, sent)
        assert (answer.status_code, answer.json["errors"]) == (400, {})
        assert answer.json["errorMessages"][0].startswith("INVALID_INPUT: content[0]")
    long = jira("PUT", f"{V3}/issue/OPS-1", {"fields": {"description": doc("x" * 32_768)}})
    assert "too long" in long.json["errors"]["description"]
    assert sandbox.content.issue("OPS-1") == before


def test_properties_are_written_with_an_issue(jira: HostCaller):
    key = jira("POST", f"{V3}/issue", new(properties=PROPERTIES)).json["key"]
    assert jira("GET", f"{V3}/issue/{key}/properties/mood").json["value"] == {"day": "good"}
    edit = {"properties": [{"key": "n", "value": 2}]}
    assert jira("PUT", f"{V3}/issue/{key}", edit).status_code == 204
    assert jira("GET", f"{V3}/issue/{key}?properties=*all").json["properties"] == {"mood": {"day": "good"}, "n": 2}


def test_properties_are_written_with_a_comment(jira: HostCaller):
    made = jira(
        "POST", f"{V3}/issue/OPS-1/comment?expand=properties", {"body": doc("x"), "properties": PROPERTIES}
    ).json
    assert made["properties"] == PROPERTIES
    one = f"{V3}/issue/OPS-1/comment/{made['id']}"
    jira("PUT", one, {"body": doc("y"), "properties": [{"key": "n", "value": 2}]})
    assert jira("GET", f"{V3}/comment/{made['id']}/properties/n").json["value"] == 2
    assert "properties" not in jira("GET", one).json


@pytest.mark.parametrize("wrong", BAD_PROPERTIES, ids=range(len(BAD_PROPERTIES)))
def test_wrong_properties_change_nothing(jira: HostCaller, sandbox: Sandbox, wrong):
    count, comments = len(sandbox.content.issues()), sandbox.content.issue_comments("10100")
    assert jira("POST", f"{V3}/issue", new(properties=wrong)).status_code == 400
    assert jira("PUT", f"{V3}/issue/OPS-1", {"fields": {"summary": "Never"}, "properties": wrong}).status_code == 400
    said = {"body": doc("x"), "properties": wrong}
    assert jira("POST", f"{V3}/issue/OPS-1/comment", said).status_code == 400
    assert len(sandbox.content.issues()) == count
    assert sandbox.content.issue("OPS-1").summary != "Never"
    assert sandbox.content.issue_comments("10100") == comments


def test_a_transition_with_edits_is_one_change(jira: HostCaller, sandbox: Sandbox, app):
    app.received.clear()
    body = {"transition": {"id": "21"}, "fields": {"summary": "Begun", "assignee": {"accountId": ADMIN}}}
    assert jira("POST", f"{V3}/issue/OPS-1/transitions", body).status_code == 204
    (told,) = [sent for _, _, sent, _ in app.received]
    assert {item["field"] for item in told["changelog"]["items"]} >= {"summary", "status"}
    bad = {"transition": {"id": "31"}, "fields": {"summary": "Never", "parent": {"key": "OPS-2"}}}
    assert jira("POST", f"{V3}/issue/OPS-1/transitions", bad).status_code == 400
    issue = sandbox.content.issue("OPS-1")
    assert (issue.summary, issue.status) == ("Begun", "In Progress")


def test_steps_tell_their_fields_when_asked(jira: HostCaller):
    steps = jira("GET", f"{V3}/issue/OPS-1/transitions?expand=transitions.fields").json["transitions"]
    assert steps[0]["fields"] == {}
    assert "fields" not in jira("GET", f"{V3}/issue/OPS-1/transitions").json["transitions"][0]


def test_links_come_with_a_comment_and_not_to_themselves(jira: HostCaller, sandbox: Sandbox):
    body = {"type": {"name": "Relates"}, "inwardIssue": {"key": "OPS-1"}, "outwardIssue": {"key": "OPS-2"}}
    assert jira("POST", f"{V3}/issueLink", {**body, "comment": {"body": doc("Same")}}).status_code == 201
    assert sandbox.content.issue_comments(sandbox.content.issue("OPS-2").id)[-1].body == doc("Same")
    links = len(sandbox.content.issue_links("10100"))
    for wrong in ({"outwardIssue": {"key": "OPS-1"}}, {"comment": "Same"}, {"comment": {"body": "Same"}}):
        assert jira("POST", f"{V3}/issueLink", {**body, **wrong}).status_code == 400
    assert len(sandbox.content.issue_links("10100")) == links


def test_comments_are_listed_by_ids_and_in_order(jira: HostCaller, sandbox: Sandbox):
    ids = [
        jira("POST", f"{V3}/issue/{key}/comment", {"body": doc(key)}).json["id"] for key in ("OPS-1", "WEB-1", "OPS-1")
    ]
    sandbox.jira.installation("com.example.stale").block("WEB")
    listed = jira("POST", f"{V3}/comment/list", {"ids": [int(ids[2]), *ids, 7]}).json
    assert ([one["id"] for one in listed["values"]], listed["total"]) == ([ids[2], ids[0]], 2)
    for wrong in ([], "x", [1] * 1001, None):
        assert jira("POST", f"{V3}/comment/list", {"ids": wrong}).status_code == 400
    newest = jira("GET", f"{V3}/issue/OPS-1/comment?orderBy=-created").json["comments"]
    assert newest[0]["id"] == ids[2]
    assert jira("GET", f"{V3}/issue/OPS-1/comment?orderBy=author").status_code == 400


def test_a_comment_for_some_people_is_not_made_for_all(jira: HostCaller, sandbox: Sandbox):
    before = sandbox.content.issue_comments("10100")
    body = {"body": doc("Secret"), "visibility": {"type": "role", "value": "Administrators"}}
    assert jira("POST", f"{V3}/issue/OPS-1/comment", body).status_code == 501
    assert jira("PUT", f"{V3}/issue/OPS-1", {"update": {"comment": [{"add": body}]}}).status_code == 501
    assert sandbox.content.issue_comments("10100") == before


def test_changes_are_listed_by_ids(jira: HostCaller, sandbox: Sandbox):
    for summary in ("One", "Two", "Three"):
        sandbox.content.edit_issue("OPS-1", summary=summary)
    path, history = f"{V3}/issue/OPS-1/changelog/list", sandbox.content.history("10100")
    found = jira("POST", path, {"changelogIds": [int(history[0].id), history[2].id, 7]}).json
    assert [one["id"] for one in found["histories"]] == [history[0].id, history[2].id]
    for wrong in ([], 3, None):
        assert jira("POST", path, {"changelogIds": wrong}).status_code == 400
