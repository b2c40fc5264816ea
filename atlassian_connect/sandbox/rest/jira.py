"""Users, groups, and what Jira's REST tells about the site itself.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

from typing import Any, Final

from ..people import Person, jira_user
from .finding import find_issue, find_project
from .jira_basics import jira_time
from .jira_paging import jira_page
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_NO_USER: Final = "Specified user does not exist or you do not have required permissions"
_NO_GROUP: Final = "The group was not found."
_MAX_USERS: Final = 1000
_MAX_BULK: Final = 200


def _user_json(call: Call, person: Person, *, whole: bool = False) -> dict[str, Any]:
    """A user.

    :param whole: with what is told of one user only; the time zone and language are those that everybody may see.
    """
    written = jira_user(person, call.site.base_url)
    if whole:
        written |= {"timeZone": person.time_zone, "locale": person.locale}
    if whole and call.expands("groups"):
        items = [_group_json(call, name) for name in person.groups]
        written["groups"] = {"size": len(items), "items": items}
    return written


def _myself(call: Call) -> Reply:
    person = call.person
    if person is None:
        raise RestError(401, "Client must be authenticated to access this resource.")
    return Reply(payload=_user_json(call, person, whole=True))


def _user(call: Call) -> Reply:
    person = call.site.person(call.query.get("accountId", ""))
    if person is None:
        raise RestError(404, _NO_USER)
    return Reply(payload=_user_json(call, person, whole=True))


def _user_groups(call: Call) -> Reply:
    person = call.site.person(call.query.get("accountId", ""))
    if person is None:
        raise RestError(404, _NO_USER)
    return Reply(payload=[_group_json(call, name) for name in person.groups])


def _search_users(call: Call) -> Reply:
    account_id = call.query.get("accountId")
    if account_id is None and "query" not in call.query:
        raise RestError(400, "Either 'query' or 'accountId' must be given.")
    return _some(call, _people(call))


def _assignable(call: Call) -> Reply:
    query = call.query
    if query.get("issueKey") or query.get("issueId"):
        key = find_issue(call, query.get("issueKey") or query["issueId"]).project_key
    elif query.get("project"):
        key = find_project(call, query["project"]).key
    else:
        raise RestError(400, "Either 'issueKey', 'issueId' or 'project' must be given.")
    return _some(call, [one for one in _people(call) if call.site.permissions.sees(one, key)])


def _people(call: Call) -> list[Person]:
    found = call.site.users.search(call.query.get("query", ""))
    account_id = call.query.get("accountId")
    return [one for one in found if account_id in (None, one.account_id)]


def _some(call: Call, people: list[Person]) -> Reply:
    """A part of a list, without what pages have around it."""
    start = call.integer("startAt", 0, maximum=10**9, minimum=0)
    limit = call.integer("maxResults", 50, maximum=_MAX_USERS)
    return Reply(payload=[_user_json(call, one) for one in people[start : start + limit]])


def _pick_users(call: Call) -> Reply:
    found = call.site.users.search(call.query.get("query", ""))
    users = [{"accountId": one.account_id, "displayName": one.name, "html": one.name} for one in found]
    return Reply(payload={"users": users, "total": len(users), "header": f"Showing {len(users)} of {len(users)} users"})


def _bulk_users(call: Call) -> Reply:
    wanted = call.query.getlist("accountId")
    if not wanted or len(wanted) > _MAX_BULK:
        raise RestError(400, f"accountId must be given 1 to {_MAX_BULK} times.")
    found = [person for person in (call.site.person(one) for one in wanted) if person is not None]
    return jira_page(call, found, lambda one: _user_json(call, one), maximum=_MAX_BULK)


# --- groups -----------------------------------------------------------------------------------------------------------


def _group_id(name: str) -> str:
    return f"00000000-0000-4000-8000-{name.encode().hex()[:12]:0>12}"


def _group_json(call: Call, name: str) -> dict[str, str]:
    group_id = _group_id(name)
    return {"name": name, "groupId": group_id, "self": f"{call.site.base_url}/rest/api/3/group?groupId={group_id}"}


def _groups(call: Call) -> Reply:
    names, ids = call.query.getlist("groupName"), call.query.getlist("groupId")
    found = [
        name
        for name in sorted(call.site.users.groups())
        if (not names and not ids) or name in names or _group_id(name) in ids
    ]
    return jira_page(call, found, lambda name: {"name": name, "groupId": _group_id(name)})


def _pick_groups(call: Call) -> Reply:
    text = call.query.get("query", "").lower()
    found = [name for name in sorted(call.site.users.groups()) if text in name.lower()]
    groups = [{"name": name, "html": name, "labels": [], "groupId": _group_id(name)} for name in found]
    said = f"Showing {len(found)} of {len(found)} matching groups"
    return Reply(payload={"header": said, "total": len(found), "groups": groups})


def _members(call: Call) -> Reply:
    groups = call.site.users.groups()
    wanted = call.query.get("groupId"), call.query.get("groupname")
    name = next((one for one in groups if _group_id(one) == wanted[0] or one == wanted[1]), None)
    if name is None:
        raise RestError(404, _NO_GROUP)
    everyone = call.query.get("includeInactiveUsers") == "true"
    members = [one for one in groups[name] if one.active or everyone]
    return jira_page(call, members, lambda one: _user_json(call, one))


# --- the site ---------------------------------------------------------------------------------------------------------


def _server_info(call: Call) -> Reply:
    now = call.site.wire.clock()
    return Reply(
        payload={
            "baseUrl": call.site.base_url,
            "displayUrl": call.site.base_url,
            "version": "1001.0.0-SANDBOX",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_000,
            "serverTime": jira_time(now),
            "serverTitle": "Sandbox",
            "defaultLocale": {"locale": "en_GB"},
        }
    )


def _configuration(call: Call) -> Reply:
    switches = {
        "votingEnabled": True,
        "watchingEnabled": True,
        "unassignedIssuesAllowed": True,
        "subTasksEnabled": True,
        "issueLinkingEnabled": True,
        "timeTrackingEnabled": True,
        "attachmentsEnabled": True,
    }
    tracking = {"workingHoursPerDay": 8, "workingDaysPerWeek": 5, "timeFormat": "pretty", "defaultUnit": "minute"}
    return Reply(payload=switches | {"timeTrackingConfiguration": tracking})


OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/myself", _myself),
    Operation("GET", "/rest/api/3/user", _user),
    Operation("GET", "/rest/api/3/user/groups", _user_groups),
    Operation("GET", "/rest/api/3/user/search", _search_users),
    Operation("GET", "/rest/api/3/user/picker", _pick_users),
    Operation("GET", "/rest/api/3/user/bulk", _bulk_users),
    Operation("GET", "/rest/api/3/user/assignable/search", _assignable),
    Operation("GET", "/rest/api/3/group/bulk", _groups),
    Operation("GET", "/rest/api/3/group/member", _members, scope="ADMIN"),
    Operation("GET", "/rest/api/3/groups/picker", _pick_groups),
    Operation("GET", "/rest/api/3/serverInfo", _server_info, anonymous=True),
    Operation("GET", "/rest/api/3/configuration", _configuration),
)
