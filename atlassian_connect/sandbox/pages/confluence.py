"""Confluence: its home, spaces and people, and pages to read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..macros.storage import plain_text
from ..modules import places
from ..modules.situation import Situation
from ..store.content import KeyTakenError
from . import confluence_edit, confluence_editor, confluence_page, confluence_search
from .confluence_content import (
    may_delete,
    may_edit,
    page_url,
    readable_page,
    readable_space,
    require_login,
    shown,
    situation_of,
    space_of,
    visible_pages,
    visible_spaces,
)
from .forms import done
from .policy import respond
from .viewer import require_administrator, viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox
    from ..store.content import Page, Space

__all__ = ["add_routes"]

_RECENT: Final = 8
_MAX_DEPTH: Final = 12
_KEY = re.compile(r"[A-Za-z0-9]{1,255}").fullmatch


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Home, spaces, people, administration; pages and blog posts as their readers see them."""
    blueprint.context_processor(
        lambda: {
            "visible_spaces": lambda: visible_spaces(sandbox),
            "page_tree": lambda space: _tree(sandbox, space),
            "page_url": lambda page: page_url(sandbox, page),
        }
    )
    _add_site(blueprint, sandbox)
    _add_spaces(blueprint, sandbox)
    _add_pages(blueprint, sandbox)
    for more in (confluence_page, confluence_edit, confluence_editor, confluence_search):
        more.add_routes(blueprint, sandbox)


