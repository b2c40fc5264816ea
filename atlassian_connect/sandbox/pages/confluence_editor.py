"""Confluence: what the script of the editor asks for: bodies in another form, and pages of macros' apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.wrappers import Response as BaseResponse

from ..bridge.embedding import embed
from ..json_text import read_json
from ..macros.apps import available_macros
from ..macros.editor import editable
from ..macros.storage import StorageFormatError, parse
from ..modules import places
from ..modules.context import macro_values
from ..modules.situation import Situation
from .confluence_content import preview, readable_page, readable_space, space_of
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_MACRO_URLS: Final = {"editor": "editor.url", "panel": "propertyPanel.url"}


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The previews, and the frames of macros that are edited."""

    @blueprint.post("/wiki/editor/body")
    def editor_body() -> BaseResponse:
        """Storage format as the editor's HTML, or as readers will see it."""
        body, page_id, how = (_asked(name) for name in ("body", "page", "how"))
        try:
            parse(body)
        except StorageFormatError as error:
            return jsonify({"problem": str(error)})
        if how != "preview":
            return jsonify({"html": editable(body)})
        page = readable_page(sandbox, page_id) if page_id else None
        space = space_of(sandbox, page) if page else readable_space(sandbox, _asked("space"))
        return jsonify({"html": preview(sandbox, body, page=page, space=space)})

    @blueprint.post("/wiki/editor/macro/<app_key>/<module_key>/<any(editor, panel):what>")
    def macro_frame(app_key: str, module_key: str, what: str) -> Response:
        """What the bridge mounts the app's own editor of a macro from."""
        texts = {name: _asked(name) for name in ("id", "body", "page", "space")}
        given = _json().get("parameters")
        parameters = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
        values = macro_values(macro_id=texts["id"], body=texts["body"], output_type="preview", parameters=parameters)
        here = Situation(
            account_id=viewer_id(sandbox),
            page=readable_page(sandbox, texts["page"]).id if texts["page"] else None,
            space=readable_space(sandbox, texts["space"]).key if texts["space"] else None,
            values=values,
        )
        placed = places.one_of(available_macros(sandbox.confluence, here), app_key, module_key)
        url = placed.urls.get(_MACRO_URLS[what]) if placed else None
        if placed is None or not url:
            abort(404, f"{app_key} has no editor for a macro {module_key}.")
        embedding = embed(
            placed.installation,
            module_key,
            viewer=viewer_id(sandbox),
            context=placed.values,
            url=url,
            full_page=False,
        )
        if embedding.problem:
            abort(403 if embedding.blocked else 404, embedding.problem)
        return jsonify(embedding.data)


def _json() -> dict[str, Any]:
    try:
        value = read_json(request.get_data())
    except ValueError:
        value = None
    return value if isinstance(value, dict) else abort(400, "The body must be a JSON object.")


def _asked(name: str) -> str:
    value = _json().get(name, "")
    return value if isinstance(value, str) else abort(400, f"{name} must be text.")
