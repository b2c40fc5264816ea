"""A sandbox and an app as servers on this machine, for tests with a browser."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from threading import Thread
from types import TracebackType
from urllib.parse import quote, urlencode

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from ..sandbox import Installation, Sandbox, SandboxServer
from ..types import Product
from ..web.context import state_of

__all__ = ["LiveHost"]


class LiveHost:
    """A sandbox on a free port, and apps on others. Use it in a ``with`` statement.

    :param seed: the same seed gives the same client keys, secrets and ids in every run.
    :ivar sandbox: with everything it can do, e.g. ``sandbox.reset()`` between tests that share a server.
    """

    def __init__(self, *, seed: int | None = 1) -> None:
        self.sandbox = Sandbox(seed=seed)
        self._server = SandboxServer(self.sandbox, port=0)
        self._stop: list[Callable[[], None]] = []

    @property
    def url(self) -> str:
        """The origin of both sites."""
        return self.sandbox.origin

    def serve(self, make_app: Callable[[str, str], Flask]) -> Flask:
        """Serve an app on a free port.

        :param make_app: gets the base URL of the app and the origin of the sandbox, for its settings
            ``ATLASSIAN_CONNECT_BASE_URL`` and ``ATLASSIAN_CONNECT_SANDBOX_URL``, and returns the app.
        """
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(128)
            port = listener.getsockname()[1]
            app = make_app(f"http://127.0.0.1:{port}", self.url)
            server = make_server(
                "127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler, fd=listener.fileno()
            )
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="app", daemon=True)
        thread.start()
        self._stop += [server.shutdown, thread.join, server.server_close]
        return app

    def install(self, app: Flask, product: Product = "confluence") -> Installation:
        """Install an app that is served.

        :raises atlassian_connect.sandbox.InstallError: the app refuses.
        """
        settings = state_of(app).settings
        site = self.sandbox.jira if product == "jira" else self.sandbox.confluence
        return site.install(settings.base_url + settings.descriptor_url)

    def page_url(self, installation: Installation, module_key: str, *, context: Mapping[str, str] | None = None) -> str:
        """Where the site shows a module in a frame, for a browser to open.

        :param context: values of context variables, e.g. ``{"page.id": "65537"}``.
        :raises KeyError: there is no such module.
        """
        installation.module(module_key)
        site = installation.site
        path = f"/sandbox/apps/{site.product}/{quote(installation.app_key)}/modules/{quote(module_key)}"
        return f"{self.url}{path}" + (f"?{urlencode(context)}" if context else "")

    def close(self) -> None:
        """Stop all servers."""
        steps, self._stop = self._stop, []
        for step in [self._server.shutdown, *steps, self.sandbox.close]:
            step()

    def __enter__(self) -> LiveHost:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: pytest would show it with every test that fails."""
