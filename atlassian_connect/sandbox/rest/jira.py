"""Projects, issues, users and search of Jira's REST, as far as the sandbox has them.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from ..people import jira_user
from ..store.content import Issue
from .finding import find_issue, find_project, visible_issues, visible_projects
from .jql import JqlError, parse_jql
from .operations import Call, Operation, Reply, RestError
from .shapes import issue_json, project_json

__all__ = ["OPERATIONS"]

_DEFAULT_MAX_RESULTS, _MAX_RESULTS = 50, 100
_MAX_SUMMARY: Final = 255
_OLD_SEARCH: Final = "GET /rest/api/3/search"  # the catalogue does not have what took its place


def _myself(call: Call) -> Reply:
    person = call.person
    if person is None:
        raise RestError(401, "Client must be authenticated to access this resource.")
    return Reply(payload=jira_user(person, call.site.base_url))


def _user(call: Call) -> Reply:
    person = call.site.person(call.query.get("accountId", ""))
    if person is None:
        raise RestError(404, "Specified user does not exist or you do not have required permissions")
    return Reply(payload=jira_user(person, call.site.base_url))


def _projects(call: Call) -> Reply:
    start = call.integer("startAt", 0, maximum=10**9, minimum=0)
    limit = call.integer("maxResults", _DEFAULT_MAX_RESULTS, maximum=_MAX_RESULTS)
    wanted = {key.upper() for key in call.query.getlist("keys")}
    ids = set(call.query.getlist("id"))
    text = call.query.get("query", "").lower()
    found = [
        project
        for project in visible_projects(call)
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


def _project(call: Call, id_or_key: str) -> Reply:
    return Reply(payload=project_json(find_project(call, id_or_key), call.site))


def _search(call: Call) -> Reply:
    return _search_for(
        call,
        jql=call.query.get("jql", ""),
        limit=call.integer("maxResults", _DEFAULT_MAX_RESULTS, maximum=_MAX_RESULTS),
        token=call.query.get("nextPageToken", ""),
        fields=_fields(call, default=frozenset()),
    )


def _search_by_post(call: Call) -> Reply:
    wanted = call.json_object()
    jql, limit = wanted.get("jql", ""), wanted.get("maxResults", _DEFAULT_MAX_RESULTS)
    token, fields = wanted.get("nextPageToken") or "", wanted.get("fields") or []
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise RestError(400, "maxResults must be a whole number of at least 1.")
    if not isinstance(jql, str) or not isinstance(token, str):
        raise RestError(400, "jql and nextPageToken must be texts.")
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise RestError(400, "fields must be a list of texts.")
    names = _named(fields, default=frozenset())
    return _search_for(call, jql=jql, limit=min(limit, _MAX_RESULTS), token=token, fields=names)


def _search_for(call: Call, *, jql: str, limit: int, token: str, fields: frozenset[str] | None) -> Reply:
    try:
        found = parse_jql(jql, now=call.site.wire.clock()).run(visible_issues(call))
    except JqlError as error:
        raise RestError(400, str(error)) from error
    start = _offset(token, jql)
    issues = [_issue_json(call, issue, fields) for issue in found[start : start + limit]]
    payload: dict[str, Any] = {"issues": issues, "isLast": start + limit >= len(found)}
    if start + limit < len(found):
        payload["nextPageToken"] = urlsafe_b64encode(f"{start + limit}:{_digest(jql)}".encode()).decode()
    return Reply(payload=payload)


def _get_issue(call: Call, id_or_key: str) -> Reply:
    return Reply(payload=issue_json(find_issue(call, id_or_key), call.site, _fields(call, default=None)))


def _put_issue(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
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
    call.site.edit_issue(issue.key, summary=summary, account_id=call.account_id, trace=call.trace, later=call.later)
    return Reply(204)


# --- small things -----------------------------------------------------------------------------------------------------


def _fields(call: Call, *, default: frozenset[str] | None) -> frozenset[str] | None:
    return _named([name for value in call.query.getlist("fields") for name in value.split(",")], default=default)


def _named(fields: Iterable[str], *, default: frozenset[str] | None) -> frozenset[str] | None:
    names = frozenset(name.strip() for name in fields if name.strip())
    if not names:
        return default
    return None if names & {"*all", "*navigable"} else names


def _issue_json(call: Call, issue: Issue, fields: frozenset[str] | None) -> dict[str, Any]:
    written = issue_json(issue, call.site, fields)
    if fields is not None and not fields - {"id"}:  # without fields, the search of today's Jira gives the ids alone
        return {"id": written["id"]}
    return written


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
    Operation("GET", "/rest/api/3/user", _user),
    Operation("GET", "/rest/api/3/project/search", _projects),
    Operation("GET", "/rest/api/3/project/<id_or_key>", _project, anonymous=True),
    Operation("GET", "/rest/api/3/search/jql", _search, listed_as=_OLD_SEARCH),
    Operation("POST", "/rest/api/3/search/jql", _search_by_post, listed_as=_OLD_SEARCH),
    Operation("GET", "/rest/api/3/issue/<id_or_key>", _get_issue, anonymous=True),
    Operation("PUT", "/rest/api/3/issue/<id_or_key>", _put_issue, scope="WRITE"),
)
