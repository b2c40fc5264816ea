"""Finding what a call is about. Every operation looks things up here, so that none forgets who may see what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from ..store.content import Issue, Page, Project, Space
from .operations import Call, RestError

__all__ = [
    "ANY_STATUS",
    "CURRENT",
    "NO_ISSUE",
    "asked_spaces",
    "editable_page",
    "every_visible_page",
    "find_issue",
    "find_page",
    "find_project",
    "find_space",
    "find_space_by_key",
    "space_of",
    "visible_children",
    "visible_homepage",
    "visible_issues",
    "visible_pages",
    "visible_projects",
    "visible_spaces",
]

T = TypeVar("T")

NO_ISSUE: Final = "Issue does not exist or you do not have permission to see it."
ANY_STATUS: Final = frozenset({"current", "draft", "trashed"})
CURRENT: Final = frozenset({"current"})
#: What real sites know besides; here nothing is in such a status.
_OTHER_STATUSES: Final = frozenset({"any", "archived", "deleted", "historical"})


def space_of(call: Call, page: Page) -> Space:
    """The space of a page."""
    return call.site.content.space(page.space_id)


# --- lists ------------------------------------------------------------------------------------------------------------


def visible_spaces(call: Call) -> list[Space]:
    """Spaces that belong in a list."""
    return [space for space in call.site.content.spaces() if call.lists(space.key)]


def asked_spaces(call: Call, *, ids: str, keys: str) -> list[Space]:
    """The same, of those that the query names by id and key, and by ``type`` and ``status``.

    :param ids: the parameter that has ids; ``keys`` likewise.
    """
    wanted = {"id": call.list_of(ids), "key": call.list_of(keys)}
    wanted |= {name: call.list_of(name) for name in ("type", "status")}
    return [
        space
        for space in visible_spaces(call)
        if all(values is None or getattr(space, name) in values for name, values in wanted.items())
    ]


def visible_pages(call: Call, space_id: str | None = None, *, type: str = "page") -> list[Page]:
    """Pages that belong in a list, of one space or of all. ``status`` of the query chooses, ``current`` by default."""
    keys = {space.id: space.key for space in call.site.content.spaces()}
    hidden = call.site.content.hidden_pages(call.person)
    found = [
        page
        for status in sorted(_asked_statuses(call))
        for page in call.site.content.pages(space_id, type=type, status=status)
    ]
    return [page for page in found if call.lists(keys[page.space_id]) and page.id not in hidden]


def every_visible_page(call: Call) -> list[Page]:
    """All current pages, blog posts and custom content that belong in a list, of whatever type."""
    spaces = {space.id for space in visible_spaces(call)}
    hidden = call.site.content.hidden_pages(call.person)
    every = call.site.content.all_pages()
    return [page for page in every if page.status == "current" and page.space_id in spaces and page.id not in hidden]


def visible_children(call: Call, page_id: str) -> list[Page]:
    """The current pages right below a page that belong in a list, in their order."""
    hidden = call.site.content.hidden_pages(call.person)
    return [page for page in call.site.content.children(page_id) if page.id not in hidden]


def visible_homepage(call: Call, space: Space) -> Page | None:
    """The homepage of a space. None: it is not there any more, or a restriction keeps it from this call."""
    hidden = call.site.content.hidden_pages(call.person)
    pages = call.site.content.pages(space.id)
    return next((page for page in pages if page.id == space.homepage_id and page.id not in hidden), None)


def visible_projects(call: Call) -> list[Project]:
    """Projects that belong in a list."""
    return [project for project in call.site.content.projects() if call.lists(project.key)]


def visible_issues(call: Call) -> list[Issue]:
    """Issues that belong in a list."""
    return [issue for issue in call.site.content.issues() if call.lists(issue.project_key)]


# --- one thing --------------------------------------------------------------------------------------------------------


def find_space(call: Call, space_id: str) -> Space:
    """:raises RestError: there is none, or it is not for this call."""
    missing = f"There is no space with id {space_id}."
    return _found(call, call.site.content.space, space_id, missing, lambda space: space.key)


def find_space_by_key(call: Call, key: str) -> Space:
    """:raises RestError: there is none, or it is not for this call."""
    return _found(call, call.site.content.space_by_key, key, f"No space with key: {key}", lambda space: space.key)


def find_page(
    call: Call, page_id: str, *, type: str | None = None, statuses: frozenset[str] | set[str] | None = None
) -> Page:
    """Find a page, blog post or custom content.

    :param type: None for any of them.
    :param statuses: None: what ``status`` of the query names, else only what is current.
    :raises RestError: there is none, or it is not for this call.
    """
    missing = f"No content found with id: {page_id}"
    page = _found(call, call.site.content.page, page_id, missing, lambda page: space_of(call, page).key)
    if page.status not in (_asked_statuses(call) if statuses is None else statuses) or type not in (None, page.type):
        raise RestError(404, missing)
    if page.id in call.site.content.hidden_pages(call.person):
        raise RestError(404, missing)
    return page


def editable_page(
    call: Call, page_id: str, *, type: str | None = None, statuses: frozenset[str] | set[str] | None = None
) -> Page:
    """The same for a page that is to be changed.

    :raises RestError: 404 as before; 403 where a restriction keeps whom the call is made as from editing it.
    """
    page = find_page(call, page_id, type=type, statuses=statuses)
    if not call.site.content.may_edit(call.person, page.id):
        raise RestError(403, f"A restriction keeps you from editing the content with id: {page_id}")
    return page


def find_project(call: Call, id_or_key: str) -> Project:
    """:raises RestError: there is none, or it is not for this call."""
    missing = f"No project could be found with key '{id_or_key}'."
    return _found(call, call.site.content.project, id_or_key, missing, lambda project: project.key)


def find_issue(call: Call, id_or_key: str) -> Issue:
    """:raises RestError: there is none, or it is not for this call."""
    return _found(call, call.site.content.issue, id_or_key, NO_ISSUE, lambda issue: issue.project_key)


def _found(call: Call, find: Callable[[str], T], name: str, missing: str, container: Callable[[T], str]) -> T:
    try:
        found = find(name)
    except KeyError:
        raise RestError(404, missing) from None
    call.require(container(found), missing)
    return found


def _asked_statuses(call: Call) -> frozenset[str]:
    asked = frozenset(call.list_of("status") or CURRENT)
    if not asked <= ANY_STATUS | _OTHER_STATUSES:
        raise RestError(400, f"status must be {', '.join(sorted(ANY_STATUS))} or any.")
    return ANY_STATUS if "any" in asked else asked
