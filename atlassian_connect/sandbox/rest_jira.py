"""The part of Jira's REST that the sandbox has.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from .content import Issue
from .jql import JqlError, parse_jql
from .people import Person, jira_user
from .rest import Call, Operation, Reply, RestError
from .shapes import issue_json, project_json

__all__ = ["OPERATIONS"]

_DEFAULT_MAX_RESULTS, _MAX_RESULTS = 50, 100
_MAX_SUMMARY: Final = 255
_NO_ISSUE: Final = "Issue does not exist or you do not have permission to see it."

_GLOBAL: Final = frozenset(
    {"ADMINISTER", "SYSTEM_ADMIN", "USER_PICKER", "CREATE_SHARED_OBJECTS", "MANAGE_GROUP_FILTER_SUBSCRIPTIONS"}
    | {"BULK_CHANGE"}
)
_ADMINS_GLOBAL: Final = _GLOBAL - {"SYSTEM_ADMIN"}  # nobody on a cloud site has it
_USERS_GLOBAL: Final = _GLOBAL - {"SYSTEM_ADMIN", "ADMINISTER"}
_USERS_PROJECT: Final = frozenset(
    {"BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ASSIGN_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS"}
    | {"WORK_ON_ISSUES", "CREATE_ATTACHMENTS", "MANAGE_WATCHERS", "RESOLVE_ISSUES", "CLOSE_ISSUES", "LINK_ISSUES"}
)
_PROJECT: Final = _USERS_PROJECT | {"ADMINISTER_PROJECTS", "DELETE_ISSUES", "MANAGE_SPRINTS_PERMISSION"}


def _myself(call: Call) -> Reply:
    return Reply(payload=jira_user(call.app.person, call.site.base_url))


def _projects(call: Call) -> Reply:
    start = call.integer("startAt", 0, maximum=10**9, minimum=0)
    limit = call.integer("maxResults", _DEFAULT_MAX_RESULTS, maximum=_MAX_RESULTS)
    wanted = {key.upper() for key in call.query.getlist("keys")}
    ids = set(call.query.getlist("id"))
    text = call.query.get("query", "").lower()
    found = [
        project
        for project in call.site.content.projects()
        if (not wanted or project.key in wanted)
        and (not ids or project.id in ids)
        and (text in project.key.lower() or text in project.name.lower())
    ]
    here = found[start : start + limit]
    return Reply(
        payload={
            "self": f"{call.site.base_url}{call.path}?startAt={start}&maxResults={limit}",
            "maxResults": limit,
            "startAt": start,
            "total": len(found),
            "isLast": start + limit >= len(found),
            "values": [project_json(project, call.site) for project in here],
        }
    )


def _search(call: Call) -> Reply:
    text = call.query.get("jql", "")
    limit = call.integer("maxResults", _DEFAULT_MAX_RESULTS, maximum=_MAX_RESULTS)
    try:
        found = parse_jql(text, now=call.site.wire.clock()).run(call.site.content.issues())
    except JqlError as error:
        raise RestError(400, str(error)) from error
    fields = _fields(call, default=frozenset())
    start = _offset(call.query.get("nextPageToken", ""), text)
    issues = [_issue_json(call, issue, fields) for issue in found[start : start + limit]]
    payload: dict[str, Any] = {"issues": issues, "isLast": start + limit >= len(found)}
    if start + limit < len(found):
        payload["nextPageToken"] = urlsafe_b64encode(f"{start + limit}:{_digest(text)}".encode()).decode()
    return Reply(payload=payload)


def _get_issue(call: Call, id_or_key: str) -> Reply:
    return Reply(payload=issue_json(_find(call, id_or_key), call.site, _fields(call, default=None)))


def _put_issue(call: Call, id_or_key: str) -> Reply:
    issue = _find(call, id_or_key)
    fields = call.json_object().get("fields")
    if not isinstance(fields, dict) or not fields:
        raise RestError(400, "fields must be an object with the fields to change.")
    errors = {name: "The sandbox can change the summary only." for name in fields if name != "summary"}
    summary = fields.get("summary", "")
    if not isinstance(summary, str) or not summary.strip():
        errors.setdefault("summary", "You must specify a summary of the issue.")
    elif len(summary) > _MAX_SUMMARY or "\n" in summary:
        errors["summary"] = f"Summary must be one line of less than {_MAX_SUMMARY} characters."
    if errors:
        raise RestError(400, "The issue cannot be changed like that.", errors=errors)
    call.site.edit_issue(issue.key, summary=summary, account_id=call.app.account_id, trace=call.trace, later=call.later)
    return Reply(204)


def _check_permissions(call: Call) -> Reply:
    wanted = call.json_object()
    person = call.person
    if wanted.get("accountId") is not None:
        if call.caller is None:
            raise RestError(403, "Only apps and administrators may ask for somebody else.")
        person = call.site.person(str(wanted["accountId"]))
        if person is None:
            raise RestError(400, "The account id is not valid.", errors={"accountId": "There is no such user."})
    global_wanted = _names(wanted.get("globalPermissions", []), _GLOBAL)
    granted = _granted(person, _ADMINS_GLOBAL, _USERS_GLOBAL)
    blocks = wanted.get("projectPermissions", [])
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise RestError(400, "projectPermissions must be a list of objects.")
    answer = [grant for block in blocks for grant in _project_grants(call, person, block)]
    payload = {"globalPermissions": [name for name in global_wanted if name in granted], "projectPermissions": answer}
    return Reply(payload=payload)


def _project_grants(call: Call, person: Person | None, block: dict[str, Any]) -> list[dict[str, Any]]:
    permissions = _names(block.get("permissions", []), _PROJECT)
    if not permissions:
        raise RestError(400, "A block of projectPermissions must name at least one permission.")
    content = call.site.content
    projects = _known_ids(block.get("projects", []), (project.id for project in content.projects()))
    issues = _known_ids(block.get("issues", []), (issue.id for issue in content.issues()))
    granted = _granted(person, _PROJECT, _USERS_PROJECT)
    return [{"permission": name, "projects": projects, "issues": issues} for name in permissions if name in granted]


# --- small things -----------------------------------------------------------------------------------------------------


def _find(call: Call, id_or_key: str) -> Issue:
    try:
        return call.site.content.issue(id_or_key)
    except KeyError:
        raise RestError(404, _NO_ISSUE) from None


def _fields(call: Call, *, default: frozenset[str] | None) -> frozenset[str] | None:
    names = {name.strip() for value in call.query.getlist("fields") for name in value.split(",") if name.strip()}
    if not names:
        return default
    return None if names & {"*all", "*navigable"} else frozenset(names)


def _issue_json(call: Call, issue: Issue, fields: frozenset[str] | None) -> dict[str, Any]:
    written = issue_json(issue, call.site, fields)
    if fields is not None and not fields - {"id"}:  # without fields, the search of today's Jira gives the ids alone
        return {"id": written["id"]}
    return written


def _names(value: object, known: frozenset[str]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise RestError(400, "Permissions must be a list of permission keys.")
    unknown = [name for name in value if name not in known]
    if unknown:
        raise RestError(400, "", errors=dict.fromkeys(unknown, "Unrecognized permission"))
    return list(value)


def _granted(person: Person | None, admins: frozenset[str], users: frozenset[str]) -> frozenset[str]:
    if person is None:
        return frozenset()
    return admins if person.administers else users


def _known_ids(value: object, known: Iterable[str]) -> list[int]:
    if not isinstance(value, list):
        raise RestError(400, "projects and issues must be lists of numeric ids.")
    ids = set(known)
    return [int(item) for item in map(str, value) if item in ids]


def _digest(jql: str) -> str:
    return sha256(jql.encode("utf-8", "replace")).hexdigest()[:16]


def _offset(token: str, jql: str) -> int:
    if not token:
        return 0
    try:
        number, _, digest = urlsafe_b64decode(token.encode("ascii")).decode("ascii").partition(":")
    except ValueError:
        number, digest = "", ""
    if not number.isdigit() or len(number) > 9 or digest != _digest(jql):
        raise RestError(400, "The nextPageToken is not valid for this query.")
    return int(number)


OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/myself", _myself),
    Operation("GET", "/rest/api/3/project/search", _projects),
    Operation("GET", "/rest/api/3/search/jql", _search),
    Operation("GET", "/rest/api/3/issue/<id_or_key>", _get_issue),
    Operation("PUT", "/rest/api/3/issue/<id_or_key>", _put_issue, scope="WRITE"),
    Operation("POST", "/rest/api/3/permissions/check", _check_permissions, anonymous=True),
)
