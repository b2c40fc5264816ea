"""What a page may load: a content security policy on every answer, without inline scripts or styles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, make_response, render_template

from ...protocol.urls import parse_base_url

if TYPE_CHECKING:
    from ..host import Sandbox
    from ..modules.situation import Situation

__all__ = ["allow_frame", "app_origins", "respond", "wrap"]


def wrap(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Put the policy on every answer of the blueprint."""

    @blueprint.after_request
    def restrict(response: Response) -> Response:
        policy = _policy(g.get("page_frames", ()), app_origins(sandbox))
        response.headers.setdefault("Content-Security-Policy", policy)  # files bring a stricter one
        response.headers["Referrer-Policy"] = "same-origin"  # with no-referrer, browsers send forms with Origin: null
        return response


def respond(
    template: str,
    *,
    frames: Iterable[str] = (),
    situation: Situation | None = None,
    status: int = 200,
    **context: Any,
) -> Response:
    """Render a page.

    :param frames: origins of the apps whose pages are framed in it, besides those of :func:`.placed.item_frame`.
    :param situation: where the viewer is, for the modules of apps on the page. None: somewhere on the site.
    :param context: for the template, which is given more by :mod:`.shell`.
    """
    g.page_frames = [*g.get("page_frames", ()), *frames]
    g.page_situation = situation
    return make_response(render_template(template, **context), status)


def allow_frame(origin: str) -> None:
    """Let the page that is being made have a frame of this origin."""
    g.page_frames = [*g.get("page_frames", ()), origin]


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
