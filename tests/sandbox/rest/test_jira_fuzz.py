"""Every operation of Jira's REST with good bodies that went bad in places: never a server error, nothing unreadable."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from atlassian_connect.sandbox import Sandbox
from atlassian_connect.sandbox.rest import catalogue

from ..connect_app import ConnectApp, HostCaller

DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "strong"}]}]}],
}
ISSUE = {
    "fields": {
        "project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "s", "description": DOCUMENT,
        "parent": {"key": "OPS-1"}, "labels": ["a"], "components": [{"name": "Backups"}], "duedate": "2027-01-01",
        "assignee": {"accountId": None}, "priority": {"id": "1"}, "timetracking": {"originalEstimate": "1d"},
    },
    "update": {"labels": [{"add": "x"}], "comment": [{"add": {"body": DOCUMENT}}], "fixVersions": [{"set": []}]},
    "properties": [{"key": "a", "value": 1}],
}  # fmt: skip
SHARE = {"type": "group", "group": {"name": "users"}}
BODIES: dict[str, Any] = {
    "/issue": ISSUE,
    "/issue/<id_or_key>": {**ISSUE, "fields": {"summary": "s", "issuetype": {"name": "Sub-task"}}},
    "/issue/bulk": {"issueUpdates": [ISSUE]},
    "/issue/<id_or_key>/transitions": {"transition": {"id": "21"}, "fields": {"resolution": {"name": "Done"}}},
    "/issue/<id_or_key>/assignee": {"accountId": None},
    "/issue/<id_or_key>/comment": {"body": DOCUMENT, "properties": [{"key": "k", "value": 1}]},
    "/issue/<id_or_key>/worklog": {"timeSpent": "1h", "started": "2026-01-02T10:00:00.000+0000", "comment": DOCUMENT},
    "/issue/<id_or_key>/watchers": "x",
    "/issue/watching": {"issueIds": [10100]},
    "/issue/bulkfetch": {"issueIdsOrKeys": ["OPS-1"], "fields": ["summary"], "expand": ["names"], "properties": ["a"]},
    "/issue/properties/<path:key>": {"value": 1, "filter": {"entityIds": [10100], "hasProperty": True}},
    "/issueLink": {"type": {"name": "Blocks"}, "inwardIssue": {"key": "OPS-1"}, "outwardIssue": {"key": "OPS-2"}},
    "/search/jql": {
        "jql": "project = OPS",
        "maxResults": 2,
        "fields": ["*all"],
        "expand": "names",
        "properties": ["a"],
    },
    "/jql/match": {"jqls": ["project = OPS"], "issueIds": [10100]},
    "/jql/parse": {"queries": ["project = OPS"]},
    "/filter": {"name": "f", "jql": "project = OPS", "favourite": True, "sharePermissions": [SHARE]},
    "/filter/<filter_id>": {"name": "g", "jql": "filter = f", "sharePermissions": [SHARE]},
    "/expression/eval": {"expression": "issue.key", "context": {"issue": {"key": "OPS-1"}}},
    "/project": {"key": "NEW", "name": "New", "projectTypeKey": "software", "description": "d"},
    "/project/<id_or_key>": {"name": "New", "description": "d", "leadAccountId": None},
    "/component": {"project": "OPS", "name": "c", "description": "d"},
    "/component/<component_id>": {"name": "c", "description": "d"},
    "/version": {"projectId": 10000, "name": "v", "releaseDate": "2027-01-01", "released": True},
    "/version/<version_id>": {"name": "v", "releaseDate": "2027-01-01", "released": True, "archived": False},
    "/dashboard": {"name": "d", "description": "d"},
    "/dashboard/<dashboard_id>/gadget/<item_id>": {"title": "t", "color": "blue", "position": {"column": 1}},
    "/webhook": {
        "url": "http://app.localhost:5000/base/hooks/x",
        "webhooks": [{"events": ["jira:issue_created"], "jqlFilter": "project = OPS", "fieldIdsFilter": ["summary"]}],
    },
    "/webhook/refresh": {"webhookIds": [1000]},
    "/permissions/check": {"projectPermissions": [{"permissions": ["EDIT_ISSUES"], "projects": [10000]}]},
}
ARGUMENTS = {
    "id_or_key": ["OPS-1", "OPS-3", "OPS"], "comment_id": ["10500"], "link_id": ["10900"], "version_id": ["10000"],
    "component_id": ["10000"], "dashboard_id": ["10000"], "item_id": ["10000"], "filter_id": ["10000"],
    "worklog_id": ["10700"], "owner_id": ["OPS-1", "OPS", "10002"], "key": ["a", "é/%"], "number": ["1"],
}  # fmt: skip
QUERIES = [
    "expand=renderedFields,names,transitions,changelog,editmeta,properties,renderedBody", "startAt=-1", "maxResults=x",
    "jql=due<1d+order+by+votes", "fields=-summary", "orderBy=-created", "deleteSubtasks=true", "adjustEstimate=new",
    "nextPageToken=%00", "properties=*all", "returnIssue=true", "accountId=%ED%A0%80", "query=%F0%9F%98%80",
]  # fmt: skip
JUNK: list[Any] = [
    None, True, -1, 1.5, 10**30, "", "\x00", "a" * 40_000, [], [None], [{}], {}, {"id": []}, {"key": {}}, {"name": {}},
    {"type": {}}, "OPS-1", {"key": "OPS-1"}, {"name": "Epic"}, "filter = f or parent = OPS-1", "0001-01-01",
]  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[name], (*at, name))


def spoilt(dice: random.Random, body: Any) -> Any:
    body = copy.deepcopy(body)
    at = dice.choice(list(places(body)))
    if not at:
        return copy.deepcopy(dice.choice(JUNK))
    inside = body
    for name in at[:-1]:
        inside = inside[name]
    inside[at[-1]] = copy.deepcopy(dice.choice(JUNK))
    return body


@pytest.mark.parametrize("seed", range(4))
def test_no_operation_fails_at_junk(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, descriptor_url: str, seed: int
):
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"]
    app.descriptor["modules"]["webhooks"] = [
        {"event": event, "url": "/hooks/any"}
        for event in (
            "jira:issue_created",
            "jira:issue_updated",
            "jira:issue_deleted",
            "comment_created",
            "filter_updated",
        )
    ]
    sandbox.jira.install(descriptor_url)
    dice = random.Random(seed)
    rest = "/rest/api/3"
    operations = [one for one in catalogue.JIRA_OPERATIONS if one.rule.startswith(rest) and not one.uploads]
    for _ in range(120):
        operation = dice.choice(operations)
        template = BODIES.get(operation.rule.removeprefix(rest))
        path = re.sub(
            r"<(?:path:)?(\w+)>",
            lambda found: quote(dice.choice(ARGUMENTS.get(found[1], ["x"])), safe=""),
            operation.rule,
        )
        if operation.method == "DELETE" and path.startswith(f"{rest}/project/O"):
            continue  # nothing would be left to ask about
        target = f"{path}?{'&'.join(dice.sample(QUERIES, dice.randrange(3)))}"
        sends = operation.method in ("POST", "PUT")
        body = json.dumps(spoilt(dice, template if template is not None else {"value": 1})).encode() if sends else None
        answer = host(operation.method, target, body)
        assert answer.status_code < 500 or answer.status_code == 501, (operation.method, target, body, answer.data)
    everything = "expand=renderedFields,transitions,changelog&fields=*all&maxResults=100"
    assert host("GET", f"{rest}/search/jql?jql=created>0001-01-01&{everything}").status_code == 200
