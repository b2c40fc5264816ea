"""Pages that apps fill: at the address that hosts give them, or opened with any values to try a module out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from ...protocol.modules import Module
from ..bridge.embedding import Embedding, embed
from ..installation import Installation
from ..module_urls import page_url, variables_in
from ..modules.entrance import ADMINISTRATION, closed_to
from ..modules.found import find
from ..modules.situation import Situation
from ..modules.variables import module_values
from .lookup import find_installation, module_address, site_of
from .placed import from_query
from .policy import respond
from .viewer import active_people, require_administrator, viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

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
        require_administrator(sandbox, "Trying out modules")
        installation = find_installation(site_of(sandbox, product), app_key)
        return _try_out(sandbox, installation, _module(installation, module_key))


def _module(installation: Installation, key: str) -> Module:
    try:
        return installation.module(key)
    except KeyError:
        abort(404, f"{installation.app_key} has no module {key}.")


def _embedding(sandbox: Sandbox, installation: Installation, module_key: str) -> Embedding:
    """A module where the query says that the viewer is; or a page that says why not."""
    module, situation = _module(installation, module_key), from_query(sandbox)
    _refuse_closed(sandbox, installation, module, situation)
    values, _ = module_values(installation, module, situation)
    embedding = embed(installation, module_key, viewer=viewer_id(sandbox), context=values)
    if embedding.problem:
        abort(403 if embedding.blocked else 404, embedding.problem)
    return embedding


def _refuse_closed(sandbox: Sandbox, installation: Installation, module: Module, situation: Situation) -> None:
    if module.type in ADMINISTRATION:
        require_administrator(sandbox, f"{installation.site.name}'s administration")
    if problem := closed_to(installation, module, situation):
        abort(404, problem)


def _show(sandbox: Sandbox, installation: Installation, module: Module) -> Response:
    situation = from_query(sandbox)
    _refuse_closed(sandbox, installation, module, situation)
    values, _ = module_values(installation, module, situation)
    embedding = embed(installation, module.key, viewer=situation.account_id, context=values, full_page=True)
    return respond(
        "full_page.html",
        frames=filter(None, [embedding.origin]),
        situation=situation,
        installation=installation,
        module=module,
        embedding=embedding,
        administration=module.type in ADMINISTRATION,
        project=find(installation.site, situation).project,
    )


def _try_out(sandbox: Sandbox, installation: Installation, module: Module) -> Response:
    names = variables_in(page_url(module) or "")
    samples = installation.site.sample_context()
    context = {name: request.args.get(f"ctx.{name}", samples.get(name, "")) for name in names}
    account_id = request.args.get("user", viewer_id(sandbox) or "") or None
    if account_id not in {None, *(one.account_id for one in active_people(sandbox))}:
        abort(404, "There is no such user, or the account is deactivated.")
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
