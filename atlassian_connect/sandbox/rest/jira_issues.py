"""Issues in Jira's REST: create, read, change, delete, take through the workflow.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ..adf import to_html
from ..issue_fields import custom_fields
from ..store.content import HierarchyError
from ..store.jira_setup import ISSUE_TYPES, PRIORITIES, RESOLUTIONS, STATUSES
from ..store.values import Issue, Project
from ..workflow import RuleRefusedError, steps_for, take_step
from .finding import find_issue, find_project, visible_projects
from .jira_fields import field_names, field_schema
from .jira_input import named, read_changes, read_document
from .jira_paging import jira_page
from .jira_permissions import holds_permission
from .jira_shapes import change_json, issue_json, issue_type_json, priority_json, project_json, status_json
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS", "field_list", "issue_reply", "require_permission"]

_MAX_BULK: Final = 50


def require_permission(call: Call, name: str, doing: str) -> None:
    """Refuse a user without a permission. Apps that act as themselves have what their scopes give them.

    :raises RestError: 403.
    """
    if call.user is not None and not holds_permission(call.user, name):
        raise RestError(403, f"You do not have permission to {doing}.")


def issue_reply(call: Call, issue: Issue, fields: frozenset[str] | None) -> dict[str, Any]:
    """An issue with what ``expand`` asks for."""
    written = issue_json(issue, call.site, fields)
    if call.expands("renderedFields"):
        texts = {"description": issue.description, "environment": issue.fields.get("environment")}
        written["renderedFields"] = {
            name: str(to_html(texts[name])) if name in texts else None for name in written["fields"]
        }
    if call.expands("names"):
        every = field_names(call.site)
        written["names"] = {name: every[name] for name in written["fields"] if name in every}
    if call.expands("schema"):
        every_schema = field_schema(call.site)
        written["schema"] = {name: every_schema[name] for name in written["fields"] if name in every_schema}
    if call.expands("transitions"):
        written["transitions"] = _transitions_of(call, issue)
    if call.expands("editmeta"):
        written["editmeta"] = {"fields": _editable(call, issue.project_key)}
    if call.expands("changelog"):
        history = [change_json(one, call.site) for one in reversed(call.site.content.history(issue.id))]
        count = len(history)
        written["changelog"] = {"startAt": 0, "maxResults": count, "total": count, "histories": history}
    if call.query.get("properties"):
        keys = {key for value in call.query.getlist("properties") for key in value.split(",")}
        found = call.site.entity_properties.all(("issue", issue.id))
        written["properties"] = {one.key: one.value for one in found if "*all" in keys or one.key in keys}
    return written


def field_list(names: list[str], *, default: frozenset[str] | None, every: set[str]) -> frozenset[str] | None:
    """Read which fields to write: names, ``*all``, ``*navigable``, and ``-name`` for all but some. None: all.

    :param default: when none is named.
    :param every: the names of all fields.
    """
    wanted = [part.strip() for name in names for part in name.split(",") if part.strip()]
    without = {name[1:] for name in wanted if name.startswith("-")}
    chosen = {name for name in wanted if not name.startswith("-")}
    if not wanted:
        return default
    if chosen & {"*all", "*navigable"} or not chosen:
        return frozenset(every - without) if without else None
    return frozenset(chosen - without)


def _get(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    fields = field_list(call.query.getlist("fields"), default=None, every=set(field_names(call.site)))
    return Reply(payload=issue_reply(call, issue, fields))


def _create(call: Call) -> Reply:
    issue = _create_one(call, call.json_object())
    return Reply(201, payload=_pointer(call, issue))


def _create_one(call: Call, body: Mapping[str, Any]) -> Issue:
    fields = body.get("fields")
    if not isinstance(fields, Mapping):
        raise RestError(400, "fields must be an object.")
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
    with _hierarchy_kept():
        return call.site.content.create_issue(
            project.id, changes.pop("summary"), account_id=call.account_id, **_without_nothing(changes)
        )


@contextmanager
def _hierarchy_kept() -> Iterator[None]:
    """Name the field when an issue and its parent do not fit.

    :raises RestError: they do not.
    """
    try:
        yield
    except HierarchyError as error:
        raise RestError(400, "", errors={error.field: str(error)}) from None


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
    if not body.get("fields") and not body.get("update"):
        raise RestError(400, "fields or update must say what to change.")
    never = ("project", "status", "resolution", "comment")
    changes = read_changes(call, body, project_key=issue.project_key, before=issue, never=never)
    said = _new_comments(call, body)
    if changes:
        with _hierarchy_kept():
            call.site.content.edit_issue(issue.key, account_id=call.account_id, **changes)
    for comment in said:
        call.site.content.add_issue_comment(issue.key, comment, account_id=call.account_id)
    if call.query.get("returnIssue") == "true":
        return Reply(payload=issue_reply(call, call.site.content.issue(issue.id), None))
    return Reply(204)


def _new_comments(call: Call, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Comments that an update adds."""
    update = body.get("update")
    operations = update.get("comment", []) if isinstance(update, Mapping) else []
    if not isinstance(operations, list):
        raise RestError(400, "", errors={"comment": "An update is a list of operations."})
    found = []
    for one in operations:
        added = one.get("add") if isinstance(one, Mapping) else None
        if not isinstance(added, Mapping):
            raise RestError(400, "", errors={"comment": "Comments can be added here only."})
        found.append(read_document(call, added.get("body"), "comment"))
    return found


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
    if "accountId" not in body:
        raise RestError(400, "accountId must name a user, or be null.")
    account_id = None if body["accountId"] == "-1" else body["accountId"]
    changes = read_changes(call, {"fields": {"assignee": account_id}}, project_key=issue.project_key)
    call.site.content.edit_issue(issue.key, account_id=call.account_id, **changes)
    return Reply(204)


