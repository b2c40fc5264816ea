"""What browsers load of the bridge: the host's side for our pages, ``all.js`` and themes for the apps' pages."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, request

from .package import PINNED, Bridge

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes", "library_path"]

_FOREVER: Final = "public, max-age=31536000, immutable"
_CDN: Final = b'"https://" + CDN_DOMAIN'
_MISSING: Final = (
    'console.error("all.js: the AP bridge was not fetched. Run `python -m atlassian_connect.sandbox.bridge`'
    ' (it needs npm), and start the sandbox anew.");\n'
)
#: Pages that still ask for the legacy style sheet get what keeps them readable.
_ALL_CSS: Final = (
    "body { font: 14px/1.43 ui-sans-serif, system-ui, sans-serif; color: var(--ds-text, #292a2e);"
    " background: var(--ds-surface, transparent); }\n"
    "a { color: var(--ds-link, #1868db); }\n"
    "h1, h2, h3 { font-weight: 600; line-height: 1.2; }\n"
    "table { border-collapse: collapse; } th, td { padding: 4px 8px; text-align: left; }\n"
)


def library_path() -> str:
    """Path of the library for the host's side."""
    return f"/sandbox/bridge/{PINNED.version}/connect-host.js"


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Serve the files. Apps' pages are of other origins, so what they load is open to all."""
    shim = files("atlassian_connect.sandbox").joinpath("static/bridge/all-shim.js").read_bytes()

    @blueprint.get(f"/sandbox/bridge/{PINNED.version}/<path:name>")
    def library(name: str) -> Response:
        try:
            content = sandbox.bridge.read(name) if sandbox.bridge else abort(404, "The bridge was not fetched.")
        except FileNotFoundError:
            abort(404)
        return _asset(content, "text/css" if name.endswith(".css") else "text/javascript", _FOREVER)

    @blueprint.get("/atlassian-connect/<any('all.js', 'all-debug.js'):name>")
    @blueprint.get("/wiki/atlassian-connect/<any('all.js', 'all-debug.js'):name>")
    def all_js(name: str) -> Response:
        if sandbox.bridge is None:
            return _asset(_MISSING.encode(), "text/javascript", "no-store")
        content = _for_apps(sandbox.bridge, shim, f"{request.scheme}://{request.host}")
        # Without a version in the address, a browser may keep it, but asks whether it still holds.
        fixed = request.args.get("v") == sandbox.bridge.version
        return _asset(content, "text/javascript", _FOREVER if fixed else "no-cache")

    @blueprint.get("/atlassian-connect/<any('all.css', 'all-debug.css'):name>")
    @blueprint.get("/wiki/atlassian-connect/<any('all.css', 'all-debug.css'):name>")
    def all_css(name: str) -> Response:
        return _asset(_ALL_CSS.encode(), "text/css", "no-cache")


def _for_apps(bridge: Bridge, shim: bytes, origin: str) -> bytes:
    """The apps' side, with our own address in the place of the product's, and what products add to it."""
    themes = f'"{origin}/sandbox/bridge/{bridge.version}"'
    return bridge.read("iframe.js").replace(_CDN, themes.encode()) + b"\n" + shim


def _asset(content: bytes, kind: str, cache: str) -> Response:
    response = Response(content, content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = cache
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.make_conditional(request)
    return response
