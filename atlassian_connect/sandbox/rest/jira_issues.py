"""Issues in Jira's REST: create, read, change, delete.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..store.values import Issue
from .finding import find_issue, find_project
from .jira_input import hierarchy_kept, new_comments, put_properties, read_changes, read_properties
from .jira_paging import jira_page
from .jira_permissions import require_permission
from .jira_reply import descriptions, issue_reply, wanted_by_query
from .jira_shapes import change_json
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_MAX_BULK: Final = 50
_MAX_CHANGES: Final = 1000


def _get(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    wanted = wanted_by_query(call)
    return Reply(payload=issue_reply(call, issue, wanted) | descriptions(call, wanted))


def _create(call: Call) -> Reply:
    issue = _create_one(call, call.json_object())
    return Reply(201, payload=_pointer(call, issue))


def _create_one(call: Call, body: Mapping[str, Any]) -> Issue:
    fields = body.get("fields")
    if not isinstance(fields, Mapping):
        raise RestError(400, "fields must be an object.")
    if body.get("transition"):
        raise RestError(501, "The sandbox does not take an issue through a transition while it is created.")
    require_permission(call, "CREATE_ISSUES", "create issues in this project")
    given = fields.get("project")
    wanted = str(given.get("id") or given.get("key") or "") if isinstance(given, Mapping) else ""
    try:
        project = find_project(call, wanted)
    except RestError as error:
        if error.status != 404:
            raise
        raise RestError(400, "", errors={"project": "Specify a valid project ID or key"}) from None
    rest = {name: value for name, value in fields.items() if name != "project"}
    if "issuetype" not in rest:
        raise RestError(400, "", errors={"issuetype": "Specify an issue type"})
    if "summary" not in rest:
        raise RestError(400, "", errors={"summary": "You must specify a summary of the issue."})
    changes = read_changes(
        call, {"fields": rest, "update": body.get("update")}, project_key=project.key, never=("resolution",)
    )
    others = changes.get("fields", {})
    if "timeoriginalestimate" in others:  # all of it remains to be done
        others.setdefault("timeestimate", others["timeoriginalestimate"])
    said, properties = new_comments(call, body), read_properties(body)
    with hierarchy_kept(), call.site.store.database.transaction():
        issue = call.site.content.create_issue(
            project.id, changes.pop("summary"), account_id=call.account_id, **_without_nothing(changes)
        )
        for comment in said:
            call.site.content.add_issue_comment(issue.key, comment, account_id=call.account_id)
        put_properties(call, ("issue", issue.id), properties)
        return issue


def _without_nothing(changes: dict[str, Any]) -> dict[str, Any]:
    if "fields" in changes:
        changes["fields"] = {name: value for name, value in changes["fields"].items() if value is not None}
    return changes


def _create_many(call: Call) -> Reply:
    updates = call.json_object().get("issueUpdates")
    if not isinstance(updates, list) or not updates or len(updates) > _MAX_BULK:
        raise RestError(400, f"issueUpdates must be a list of 1 to {_MAX_BULK} issues.")
    issues, errors = [], []
    for number, update in enumerate(updates):
        try:
            issues.append(_pointer(call, _create_one(call, update if isinstance(update, Mapping) else {})))
        except RestError as error:
            told = {"errorMessages": [] if error.errors else [error.message], "errors": error.errors}
            errors.append({"status": error.status, "elementErrors": told, "failedElementNumber": number})
    return Reply(201 if issues else 400, payload={"issues": issues, "errors": errors})


def _pointer(call: Call, issue: Issue) -> dict[str, str]:
    return {"id": issue.id, "key": issue.key, "self": f"{call.site.base_url}/rest/api/3/issue/{issue.id}"}


def _edit(call: Call, id_or_key: str) -> Reply:
    issue, body = find_issue(call, id_or_key), call.json_object()
    require_permission(call, "EDIT_ISSUES", "edit this issue")
    if not any(body.get(part) for part in ("fields", "update", "properties")):
        raise RestError(400, "fields, update or properties must say what to change.")
    never = ("project", "status", "resolution", "comment")
    changes = read_changes(call, body, project_key=issue.project_key, before=issue, never=never)
    said, properties = new_comments(call, body), read_properties(body)
    with hierarchy_kept(), call.site.store.database.transaction():
        if changes:
            call.site.content.edit_issue(issue.key, account_id=call.account_id, **changes)
        for comment in said:
            call.site.content.add_issue_comment(issue.key, comment, account_id=call.account_id)
        put_properties(call, ("issue", issue.id), properties)
    if call.query.get("returnIssue") == "true":
        wanted = wanted_by_query(call)
        return Reply(payload=issue_reply(call, call.site.content.issue(issue.id), wanted) | descriptions(call, wanted))
    return Reply(204)


def _delete(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    require_permission(call, "DELETE_ISSUES", "delete issues in this project")
    try:
        subtasks = call.query.get("deleteSubtasks") == "true"
        call.site.content.delete_issue(issue.id, account_id=call.account_id, subtasks=subtasks)
    except ValueError as error:
        raise RestError(400, f"{error} You must specify the 'deleteSubtasks' parameter to delete them too.") from None
    return Reply(204)


def _assign(call: Call, id_or_key: str) -> Reply:
    issue, body = find_issue(call, id_or_key), call.json_object()
    require_permission(call, "ASSIGN_ISSUES", "assign this issue")
    if "accountId" not in body or not isinstance(body["accountId"], str | None):
        raise RestError(400, "accountId must name a user, or be null.")
    account_id = None if body["accountId"] == "-1" else body["accountId"]
    changes = read_changes(call, {"fields": {"assignee": account_id}}, project_key=issue.project_key)
    call.site.content.edit_issue(issue.key, account_id=call.account_id, **changes)
    return Reply(204)


def _changelog(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    history = call.site.content.history(issue.id)
    return jira_page(call, history, lambda one: change_json(one, call.site), default=100)


def _changes_by_ids(call: Call, id_or_key: str) -> Reply:
    issue, ids = find_issue(call, id_or_key), call.json_object().get("changelogIds")
    if not isinstance(ids, list) or not ids:
        raise RestError(400, "changelogIds must be a list of ids of changes.")
    wanted = {str(one) for one in ids}
    found = [one for one in call.site.content.history(issue.id) if one.id in wanted]
    return jira_page(call, found, lambda one: change_json(one, call.site), name="histories", maximum=_MAX_CHANGES)


OPERATIONS: Final = (
    Operation("POST", "/rest/api/3/issue", _create, scope="WRITE"),
    Operation("POST", "/rest/api/3/issue/bulk", _create_many, scope="WRITE"),
    Operation("GET", "/rest/api/3/issue/<id_or_key>", _get, anonymous=True),
    Operation("PUT", "/rest/api/3/issue/<id_or_key>", _edit, scope="WRITE"),
    Operation("DELETE", "/rest/api/3/issue/<id_or_key>", _delete, scope="DELETE"),
    Operation("PUT", "/rest/api/3/issue/<id_or_key>/assignee", _assign, scope="WRITE"),
    Operation("GET", "/rest/api/3/issue/<id_or_key>/changelog", _changelog, anonymous=True),
    Operation("POST", "/rest/api/3/issue/<id_or_key>/changelog/list", _changes_by_ids, scope="WRITE"),
)
