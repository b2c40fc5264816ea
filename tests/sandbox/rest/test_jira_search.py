"""Searches in Jira's REST: pages, and what is told of each issue."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, Sandbox

from ..connect_app import HostCaller

V3 = "/rest/api/3"
ONE = "OPS-1"


@pytest.fixture
def jira(app, sandbox: Sandbox, descriptor_url: str, host: HostCaller) -> HostCaller:
    sandbox.jira.install(descriptor_url)
    return host


def test_a_body_asks_for_parts_as_a_query_does(jira: HostCaller):
    jira("PUT", f"{V3}/issue/{ONE}/properties/mood", "good")
    jira("PUT", f"{V3}/issue/{ONE}/properties/other", 1)
    body = {"jql": f"key = {ONE}", "fields": ["summary", "created"], "expand": "names,schema,changelog"}
    by_body = jira("POST", f"{V3}/search/jql", {**body, "properties": ["mood"]}).json
    query = f"jql=key={ONE}&fields=summary,created&expand=names,schema,changelog&properties=mood"
    assert jira("GET", f"{V3}/search/jql?{query}").json == by_body
    assert by_body["names"] == {"summary": "Summary", "created": "Created"}
    assert by_body["schema"]["created"]["type"] == "datetime"
    (issue,) = by_body["issues"]
    assert (issue["properties"], issue["changelog"]["startAt"]) == ({"mood": "good"}, 0)
    assert "names" not in issue


def test_many_issues_are_fetched_with_parts(jira: HostCaller):
    body = {"issueIdsOrKeys": [ONE, ONE, "NO-1"], "fields": ["summary"], "expand": ["names", "transitions"]}
    fetched = jira("POST", f"{V3}/issue/bulkfetch", body).json
    (issue,) = fetched["issues"]
    assert issue["names"] == {"summary": "Summary"}
    assert issue["transitions"]
    assert jira("POST", f"{V3}/issue/bulkfetch", {**body, "expand": 3}).status_code == 400


def test_ids_and_keys_come_without_fields(jira: HostCaller):
    assert list(jira("GET", f"{V3}/search/jql?jql=key={ONE}").json["issues"][0]) == ["id"]
    issue = jira("GET", f"{V3}/search/jql?jql=key={ONE}&fields=key").json["issues"][0]
    assert (issue["key"], "fields" in issue) == (ONE, False)


def test_pages_are_larger_when_nothing_but_ids_is_asked_for(jira: HostCaller, sandbox: Sandbox):
    for number in range(100):
        sandbox.content.create_issue("OPS", f"Issue {number}", account_id=ADMIN)
    search = f"{V3}/search/jql?jql=project=OPS&maxResults=5000"
    assert len(jira("GET", search).json["issues"]) == 108
    page = jira("GET", f"{search}&fields=summary").json
    assert (len(page["issues"]), page["isLast"]) == (100, False)


def test_texts_are_rendered(jira: HostCaller, sandbox: Sandbox):
    rendered = jira("GET", f"{V3}/issue/OPS-1?expand=renderedFields").json["renderedFields"]
    assert rendered["description"].startswith("<p>")
    assert rendered["comment"]["comments"][0]["body"].startswith("<p>")
    assert rendered["status"] is None


def test_the_link_to_the_next_page_keeps_the_question(jira: HostCaller, sandbox: Sandbox):
    for key in ("AAA", "AAB", "AAC"):
        sandbox.content.create_project(key, f"Same & {key}", account_id=ADMIN)
    page = jira("GET", f"{V3}/project/search?query=Same%20%26&keys=AAA&keys=AAC&maxResults=1").json
    assert (page["total"], page["isLast"]) == (2, False)
    rest = jira("GET", page["nextPage"].removeprefix(sandbox.origin)).json
    assert (rest["total"], rest["isLast"], rest["values"][0]["key"]) == (2, True, "AAC")
    assert "jwt" not in page["self"]


def test_values_that_do_not_exist_are_named(jira: HostCaller):
    answer = jira("GET", f"{V3}/search/jql?jql=project=NOPE")
    assert answer.status_code == 400
    assert answer.json["errorMessages"] == ["The value 'NOPE' does not exist for the field 'project'."]


def test_documents_in_properties_stay_documents_in_version_2(jira: HostCaller):
    document = {"type": "doc", "version": 1, "content": [], "self": "/rest/api/3/x"}
    jira("PUT", f"{V3}/issue/{ONE}/properties/kept", document)
    issue = jira("GET", f"/rest/api/2/issue/{ONE}?properties=kept").json
    assert issue["properties"] == {"kept": document}
    assert "/rest/api/2/" in issue["self"]


@pytest.mark.parametrize("query", ["", "?accountId=x", "?project="])
def test_assignable_people_need_an_issue_or_a_project(jira: HostCaller, query: str):
    assert jira("GET", f"{V3}/user/assignable/search{query}").status_code == 400
