"""What crossed between the sites and the apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..log import Crossing
from .policy import respond

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_SHOWN: Final = 200


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The log."""

    @blueprint.get("/sandbox/inspector")
    def inspector() -> Response:
        app_key = request.args.get("app", "")
        crossings = [one for one in sandbox.log if not app_key or _is_about(one, app_key, sandbox)]
        return respond("inspector.html", crossings=_newest_first(crossings), app_key=app_key)

    @blueprint.get("/sandbox/log")
    def log() -> BaseResponse:
        return redirect(url_for("pages.inspector"))


def _is_about(crossing: Crossing, app_key: str, sandbox: Sandbox) -> bool:
    """A crossing names its app by the client key in its claims, or by the app's base URL."""
    installed = [one for site in sandbox.sites for one in site.known if one.app_key == app_key]
    issuer = (crossing.claims or {}).get("iss")
    return any(
        issuer in (app_key, one.client_key) or crossing.url.startswith(f"{one.app_base_url}/") for one in installed
    )


def _newest_first(crossings: list[Crossing]) -> list[Crossing]:
    return sorted(crossings[-_SHOWN:], key=lambda crossing: crossing.time)[::-1]
