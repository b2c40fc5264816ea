"""The conditions of Jira that the sandbox can decide: name → function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..rest.jira_permissions import holds_permission, known_permissions
from ..rest.jira_shapes import issue_json
from .asked import Asked, Check, administers, always, is_viewer, logged_in
from .expressions import evaluate_expression

if TYPE_CHECKING:
    from ..store.values import Project

__all__ = ["JIRA_CHECKS", "expression_variables"]

_JIRA_APPLICATIONS: Final = frozenset({"jira-core", "jira-software"})
_OTHER_APPLICATIONS: Final = frozenset({"jira-servicedesk"})
#: Keys of permissions that older descriptors use, as lower-case words.
_OLD_PERMISSIONS: Final = {
    "BROWSE": "BROWSE_PROJECTS",
    "CREATE": "CREATE_ISSUES",
    "EDIT": "EDIT_ISSUES",
    "ASSIGN": "ASSIGN_ISSUES",
    "DELETE": "DELETE_ISSUES",
    "COMMENT": "ADD_COMMENTS",
    "TRANSITION": "TRANSITION_ISSUES",
    "PROJECT_ADMIN": "ADMINISTER_PROJECTS",
}


def _edits_issue(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.issue is not None and asked.edits()


def _can_use_application(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    key = params.get("applicationKey")
    if key in _JIRA_APPLICATIONS:
        return asked.found.person is not None
    return False if key in _OTHER_APPLICATIONS else None


def _permission(asked: Asked, params: Mapping[str, Any]) -> str | None:
    """The key of a permission that there is. None: unknown."""
    name = str(params.get("permission", ""))
    known = known_permissions(asked.site, "PROJECT") | known_permissions(asked.site, "GLOBAL")
    name = name if name in known else name.upper()
    name = _OLD_PERMISSIONS.get(name, name)
    return name if name in known else None


def _global_permission(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    name = _permission(asked, params)
    return None if name is None else holds_permission(asked.found.person, name)


def _project_permission(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    name = _permission(asked, params)
    return None if name is None else asked.sees() and holds_permission(asked.found.person, name)


def _issue_permission(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    return _project_permission(asked, params) if asked.found.issue is not None else False


def _is_project_admin(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.sees() and holds_permission(asked.found.person, "ADMINISTER_PROJECTS")


def _assigned(asked: Asked, params: Mapping[str, Any]) -> bool:
    issue, person = asked.found.issue, asked.found.person
    return issue is not None and person is not None and issue.assignee == person.account_id


def _reported(asked: Asked, params: Mapping[str, Any]) -> bool:
    issue, person = asked.found.issue, asked.found.person
    return issue is not None and person is not None and issue.reporter == person.account_id


def _watches(asked: Asked, params: Mapping[str, Any]) -> bool:
    issue, person = asked.found.issue, asked.found.person
    return issue is not None and person is not None and person.account_id in asked.site.content.watchers(issue.id)


def _voted(asked: Asked, params: Mapping[str, Any]) -> bool:
    issue, person = asked.found.issue, asked.found.person
    return issue is not None and person is not None and person.account_id in asked.site.content.voters(issue.id)


def _unresolved(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.issue is not None and asked.found.issue.resolution is None


def _project_type(asked: Asked, params: Mapping[str, Any]) -> bool:
    project = asked.found.project
    return project is not None and project.type == params.get("projectTypeKey")


def _expression(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    """Only the part of the language that the sandbox has; see :mod:`.expressions`."""
    value = evaluate_expression(str(params.get("expression", "")), expression_variables(asked))
    return value if isinstance(value, bool) else None


def expression_variables(asked: Asked) -> dict[str, Any]:
    """What Jira expressions can name: the user, the project, the issue."""
    found, variables = asked.found, dict[str, Any]()
    variables["user"] = _expression_user(found.person.account_id) if found.person else None
    if found.project is not None:
        variables["project"] = _expression_project(found.project)
    if found.issue is not None:
        fields = issue_json(found.issue, asked.site)["fields"]
        variables["issue"] = {
            "id": int(found.issue.id),
            "key": found.issue.key,
            "summary": found.issue.summary,
            "issueType": {"id": int(found.issue_type_id), "name": found.issue.issue_type},
            "status": {"id": int(fields["status"]["id"]), "name": found.issue.status},
            "priority": {"name": found.issue.priority},
            "project": _expression_project(asked.site.content.project(found.issue.project_key)),
            "assignee": _expression_user(found.issue.assignee) if found.issue.assignee else None,
            "reporter": _expression_user(found.issue.reporter),
            "resolution": {"name": found.issue.resolution} if found.issue.resolution else None,
            "labels": fields["labels"],
        }
    return variables


def _expression_project(project: Project) -> dict[str, Any]:
    return {"id": int(project.id), "key": project.key, "name": project.name}


def _expression_user(account_id: str) -> dict[str, Any]:
    return {"accountId": account_id}


JIRA_CHECKS: Final[Mapping[str, Check]] = {
    "can_attach_file_to_issue": _edits_issue,
    "can_manage_attachments": _edits_issue,
    "can_use_application": _can_use_application,
    "has_global_permission": _global_permission,
    "has_issue_permission": _issue_permission,
    "has_project_permission": _project_permission,
    "has_selected_project": lambda asked, params: asked.found.project is not None,
    "has_sub_tasks_available": lambda asked, params: asked.found.issue is not None and not asked.found.is_sub_task,
    "has_voted_for_issue": _voted,
    "is_admin_mode": administers,
    "is_issue_assigned_to_current_user": _assigned,
    "is_issue_editable": _edits_issue,
    "is_issue_reported_by_current_user": _reported,
    "is_issue_unresolved": _unresolved,
    "is_sub_task": lambda asked, params: asked.found.is_sub_task,
    "is_watching_issue": _watches,
    "jira_expression": _expression,
    "linking_enabled": always,
    "project_type": _project_type,
    "sub_tasks_enabled": always,
    "time_tracking_enabled": always,
    "user_has_issue_history": logged_in,
    "user_is_project_admin": _is_project_admin,
    "user_is_the_logged_in_user": is_viewer,
    "voting_enabled": always,
    "watching_enabled": always,
}
