"""The conditions of both products that the sandbox can decide: name → function.

A sandbox has no favourites, and nobody watches pages: conditions about those are False.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..rest.jira_permissions import holds_permission, known_permissions
from ..rest.jira_shapes import issue_json
from .expressions import evaluate_expression
from .found import Found, find
from .situation import Situation

if TYPE_CHECKING:
    from ..installation import Installation
    from ..site import Site

__all__ = ["CHECKS", "Asked", "Check", "expression_variables"]

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
_READS: Final = frozenset({"view", "read"})
_WRITES: Final = frozenset(
    {"edit", "create", "delete", "comment", "createpage", "editblog", "createblog", "createattachment", "export"}
    | {"removepage", "removeowncontent", "removeblog", "removecomment", "removeattachment"}
)
_ADMINISTERS: Final = frozenset({"administer", "setspacepermissions", "setpermissions", "exportspace"})


class Asked:
    """What a condition is decided with."""

    def __init__(self, installation: Installation, situation: Situation) -> None:
        self.installation = installation
        self.situation = situation

    @property
    def site(self) -> Site:
        """Where the app is installed."""
        return self.installation.site

    @cached_property
    def found(self) -> Found:
        """The viewer and what they look at."""
        return find(self.site, self.situation)

    @property
    def administers(self) -> bool:
        """Whether the viewer administers the site."""
        return self.found.person is not None and self.found.person.administers

    def sees(self) -> bool:
        """Whether the viewer sees the space or project that they look at."""
        key = self.found.container
        return key is not None and self.site.permissions.sees(self.found.person, key)

    def edits(self) -> bool:
        """Whether the viewer may change what is in the space or project."""
        return self.found.person is not None and self.sees()

    def in_any_group(self, value: object) -> bool:
        """Whether the viewer is in one of the groups that a property lists."""
        groups = self.found.person.groups if self.found.person else ()
        return isinstance(value, list) and any(group in value for group in groups)

    def has_personal_space(self, account_id: str | None) -> bool:
        """Whether a user has a space of their own."""
        spaces = self.site.content.spaces()
        return account_id is not None and any(one.type == "personal" and one.author == account_id for one in spaces)


Check: TypeAlias = Callable[[Asked, Mapping[str, Any]], bool | None]


def _always(asked: Asked, params: Mapping[str, Any]) -> bool:
    return True


def _never(asked: Asked, params: Mapping[str, Any]) -> bool:
    return False


def _logged_in(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.person is not None


def _administers(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.administers


def _edits(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.edits()


def _has_issue(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.issue is not None


def _edits_issue(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.issue is not None and asked.edits()


def _is_viewer(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.situation.account_id is not None and asked.situation.profile == asked.situation.account_id


# --- Jira -------------------------------------------------------------------------------------------------------------


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
        variables["project"] = {"id": int(found.project.id), "key": found.project.key, "name": found.project.name}
    if found.issue is not None:
        fields = issue_json(found.issue, asked.site)["fields"]
        variables["issue"] = {
            "id": int(found.issue.id),
            "key": found.issue.key,
            "summary": found.issue.summary,
            "issueType": {"id": int(found.issue_type_id), "name": found.issue.issue_type},
            "status": {"id": int(fields["status"]["id"]), "name": found.issue.status},
            "priority": {"name": found.issue.priority},
            "project": variables.get("project"),
            "assignee": _expression_user(found.issue.assignee) if found.issue.assignee else None,
            "reporter": _expression_user(found.issue.reporter),
            "resolution": {"name": found.issue.resolution} if found.issue.resolution else None,
            "labels": fields["labels"],
        }
    return variables


def _expression_user(account_id: str) -> dict[str, Any]:
    return {"accountId": account_id}


# --- Confluence -------------------------------------------------------------------------------------------------------


def _has_space(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.space is not None


def _has_content(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.page is not None


def _content_type(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    wanted = params.get("contentTypes", params.get("contentType"))
    if isinstance(wanted, str):
        wanted = [one.strip() for one in wanted.split(",")]
    return asked.found.content_type in wanted if isinstance(wanted, list) else None


def _content_permission(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    name = str(params.get("permission", "")).lower()
    if name in _READS:
        return asked.sees()
    if name in _WRITES:
        return asked.edits()
    return asked.administers and asked.sees() if name in _ADMINISTERS else None


def _page_permission(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    page = asked.found.page
    if page is None:
        return False
    reads = str(params.get("permission", "")).lower() in _READS
    allowed = _content_permission(asked, params)
    return allowed and (reads or asked.site.content.may_edit(asked.found.person, page.id))


def _is_restricted(asked: Asked, params: Mapping[str, Any]) -> bool:
    page, restriction = asked.found.page, asked.site.content.restriction
    return page is not None and not all(restriction(page.id, name).is_open for name in ("read", "update"))


CHECKS: Final[Mapping[str, Check]] = {
    "user_is_logged_in": _logged_in,
    "user_is_admin": _administers,
    "user_is_sysadmin": _never,  # Atlassian's own people, on a cloud site
    "addon_is_licensed": lambda asked, params: asked.installation.licensed,
    "feature_flag": _never,
    # Jira
    "can_attach_file_to_issue": _edits_issue,
    "can_manage_attachments": _edits_issue,
    "can_use_application": _can_use_application,
    "has_global_permission": _global_permission,
    "has_issue_permission": _issue_permission,
    "has_project_permission": _project_permission,
    "has_selected_project": lambda asked, params: asked.found.project is not None,
    "has_sub_tasks_available": lambda asked, params: asked.found.issue is not None and not asked.found.is_sub_task,
    "has_voted_for_issue": _voted,
    "is_admin_mode": _administers,
    "is_issue_assigned_to_current_user": _assigned,
    "is_issue_editable": _edits_issue,
    "is_issue_reported_by_current_user": _reported,
    "is_issue_unresolved": _unresolved,
    "is_sub_task": lambda asked, params: asked.found.is_sub_task,
    "is_watching_issue": _watches,
    "jira_expression": _expression,
    "linking_enabled": _always,
    "project_type": _project_type,
    "sub_tasks_enabled": _always,
    "time_tracking_enabled": _always,
    "user_has_issue_history": _logged_in,
    "user_is_project_admin": _is_project_admin,
    "user_is_the_logged_in_user": _is_viewer,
    "voting_enabled": _always,
    "watching_enabled": _always,
    # Confluence
    "can_edit_space_styles": lambda asked, params: asked.administers and asked.sees(),
    "can_signup": _never,
    "content_has_any_permissions_set": _is_restricted,
    "content_type": _content_type,
    "create_content": _edits,
    "email_address_public": _never,
    "favourite_page": _never,
    "favourite_space": _never,
    "following_target_user": _never,
    "has_attachment": lambda asked, params: bool(asked.situation.values.get("attachment.id")),
    "has_attachment_permission": _page_permission,
    "has_blog_post": lambda asked, params: asked.found.content_type == "blogpost",
    "has_page": lambda asked, params: asked.found.content_type == "page",
    "has_page_permission": _page_permission,
    "has_space": _has_space,
    "latest_version": _has_content,
    "not_personal_space": lambda asked, params: asked.found.space is None or asked.found.space.type != "personal",
    "printable_version": _never,
    "showing_page_attachments": lambda asked, params: bool(asked.situation.values.get("attachment.id")),
    "space_function_permission": _content_permission,
    "space_sidebar": _has_space,
    "target_user_has_personal_blog": _never,
    "target_user_has_personal_space": lambda asked, params: asked.has_personal_space(asked.situation.profile),
    "threaded_comments": _always,
    "tiny_url_supported": _has_content,
    "user_can_create_personal_space": _logged_in,
    "user_can_use_confluence": _logged_in,
    "user_favouriting_target_user_personal_space": _never,
    "user_has_personal_blog": _never,
    "user_has_personal_space": lambda asked, params: asked.has_personal_space(asked.situation.account_id),
    "user_is_confluence_administrator": _administers,
    "user_logged_in_editable": _edits,
    "user_watching_page": _never,
    "user_watching_space": _never,
    "user_watching_space_for_content_type": _never,
    "viewing_content": _has_content,
    "viewing_own_profile": _is_viewer,
}
