"""What Confluence's pages have in common: finding content for who looks, and showing bodies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import abort, get_template_attribute, url_for
from markupsafe import Markup

from ..macros.apps import AppMacros
from ..macros.render import Links, Renderer
from ..modules.places import PlacedModule
from ..modules.situation import Situation
from .placed import item_frame
from .viewer import viewer, viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox
    from ..store.content import Page, Space

__all__ = [
    "MAX_TITLE",
    "may_delete",
    "may_edit",
    "page_url",
    "preview",
    "readable_page",
    "readable_space",
    "require_login",
    "shown",
    "situation_of",
    "space_of",
    "visible_pages",
    "visible_spaces",
    "writable_page",
]

MAX_TITLE: Final = 255


def visible_spaces(sandbox: Sandbox) -> list[Space]:
    """The spaces that whoever looks may see."""
    person = viewer(sandbox)
    return [one for one in sandbox.content.spaces() if sandbox.permissions.sees(person, one.key)]


def readable_space(sandbox: Sandbox, key: str) -> Space:
    """A space that whoever looks may see, else 404."""
    found = next((one for one in visible_spaces(sandbox) if one.key == key), None)
    return found or abort(404, f"There is no space {key}, or you may not see it.")


def visible_pages(sandbox: Sandbox, pages: Iterable[Page]) -> list[Page]:
    """Those of some pages of a visible space that no restriction keeps from whoever looks."""
    hidden = sandbox.content.hidden_pages(viewer(sandbox))
    return [one for one in pages if one.id not in hidden]


def readable_page(sandbox: Sandbox, page_id: str, *, trashed: bool = False) -> Page:
    """A page, blog post or custom content that whoever looks may see, else 404.

    :param trashed: also one in the trash.
    """
    try:
        page = sandbox.content.page(page_id)
        key = space_of(sandbox, page).key
    except KeyError:
        page, key = None, ""
    person = viewer(sandbox)
    if page is None or not sandbox.permissions.sees(person, key) or (page.status == "trashed" and not trashed):
        abort(404, f"There is no page {page_id}, or you may not see it.")
    if page.id in sandbox.content.hidden_pages(person):
        abort(404, f"There is no page {page_id}, or you may not see it.")
    return page


def writable_page(sandbox: Sandbox, page_id: str, *, trashed: bool = False) -> tuple[Page, str]:
    """The same for somebody who may change it, with their account id. 403 for others, and who is not logged in."""
    page = readable_page(sandbox, page_id, trashed=trashed)
    account_id = require_login(sandbox)
    if not may_edit(sandbox, page):
        abort(403, "A restriction of this page keeps you from editing it.")
    return page, account_id


def require_login(sandbox: Sandbox) -> str:
    """The account id of who looks; 403 for a visitor who is not logged in."""
    return viewer_id(sandbox) or abort(403, "You are not logged in. The menu at the top right says who you are.")


def may_edit(sandbox: Sandbox, page: Page) -> bool:
    """Whether who looks may change a page that they see: somebody who is logged in, and not kept from it."""
    person = viewer(sandbox)
    return person is not None and sandbox.content.may_edit(person, page.id)


def may_delete(sandbox: Sandbox) -> bool:
    """Whether who looks may delete content, as the REST says it."""
    person = viewer(sandbox)
    return person is not None and person.administers


def space_of(sandbox: Sandbox, page: Page) -> Space:
    """The space of a page."""
    return sandbox.content.space(page.space_id)


def page_url(sandbox: Sandbox, page: Page, **more: Any) -> str:
    """Where a page is read."""
    endpoint = "pages.blog_post" if page.type == "blogpost" else "pages.page"
    return url_for(endpoint, space_key=space_of(sandbox, page).key, page_id=page.id, **more)


def situation_of(sandbox: Sandbox, page: Page, **values: str) -> Situation:
    """Who looks at a page."""
    return Situation(account_id=viewer_id(sandbox), page=page.id, space=space_of(sandbox, page).key, values=values)


def shown(sandbox: Sandbox, page: Page, body: str | None = None) -> Markup:
    """A body of a page as HTML.

    :param body: None for the page's own; else of a comment on it, or of a version.
    """
    situation = situation_of(sandbox, page, **{"output.type": "display"})
    return _rendered(sandbox, page.body if body is None else body, situation)


def preview(sandbox: Sandbox, body: str, *, page: Page | None, space: Space) -> Markup:
    """What stands in the editor as HTML.

    :param page: None while it is new.
    """
    values = {"output.type": "preview"}
    here = Situation(account_id=viewer_id(sandbox), page=page.id if page else None, space=space.key, values=values)
    return _rendered(sandbox, body, here)


def _rendered(sandbox: Sandbox, body: str, here: Situation) -> Markup:
    macros = AppMacros(sandbox.confluence, here, lambda placed: _frame(sandbox, placed))
    return Renderer(_links(sandbox, here), macros).render(body)


def _frame(sandbox: Sandbox, placed: PlacedModule) -> Markup:
    markup: Markup = get_template_attribute("_frame.html", "app_frame")(item_frame(sandbox, placed))
    return markup


def _links(sandbox: Sandbox, here: Situation) -> Links:
    def linked_page(space_key: str | None, title: str) -> str | None:
        spaces = {one.key: one for one in visible_spaces(sandbox)}
        space = spaces.get(space_key or here.space or "")
        found = sandbox.content.page_by_title(space.id, title) if space else None
        return page_url(sandbox, found) if found and visible_pages(sandbox, [found]) else None

    def attachment(name: str) -> str | None:
        page_id = here.page or ""
        known = any(one.name == name for one in sandbox.attachments.of(("page", page_id)))
        return url_for("pages.download", page_id=page_id, name=name) if known else None

    def user(account_id: str) -> str | None:
        person = sandbox.confluence.person(account_id)
        return person.name if person else None

    return Links(linked_page, attachment, user)
