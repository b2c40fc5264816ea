"""What the page's side of the bridge asks the sandbox for: REST calls, context tokens, frames, addresses."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.datastructures import FileStorage

from ..installation import Installation
from ..modules.context import url_context
from ..modules.entrance import closed_to
from ..modules.situation import Situation
from ..rest import catalogue
from ..rest.attachments import media_response
from ..rest.inside import Inside, InsideRequest
from ..site import Site
from ..translations import locale_of
from . import assets
from .context import ui_context
from .embedding import embed
from .guard import Asked, read_asked, refuse, refuse_other_pages
from .targets import UnknownTargetError, target_path

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["mount_bridge"]

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
#: As large as an upload may be, as base64 in JSON.
_MAX_REQUEST_BYTES: Final = 44 * 1024 * 1024
_NOT_IN_URLS: Final = dict.fromkeys(map(ord, "\t\r\n"))  # browsers leave these out, and so does Python
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def mount_bridge(app: Flask, sandbox: Sandbox) -> None:
    """Add the bridge to the sandbox's web app: its files, its endpoints, and what ``_frame.html`` needs."""
    files = Blueprint("bridge_files", __name__)
    assets.add_routes(files, sandbox)
    app.register_blueprint(files)
    app.register_blueprint(_endpoints(sandbox))
    app.add_template_global(
        lambda site, viewer: _page(sandbox, site, viewer) if sandbox.bridge else None, name="bridge_page"
    )


def _endpoints(sandbox: Sandbox) -> Blueprint:
    blueprint = Blueprint("bridge", __name__, url_prefix="/sandbox/bridge")
    inside = {
        "jira": Inside(sandbox, sandbox.jira, catalogue.JIRA),
        "confluence": Inside(sandbox, sandbox.confluence, catalogue.CONFLUENCE),
    }

    @blueprint.before_request
    def guard() -> None:
        refuse_other_pages(sandbox)

    @blueprint.post("/token")
    def token() -> Response:
        asked = read_asked(sandbox)
        context = ui_context(asked.app, asked.ticket.context)
        try:
            signed = asked.app.context_token(account_id=asked.ticket.account_id, context=context)
        except ValueError as error:
            refuse(409, str(error))
        return jsonify({"token": signed})

    @blueprint.post("/request")
    def call() -> Response:
        request.max_content_length = _MAX_REQUEST_BYTES
        asked = read_asked(sandbox)
        response = inside[asked.site.product].perform(asked.app, asked.person, _inside_request(asked))
        if response is None:  # as the library tells of a connection that broke
            return jsonify({"status": 0, "statusText": "error", "headers": {}, "body": ""})
        location = response.headers.get("Location", "")
        if response.status_code in _REDIRECTS and "/media/" in location:  # a browser follows it; so do we
            response = media_response(sandbox, location.partition("/media/")[2].partition("/")[0])
        return jsonify(_for_script(response, binary=asked.body.get("binary") is True))

    @blueprint.post("/frame")
    def frame() -> Response:
        asked = read_asked(sandbox)
        key, url = asked.text("key"), None
        if "/" in key:  # not a key but a page of the app, by its URL
            key, url = asked.ticket.module_key, key
        if not key:
            refuse(404, "A dialog needs the key of a module.")
        situation = Situation.named(asked.ticket.account_id, {**asked.ticket.context, **asked.texts("context")})
        module = next((one for one in asked.app.modules if one.key == key), None)
        if module is not None and (problem := closed_to(asked.app, module, situation)):
            refuse(404, problem)
        context = url_context(asked.site, situation)
        embedding = embed(asked.app, key, viewer=asked.ticket.account_id, context=context, url=url, full_page=False)
        if embedding.problem:
            refuse(403 if embedding.blocked else 404, embedding.problem)
        return jsonify(embedding.data or {"problem": "The bridge is not there."})

    @blueprint.post("/target")
    def target() -> Response:
        asked = read_asked(sandbox)
        custom = {f"ac.{name}": value for name, value in asked.texts("customData").items()}
        values = {**asked.texts("context"), **custom}
        try:
            return jsonify({"path": target_path(asked.app, asked.text("target"), values)})
        except UnknownTargetError as error:
            refuse(404, str(error))

    return blueprint


def _inside_request(asked: Asked) -> InsideRequest:
    method, target = asked.text("method", "GET").upper(), asked.text("url").translate(_NOT_IN_URLS)
    if method not in _METHODS:
        refuse(400, f"AP.request knows no method {method!r}.")
    target = target.removeprefix(asked.site.base_url)
    if "://" in target.partition("?")[0] or target.startswith("//"):
        refuse(403, "AP.request reaches this site only.")
    headers = {name.lower(): value for name, value in asked.texts("headers").items()}
    files, form = _parts(asked.body.get("parts") or [])
    return InsideRequest(
        method=method,
        target=target if target.startswith("/") else f"/{target}",
        headers=headers,
        body=asked.text("body").encode("utf-8", "replace"),
        files=files,
        form=form,
    )


def _parts(parts: Any) -> tuple[list[FileStorage], dict[str, str]]:
    """Files and other fields of an upload, as the page's script lists them."""
    files: list[FileStorage] = []
    form: dict[str, str] = {}
    try:
        for part in parts:
            if "base64" in part:
                data = BytesIO(base64.b64decode(part["base64"], validate=True))
                name, kind = str(part.get("filename") or "file"), str(part.get("type") or "application/octet-stream")
                files.append(FileStorage(data, filename=name, name=str(part["name"]), content_type=kind))
            else:
                form[str(part["name"])] = str(part["value"])
    except (TypeError, KeyError, AttributeError, ValueError):  # base64 that is none is a ValueError
        refuse(400, "The parts of an upload must have names and values.")
    return files, form


def _for_script(response: Response, *, binary: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "status": response.status_code,
        "statusText": response.status.partition(" ")[2],
        "headers": {name.lower(): value for name, value in response.headers.items()},
    }
    data = response.get_data()
    if binary:
        return answer | {"base64": base64.b64encode(data).decode()}
    return answer | {"body": data.decode("utf-8", "replace")}


def _page(sandbox: Sandbox, site: Site, viewer: str | None) -> dict[str, Any]:
    """What the scripts of a page know about it."""
    locale = locale_of(site, viewer)
    return {
        "library": assets.library_path(),
        "csrfToken": sandbox.csrf_token,
        "product": site.product,
        "siteName": site.name,
        "accountId": viewer,
        "locale": locale.replace("-", "_"),
        "dialogModules": {
            app.app_key: app.translations.of(_dialog_options(app), locale)
            for app in site.installations
            if app.state == "enabled"
        },
    }


def _dialog_options(app: Installation) -> dict[str, Any]:
    """Options that modules give to the dialogs they are opened in."""
    found: dict[str, Any] = {}
    for module in app.modules:
        target = module.definition.get("target")
        options = module.definition.get("options")
        if module.type != "dialogs":
            options = target.get("options") if isinstance(target, dict) and target.get("type") == "dialog" else None
        if module.key and isinstance(options, dict):
            found[module.key] = {"options": options}
    return found