# --- the workflow -----------------------------------------------------------------------------------------------------


def _transitions(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    found = _transitions_of(call, issue)
    wanted = call.query.get("transitionId")
    kept = [one for one in found if wanted in (None, one["id"])]
    return Reply(payload={"expand": "transitions", "transitions": kept})


def _transitions_of(call: Call, issue: Issue) -> list[dict[str, Any]]:
    return [
        {
            "id": step.id,
            "name": step.name,
            "to": status_json(STATUSES[step.to], call.site),
            "hasScreen": False,
            "isGlobal": True,
            "isInitial": False,
            "isConditional": False,
            "isLooped": False,
            "isAvailable": True,
        }
        for step in steps_for(call.site, issue, call.person.account_id if call.person else None)
    ]


def _transition(call: Call, id_or_key: str) -> Reply:
    issue, body = find_issue(call, id_or_key), call.json_object()
    require_permission(call, "TRANSITION_ISSUES", "transition this issue")
    wanted = body.get("transition")
    if not isinstance(wanted, Mapping) or not wanted.get("id"):
        raise RestError(400, "Missing 'transition' identifier")
    given = body.get("fields") or {}
    resolution = named(given.get("resolution"), RESOLUTIONS) if isinstance(given, Mapping) else None
    changes = read_changes(call, body, project_key=issue.project_key, before=issue, never=("project", "status"))
    changes.pop("resolution", None)
    said = _new_comments(call, body)
    try:
        with _hierarchy_kept():
            take_step(
                call.site,
                issue,
                str(wanted["id"]),
                account_id=call.account_id,
                resolution=resolution.name if resolution else "Done",
                changes=changes,
            )
    except RuleRefusedError as error:
        raise RestError(400, str(error)) from None
    for comment in said:
        call.site.content.add_issue_comment(issue.key, comment, account_id=call.account_id)
    return Reply(204)


def _changelog(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    history = call.site.content.history(issue.id)
    return jira_page(call, history, lambda one: change_json(one, call.site))


# --- what can be set --------------------------------------------------------------------------------------------------


def _editmeta(call: Call, id_or_key: str) -> Reply:
    return Reply(payload={"fields": _editable(call, find_issue(call, id_or_key).project_key)})


def _editable(call: Call, project_key: str) -> dict[str, Any]:
    site, schema, names = call.site, field_schema(call.site), field_names(call.site)
    allowed = {
        "issuetype": [issue_type_json(one, site) for one in ISSUE_TYPES.values()],
        "priority": [priority_json(one, site) for one in PRIORITIES.values()],
        "components": [{"id": one.id, "name": one.name} for one in site.content.components(project_key)],
        "fixVersions": [{"id": one.id, "name": one.name} for one in site.content.project_versions(project_key)],
    }
    settable = (
        "summary",
        "description",
        "assignee",
        "reporter",
        "labels",
        "parent",
        "duedate",
        "environment",
        *allowed,
    )
    custom = [field.id for field in custom_fields(site) if field.type != "read_only"]
    return {
        name: {
            "required": name in ("summary", "issuetype"),
            "schema": schema[name],
            "name": names[name],
            "key": name,
            "operations": ["add", "set", "remove"] if schema[name]["type"] == "array" else ["set"],
            **({"allowedValues": allowed[name]} if name in allowed else {}),
        }
        for name in (*settable, *custom)
    }


def _createmeta(call: Call) -> Reply:
    keys = call.list_of("projectKeys")
    projects = [one for one in visible_projects(call) if keys is None or one.key in keys]
    return Reply(payload={"expand": "projects", "projects": [_createmeta_of(call, one) for one in projects]})


def _createmeta_of(call: Call, project: Project) -> dict[str, Any]:
    kinds = [issue_type_json(one, call.site) for one in ISSUE_TYPES.values()]
    if call.expands("projects.issuetypes.fields"):
        kinds = [kind | {"fields": _editable(call, project.key)} for kind in kinds]
    return project_json(project, call.site) | {"issuetypes": kinds}


def _createmeta_types(call: Call, id_or_key: str) -> Reply:
    find_project(call, id_or_key)
    return jira_page(call, list(ISSUE_TYPES.values()), lambda one: issue_type_json(one, call.site), name="issueTypes")


def _createmeta_fields(call: Call, id_or_key: str, type_id: str) -> Reply:
    project = find_project(call, id_or_key)
    if type_id not in {one.id for one in ISSUE_TYPES.values()}:
        raise RestError(404, "The issue type does not exist in this project.")
    fields = _editable(call, project.key)
    return jira_page(call, list(fields), lambda name: fields[name] | {"fieldId": name}, name="fields")


OPERATIONS: Final = (
    Operation("POST", "/rest/api/3/issue", _create, scope="WRITE"),
    Operation("POST", "/rest/api/3/issue/bulk", _create_many, scope="WRITE"),
    Operation("GET", "/rest/api/3/issue/createmeta", _createmeta),
    Operation("GET", "/rest/api/3/issue/createmeta/<id_or_key>/issuetypes", _createmeta_types),
    Operation("GET", "/rest/api/3/issue/createmeta/<id_or_key>/issuetypes/<type_id>", _createmeta_fields),
    Operation("GET", "/rest/api/3/issue/<id_or_key>", _get, anonymous=True),
    Operation("PUT", "/rest/api/3/issue/<id_or_key>", _edit, scope="WRITE"),
    Operation("DELETE", "/rest/api/3/issue/<id_or_key>", _delete, scope="DELETE"),
    Operation("PUT", "/rest/api/3/issue/<id_or_key>/assignee", _assign, scope="WRITE"),
    Operation("GET", "/rest/api/3/issue/<id_or_key>/transitions", _transitions, anonymous=True),
    Operation("POST", "/rest/api/3/issue/<id_or_key>/transitions", _transition, scope="WRITE"),
    Operation("GET", "/rest/api/3/issue/<id_or_key>/changelog", _changelog, anonymous=True),
    Operation("GET", "/rest/api/3/issue/<id_or_key>/editmeta", _editmeta, anonymous=True),
)
