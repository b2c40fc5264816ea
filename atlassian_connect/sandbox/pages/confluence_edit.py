"""Confluence: writing pages and blog posts, with the macro browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from ...protocol.urls import parse_base_url
from ..macros.apps import AppAnswerError, available_macros
from ..macros.blueprints import blueprint_body
from ..macros.editor import catalogue, editable
from ..macros.storage import StorageFormatError, parse, with_macro_ids
from ..modules import places
from ..modules.places import PlacedModule
from ..modules.situation import Situation
from ..policies import ContentBlockedError
from ..store.content import TitleTakenError, VersionConflictError
from .confluence_content import (
    MAX_TITLE,
    page_url,
    readable_page,
    readable_space,
    require_login,
    space_of,
    writable_page,
)
from .forms import done
from .policy import respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox
    from ..store.content import Page, Space

__all__ = ["add_routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What stands in the editor.

    :ivar page: None while the page is new.
    :ivar parent_id: of a new page.
    :ivar version: what the page gets when it is saved.
    """

    space: Space
    type: str
    title: str
    body: str
    page: Page | None = None
    parent_id: str | None = None
    version: int = 1
    message: str = ""


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The editor of pages that are there, and of new ones."""
    _add_editing(blueprint, sandbox)
    _add_creating(blueprint, sandbox)


def _add_editing(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/wiki/spaces/<space_key>/pages/edit-v2/<page_id>")
    def edit_page(space_key: str, page_id: str) -> Response:
        page, _ = writable_page(sandbox, page_id)
        space = space_of(sandbox, page)
        draft = _Draft(
            space=space, type=page.type, title=page.title, body=page.body, page=page, version=page.version + 1
        )
        return _editor(sandbox, draft)

    @blueprint.post("/wiki/spaces/<space_key>/pages/<page_id>")
    def save_page(space_key: str, page_id: str) -> BaseResponse:
        page, account_id = writable_page(sandbox, page_id)
        title, body = request.form.get("title", "").strip(), request.form.get("body")
        version = request.form.get("version", "")
        draft = _Draft(
            space=space_of(sandbox, page),
            type=page.type,
            title=title,
            body=page.body if body is None else body,
            page=page,
            version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else page.version + 1,
            message=request.form.get("message", "").strip()[:255],
        )
        problem = _problem_of(draft)
        if problem:
            return _editor(sandbox, draft, problem, status=400)
        refused = _refused_by(sandbox, page)
        if refused:
            return _editor(sandbox, draft, "Apps keep this page from being published.", status=409, refused=refused)
        try:
            sandbox.content.edit_page(
                page.id,
                account_id=account_id,
                title=title,
                body=with_macro_ids(draft.body, sandbox.ids.uuid),
                version=draft.version,
                message=draft.message,
            )
        except VersionConflictError:
            text = f"Somebody else saved version {page.version} meanwhile. Saving again puts yours in its place."
            return _editor(sandbox, _Draft(**{**_fields(draft), "version": page.version + 1}), text, status=409)
        except TitleTakenError as error:
            return _editor(sandbox, draft, str(error), status=409)
        text = f"“{title}” is saved, and the apps were told. The inspector shows what they answered."
        return done(text, where=page_url(sandbox, page))


def _add_creating(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/wiki/create")
    def choose_new() -> Response:
        require_login(sandbox)
        space = readable_space(sandbox, request.args["space"]) if request.args.get("space") else None
        situation = Situation(account_id=viewer_id(sandbox), space=space.key if space else None)
        return respond(
            "confluence/create.html", situation=situation, chosen=space, parent=request.args.get("parent", "")
        )

    @blueprint.get("/wiki/spaces/<space_key>/pages/create")
    def new_page(space_key: str) -> Response:
        require_login(sandbox)
        draft = _new_draft(sandbox, space_key, request.args.get("type", "page"), request.args.get("parent") or None)
        chosen, problem, body = request.args.get("blueprint", ""), "", ""
        if chosen:
            try:
                body = _from_blueprint(sandbox, draft.space, chosen)
            except (AppAnswerError, ContentBlockedError) as error:
                problem = f"The template cannot be used: {error}"
        return _editor(sandbox, _Draft(**{**_fields(draft), "body": body}), problem)

    @blueprint.post("/wiki/spaces/<space_key>/pages/create")
    def create_page(space_key: str) -> BaseResponse:
        account_id, form = require_login(sandbox), request.form
        empty = _new_draft(sandbox, space_key, form.get("type", "page"), form.get("parent") or None)
        draft = _Draft(**{**_fields(empty), "title": form.get("title", "").strip(), "body": form.get("body", "")})
        problem = _problem_of(draft)
        if problem:
            return _editor(sandbox, draft, problem, status=400)
        try:
            page = sandbox.content.create_page(
                draft.space.id,
                draft.title,
                with_macro_ids(draft.body, sandbox.ids.uuid),
                account_id=account_id,
                type=draft.type,
                parent_id=draft.parent_id,
            )
        except TitleTakenError as error:
            return _editor(sandbox, draft, str(error), status=409)
        return done(f"“{page.title}” is published, and the apps were told.", where=page_url(sandbox, page))


def _fields(draft: _Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in _Draft.__dataclass_fields__}


def _new_draft(sandbox: Sandbox, space_key: str, type: str, parent_id: str | None) -> _Draft:
    space = readable_space(sandbox, space_key)
    if type not in ("page", "blogpost"):
        abort(400, "The type must be page or blogpost.")
    above = readable_page(sandbox, parent_id) if parent_id and type == "page" else None
    if above is not None and above.space_id != space.id:
        abort(400, "The page above is in another space.")
    home = space.homepage_id if any(one.id == space.homepage_id for one in sandbox.content.pages(space.id)) else None
    parent = (above.id if above else home) if type == "page" else None
    return _Draft(space=space, type=type, title="", body="", parent_id=parent)


def _problem_of(draft: _Draft) -> str:
    """Why it cannot be saved; empty when it can."""
    if not draft.title or len(draft.title) > MAX_TITLE:
        return f"A title has 1 to {MAX_TITLE} characters."
    try:
        parse(draft.body)
    except StorageFormatError as error:
        return f"The text cannot be saved. {error}"
    return ""


def _refused_by(sandbox: Sandbox, page: Page) -> list[PlacedModule]:
    """Modules ``publishConditions`` whose conditions do not hold."""
    here = Situation(account_id=viewer_id(sandbox), page=page.id)
    return [one for one in places.at(sandbox.confluence, "page.publish", here, hidden=True) if not one.visible]


def _from_blueprint(sandbox: Sandbox, space: Space, chosen: str) -> str:
    account_id = viewer_id(sandbox)
    app_key, _, key = chosen.partition("/")
    offered = places.at(sandbox.confluence, "create", Situation(account_id=account_id, space=space.key))
    placed = places.one_of((one for one in offered if one.opens == "called"), app_key, key)
    if placed is None:
        abort(404, f"There is no template {chosen}.")
    return blueprint_body(placed, account_id=account_id, space_key=space.key)


def _editor(
    sandbox: Sandbox, draft: _Draft, problem: str = "", *, status: int = 200, refused: list[PlacedModule] | None = None
) -> Response:
    page = draft.page
    here = Situation(account_id=viewer_id(sandbox), page=page.id if page else None, space=draft.space.key)
    macros = available_macros(sandbox.confluence, here)
    html: Markup | None
    try:
        html = editable(draft.body)
    except StorageFormatError:
        html = None
    facts = {
        "page": page.id if page else "",
        "space": draft.space.key,
        "macros": catalogue(macros),
        "bodyUrl": url_for("pages.editor_body"),
        "macroUrl": "/wiki/editor/macro",
    }
    return respond(
        "confluence/edit.html",
        # Frames of macros come and go while the page is edited.
        frames={parse_base_url(one.installation.app_base_url).origin for one in macros},
        situation=here,
        status=status,
        draft=draft,
        space=draft.space,
        page=page,
        html=html,
        facts=facts,
        problem=problem,
        refused=refused or [],
    )