def _add_site(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/wiki")
    def wiki_home() -> BaseResponse:
        return redirect(url_for("pages.spaces"))

    @blueprint.get("/wiki/home")
    def dashboard() -> Response:
        seen = {one.id for one in visible_spaces(sandbox)}
        listed = visible_pages(sandbox, [*sandbox.content.pages(), *sandbox.content.blog_posts()])
        every = [one for one in listed if one.space_id in seen]
        recent = sorted(every, key=lambda one: one.modified, reverse=True)[:_RECENT]
        return respond("confluence/home.html", recent=[(one, space_of(sandbox, one)) for one in recent])

    @blueprint.get("/wiki/people/<account_id>")
    def profile(account_id: str) -> Response:
        person = sandbox.confluence.person(account_id) or abort(404, f"There is nobody with the account {account_id}.")
        situation = Situation(account_id=viewer_id(sandbox), profile=account_id)
        return respond("confluence/profile.html", situation=situation, person=person)

    @blueprint.get("/wiki/admin")
    def wiki_admin() -> Response:
        require_administrator(sandbox, "Confluence's administration")
        return respond("confluence/admin.html", groups=sandbox.users.groups())


def _add_spaces(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/wiki/spaces")
    def spaces() -> Response:
        return respond("confluence/spaces.html", spaces=visible_spaces(sandbox))

    @blueprint.post("/wiki/spaces")
    def create_space() -> BaseResponse:
        account_id, where = require_login(sandbox), url_for("pages.spaces")
        key, name = request.form.get("key", "").strip(), request.form.get("name", "").strip()
        if not _KEY(key) or not 1 <= len(name) <= 200:
            text = "A space needs a name of at most 200 characters, and a key of letters and digits."
            return done(text, where=where, bad=True)
        try:
            space = sandbox.content.create_space(key, name, account_id=account_id)
        except KeyTakenError as error:
            return done(str(error), where=where, bad=True)
        return done(f"The space {name} is there.", where=url_for("pages.space", space_key=space.key))

    @blueprint.get("/wiki/spaces/<space_key>")
    @blueprint.get("/wiki/spaces/<space_key>/overview")
    def space(space_key: str) -> BaseResponse:
        found = readable_space(sandbox, space_key)
        home = sandbox.content.page(found.homepage_id) if _has_homepage(sandbox, found) else None
        if home is None:
            situation = Situation(account_id=viewer_id(sandbox), space=found.key)
            return respond("confluence/no_homepage.html", situation=situation, space=found)
        return _show_page(sandbox, home, overview=True)

    @blueprint.get("/wiki/spaces/<space_key>/blog")
    def blog(space_key: str) -> Response:
        found = readable_space(sandbox, space_key)
        posts = sorted(
            visible_pages(sandbox, sandbox.content.blog_posts(found.id)), key=lambda one: one.created, reverse=True
        )
        situation = Situation(account_id=viewer_id(sandbox), space=found.key)
        return respond(
            "confluence/blog.html",
            situation=situation,
            space=found,
            posts=[(one, plain_text(one.body)) for one in posts],
        )

    @blueprint.get("/wiki/spaces/<space_key>/settings")
    def space_settings(space_key: str) -> Response:
        found = readable_space(sandbox, space_key)
        situation = Situation(account_id=viewer_id(sandbox), space=found.key)
        return respond("confluence/space_settings.html", situation=situation, space=found)

    @blueprint.post("/wiki/spaces/<space_key>/settings")
    def change_space(space_key: str) -> BaseResponse:
        found, account_id = readable_space(sandbox, space_key), require_login(sandbox)
        where = url_for("pages.space_settings", space_key=found.key)
        if not may_delete(sandbox):
            abort(403, "Only administrators may change a space.")
        name, description = request.form.get("name", "").strip(), request.form.get("description", "")
        if not 1 <= len(name) <= 200 or len(description) > 2000:
            return done("A name has 1 to 200 characters, a description at most 2000.", where=where, bad=True)
        sandbox.content.edit_space(found.id, account_id=account_id, name=name, description=description)
        return done("The space is saved.", where=where)


def _add_pages(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/wiki/spaces/<space_key>/pages/<page_id>")
    @blueprint.get("/wiki/spaces/<space_key>/pages/<page_id>/<path:title>")
    def page(space_key: str, page_id: str, title: str = "") -> BaseResponse:
        found = readable_page(sandbox, page_id, trashed=True)
        if "edit" in request.args:  # where AP.navigator leads
            return redirect(url_for("pages.edit_page", space_key=space_of(sandbox, found).key, page_id=found.id))
        return _show_page(sandbox, found)

    @blueprint.get("/wiki/spaces/<space_key>/blog/<page_id>")
    def blog_post(space_key: str, page_id: str) -> Response:
        return _show_page(sandbox, readable_page(sandbox, page_id, trashed=True))

    @blueprint.get("/wiki/x/<page_id>")
    @blueprint.get("/wiki/pages/viewpage.action")
    def short_page(page_id: str = "") -> BaseResponse:
        found = readable_page(sandbox, page_id or request.args.get("pageId", ""))
        return redirect(page_url(sandbox, found))


def _show_page(sandbox: Sandbox, page: Page, *, overview: bool = False) -> Response:
    content, space = sandbox.content, space_of(sandbox, page)
    above = content.ancestors(page.id) if page.type == "page" else []
    comments = [
        (one, shown(sandbox, page, one.body), content.answers(one.id))
        for one in content.comments(page.id)
        if not one.parent_id
    ]
    answers = {one.id: shown(sandbox, page, one.body) for _, _, found in comments for one in found}
    situation = situation_of(sandbox, page)
    return respond(
        "confluence/page.html",
        situation=situation,
        space=space,
        page=page,
        body=shown(sandbox, page),
        above=[one for one in above if one.status == "current"],
        labels=content.labels(page.id),
        comments=comments,
        answers=answers,
        files=sandbox.attachments.of(("page", page.id)),
        overview=overview,
        themes=places.at(sandbox.confluence, "space.view", situation) if overview else [],
        may_edit=may_edit(sandbox, page),
        may_delete=may_delete(sandbox),
    )


def _has_homepage(sandbox: Sandbox, space: Space) -> bool:
    """Whether its homepage is there for who looks: it can be trashed, deleted and restricted like any page."""
    return any(page.id == space.homepage_id for page in visible_pages(sandbox, sandbox.content.pages(space.id)))


def _tree(sandbox: Sandbox, space: Space) -> list[tuple[int, Page]]:
    """The pages of a space with their depth, each below the one it belongs to."""
    below: dict[str | None, list[Page]] = {}
    for page in sorted(visible_pages(sandbox, sandbox.content.pages(space.id)), key=lambda one: one.position):
        below.setdefault(page.parent_id, []).append(page)
    ids = {page.id for pages in below.values() for page in pages}
    waiting = [(0, page) for parent, pages in below.items() if parent not in ids for page in pages][::-1]
    found = []
    while waiting:
        depth, page = waiting.pop()
        found.append((min(depth, _MAX_DEPTH), page))
        waiting += [(depth + 1, child) for child in reversed(below.get(page.id, []))]
    return found
