"""Saved filters in Jira's REST, and in queries."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox

from ..connect_app import ConnectApp, HostCaller

V3 = "/rest/api/3"
FILTER = f"{V3}/filter"


@pytest.fixture
def jira(app: ConnectApp, sandbox: Sandbox, descriptor_url: str, host: HostCaller) -> HostCaller:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "ACT_AS_USER"]
    events = [f"filter_{edit}" for edit in ("created", "updated", "deleted")]
    app.descriptor["modules"]["webhooks"] = [{"event": one, "url": f"/hooks/{one}"} for one in events]
    sandbox.jira.install(descriptor_url)
    app.received.clear()
    return host


def test_the_life_of_a_filter(jira: HostCaller, app: ConnectApp, sandbox: Sandbox):
    body = {"name": "Ours", "jql": "project = OPS", "description": "All", "favourite": True}
    made = jira("POST", FILTER, body)
    assert made.status_code == 200
    one = f"{FILTER}/{made.json['id']}"
    assert jira("GET", one).json == made.json
    assert (made.json["favourite"], made.json["favouritedCount"], made.json["sharePermissions"]) == (True, 1, [])
    assert made.json["searchUrl"].endswith("jql=project%20%3D%20OPS")
    changed = jira("PUT", one, {"name": "Theirs", "jql": "project = WEB"}).json
    assert (changed["name"], changed["jql"], changed["description"]) == ("Theirs", "project = WEB", "All")
    assert jira("DELETE", f"{one}/favourite").json["favouritedCount"] == 0
    assert jira("PUT", f"{one}/favourite").json["favourite"] is True
    assert [each["id"] for each in jira("GET", f"{FILTER}/favourite").json] == [made.json["id"]]
    assert jira("DELETE", one).status_code == 204
    assert jira("GET", one).status_code == 404
    told = [(body["webhookEvent"], body["filter"]["name"]) for _, _, body, _ in app.received]
    assert told == [("filter_created", "Ours"), ("filter_updated", "Theirs"), ("filter_deleted", "Theirs")]


def test_a_filter_is_for_its_owner_and_whom_it_is_shared_with(jira: HostCaller, as_jira_user, sandbox: Sandbox):
    sandbox.permissions.restrict("WEB", [ADMIN])
    admin, member = as_jira_user(ADMIN), as_jira_user(MEMBER)
    shares: dict[str, list] = {
        "Private": [],
        "All": [{"type": "global"}],
        "Users": [{"type": "loggedin"}],
        "Mine": [{"type": "user", "user": {"accountId": MEMBER}}],
        "Admins": [{"type": "group", "group": {"name": "administrators"}}],
        "Web": [{"type": "project", "project": {"id": "10001"}}],
        "Ops": [{"type": "project", "project": {"id": 10000}}],
    }
    ids = {}
    for name, given in shares.items():
        made = admin("POST", FILTER, {"name": name, "jql": "project = OPS", "sharePermissions": given})
        assert made.status_code == 200, made.json
        ids[name] = made.json["id"]
    seen = {one["name"] for one in member("GET", f"{FILTER}/search?maxResults=100").json["values"]}
    assert seen == {"All", "Users", "Mine", "Ops"}
    assert {name for name, number in ids.items() if member("GET", f"{FILTER}/{number}").status_code == 200} == seen
    assert {one["name"] for one in admin("GET", f"{FILTER}/my").json} == set(shares)
    assert member("GET", f"{FILTER}/my").json == []
    for method, path in (("PUT", ids["All"]), ("DELETE", ids["All"])):
        assert member(method, f"{FILTER}/{path}", {"name": "Taken over"}).status_code == 403
    assert member("PUT", f"{FILTER}/{ids['Private']}", {"name": "x"}).status_code == 404
    visitor = {name for name, number in ids.items() if visit(jira, number) == 200}
    assert visitor == {"All", "Ops"}


def visit(jira: HostCaller, number: str) -> int:
    return int(jira.send("GET", f"{jira.app.tenants['jira']['baseUrl']}{FILTER}/{number}", {}, b"").status_code)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "Taken"}, "filterName"),
        ({"name": "New", "jql": 3}, "jql"),
        ({"name": "New", "jql": "project ="}, "jql"),
        ({"name": "New", "jql": "project = NOPE"}, "jql"),
        ({"name": "New", "description": 3}, "description"),
        ({"name": "New", "favourite": "yes"}, "favourite"),
        ({"name": "New", "sharePermissions": "all"}, "sharePermissions"),
        ({"name": "New", "sharePermissions": [{"type": "everybody"}]}, "sharePermissions"),
        ({"name": "New", "sharePermissions": [{"type": {}}]}, "sharePermissions"),
        ({"name": "New", "sharePermissions": [{"type": "user", "user": {"accountId": "x"}}]}, "sharePermissions"),
        ({"name": "New", "sharePermissions": [{"type": "group", "group": {"name": ["x"]}}]}, "sharePermissions"),
        ({"name": "New", "sharePermissions": [3]}, "sharePermissions"),
    ],
)
def test_wrong_filters_are_refused(jira: HostCaller, sandbox: Sandbox, body: dict, named: str):
    jira("POST", FILTER, {"name": "Taken", "jql": "project = OPS"})
    answer = jira("POST", FILTER, body)
    assert (answer.status_code, list(answer.json["errors"])) == (400, [named])
    assert [one.name for one in sandbox.content.filters()] == ["Taken"]


def test_what_is_not_had_is_said(jira: HostCaller):
    body = {"name": "New", "editPermissions": [{"type": "authenticated"}]}
    assert jira("POST", FILTER, body).status_code == 501
    shared = {"name": "New", "sharePermissions": [{"type": "project", "project": {"id": "1"}}]}
    assert jira("POST", FILTER, shared).status_code == 404


def test_filters_are_searched(jira: HostCaller, sandbox: Sandbox):
    for name in ("Beta", "alpha", "Alphabet"):
        sandbox.content.create_filter(name, "project = OPS", account_id=ADMIN, shares=[{"type": "global"}])
    found = jira("GET", f"{FILTER}/search?filterName=ALPHA&orderBy=-name&expand=jql,owner").json
    assert [one["name"] for one in found["values"]] == ["Alphabet", "alpha"]
    assert found["values"][0].keys() == {"self", "id", "name", "jql", "owner"}
    assert jira("GET", f"{FILTER}/search?accountId={MEMBER}").json["total"] == 0
    assert jira("GET", f"{FILTER}/search?id=10000&id=10002&maxResults=1").json["total"] == 2
    assert jira("GET", f"{FILTER}/search?orderBy=age").status_code == 400


def test_queries_name_filters(jira: HostCaller, as_jira_user, sandbox: Sandbox):
    save = sandbox.content.create_filter
    done = save("Done", "status = Done ORDER BY key", account_id=MEMBER)
    web = save("Web only", "project = WEB", account_id=ADMIN, shares=[{"type": "authenticated"}])
    save("Both", 'filter = "web ONLY" and filter = Done', account_id=MEMBER)
    every = save("Every", "", account_id=MEMBER)

    def found(jql: str) -> list[str]:
        answer = as_jira_user(MEMBER)("POST", f"{V3}/search/jql", {"jql": jql, "fields": ["key"]})
        return (
            [one["key"] for one in answer.json["issues"]] if answer.status_code == 200 else answer.json["errorMessages"]
        )

    assert found("filter = Both") == found(f"filter = {done.id} and savedFilter = {web.id}") == ["WEB-3"]
    assert len(found(f"filter in (Done, {web.id})")) == 9
    assert len(found(f"filter not in (Done, {web.id})")) == 7
    assert len(found(f"filter = {every.id} and project = OPS")) == 8
    assert found("filter != Every") == []
    hidden = as_jira_user(ADMIN)("POST", f"{V3}/search/jql", {"jql": "filter = Done"})
    assert hidden.json["errorMessages"] == ["The value 'Done' does not exist for the field 'filter'."]
    for wrong in ("filter = Nope", "filter is empty", "filter ~ Done", "filter = empty"):
        assert " " in found(wrong)[0], wrong  # a message, not a key


def test_a_filter_cannot_be_part_of_itself(sandbox: Sandbox, jira: HostCaller, as_jira_user):
    one = sandbox.content.create_filter("One", "project = OPS", account_id=MEMBER)
    sandbox.content.create_filter("Two", "filter = One", account_id=MEMBER)
    sandbox.content.edit_filter(one.id, account_id=MEMBER, jql="filter = Two")
    answer = as_jira_user(MEMBER)("GET", f"{V3}/search/jql?jql=filter=One")
    assert answer.status_code == 400
    assert "cyclical" in answer.json["errorMessages"][0]


def test_an_id_counts_before_a_name(sandbox: Sandbox, jira: HostCaller, as_jira_user):
    sandbox.content.create_filter("10001", "project = OPS", account_id=MEMBER)
    second = sandbox.content.create_filter("Second", "project = WEB", account_id=MEMBER)
    assert as_jira_user(MEMBER)("GET", f"{FILTER}/{second.id}").json["name"] == "Second"
    found = as_jira_user(MEMBER)("GET", f"{V3}/search/jql?jql=filter=10001&fields=key&maxResults=1").json["issues"]
    assert found[0]["key"].startswith("WEB")


def test_a_query_names_filters_up_to_a_number(sandbox: Sandbox, jira: HostCaller):
    names = [f"Level {number}" for number in range(30)]
    for name, below in zip(names, [*names[1:], ""], strict=True):
        jql = f'filter = "{below}" or filter = "{below}"' if below else "project = OPS"
        sandbox.content.create_filter(name, jql, account_id=ADMIN, shares=[{"type": "global"}])
    answer = jira("POST", f"{V3}/search/jql", {"jql": 'filter = "Level 0"'})
    assert answer.status_code == 400
    assert "more than 50 filters" in answer.json["errorMessages"][0]
    assert jira("POST", f"{V3}/search/jql", {"jql": 'filter = "Level 26"'}).status_code == 200
