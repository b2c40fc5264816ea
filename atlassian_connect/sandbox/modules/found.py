"""What a situation names, looked up on the site, as far as the viewer gets to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ..people import Person
from ..store.jira_setup import ISSUE_TYPES
from .situation import Situation

if TYPE_CHECKING:
    from ..site import Site
    from ..store.values import Issue, Page, Project, Space

__all__ = ["Found", "find"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Found:
    """The viewer and what they look at; None where nothing is named or there.

    :ivar content_type: ``page``, ``blogpost``, or the type of custom content; empty without content.
    :ivar issue_type_id: empty without an issue, as ``is_sub_task`` is False.
    """

    person: Person | None = None
    page: Page | None = None
    space: Space | None = None
    issue: Issue | None = None
    project: Project | None = None
    content_type: str = ""
    issue_type_id: str = ""
    is_sub_task: bool = False

    @property
    def container(self) -> str | None:
        """Key of the project or space."""
        container = self.project or self.space
        return container.key if container else None

    @property
    def plugin(self) -> str:
        """The type of custom content; empty for pages and blog posts."""
        return "" if self.content_type in ("", "page", "blogpost") else self.content_type


def find(site: Site, situation: Situation) -> Found:
    """Look up what a situation names. What is not there, or not for the viewer, is None."""
    person = site.person(situation.account_id) if situation.account_id else None
    person = person if person and person.active else None
    content = site.content
    if site.product == "jira":
        issue = _get(content.issue, situation.issue)
        if issue is not None and not site.permissions.sees(person, issue.project_key):
            issue = None
        project = _get(content.project, situation.project or (issue.project_key if issue else None))
        if project is not None and not site.permissions.sees(person, project.key):
            project = None
        kind = ISSUE_TYPES.get(issue.issue_type) if issue else None
        return Found(
            person,
            issue=issue,
            project=project,
            issue_type_id=kind.id if kind else "",
            is_sub_task=kind is not None and kind.level < 0,
        )
    page = _get(content.page, situation.page)
    wanted = situation.space or (page.space_id if page else None)
    seen = [one for one in content.spaces() if site.permissions.sees(person, one.key)]
    space = next((one for one in seen if wanted in (one.id, one.key)), None)
    if page is not None and (page.space_id not in {one.id for one in seen} or page.id in content.hidden_pages(person)):
        page = None
    return Found(person, page=page, space=space, content_type=page.type if page else "")


def _get(read: Callable[[str], _T], id_or_key: str | None) -> _T | None:
    try:
        return read(id_or_key) if id_or_key else None
    except KeyError:
        return None
