"""What can be set on issues, in Jira's REST: the metadata for forms that edit and create them.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

from typing import Any, Final

from ..issue_fields import custom_fields
from ..store.jira_setup import ISSUE_TYPES, PRIORITIES
from ..store.values import Project
from .finding import find_issue, find_project, visible_projects
from .jira_fields import field_names, field_schema
from .jira_paging import jira_page
from .jira_setup_shapes import issue_type_json, priority_json
from .jira_shapes import project_json
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS", "editable_fields"]


def _editmeta(call: Call, id_or_key: str) -> Reply:
    return Reply(payload={"fields": editable_fields(call, find_issue(call, id_or_key).project_key)})


def editable_fields(call: Call, project_key: str) -> dict[str, Any]:
    """The fields that can be set on issues of a project, as ``editmeta`` and ``createmeta`` describe them."""
    site, schema, names = call.site, field_schema(call.site), field_names(call.site)
    versions = [{"id": one.id, "name": one.name} for one in site.content.project_versions(project_key)]
    allowed = {
        "issuetype": [issue_type_json(one, site) for one in ISSUE_TYPES.values()],
        "priority": [priority_json(one, site) for one in PRIORITIES.values()],
        "components": [{"id": one.id, "name": one.name} for one in site.content.components(project_key)],
        "fixVersions": versions,
        "versions": versions,
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
        "timetracking",
        *allowed,
    )
    custom = [field.id for field in custom_fields(site) if field.type != "read_only"]
    return {
        name: {
            "required": name in ("summary", "issuetype"),
            "schema": schema[name],
            "name": names[name],
            "key": name,
            "hasDefaultValue": False,
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
        kinds = [kind | {"fields": editable_fields(call, project.key)} for kind in kinds]
    return project_json(project, call.site) | {"issuetypes": kinds}


def _createmeta_types(call: Call, id_or_key: str) -> Reply:
    find_project(call, id_or_key)
    return jira_page(call, list(ISSUE_TYPES.values()), lambda one: issue_type_json(one, call.site), name="issueTypes")


def _createmeta_fields(call: Call, id_or_key: str, type_id: str) -> Reply:
    project = find_project(call, id_or_key)
    if type_id not in {one.id for one in ISSUE_TYPES.values()}:
        raise RestError(404, "The issue type does not exist in this project.")
    fields = editable_fields(call, project.key)
    return jira_page(call, list(fields), lambda name: fields[name] | {"fieldId": name}, name="fields")


_CREATEMETA: Final = "/rest/api/3/issue/createmeta"

OPERATIONS: Final = (
    Operation("GET", _CREATEMETA, _createmeta),
    Operation("GET", f"{_CREATEMETA}/<id_or_key>/issuetypes", _createmeta_types),
    Operation("GET", f"{_CREATEMETA}/<id_or_key>/issuetypes/<type_id>", _createmeta_fields),
    Operation("GET", "/rest/api/3/issue/<id_or_key>/editmeta", _editmeta, anonymous=True),
)
