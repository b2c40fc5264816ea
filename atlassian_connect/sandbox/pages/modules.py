"""Pages that apps fill: at the address that hosts give them, or opened with any values to try a module out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from ...protocol.modules import Module
from ..bridge.embedding import Embedding, embed
from ..installation import Installation
from ..module_urls import page_url, variables_in
from ..modules.conditions import evaluate
from ..modules.found import find
from ..modules.variables import module_values
from .lookup import find_installation, module_address, site_of
from .placed import from_query
from .policy import respond
from .viewer import viewer, viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_ADMIN_TYPES: Final = frozenset({"adminPages", "configurePage", "postInstallPage"})
_MODULE: Final = "/sandbox/apps/<any(jira, confluence):product>/<app_key>/modules/<module_key>"


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The page of a module, and the one to try it out."""

    @blueprint.get("/plugins/servlet/ac/<app_key>/<module_key>", defaults={"product": "jira"})
    @blueprint.get("/wiki/plugins/servlet/ac/<app_key>/<module_key>", defaults={"product": "confluence"})
    def full_page(product: str, app_key: str, module_key: str) -> Response:
        installation = find_installation(site_of(sandbox, product), app_key)
        return _show(sandbox, installation, _module(installation, module_key))

    @blueprint.get(f"{_MODULE}/go")
    def go(product: str, app_key: str, module_key: str) -> BaseResponse:
        """Lead the browser to the app itself, as web items without a page do. The URL is signed for who looks."""
        installation = find_installation(site_of(sandbox, product), app_key)
        return redirect(_embedding(sandbox, installation, module_key).url, 303)

    @blueprint.get(f"{_MODULE}/frame")
    def frame(product: str, app_key: str, module_key: str) -> Response:
        """What the bridge mounts a frame from, for dialogs that are opened later, if ever."""
        installation = find_installation(site_of(sandbox, product), app_key)
        return jsonify(_embedding(sandbox, installation, module_key).data)

    @blueprint.get(_MODULE)
    def module(product: str, app_key: str, module_key: str) -> Response:
        installation = find_installation(site_of(sandbox, product), app_key)
        return _try_out(sandbox, installation, _module(installation, module_key))


def _module(installation: Installation, key: str) -> Module:
    try:
        return installation.module(key)
    except KeyError:
        abort(404, f"{installation.app_key} has no module {key}.")


def _embedding(sandbox: Sandbox, installation: Installation, module_key: str) -> Embedding:
    """A module where the query says that the viewer is; or a page that says why not."""
    values, _ = module_values(installation, _module(installation, module_key), from_query(sandbox))
    embedding = embed(installation, module_key, viewer=viewer_id(sandbox), context=values)
    if embedding.problem:
        abort(403 if embedding.blocked else 404, embedding.problem)
    return embedding


def _show(sandbox: Sandbox, installation: Installation, module: Module) -> Response:
    person, situation = viewer(sandbox), from_query(sandbox)
    if module.type in _ADMIN_TYPES and not (person and person.administers):
        abort(403, f"{installation.site.name}'s administration is for administrators.")
    hidden_by = evaluate(module.definition.get("conditions"), installation, situation).hidden_by
    if hidden_by:
        abort(404, f"You do not get to see this page: {', '.join(hidden_by)}.")
    values, _ = module_values(installation, module, situation)
    embedding = embed(installation, module.key, viewer=situation.account_id, context=values, full_page=True)
    return respond(
        "full_page.html",
        frames=filter(None, [embedding.origin]),
        situation=situation,
        installation=installation,
        module=module,
        embedding=embedding,
        administration=module.type in _ADMIN_TYPES,
        project=find(installation.site, situation).project,
    )


def _try_out(sandbox: Sandbox, installation: Installation, module: Module) -> Response:
    names = variables_in(page_url(module) or "")
    samples = installation.site.sample_context()
    context = {name: request.args.get(f"ctx.{name}", samples.get(name, "")) for name in names}
    account_id = request.args.get("user", viewer_id(sandbox) or "") or None
    frame = embed(installation, module.key, viewer=account_id, context=context)
    origins = [frame.origin] if frame.origin else []
    return respond(
        "module.html",
        frames=origins,
        installation=installation,
        module=module,
        embedding=frame,
        context=context,
        account_id=account_id,
        page_address=module_address("pages.full_page", installation, module.key, context),
    )
