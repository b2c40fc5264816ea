"""Work, watchers and votes in Jira's REST."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox
from atlassian_connect.sandbox.modules.conditions import evaluate
from atlassian_connect.sandbox.modules.situation import Situation
from atlassian_connect.sandbox.rest.jira_basics import read_duration, written_duration

from ..connect_app import ConnectApp, HostCaller

V3 = "/rest/api/3"
WORKLOG = f"{V3}/issue/OPS-1/worklog"
WATCHERS = f"{V3}/issue/OPS-1/watchers"
VOTES = f"{V3}/issue/OPS-1/votes"
STARTED = "2026-01-02T10:30:00.000+0100"


def doc(said: str) -> dict:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": said}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


@pytest.fixture
def jira(app: ConnectApp, sandbox: Sandbox, descriptor_url: str, host: HostCaller) -> HostCaller:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "ACT_AS_USER"]
    app.descriptor["modules"]["webhooks"] = [
        {"event": event, "url": "/hooks/{issue.key}"}
        for event in ("worklog_created", "worklog_updated", "worklog_deleted", "jira:issue_updated")
    ]
    sandbox.jira.install(descriptor_url)
    app.received.clear()
    return host


def tracking(jira: HostCaller) -> dict:
    return jira("GET", f"{V3}/issue/OPS-1?fields=timetracking").json["fields"]["timetracking"]


def test_the_life_of_a_worklog(jira: HostCaller, sandbox: Sandbox, app: ConnectApp):
    body = {
        "timeSpent": "1d 2h",
        "started": STARTED,
        "comment": doc("Hard"),
        "properties": [{"key": "bill", "value": 1}],
    }
    made = jira("POST", f"{WORKLOG}?expand=properties", body)
    assert made.status_code == 201
    assert (made.json["timeSpent"], made.json["timeSpentSeconds"]) == ("1d 2h", 36_000)
    assert made.json["started"] == "2026-01-02T09:30:00.000+0000"
    assert made.json["properties"] == [{"key": "bill", "value": 1}]
    one = f"{WORKLOG}/{made.json['id']}"
    assert jira("PUT", one, {"timeSpentSeconds": 3_600}).json["comment"] == doc("Hard")
    issue = jira("GET", f"{V3}/issue/OPS-1").json["fields"]
    assert (issue["timespent"], issue["timetracking"]) == (3_600, {"timeSpent": "1h", "timeSpentSeconds": 3_600})
    assert [entry["id"] for entry in issue["worklog"]["worklogs"]] == [made.json["id"]]
    assert jira("GET", one).json["updateAuthor"]["accountId"] == made.json["author"]["accountId"]
    assert jira("DELETE", one).status_code == 204
    assert jira("GET", one).status_code == 404
    assert (tracking(jira), sandbox.entity_properties.all(("worklog", made.json["id"]))) == ({}, [])
    told = [(path, body["webhookEvent"]) for path, _, body, _ in app.received]
    edits = [("/hooks/OPS-1", name) for name in ("worklog_created", "worklog_updated", "worklog_deleted")]
    assert [one for one in told if one[1] != "jira:issue_updated"] == edits
    assert told.count(("/hooks/OPS-1", "jira:issue_updated")) == 3
    body = next(body for _, _, body, _ in app.received if body["webhookEvent"] == "worklog_created")
    assert (body["worklog"]["comment"], body["worklog"]["issueId"]) == ("Hard", sandbox.content.issue("OPS-1").id)


def test_estimates_follow_the_work(jira: HostCaller):
    assert (
        jira("PUT", f"{V3}/issue/OPS-1", {"fields": {"timetracking": {"remainingEstimate": "1d"}}}).status_code == 204
    )
    one = jira("POST", WORKLOG, {"timeSpentSeconds": 3_600}).json["id"]
    assert tracking(jira)["remainingEstimate"] == "7h"
    jira("PUT", f"{WORKLOG}/{one}", {"timeSpentSeconds": 7_200})
    assert tracking(jira)["remainingEstimate"] == "6h"
    jira("POST", f"{WORKLOG}?adjustEstimate=leave", {"timeSpentSeconds": 60})
    jira("POST", f"{WORKLOG}?adjustEstimate=manual&reduceBy=1h", {"timeSpentSeconds": 60})
    assert tracking(jira)["remainingEstimate"] == "5h"
    jira("DELETE", f"{WORKLOG}/{one}?adjustEstimate=manual&increaseBy=30m")
    assert tracking(jira)["remainingEstimate"] == "5h 30m"
    jira("POST", f"{WORKLOG}?adjustEstimate=new&newEstimate=2w", {"timeSpentSeconds": 60})
    assert tracking(jira)["remainingEstimateSeconds"] == 2 * 5 * 8 * 3_600
    jira("POST", WORKLOG, {"timeSpent": "9w"})
    assert tracking(jira)["remainingEstimate"] == "0m"


def test_an_estimate_of_a_new_issue_remains(jira: HostCaller):
    fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "New"}
    made = jira("POST", f"{V3}/issue", {"fields": {**fields, "timetracking": {"originalEstimate": "3h"}}}).json["key"]
    written = jira("GET", f"{V3}/issue/{made}").json["fields"]
    assert (written["timeoriginalestimate"], written["timeestimate"], written["timespent"]) == (10_800, 10_800, None)
    for wrong in ("3h", {}, {"originalEstimate": "soon"}, {"timeSpent": "1h"}):
        answer = jira("PUT", f"{V3}/issue/OPS-1", {"fields": {"timetracking": wrong}})
        assert (answer.status_code, list(answer.json["errors"])) == (400, ["timetracking"])


@pytest.mark.parametrize(
    ("body", "query", "named"),
    [
        ({}, "", "timeLogged"),
        ({"timeSpent": "soon"}, "", "timeLogged"),
        ({"timeSpent": {}}, "", "timeLogged"),
        ({"timeSpentSeconds": 59}, "", "timeLogged"),
        ({"timeSpentSeconds": True}, "", "timeLogged"),
        ({"timeSpentSeconds": 10**400}, "", "timeLogged"),
        ({"timeSpent": "1h", "started": "yesterday"}, "", "started"),
        ({"timeSpent": "1h", "started": "0001-01-01T00:00:00.000+2359"}, "", "started"),
        ({"timeSpent": "1h", "started": "9999-12-31T23:59:59.000-2359"}, "", "started"),
        ({"timeSpent": "1h", "comment": "plain"}, "", "comment"),
        ({"timeSpent": "1h"}, "?adjustEstimate=new", "newEstimate"),
        ({"timeSpent": "1h"}, "?adjustEstimate=manual&reduceBy=x", "reduceBy"),
    ],
)
def test_wrong_work_is_refused_and_changes_nothing(jira: HostCaller, sandbox: Sandbox, body, query: str, named: str):
    before = sandbox.content.issue("OPS-1")
    answer = jira("POST", WORKLOG + query, body)
    assert (answer.status_code, list(answer.json["errors"])) == (400, [named])
    assert (sandbox.content.worklogs(before.id), sandbox.content.issue("OPS-1")) == ([], before)


def test_what_is_not_had_is_said(jira: HostCaller):
    body = {"timeSpent": "1h", "visibility": {"type": "role", "value": "Administrators"}}
    assert jira("POST", WORKLOG, body).status_code == 501
    assert jira("POST", f"{WORKLOG}?adjustEstimate=never", {"timeSpent": "1h"}).status_code == 400
    for path in (f"{WORKLOG}/1", f"{V3}/issue/NO-1/worklog"):
        assert jira("GET", path).status_code == 404


def test_worklogs_are_listed_by_time_and_by_ids(jira: HostCaller, sandbox: Sandbox):
    for hour in (8, 9, 10):
        jira("POST", WORKLOG, {"timeSpent": "1h", "started": f"2026-01-02T{hour:02}:00:00.000+0000"})
    nine = 1_767_344_400_000
    found = jira("GET", f"{WORKLOG}?startedAfter={nine - 1}&startedBefore={nine + 1}").json
    assert [one["started"] for one in found["worklogs"]] == ["2026-01-02T09:00:00.000+0000"]
    assert jira("GET", f"{WORKLOG}?startedAfter=soon").status_code == 400
    assert jira("GET", WORKLOG).json["maxResults"] == 5000
    page = jira("GET", f"{WORKLOG}?maxResults=2&startAt=1").json
    assert (page["total"], len(page["worklogs"])) == (3, 2)
    other = jira("POST", f"{V3}/issue/WEB-1/worklog", {"timeSpent": "1h"}).json["id"]
    ids = [one.id for one in sandbox.content.worklogs(sandbox.content.issue("OPS-1").id)]
    sandbox.jira.installation("com.example.stale").block("WEB")
    assert [one["id"] for one in jira("POST", f"{V3}/worklog/list", {"ids": [other, int(ids[1]), 7]}).json] == [ids[1]]
    assert jira("GET", f"{WORKLOG}/{other}").status_code == 404
    assert jira("POST", f"{V3}/worklog/list", {"ids": []}).status_code == 400


def test_users_change_their_own_work(jira: HostCaller, as_jira_user):
    member, admin = as_jira_user(MEMBER), as_jira_user(ADMIN)
    one = f"{WORKLOG}/{admin('POST', WORKLOG, {'timeSpent': '1h'}).json['id']}"
    assert member("PUT", one, {"timeSpent": "2h"}).status_code == 403
    assert member("PUT", f"{one}/properties/x", 1).status_code == 403
    assert member("GET", f"{one}/properties").json == {"keys": []}
    assert member("DELETE", one).status_code == 403
    mine = f"{WORKLOG}/{member('POST', WORKLOG, {'timeSpent': '1h'}).json['id']}"
    assert member("PUT", f"{mine}/properties/x", 1).status_code == 201
    assert admin("DELETE", mine).status_code == 204


def test_watchers(jira: HostCaller, as_jira_user, sandbox: Sandbox):
    member = as_jira_user(MEMBER)
    assert jira("GET", WATCHERS).json["watchCount"] == 0
    assert jira("POST", WATCHERS, MEMBER).status_code == 204
    assert jira("POST", WATCHERS, MEMBER).status_code == 204
    assert as_jira_user(ADMIN)("POST", WATCHERS).status_code == 204
    found = member("GET", WATCHERS).json
    assert ([one["accountId"] for one in found["watchers"]], found["isWatching"]) == ([MEMBER], True)
    for calls in (jira, as_jira_user(ADMIN)):
        assert [one["accountId"] for one in calls("GET", WATCHERS).json["watchers"]] == [MEMBER, ADMIN]
    visitor = jira.send("GET", jira.app.tenants["jira"]["baseUrl"] + WATCHERS, {}, b"").json
    assert (visitor["watchers"], visitor["watchCount"], found["watchCount"]) == ([], 2, 2)
    assert member("GET", f"{V3}/issue/OPS-1").json["fields"]["watches"]["isWatching"] is True
    assert jira("GET", f"{V3}/issue/OPS-1").json["fields"]["watches"]["isWatching"] is False
    number = sandbox.content.issue("OPS-1").id
    bulk = member("POST", f"{V3}/issue/watching", {"issueIds": [number, "10101", "1"]}).json
    assert bulk == {"issuesIsWatching": {number: True, "10101": False}}
    assert jira("DELETE", f"{WATCHERS}?accountId={MEMBER}").status_code == 204
    assert jira("DELETE", f"{WATCHERS}?accountId={MEMBER}").status_code == 404
    assert jira("DELETE", WATCHERS).status_code == 400
    for body, status in ((b"nobody", 400), (3, 400), ("nobody", 404), ({}, 400)):
        assert jira("POST", WATCHERS, body).status_code == status
    sandbox.permissions.restrict("OPS", [ADMIN])
    assert jira("POST", WATCHERS, MEMBER).status_code == 404
    assert jira("POST", f"{V3}/issue/watching", {"issueIds": 3}).status_code == 400


def test_votes(jira: HostCaller, as_jira_user, sandbox: Sandbox):
    sandbox.content.edit_issue("OPS-1", reporter=ADMIN)
    member, admin = as_jira_user(MEMBER), as_jira_user(ADMIN)
    assert member("POST", VOTES).status_code == 204
    assert admin("POST", VOTES).status_code == 404  # it is their own issue
    found = member("GET", VOTES).json
    assert (found["votes"], found["hasVoted"], found["voters"][0]["accountId"]) == (1, True, MEMBER)
    assert jira("GET", f"{V3}/issue/OPS-1").json["fields"]["votes"]["votes"] == 1
    assert member("DELETE", VOTES).status_code == 204
    assert member("DELETE", VOTES).status_code == 404
    sandbox.content.transition_issue("OPS-1", "31", account_id=ADMIN)
    assert member("POST", VOTES).status_code == 404


def test_searches_know_them(jira: HostCaller, as_jira_user, sandbox: Sandbox):
    for key, votes in (("OPS-1", 1), ("OPS-2", 2)):
        for account_id in [MEMBER, ADMIN][:votes]:
            sandbox.content.watch(key, account_id)
            sandbox.content.vote(key, account_id)
        sandbox.content.add_worklog(key, account_id=ADMIN, seconds=3_600 * votes)

    def found(jql: str, account_id: str = MEMBER) -> list[str]:
        body = {"jql": jql, "fields": ["key"]}
        return [one["key"] for one in as_jira_user(account_id)("POST", f"{V3}/search/jql", body).json["issues"]]

    assert found("watcher = currentUser() ORDER BY votes DESC, key") == ["OPS-2", "OPS-1"]
    of_admin = f'(voter = "{ADMIN}" or watcher = "{ADMIN}") and worklogAuthor = "{ADMIN}"'
    assert found(of_admin, ADMIN) == ["OPS-2"]
    assert found(of_admin) == []  # who may not see the voters does not find by them either
    assert jira("POST", f"{V3}/search/approximate-count", {"jql": of_admin}).json == {"count": 1}  # an app as itself
    assert found("watchers = 1 or votes > 1 ORDER BY timespent") == ["OPS-1", "OPS-2"]
    assert found("timespent >= 2h") == found("timespent > 3600") == ["OPS-2"]
    assert "OPS-3" in found("timespent is empty")
    assert "OPS-1" not in found("project = OPS and timespent = empty")


def test_all_of_it_goes_with_the_issue(sandbox: Sandbox):
    issue = sandbox.content.issue("OPS-1")
    work = sandbox.content.add_worklog("OPS-1", account_id=ADMIN, seconds=60)
    sandbox.entity_properties.put(("worklog", work.id), "x", 1, ADMIN)
    sandbox.content.watch("OPS-1", ADMIN)
    sandbox.content.vote("OPS-1", MEMBER)
    sandbox.content.delete_issue("OPS-1", account_id=ADMIN)
    content = sandbox.content
    assert (content.worklogs(issue.id), content.watchers(issue.id), content.voters(issue.id)) == ([], [], [])
    assert sandbox.entity_properties.all(("worklog", work.id)) == []


@pytest.mark.parametrize(
    ("text", "seconds", "written"),
    [
        ("90", 5_400, "1h 30m"),
        ("1w 2d 3h 4m", 212_640, "1w 2d 3h 4m"),
        ("1h30m", 5_400, "1h 30m"),
        ("8h", 28_800, "1d"),
    ],
)
def test_durations(text: str, seconds: int, written: str):
    assert (read_duration(text), written_duration(seconds)) == (seconds, written)


@pytest.mark.parametrize("text", ["", "h", "1 h", "-1h", "1.5h", "1h and more", "٣", "1000000000h"])
def test_what_is_no_duration(text: str):
    assert read_duration(text) is None


def test_conditions_know_watchers_and_votes(sandbox: Sandbox, jira: HostCaller):
    installation, here = sandbox.jira.installation("com.example.stale"), Situation(account_id=MEMBER, issue="OPS-1")
    sandbox.content.watch("OPS-1", ADMIN)
    sandbox.content.vote("OPS-1", ADMIN)

    def holds(name: str, situation: Situation) -> bool:
        return evaluate([{"condition": name}], installation, situation).visible

    for name, involve in (("is_watching_issue", sandbox.content.watch), ("has_voted_for_issue", sandbox.content.vote)):
        assert not holds(name, here)
        involve("OPS-1", MEMBER)
        assert holds(name, here)
        assert not holds(name, Situation(account_id=None, issue="OPS-1"))
        assert not holds(name, Situation(account_id=MEMBER))
