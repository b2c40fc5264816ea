"""How Jira is set up, in its REST: fields with their options, issue types, statuses, priorities, resolutions, labels.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-fields/ and the groups beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..issue_fields import add_option, custom_fields, field_of_module, field_options, remove_option
from ..store.jira_setup import ISSUE_TYPES, LINK_TYPES, PRIORITIES, RESOLUTIONS, STATUSES
from ..store.values import Field
from .finding import find_project, visible_issues
from .jira_paging import jira_page
from .jira_setup_shapes import issue_type_json, link_type_json, priority_json, resolution_json, status_json
from .operations import Call, Operation, Reply, RestError

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["OPERATIONS", "field_names", "field_schema"]

#: Id, name and type of the fields that every issue has.
_SYSTEM: Final = (
    ("summary", "Summary", "string"),
    ("description", "Description", "string"),
    ("issuetype", "Issue Type", "issuetype"),
    ("project", "Project", "project"),
    ("status", "Status", "status"),
    ("statusCategory", "Status Category", "statusCategory"),
    ("priority", "Priority", "priority"),
    ("resolution", "Resolution", "resolution"),
    ("resolutiondate", "Resolved", "datetime"),
    ("assignee", "Assignee", "user"),
    ("reporter", "Reporter", "user"),
    ("creator", "Creator", "user"),
    ("labels", "Labels", "array"),
    ("created", "Created", "datetime"),
    ("updated", "Updated", "datetime"),
    ("duedate", "Due date", "date"),
    ("environment", "Environment", "string"),
    ("components", "Components", "array"),
    ("fixVersions", "Fix versions", "array"),
    ("versions", "Affects versions", "array"),
    ("parent", "Parent", "issuelink"),
    ("subtasks", "Sub-tasks", "array"),
    ("issuelinks", "Linked Issues", "array"),
    ("attachment", "Attachment", "array"),
    ("comment", "Comment", "comments-page"),
    ("worklog", "Log Work", "array"),
    ("timetracking", "Time tracking", "timetracking"),
    ("timespent", "Time Spent", "number"),
    ("timeestimate", "Remaining Estimate", "number"),
    ("timeoriginalestimate", "Original estimate", "number"),
    ("watches", "Watchers", "watches"),
    ("votes", "Votes", "votes"),
)
_ITEMS: Final = {
    "labels": "string",
    "components": "component",
    "fixVersions": "version",
    "versions": "version",
    "subtasks": "issuelinks",
    "issuelinks": "issuelinks",
    "attachment": "attachment",
    "worklog": "worklog",
}
_JQL_NAMES: Final = {
    "issuetype": ("issuetype", "type"),
    "statusCategory": ("statusCategory",),
    "resolutiondate": ("resolved", "resolutiondate"),
    "components": ("component",),
    "fixVersions": ("fixVersion",),
    "versions": ("affectedVersion",),
    "duedate": ("due", "duedate"),
    "watches": ("watchers",),
}
_CUSTOM_TYPES: Final = {"text": "string", "options": "array", "read_only": "string"}
_MAX_OPTION: Final = 255


def field_names(site: Site) -> dict[str, str]:
    """Ids and names of all fields."""
    return {id: name for id, name, _ in _SYSTEM} | {field.id: field.name for field in custom_fields(site)}


def field_schema(site: Site) -> dict[str, dict[str, Any]]:
    """What the values of each field are."""
    schema: dict[str, dict[str, Any]] = {
        id: {"type": kind, "system": id} | ({"items": _ITEMS[id]} if id in _ITEMS else {}) for id, _, kind in _SYSTEM
    }
    for field in custom_fields(site):
        kind = _CUSTOM_TYPES.get(field.type, field.type)
        custom = f"com.atlassian.plugins.atlassian-connect-plugin:{field.module}" if field.module else field.type
        schema[field.id] = {"type": kind, "custom": custom, "customId": int(field.id.rpartition("_")[2])}
        if kind == "array":
            schema[field.id]["items"] = "option"
    return schema


def _fields(call: Call) -> Reply:
    return Reply(payload=_all_fields(call.site))


def _all_fields(site: Site) -> list[dict[str, Any]]:
    schema = field_schema(site)
    system = [
        {
            "id": id,
            "key": id,
            "name": name,
            "custom": False,
            "orderable": True,
            "navigable": True,
            "searchable": True,
            "clauseNames": list(_JQL_NAMES.get(id, (id,))),
            "schema": schema[id],
        }
        for id, name, _ in _SYSTEM
    ]
    return system + [_custom(field, schema[field.id]) for field in custom_fields(site)]


def _custom(field: Field, schema: dict[str, Any]) -> dict[str, Any]:
    number = field.id.rpartition("_")[2]
    return {
        "id": field.id,
        "key": field.module or field.id,
        "name": field.name,
        "untranslatedName": field.name,
        "description": field.description,
        "custom": True,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [f"cf[{number}]", field.name, *([field.module] if field.module else [])],
        "schema": schema,
    }


def _search_fields(call: Call) -> Reply:
    text, kinds, ids = call.query.get("query", "").lower(), call.list_of("type"), call.list_of("id")
    found = [
        field
        for field in _all_fields(call.site)
        if text in field["name"].lower()
        and (ids is None or field["id"] in ids)
        and (kinds is None or ("custom" if field["custom"] else "system") in kinds)
    ]
    return jira_page(call, found, lambda field: field)


# --- options of the apps' select fields -------------------------------------------------------------------------------


def _select(call: Call, field_key: str) -> Field:
    field = field_of_module(call.site, field_key)
    if field is None or field.type not in ("option", "options"):
        raise RestError(404, f"The field {field_key} does not exist, or has no options.")
    if field.module.partition("__")[0] != call.app.app_key:
        raise RestError(403, "Only the app that a field belongs to may manage its options.")
    return field


def _options(call: Call, field_key: str) -> Reply:
    found = field_options(call.site, _select(call, field_key))
    return jira_page(call, found, lambda one: {"id": one.id, "value": one.value})


def _option_value(call: Call) -> str:
    value = call.json_object().get("value")
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_OPTION:
        raise RestError(400, "", errors={"value": f"An option is a text of 1 to {_MAX_OPTION} characters."})
    return value


def _add_option(call: Call, field_key: str) -> Reply:
    field = _select(call, field_key)
    option = add_option(call.site, field, _option_value(call), account_id=call.account_id)
    return Reply(payload={"id": option.id, "value": option.value})


def _one_option(call: Call, field_key: str, option_id: str) -> Reply:
    for option in field_options(call.site, _select(call, field_key)):
        if str(option.id) == option_id:
            return Reply(payload={"id": option.id, "value": option.value})
    raise RestError(404, "The option does not exist.")


def _put_option(call: Call, field_key: str, option_id: str) -> Reply:
    field, value = _select(call, field_key), _option_value(call)
    _one_option(call, field_key, option_id)
    option = add_option(call.site, field, value, account_id=call.account_id, option_id=int(option_id))
    return Reply(payload={"id": option.id, "value": option.value})


def _delete_option(call: Call, field_key: str, option_id: str) -> Reply:
    field = _select(call, field_key)
    _one_option(call, field_key, option_id)
    for issue in call.site.content.issues():
        value = issue.fields.get(field.id)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping) and str(one.get("id")) == option_id:
                raise RestError(409, "The option is selected in issues.")
    remove_option(call.site, field, int(option_id))
    return Reply(204)


# --- what is the same in every project --------------------------------------------------------------------------------


def _listing(values: Mapping[str, Any], write: Any) -> Any:
    return lambda call: Reply(payload=[write(one, call.site) for one in values.values()])


def _single(values: Mapping[str, Any], write: Any, what: str) -> Any:
    def view(call: Call, id_or_name: str) -> Reply:
        for one in values.values():
            if id_or_name in (one.id, one.name):
                return Reply(payload=write(one, call.site))
        raise RestError(404, f"The {what} with the given id does not exist.")

    return view


def _searched(values: Mapping[str, Any], write: Any) -> Any:
    def view(call: Call) -> Reply:
        ids = call.list_of("id")
        found = [one for one in values.values() if ids is None or one.id in ids]
        return jira_page(call, found, lambda one: write(one, call.site))

    return view


def _categories(call: Call) -> Reply:
    return Reply(payload=[status_json(one, call.site)["statusCategory"] for one in STATUSES.values()])


def _types_of_project(call: Call) -> Reply:
    find_project(call, call.query.get("projectId", ""))
    return Reply(payload=[issue_type_json(one, call.site) for one in ISSUE_TYPES.values()])


def _statuses_of_project(call: Call, id_or_key: str) -> Reply:
    find_project(call, id_or_key)
    statuses = [status_json(one, call.site) for one in STATUSES.values()]
    return Reply(payload=[issue_type_json(one, call.site) | {"statuses": statuses} for one in ISSUE_TYPES.values()])


def _link_types(call: Call) -> Reply:
    return Reply(payload={"issueLinkTypes": [link_type_json(one, call.site) for one in LINK_TYPES.values()]})


def _labels(call: Call) -> Reply:
    labels = sorted({label for issue in visible_issues(call) for label in issue.labels})
    return jira_page(call, labels, lambda label: label, maximum=1000)


_OPTION: Final = "/rest/api/3/field/<field_key>/option"

OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/field", _fields, anonymous=True),
    Operation("GET", "/rest/api/3/field/search", _search_fields, scope=None),
    Operation("GET", _OPTION, _options, scope=None),
    Operation("POST", _OPTION, _add_option, scope=None),
    Operation("GET", f"{_OPTION}/<option_id>", _one_option, scope=None),
    Operation("PUT", f"{_OPTION}/<option_id>", _put_option, scope=None),
    Operation("DELETE", f"{_OPTION}/<option_id>", _delete_option, scope=None),
    Operation("GET", "/rest/api/3/issuetype", _listing(ISSUE_TYPES, issue_type_json), anonymous=True),
    Operation("GET", "/rest/api/3/issuetype/project", _types_of_project, anonymous=True),
    Operation(
        "GET", "/rest/api/3/issuetype/<id_or_name>", _single(ISSUE_TYPES, issue_type_json, "issue type"), anonymous=True
    ),
    Operation("GET", "/rest/api/3/status", _listing(STATUSES, status_json), anonymous=True),
    Operation("GET", "/rest/api/3/status/<id_or_name>", _single(STATUSES, status_json, "status"), anonymous=True),
    Operation("GET", "/rest/api/3/statuscategory", _categories),
    Operation("GET", "/rest/api/3/project/<id_or_key>/statuses", _statuses_of_project, anonymous=True),
    Operation("GET", "/rest/api/3/priority", _listing(PRIORITIES, priority_json)),
    Operation("GET", "/rest/api/3/priority/search", _searched(PRIORITIES, priority_json)),
    Operation("GET", "/rest/api/3/priority/<id_or_name>", _single(PRIORITIES, priority_json, "priority")),
    Operation("GET", "/rest/api/3/resolution", _listing(RESOLUTIONS, resolution_json)),
    Operation("GET", "/rest/api/3/resolution/search", _searched(RESOLUTIONS, resolution_json)),
    Operation("GET", "/rest/api/3/resolution/<id_or_name>", _single(RESOLUTIONS, resolution_json, "resolution")),
    Operation("GET", "/rest/api/3/issueLinkType", _link_types, anonymous=True),
    Operation("GET", "/rest/api/3/label", _labels),
)
