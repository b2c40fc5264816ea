"""Confluence: its spaces and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..people import ADMIN
from .forms import done
from .policy import respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox
    from ..store.content import Page, Space

__all__ = ["add_routes"]

_MAX_TITLE: Final = 255


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Spaces, and pages to read and rename."""

    @blueprint.get("/wiki")
    def wiki_home() -> BaseResponse:
        return redirect(url_for("pages.spaces"))

    @blueprint.get("/wiki/spaces")
    def spaces() -> Response:
        return respond("spaces.html", spaces=sandbox.content.spaces())

    @blueprint.get("/wiki/spaces/<space_key>")
    @blueprint.get("/wiki/spaces/<space_key>/overview")
    def space(space_key: str) -> BaseResponse:
        found = _space(sandbox, space_key)
        return redirect(url_for("pages.page", space_key=found.key, page_id=found.homepage_id))

    @blueprint.get("/wiki/spaces/<space_key>/pages/<page_id>")
    @blueprint.get("/wiki/spaces/<space_key>/pages/<page_id>/<path:title>")
    def page(space_key: str, page_id: str, title: str = "") -> Response:
        return respond("page.html", space=_space(sandbox, space_key), page=_page(sandbox, page_id))

    @blueprint.post("/wiki/spaces/<space_key>/pages/<page_id>")
    def rename_page(space_key: str, page_id: str) -> BaseResponse:
        where = url_for("pages.page", space_key=space_key, page_id=_page(sandbox, page_id).id)
        title = request.form.get("title", "").strip()
        if not title or len(title) > _MAX_TITLE:
            return done(f"A title has 1 to {_MAX_TITLE} characters.", where=where, bad=True)
        sandbox.confluence.edit_page(page_id, title=title, account_id=viewer_id(sandbox) or ADMIN)
        return done(f"“{title}” is saved, and the apps were told. The inspector shows what they answered.", where=where)


def _space(sandbox: Sandbox, key: str) -> Space:
    for space in sandbox.content.spaces():
        if space.key == key:
            return space
    abort(404, f"There is no space {key}.")


def _page(sandbox: Sandbox, page_id: str) -> Page:
    try:
        return sandbox.content.page(page_id)
    except KeyError:
        abort(404, f"There is no page {page_id}.")
