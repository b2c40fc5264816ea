"""What a page may load: a content security policy on every answer, without inline scripts or styles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, make_response, render_template

from ...protocol.urls import parse_base_url

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["app_origins", "respond", "wrap"]


def wrap(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Put the policy on every answer of the blueprint."""

    @blueprint.after_request
    def restrict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _policy(g.get("page_frames", ()), app_origins(sandbox))
        response.headers["Referrer-Policy"] = "same-origin"  # with no-referrer, browsers send forms with Origin: null
        return response


def respond(template: str, *, frames: Iterable[str] = (), status: int = 200, **context: Any) -> Response:
    """Render a page.

    :param frames: origins of the apps whose pages are framed in it.
    :param context: for the template, which is given more by :mod:`.shell`.
    """
    g.page_frames = tuple(frames)
    return make_response(render_template(template, **context), status)


def app_origins(sandbox: Sandbox) -> list[str]:
    """Origins of the apps that are installed: their icons are shown."""
    return sorted({parse_base_url(one.app_base_url).origin for site in sandbox.sites for one in site.installations})


def _policy(frames: Iterable[str], images: Iterable[str]) -> str:
    sources = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": " ".join(["'self'", "data:", *images]),
        "connect-src": "'self'",
        "frame-src": " ".join(dict.fromkeys(frames)) or "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())
