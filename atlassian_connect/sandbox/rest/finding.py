"""Finding what a call is about. Every operation looks things up here, so that none forgets who may see what."""

from __future__ import annotations

from ..store.content import Issue, Page, Project, Space
from .operations import Call, RestError

__all__ = [
    "NO_ISSUE",
    "find_issue",
    "find_page",
    "find_project",
    "find_space",
    "find_space_by_key",
    "space_of",
    "visible_issues",
    "visible_pages",
    "visible_projects",
    "visible_spaces",
]

NO_ISSUE = "Issue does not exist or you do not have permission to see it."


def space_of(call: Call, page: Page) -> Space:
    """The space of a page."""
    return call.site.content.space(page.space_id)


def visible_spaces(call: Call) -> list[Space]:
    """Spaces that belong in a list."""
    return [space for space in call.site.content.spaces() if call.lists(space.key)]


def visible_pages(call: Call, space_id: str | None = None, *, type: str = "page") -> list[Page]:
    """Pages that belong in a list, of one space or of all. ``status`` of the query chooses, ``current`` by default."""
    keys = {space.id: space.key for space in call.site.content.spaces()}
    found = [
        page
        for status in sorted(call.list_of("status") or {"current"})
        for page in call.site.content.pages(space_id, type=type, status=status)
    ]
    return [page for page in found if call.lists(keys[page.space_id])]


def visible_projects(call: Call) -> list[Project]:
    """Projects that belong in a list."""
    return [project for project in call.site.content.projects() if call.lists(project.key)]


def visible_issues(call: Call) -> list[Issue]:
    """Issues that belong in a list."""
    return [issue for issue in call.site.content.issues() if call.lists(issue.project_key)]


def find_space(call: Call, space_id: str) -> Space:
    """:raises RestError: there is none, or it is not for this call."""
    missing = f"There is no space with id {space_id}."
    try:
        space = call.site.content.space(space_id)
    except KeyError:
        raise RestError(404, missing) from None
    call.require(space.key, missing)
    return space


def find_space_by_key(call: Call, key: str) -> Space:
    """:raises RestError: there is none, or it is not for this call."""
    missing = f"No space with key: {key}"
    space = next((space for space in call.site.content.spaces() if space.key == key), None)
    if space is None:
        raise RestError(404, missing)
    call.require(space.key, missing)
    return space


def find_page(call: Call, page_id: str, *, type: str | None = None) -> Page:
    """Find a page, blog post or custom content. Drafts and what is in the trash are found by their ``status`` only.

    :param type: None for any of them.
    :raises RestError: there is none, or it is not for this call.
    """
    missing = f"No content found with id: {page_id}"
    try:
        page = call.site.content.page(page_id)
    except KeyError:
        raise RestError(404, missing) from None
    if page.status not in (call.list_of("status") or {"current"}) and "any" not in call.query.getlist("status"):
        raise RestError(404, missing)
    if type not in (None, page.type):
        raise RestError(404, missing)
    call.require(space_of(call, page).key, missing)
    return page


def find_project(call: Call, id_or_key: str) -> Project:
    """:raises RestError: there is none, or it is not for this call."""
    missing = f"No project could be found with key '{id_or_key}'."
    try:
        project = call.site.content.project(id_or_key)
    except KeyError:
        raise RestError(404, missing) from None
    call.require(project.key, missing)
    return project


def find_issue(call: Call, id_or_key: str) -> Issue:
    """:raises RestError: there is none, or it is not for this call."""
    try:
        issue = call.site.content.issue(id_or_key)
    except KeyError:
        raise RestError(404, NO_ISSUE) from None
    call.require(issue.project_key, NO_ISSUE)
    return issue
