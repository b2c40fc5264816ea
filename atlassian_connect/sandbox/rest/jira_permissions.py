"""Permissions in Jira's REST: who may do what, globally, in projects and on issues.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-permissions/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from ..people import Person
from .finding import find_issue, find_project
from .operations import Call, Operation, Reply, RestError

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["OPERATIONS", "holds_permission", "known_permissions", "require_own", "require_permission"]

_MAX_IDS: Final = 1000

_GLOBAL: Final = frozenset(
    {"ADMINISTER", "SYSTEM_ADMIN", "USER_PICKER", "CREATE_SHARED_OBJECTS", "MANAGE_GROUP_FILTER_SUBSCRIPTIONS"}
    | {"BULK_CHANGE"}
)
_NOBODY: Final = frozenset({"SYSTEM_ADMIN"})  # on a cloud site
_USERS: Final = frozenset(
    {"BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ASSIGN_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS"}
    | {"WORK_ON_ISSUES", "CREATE_ATTACHMENTS", "MANAGE_WATCHERS", "RESOLVE_ISSUES", "CLOSE_ISSUES", "LINK_ISSUES"}
    | {"USER_PICKER", "CREATE_SHARED_OBJECTS", "MANAGE_GROUP_FILTER_SUBSCRIPTIONS", "BULK_CHANGE"}
)
_PROJECT: Final = (_USERS - _GLOBAL) | {
    "ADMINISTER_PROJECTS",
    "DELETE_ISSUES",
    "MANAGE_SPRINTS_PERMISSION",
    "SCHEDULE_ISSUES",
    "SET_ISSUE_SECURITY",
    "VIEW_VOTERS_AND_WATCHERS",
}
_ANYBODY: Final = frozenset({"BROWSE_PROJECTS"})
_TYPES_OF_APPS: Final = {"jiraGlobalPermissions": "GLOBAL", "jiraProjectPermissions": "PROJECT"}


def _check(call: Call) -> Reply:
    wanted = call.json_object()
    person = _asked_about(call, wanted.get("accountId"))
    names = _names(wanted.get("globalPermissions", []), known_permissions(call.site, "GLOBAL"))
    blocks = wanted.get("projectPermissions", [])
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise RestError(400, "projectPermissions must be a list of objects.")
    payload = {
        "globalPermissions": [name for name in names if holds_permission(person, name)],
        "projectPermissions": [grant for block in blocks for grant in _grants(call, person, block)],
    }
    return Reply(payload=payload)


def _asked_about(call: Call, account_id: object) -> Person | None:
    if account_id is None:
        return call.person
    caller = call.person
    if caller is None or (call.user is not None and not caller.administers and account_id != caller.account_id):
        raise RestError(403, "Only apps and administrators may ask for somebody else.")
    person = call.site.person(str(account_id))
    if person is None:
        raise RestError(400, "The account id is not valid.", errors={"accountId": "There is no such user."})
    return person


def _grants(call: Call, person: Person | None, block: dict[str, Any]) -> list[dict[str, Any]]:
    names = _names(block.get("permissions", []), known_permissions(call.site, "PROJECT"))
    if not names:
        raise RestError(400, "A block of projectPermissions must name at least one permission.")
    content, sees = call.site.content, call.site.permissions.sees
    of_projects = {project.id: project.key for project in content.projects()}
    of_issues = {issue.id: issue.project_key for issue in content.issues()}
    asked = [_ids(block.get(kind, [])) for kind in ("projects", "issues")]
    projects, issues = (
        [int(one) for one in ids if one in known and sees(person, known[one])]
        for ids, known in zip(asked, (of_projects, of_issues), strict=True)
    )
    if any(asked) and not projects and not issues:
        return []
    held = [name for name in names if holds_permission(person, name)]
    return [{"permission": name, "projects": projects, "issues": issues} for name in held]


def _permitted_projects(call: Call) -> Reply:
    names = _names(call.json_object().get("permissions", []), known_permissions(call.site, "PROJECT"))
    held = all(holds_permission(call.person, name) for name in names)
    found = [project for project in call.site.content.projects() if held and call.lists(project.key)]
    return Reply(payload={"projects": [{"id": int(project.id), "key": project.key} for project in found]})


def _mine(call: Call) -> Reply:
    asked = [name.strip() for name in call.query.get("permissions", "").split(",") if name.strip()]
    if not asked:
        raise RestError(400, "The 'permissions' query parameter is required.")
    _names(asked, known_permissions(call.site, "GLOBAL") | known_permissions(call.site, "PROJECT"))
    query, keys = call.query, [project.key for project in call.site.content.projects()]
    if query.get("projectKey") or query.get("projectId"):
        keys = [find_project(call, query.get("projectKey") or query["projectId"]).key]
    if query.get("issueKey") or query.get("issueId"):
        keys = [find_issue(call, query.get("issueKey") or query["issueId"]).project_key]
    somewhere = any(call.permits(key) for key in keys)
    everywhere = known_permissions(call.site, "GLOBAL")
    permissions = {
        name: {
            "id": str(number),
            "key": name,
            "name": name.replace("_", " ").capitalize(),
            "type": "GLOBAL" if name in everywhere else "PROJECT",
            "description": "",
            "havePermission": holds_permission(call.person, name) and (name in everywhere or somewhere),
        }
        for number, name in enumerate(asked)
    }
    return Reply(payload={"permissions": permissions})


# --- small things -----------------------------------------------------------------------------------------------------


def known_permissions(site: Site, kind: Literal["GLOBAL", "PROJECT"]) -> frozenset[str]:
    """The permissions there are: the product's own, and those that apps define as ``{appKey}__{moduleKey}``."""
    own = _GLOBAL if kind == "GLOBAL" else _PROJECT
    return own | {
        f"{one.app_key}__{module.key}"
        for one in site.installations
        for module in one.static_modules
        if _TYPES_OF_APPS.get(module.type) == kind
    }


def holds_permission(person: Person | None, name: str) -> bool:
    """Whether a user has a permission, wherever they see anything at all."""
    if person is None:
        return name in _ANYBODY
    if not person.active or name in _NOBODY:
        return False
    return person.administers or name in _USERS


def require_permission(call: Call, name: str, doing: str) -> None:
    """Refuse a user without a permission. Apps that act as themselves have what their scopes give them.

    :raises RestError: 403.
    """
    if call.user is not None and not holds_permission(call.user, name):
        raise RestError(403, f"You do not have permission to {doing}.")


def require_own(call: Call, author: str, what: str) -> None:
    """Refuse a user to change what somebody else wrote. Administrators, and apps as themselves, may.

    :param what: in the plural, for people.
    :raises RestError: 403.
    """
    others = call.user is not None and author != call.user.account_id
    if others and not holds_permission(call.user, "ADMINISTER_PROJECTS"):
        raise RestError(403, f"You do not have the permission to change {what} of others.")


def _names(value: object, known: frozenset[str]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise RestError(400, "Permissions must be a list of permission keys.")
    unknown = [name for name in value if name not in known]
    if unknown:
        raise RestError(400, "", errors=dict.fromkeys(unknown, "Unrecognized permission"))
    return list(value)


def _ids(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > _MAX_IDS:
        raise RestError(400, f"projects and issues must be lists of at most {_MAX_IDS} numeric ids.")
    return [str(item) for item in value]


OPERATIONS: Final = (
    Operation("POST", "/rest/api/3/permissions/check", _check, anonymous=True),
    Operation("POST", "/rest/api/3/permissions/project", _permitted_projects, anonymous=True),
    Operation("GET", "/rest/api/3/mypermissions", _mine, anonymous=True),
)
