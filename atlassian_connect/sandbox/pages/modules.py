"""Opening one module of an app: at the address that hosts give its page, or with any values to try it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...protocol.urls import parse_base_url
from ..installation import Installation
from ..log import Crossing, mask_url
from ..module_urls import Frame, page_url, variables_in
from .lookup import find_installation, site_of
from .policy import respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Both addresses."""

    @blueprint.get("/sandbox/apps/<any(jira, confluence):product>/<app_key>/modules/<module_key>")
    def module(product: str, app_key: str, module_key: str) -> Response:
        return _show(sandbox, find_installation(site_of(sandbox, product), app_key), module_key)

    @blueprint.get("/plugins/servlet/ac/<app_key>/<module_key>", defaults={"product": "jira"})
    @blueprint.get("/wiki/plugins/servlet/ac/<app_key>/<module_key>", defaults={"product": "confluence"})
    def module_as_hosts_address_it(product: str, app_key: str, module_key: str) -> BaseResponse:
        return redirect(url_for("pages.module", product=product, app_key=app_key, module_key=module_key))


def _show(sandbox: Sandbox, installation: Installation, module_key: str) -> Response:
    try:
        module = installation.module(module_key)
    except KeyError:
        abort(404, f"{installation.app_key} has no module {module_key}.")
    names = variables_in(page_url(module) or "")
    samples = installation.site.sample_context()
    context = {name: request.args.get(f"ctx.{name}", samples.get(name, "")) for name in names}
    account_id = request.args.get("user", viewer_id(sandbox) or "") or None
    frame, problem, origins = None, "", []
    try:
        if installation.state != "enabled":
            raise ValueError(f"The app is {installation.state}.")
        frame = installation.frame(module_key, account_id=account_id, context=context)
        origins = [parse_base_url(installation.app_base_url).origin]
        sandbox.record(_loaded_by_browser(sandbox, installation, module_key, frame))
    except ValueError as error:
        problem = str(error)
    return respond(
        "module.html",
        frames=origins,
        installation=installation,
        module=module,
        frame=frame,
        problem=problem,
        context=context,
        account_id=account_id,
    )


def _loaded_by_browser(sandbox: Sandbox, installation: Installation, module_key: str, frame: Frame) -> Crossing:
    return Crossing(
        time=sandbox.wire.clock(),
        direction="host→app",
        product=installation.site.product,
        method="GET",
        url=mask_url(frame.url),
        status=None,
        claims=frame.claims,
        canonical=frame.canonical,
        note=f"module {module_key}, loaded by the browser",
    )
