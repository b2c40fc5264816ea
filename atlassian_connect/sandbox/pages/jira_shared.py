"""What the pages of Jira share: finding what the viewer may see, and who may change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from flask import abort

from ..modules.situation import Situation
from ..rest.jira_permissions import holds_permission
from ..store.values import Issue, Project
from .viewer import viewer, viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["at_issue", "at_project", "find_issue", "find_project", "require", "visible_issues", "visible_projects"]

_T = TypeVar("_T")


def visible_projects(sandbox: Sandbox) -> list[Project]:
    """The projects that the viewer sees."""
    person = viewer(sandbox)
    return [one for one in sandbox.content.projects() if sandbox.permissions.sees(person, one.key)]


def visible_issues(sandbox: Sandbox) -> list[Issue]:
    """The issues that the viewer sees."""
    keys = {one.key for one in visible_projects(sandbox)}
    return [one for one in sandbox.content.issues() if one.project_key in keys]


def find_project(sandbox: Sandbox, key: str) -> Project:
    """A project that the viewer sees; else 404."""
    return _seen(sandbox, f"project {key}", lambda: sandbox.content.project(key), lambda project: project.key)


def find_issue(sandbox: Sandbox, key: str) -> Issue:
    """An issue that the viewer sees; else 404."""
    return _seen(sandbox, f"issue {key}", lambda: sandbox.content.issue(key), lambda issue: issue.project_key)


def _seen(sandbox: Sandbox, what: str, read: Callable[[], _T], project_of: Callable[[_T], str]) -> _T:
    try:
        found = read()
    except KeyError:
        found = None
    if found is None or not sandbox.permissions.sees(viewer(sandbox), project_of(found)):
        abort(404, f"There is no {what}, or you do not get to see it.")
    return found


def require(sandbox: Sandbox, permission: str, doing: str) -> str:
    """The viewer's account id, when they have a permission; else 403.

    :param doing: for people: what they may not do.
    """
    person = viewer(sandbox)
    if person is None or not holds_permission(person, permission):
        abort(403, f"{person.name if person else 'An anonymous visitor'} may not {doing}.")
    return person.account_id


def at_issue(sandbox: Sandbox, issue: Issue, **values: str) -> Situation:
    """The viewer, looking at an issue."""
    return Situation(account_id=viewer_id(sandbox), issue=issue.key, values=values)


def at_project(sandbox: Sandbox, project: Project, **values: str) -> Situation:
    """The viewer, looking at a project."""
    return Situation(account_id=viewer_id(sandbox), project=project.key, values=values)
