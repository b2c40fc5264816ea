"""A small app for frames: each of its pages loads ``all.js`` from the host that frames it, and nothing else."""

from __future__ import annotations

import json
from html import escape
from threading import Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{path}</title>
<script src="{script}" data-options="{options}"></script>
<body><div class="ac-content"><h1>{path}</h1></div></body></html>"""
_OPTIONS = {"size": "medium", "header": {"value": "Sized"}}


class FramedApp:
    """Serves itself on a port of its own.

    :ivar tenants: bodies of ``installed``, by product.
    :ivar script: where its pages load the bridge from; None for the host that frames them.
    :ivar seen: query parameters of the pages that were loaded, in order.
    """

    def __init__(
        self, key: str = "com.example.framed", scopes: tuple[str, ...] = ("READ", "WRITE"), **modules: Any
    ) -> None:
        self.key, self.scopes, self.modules = key, scopes, modules
        self.script: str | None = None
        self.tenants: dict[str, dict[str, Any]] = {}
        self.seen: list[dict[str, str]] = []

    def start(self) -> FramedApp:
        self._server = make_server("127.0.0.1", 0, self.wsgi, threaded=True, request_handler=_Quiet)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def descriptor_url(self) -> str:
        return f"{self.origin}/atlassian-connect.json"

    def descriptor(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "name": "Framed",
            "baseUrl": self.origin,
            "authentication": {"type": "jwt"},
            "lifecycle": {"installed": "/installed"},
            "scopes": list(self.scopes),
            "modules": {
                "generalPages": [{"key": "main", "url": "/main", "name": {"value": "Main"}}],
                "webPanels": [
                    _panel("panel", "/panel?c={content.id}&i={issue.key}"),
                    _panel("fixed", "/fixed?options=resize:false"),
                    _panel("mute", "/mute"),
                ],
                "dialogs": [{"key": "dialog", "url": "/dialog?c={content.id}", "options": _OPTIONS}],
                **self.modules,
            },
        }

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        return self.respond(request)(environ, start_response)

    def respond(self, request: Request) -> Response:
        if request.path == "/atlassian-connect.json":
            return Response(json.dumps(self.descriptor()), content_type="application/json")
        if request.path == "/installed":
            body = json.loads(request.get_data())
            self.tenants[body["productType"]] = body
            return Response(status=204)
        if request.path in ("/mute", "/favicon.ico"):
            return Response("<!doctype html><title>no bridge</title>", content_type="text/html")
        self.seen.append(request.args.to_dict())
        script = self.script or f"{request.args['xdm_e']}{request.args['cp']}/atlassian-connect/all.js"
        page = _PAGE.format(
            path=escape(request.path), script=escape(script), options=escape(request.args.get("options", ""))
        )
        return Response(page, content_type="text/html; charset=utf-8")


def _panel(key: str, url: str) -> dict[str, Any]:
    return {"key": key, "url": url, "location": "atl.any", "name": {"value": key.title()}}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass
