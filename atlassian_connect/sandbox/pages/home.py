"""Where to begin: the choice between the sites; and what leads nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from flask import Blueprint, Response, abort, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from .policy import respond

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The first page, and the last."""

    @blueprint.get("/")
    def home() -> Response:
        return respond("home.html")

    @blueprint.get("/sandbox")
    def sandbox_home() -> BaseResponse:
        return redirect(url_for("pages.home"))

    @blueprint.get("/<path:anything>")
    def nowhere(anything: str) -> NoReturn:
        abort(404, f"The sandbox has no page at /{anything}.")
