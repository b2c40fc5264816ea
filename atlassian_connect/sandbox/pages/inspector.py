"""What crossed between the sites and the apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..log import Crossing
from .policy import respond

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes", "crossings_of"]

_SHOWN: Final = 200


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The log."""

    @blueprint.get("/sandbox/inspector")
    def inspector() -> Response:
        app_key = request.args.get("app", "")
        crossings = crossings_of(sandbox, app_key) if app_key else _newest_first(sandbox.log)
        return respond("inspector.html", crossings=crossings, app_key=app_key)

    @blueprint.get("/sandbox/log")
    def log() -> BaseResponse:
        return redirect(url_for("pages.inspector"))


def crossings_of(sandbox: Sandbox, app_key: str, product: str | None = None) -> list[Crossing]:
    """What an app sent and got, the newest first: known by the issuer of the token, or by the app's base URL.

    :param product: of one site only.
    """
    known = [one for site in sandbox.sites for one in site.known if one.app_key == app_key]
    issuers = {app_key, *(one.client_key for one in known)}
    roots = tuple(f"{one.app_base_url}/" for one in known)

    def is_about(crossing: Crossing) -> bool:
        about = (crossing.claims or {}).get("iss") in issuers or crossing.url.startswith(roots)
        return about and product in (None, crossing.product)

    return _newest_first([crossing for crossing in sandbox.log if is_about(crossing)])


def _newest_first(crossings: list[Crossing]) -> list[Crossing]:
    return sorted(crossings[-_SHOWN:], key=lambda crossing: crossing.time)[::-1]
