"""Issues in Jira's REST: what apps write is what they read, and what is wrong is named by field."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox
from atlassian_connect.sandbox.workflow import add_rule

from ..connect_app import HostCaller

V3 = "/rest/api/3"


def doc(text: str) -> dict:
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


@pytest.fixture
def jira(app, sandbox: Sandbox, descriptor_url: str, host: HostCaller) -> HostCaller:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"]
    app.descriptor["modules"]["jiraIssueFields"] = [
        {"key": "team", "name": {"value": "Team"}, "description": {"value": "Who"}, "type": "string"},
        {"key": "size", "name": {"value": "Size"}, "description": {"value": "How big"}, "type": "number"},
        {"key": "kind", "name": {"value": "Kind"}, "description": {"value": "Which"}, "type": "single_select"},
        {
            "key": "mood", "name": {"value": "Mood"}, "description": {"value": "How"}, "type": "read_only",
            "property": {"key": "mood", "path": "of.day", "type": "string"},
        },
    ]  # fmt: skip
    sandbox.jira.install(descriptor_url)
    return host


def field_id(jira: HostCaller, key: str) -> str:
    fields = jira("GET", f"{V3}/field").json
    return next(one["id"] for one in fields if one["key"] == f"com.example.stale__{key}")


def create(jira: HostCaller, **fields) -> str:
    body = {"fields": {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "New", **fields}}
    answer = jira("POST", f"{V3}/issue", body)
    assert answer.status_code == 201, answer.json
    return answer.json["key"]


def fields_of(jira: HostCaller, key: str, **query: str) -> dict:
    return jira("GET", f"{V3}/issue/{key}").json["fields"]


def test_what_is_written_is_read(jira: HostCaller, sandbox: Sandbox):
    team, size = field_id(jira, "team"), field_id(jira, "size")
    epic = create(jira, issuetype={"name": "Epic"})
    key = create(
        jira,
        description=doc("Why"),
        priority={"name": "High"},
        assignee={"accountId": MEMBER},
        labels=["a", "b", "a"],
        parent={"key": epic},
        duedate="2027-01-31",
        components=[{"name": "Backups"}],
        **{team: "Blue", size: 3.5},
    )
    issue = jira("GET", f"{V3}/issue/{key}").json
    fields = issue["fields"]
    assert fields["description"] == doc("Why")
    assert fields["priority"]["name"] == "High"
    assert fields["assignee"]["accountId"] == MEMBER
    assert fields["labels"] == ["a", "b"]
    assert fields["parent"]["key"] == epic
    assert fields["parent"]["fields"]["issuetype"]["hierarchyLevel"] == 1
    assert (fields["duedate"], fields["components"][0]["name"]) == ("2027-01-31", "Backups")
    assert (fields[team], fields[size]) == ("Blue", 3.5)
    assert fields["status"]["statusCategory"]["key"] == "new"
    assert fields["creator"]["accountId"] == sandbox.jira.installation("com.example.stale").account_id


def test_an_edit_is_in_the_changelog_and_told(jira: HostCaller, sandbox: Sandbox, app):
    body = {
        "fields": {"summary": "Other", "assignee": None},
        "update": {"labels": [{"add": "x"}, {"add": "y"}, {"remove": "x"}]},
    }
    before = len(app.received)
    assert jira("PUT", f"{V3}/issue/OPS-3", body).status_code == 204
    assert fields_of(jira, "OPS-3")["labels"][-1] == "y"
    history = jira("GET", f"{V3}/issue/OPS-3/changelog").json["values"][-1]
    assert {item["field"] for item in history["items"]} >= {"summary", "labels"}
    assert any(path == "/hooks/issue/OPS-3" for path, *_ in app.received[before:])
    expanded = jira("GET", f"{V3}/issue/OPS-3?expand=changelog,names,transitions,renderedFields,editmeta,schema").json
    assert expanded["changelog"]["total"] == 1
    assert expanded["names"]["summary"] == "Summary"
    assert [one["to"]["name"] for one in expanded["transitions"]] == ["To Do", "In Progress"]
    assert expanded["editmeta"]["fields"]["labels"]["operations"] == ["add", "set", "remove"]


def test_marks_that_are_none_are_left_out_of_what_is_rendered(jira: HostCaller, sandbox: Sandbox):
    odd = {"type": {}, "content": [{"type": "text", "text": "x", "marks": [{"type": {}}, {"type": []}, 3]}]}
    sandbox.content.edit_issue("OPS-1", description={"type": "doc", "version": 1, "content": [odd]})
    rendered = jira("GET", f"{V3}/issue/OPS-1?expand=renderedFields").json["renderedFields"]
    assert rendered["description"] == "x"


def test_nothing_is_changed_when_one_field_is_wrong(jira: HostCaller):
    answer = jira("PUT", f"{V3}/issue/OPS-1", {"fields": {"summary": "Good", "priority": {"name": "Nope"}}})
    assert answer.status_code == 400
    assert list(answer.json["errors"]) == ["priority"]
    assert fields_of(jira, "OPS-1")["summary"] != "Good"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"summary": None}, "summary"),
        ({"description": "plain"}, "description"),
        ({"issuetype": {"name": "Spike"}}, "issuetype"),
        ({"issuetype": {"name": "Sub-task"}}, "issuetype"),
        ({"issuetype": {"name": "Sub-task"}, "parent": {"key": "WEB-1"}}, "parentId"),
        ({"issuetype": {"name": "Epic"}, "parent": {"key": "OPS-1"}}, "parentId"),
        ({"parent": {"key": "OPS-1"}}, "parentId"),
        ({"priority": "High"}, "priority"),
        ({"assignee": {"accountId": "nobody"}}, "assignee"),
        ({"assignee": {"accountId": 5}}, "assignee"),
        ({"assignee": {"name": "bob"}}, "assignee"),
        ({"assignee": {}}, "assignee"),
        ({"issuetype": {"id": "7", "name": "Task"}}, "issuetype"),
        ({"reporter": None}, "reporter"),
        ({"labels": "a"}, "labels"),
        ({"labels": ["a b"]}, "labels"),
        ({"parent": {"key": "NO-1"}}, "parent"),
        ({"parent": "OPS-1"}, "parent"),
        ({"duedate": "soon"}, "duedate"),
        ({"components": [{"name": "Checkout"}]}, "components"),
        ({"fixVersions": {}}, "fixVersions"),
        ({"customfield_99999": 1}, "customfield_99999"),
        ({"resolution": {"name": "Done"}}, "resolution"),
        ({"project": {"key": "NO"}}, "project"),
        ({"project": "OPS"}, "project"),
    ],
)
def test_a_wrong_field_is_named(jira: HostCaller, sandbox: Sandbox, fields: dict, named: str):
    before = len(sandbox.content.issues())
    body = {"fields": {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "New", **fields}}
    answer = jira("POST", f"{V3}/issue", body)
    assert (answer.status_code, list(answer.json["errors"])) == (400, [named])
    assert len(sandbox.content.issues()) == before


@pytest.mark.parametrize("body", [[], {}, {"fields": []}, {"fields": {}, "update": 3}, "x", None])
def test_bodies_that_are_none_are_refused(jira: HostCaller, body):
    posted = [
        "/issue",
        "/issue/OPS-1/transitions",
        "/issue/OPS-1/comment",
        "/issue/bulk",
        "/issue/bulkfetch",
        "/jql/match",
    ]
    posted += ["/webhook", "/project", "/component", "/version", "/dashboard"]
    put = ["/issue/OPS-1", "/issue/OPS-1/assignee"]
    for method, path in [("POST", path) for path in posted] + [("PUT", path) for path in put]:
        assert jira(method, V3 + path, body).status_code in (400, 404), path


def test_many_are_created_at_once(jira: HostCaller):
    good = {"fields": {"project": {"key": "OPS"}, "issuetype": {"id": "10004"}, "summary": "One"}}
    answer = jira("POST", f"{V3}/issue/bulk", {"issueUpdates": [good, {"fields": {}}, 7]})
    assert answer.status_code == 201
    assert len(answer.json["issues"]) == 1
    assert [one["failedElementNumber"] for one in answer.json["errors"]] == [1, 2]


def test_custom_fields_of_apps(jira: HostCaller, sandbox: Sandbox):
    kind, mood, size = (field_id(jira, key) for key in ("kind", "mood", "size"))
    options = f"{V3}/field/com.example.stale__kind/option"
    assert jira("POST", options, {"value": "Small"}).json == {"id": 1, "value": "Small"}
    assert jira("PUT", f"{options}/1", {"value": "Tiny"}).json == {"id": 1, "value": "Tiny"}
    assert jira("GET", options).json["values"] == [{"id": 1, "value": "Tiny"}]
    assert jira("POST", options, {"value": ""}).status_code == 400
    assert jira("PUT", f"{V3}/issue/OPS-1", {"fields": {kind: {"id": 1}}}).status_code == 204
    assert jira("DELETE", f"{options}/1").status_code == 409
    assert jira("PUT", f"{V3}/issue/OPS-1/properties/mood", {"of": {"day": "good"}}).status_code == 201
    fields = fields_of(jira, "OPS-1")
    assert (fields[kind], fields[mood], fields[size]) == ({"id": 1, "value": "Tiny"}, "good", None)
    for wrong in ({kind: {"id": 9}}, {mood: "bad"}, {size: "3"}):
        assert jira("PUT", f"{V3}/issue/OPS-1", {"fields": wrong}).status_code == 400
    assert jira("GET", f"{V3}/field/other__kind/option").status_code == 404
    ids = {one["id"] for one in jira("GET", f"{V3}/field/search?type=custom").json["values"]}
    assert {kind, mood, size} <= ids
    sandbox.jira.installation("com.example.stale").disable()
    assert not any(one.startswith("customfield") for one in sandbox.jira.content.issue("OPS-3").fields)


def test_the_workflow(jira: HostCaller):
    assert [one["id"] for one in jira("GET", f"{V3}/issue/OPS-1/transitions").json["transitions"]] == ["21", "31"]
    body = {
        "transition": {"id": "31"},
        "fields": {"resolution": {"name": "Won't Do"}},
        "update": {"comment": [{"add": {"body": doc("No")}}]},
    }
    assert jira("POST", f"{V3}/issue/OPS-1/transitions", body).status_code == 204
    fields = fields_of(jira, "OPS-1")
    assert (fields["status"]["name"], fields["resolution"]["name"]) == ("Done", "Won't Do")
    assert fields["comment"]["comments"][-1]["body"] == doc("No")
    assert fields["resolutiondate"]
    for wrong in ({"transition": {"id": "31"}}, {"transition": {"id": "x"}}, {"transition": {}}):
        assert jira("POST", f"{V3}/issue/OPS-1/transitions", wrong).status_code == 400


def test_a_resolution_may_come_as_an_update_and_properties_come_along(jira: HostCaller):
    body = {
        "transition": {"id": "31"},
        "update": {"resolution": [{"set": {"name": "Won't Do"}}]},
        "properties": [{"key": "mood", "value": 3}],
    }
    assert jira("POST", f"{V3}/issue/OPS-1/transitions", body).status_code == 204
    assert fields_of(jira, "OPS-1")["resolution"]["name"] == "Won't Do"
    assert jira("GET", f"{V3}/issue/OPS-1/properties/mood").json["value"] == 3


def test_post_functions_are_told_the_comment(jira: HostCaller, app, sandbox: Sandbox, descriptor_url: str):
    app.descriptor["modules"]["jiraWorkflowPostFunctions"] = [
        {"key": "function", "name": {"value": "F"}, "description": {"value": "F"}, "triggered": {"url": "/hooks/done"}}
    ]
    installation = sandbox.jira.install(descriptor_url)
    add_rule(sandbox.jira, "31", installation.module("function"), installation.app_key, "", account_id=ADMIN)
    comments = [{"add": {"body": doc("Over")}}, {"add": {"body": doc("And out")}}]
    body = {"transition": {"id": "31"}, "update": {"comment": comments}}
    assert jira("POST", f"{V3}/issue/OPS-1/transitions", body).status_code == 204
    (told,) = [one[2] for one in app.received if one[0] == "/hooks/done"]
    assert told["comment"] == "Over\nAnd out"


def test_a_new_issue_gets_its_comments_and_takes_no_step(jira: HostCaller, sandbox: Sandbox):
    fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "New"}
    body = {"fields": fields, "update": {"comment": [{"add": {"body": doc("First")}}]}}
    made = jira("POST", f"{V3}/issue", body).json["key"]
    assert [one["body"] for one in fields_of(jira, made)["comment"]["comments"]] == [doc("First")]
    before = len(sandbox.content.issues())
    assert jira("POST", f"{V3}/issue", {**body, "transition": {"id": "21"}}).status_code == 501
    assert jira("POST", f"{V3}/issue", {**body, "update": {"comment": [{"remove": {}}]}}).status_code == 400
    assert len(sandbox.content.issues()) == before


def test_issues_that_a_caller_does_not_see_are_not_told_by_those_that_point_to_them(jira: HostCaller, sandbox: Sandbox):
    epic = create(jira, issuetype={"name": "Epic"}, project={"key": "WEB"})
    child = create(jira, parent={"key": epic})
    jira(
        "POST",
        f"{V3}/issueLink",
        {"type": {"name": "Blocks"}, "inwardIssue": {"key": child}, "outwardIssue": {"key": epic}},
    )

    def pointed() -> tuple[bool, int]:
        fields = fields_of(jira, child)
        return "parent" in fields, len(fields["issuelinks"])

    assert pointed() == (True, 1)
    app = sandbox.jira.installation("com.example.stale")
    app.block("WEB")
    assert pointed() == (False, 0)
    app.unblock("WEB")
    sandbox.permissions.restrict("WEB", [ADMIN])
    visitor = jira.send("GET", f"{sandbox.jira.base_url}{V3}/issue/{child}", {}, b"").json["fields"]
    assert ("parent" in visitor, visitor["issuelinks"]) == (False, [])


def test_comments(jira: HostCaller, sandbox: Sandbox):
    comments = f"{V3}/issue/OPS-1/comment"
    made = jira("POST", comments, {"body": doc("Hello")})
    assert made.status_code == 201
    one = f"{comments}/{made.json['id']}"
    assert jira("PUT", one, {"body": doc("Bye")}).json["body"] == doc("Bye")
    assert jira("GET", f"{one}?expand=renderedBody").json["renderedBody"] == "<p>Bye</p>"
    assert jira("POST", comments, {"body": "text"}).status_code == 400
    assert jira("GET", f"{V3}/issue/OPS-2/comment/{made.json['id']}").status_code == 404
    assert jira("PUT", f"{V3}/comment/{made.json['id']}/properties/seen", True).status_code == 201
    assert jira("GET", f"{V3}/comment/{made.json['id']}/properties/seen").json["value"] is True
    assert jira("DELETE", one).status_code == 204
    assert jira("GET", one).status_code == 404
    assert jira("GET", comments).json["total"] == len(sandbox.content.issue_comments("10100"))


def test_links_and_subtasks(jira: HostCaller):
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "OPS-1"}, "outwardIssue": {"key": "WEB-1"}}
    assert jira("POST", f"{V3}/issueLink", body).status_code == 201
    link = fields_of(jira, "OPS-1")["issuelinks"][-1]
    assert link["outwardIssue"]["key"] == "WEB-1"
    assert fields_of(jira, "WEB-1")["issuelinks"][-1]["inwardIssue"]["key"] == "OPS-1"
    assert jira("GET", f"{V3}/issueLink/{link['id']}").json["type"]["outward"] == "blocks"
    assert jira("DELETE", f"{V3}/issueLink/{link['id']}").status_code == 204
    assert jira("POST", f"{V3}/issueLink", {**body, "outwardIssue": {"key": "NO-1"}}).status_code == 404
    below = create(jira, issuetype={"name": "Sub-task"}, parent={"key": "OPS-1"})
    assert [one["key"] for one in fields_of(jira, "OPS-1")["subtasks"]] == [below]
    assert jira("DELETE", f"{V3}/issue/OPS-1").status_code == 400
    assert jira("DELETE", f"{V3}/issue/OPS-1?deleteSubtasks=true").status_code == 204
    assert jira("GET", f"{V3}/issue/{below}").status_code == 404


def test_version_2_has_plain_texts(jira: HostCaller):
    fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Old", "description": "One\nTwo"}
    made = jira("POST", "/rest/api/2/issue", {"fields": fields})
    assert made.json["self"].endswith(f"/rest/api/2/issue/{made.json['id']}")
    key = made.json["key"]
    assert jira("GET", f"/rest/api/2/issue/{key}").json["fields"]["description"] == "One\nTwo"
    assert fields_of(jira, key)["description"]["type"] == "doc"
    comment = jira("POST", f"/rest/api/2/issue/{key}/comment", {"body": "Hi"})
    assert comment.json["body"] == "Hi"
    assert jira("PUT", f"/rest/api/2/issue/{key}", {"fields": {"description": doc("no")}}).status_code == 400
    jira("PUT", f"/rest/api/2/issue/{key}/properties/kept", doc("as it is"))
    assert jira("GET", f"/rest/api/2/issue/{key}/properties/kept").json["value"] == doc("as it is")


def test_searches(jira: HostCaller, sandbox: Sandbox):
    jql = {"jql": "project = OPS ORDER BY key", "maxResults": 3, "fields": ["*all", "-comment"]}
    found = jira("POST", f"{V3}/search/jql", jql).json
    assert [one["key"] for one in found["issues"]] == ["OPS-1", "OPS-2", "OPS-3"]
    assert "comment" not in found["issues"][0]["fields"]
    assert "summary" in found["issues"][0]["fields"]
    assert jira("POST", f"{V3}/search/approximate-count", {"jql": "project = OPS"}).json == {"count": 8}
    matches = jira("POST", f"{V3}/jql/match", {"jqls": ["key = OPS-1", "nonsense"], "issueIds": [10100, 10101]}).json
    assert matches["matches"][0]["matchedIssues"] == [10100]
    assert matches["matches"][1]["errors"]
    parsed = jira("POST", f"{V3}/jql/parse", {"queries": ["key = OPS-1", "nonsense"]}).json["queries"]
    assert [bool(one["errors"]) for one in parsed] == [False, True]
    body = {"issueIdsOrKeys": ["OPS-1", "10101", "NO-1"], "fields": ["summary"]}
    fetched = jira("POST", f"{V3}/issue/bulkfetch", body).json
    assert [one["key"] for one in fetched["issues"]] == ["OPS-1", "OPS-2"]
    assert fetched["issueErrors"] == []  # what is not there is no error, as hosts say


def test_an_access_rule_hides_and_refuses(jira: HostCaller, sandbox: Sandbox):
    installation: Installation = sandbox.jira.installation("com.example.stale")
    installation.block("OPS")
    calls = [
        ("GET", "/issue/OPS-1", None), ("GET", "/issue/OPS-1/transitions", None), ("GET", "/issue/OPS-1/comment", None),
        ("POST", "/issue/OPS-1/comment", {"body": doc("x")}), ("GET", "/issue/OPS-1/changelog", None),
        ("PUT", "/issue/OPS-1", {"fields": {"summary": "x"}}), ("DELETE", "/issue/OPS-1", None),
    ]  # fmt: skip
    for version in ("2", "3"):
        for method, path, body in calls:
            assert jira(method, f"/rest/api/{version}{path}", body).status_code == 403, path
    assert jira("POST", f"{V3}/search/approximate-count", {"jql": "project = OPS"}).json == {"count": 0}
    assert jira("POST", f"{V3}/issue/bulkfetch", {"issueIdsOrKeys": ["OPS-1"]}).json["issues"] == []


def test_a_restricted_project_is_not_there_for_users_who_do_not_see_it(sandbox: Sandbox, app, descriptor_url, host):
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "ACT_AS_USER"]
    sandbox.jira.install(descriptor_url)
    sandbox.permissions.restrict("OPS", [ADMIN])
    assert host.send("GET", f"{sandbox.origin}{V3}/issue/OPS-1", {}, b"").status_code == 404
    assert host("GET", f"{V3}/issue/OPS-1").status_code == 200
