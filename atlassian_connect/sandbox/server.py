"""The sandbox as a server on this machine."""

from __future__ import annotations

import logging
import math
import socket
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Final

from werkzeug.serving import WSGIRequestHandler, make_server

from ..protocol.urls import is_loopback, parse_base_url
from .host import Sandbox

__all__ = ["PortInUseError", "SandboxServer", "origin_at", "serve"]

_logger = logging.getLogger(__name__)
#: How often it looks whether retries are due.
_LOOK_SECONDS: Final = 0.5
#: How long it goes on with deliveries when it ends.
_PATIENCE_SECONDS: Final = 3.0


class PortInUseError(OSError):
    """Another program listens on the port.

    :ivar port: the one that was asked for.
    """

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is in use by another program. Stop it, or give the sandbox another port.")
        self.port = port


def origin_at(host: str, port: int) -> str:
    """The origin of a sandbox that listens at an address: by the name ``localhost`` where that leads there."""
    if host in ("localhost", "127.0.0.1", "::1"):
        return f"http://localhost:{port}"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class SandboxServer:
    """Serves a sandbox from a background thread. Use it in a ``with`` statement, or call :meth:`start` yourself.

    What apps change by REST causes webhooks; a server delivers those from a thread of its own, in order, so that an app
    that handles one request at a time can answer them. The same thread makes Jira's retries when their time has come.

    :param host: address to listen on; this machine only.
    :param port: None for the port of the sandbox's origin; 0 for any free one, which becomes the sandbox's origin.
    :raises ValueError: ``host`` is not an address of this machine.
    """

    def __init__(self, sandbox: Sandbox, *, host: str = "127.0.0.1", port: int | None = None) -> None:
        if not is_loopback(host):
            raise ValueError(f"The sandbox serves this machine only, and {host!r} is not a name of it.")
        self.sandbox = sandbox
        self._host = host
        self._port = parse_base_url(sandbox.origin).port if port is None else port
        self._stop: list[Callable[[], None]] = []

    @property
    def url(self) -> str:
        """The origin that the sandbox is reached at."""
        return self.sandbox.origin

    def start(self) -> SandboxServer:
        """Listen, and serve in the background.

        :raises PortInUseError: another program has the port.
        :raises RuntimeError: it runs already.
        """
        if self._stop:
            raise RuntimeError("This server runs already.")
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((self._host, self._port))
            except OSError as error:
                raise PortInUseError(self._port) from error
            listener.listen(128)
            if self._port == 0:
                self.sandbox.move_to(origin_at(self._host, listener.getsockname()[1]))
            server = make_server(
                self._host,
                self._port,
                self.sandbox.wsgi_app,
                threaded=True,
                request_handler=_QuietHandler,
                fd=listener.fileno(),
            )
        finally:
            listener.close()  # the server has its own copy of the descriptor
        deliveries = _Deliveries(self.sandbox.deliveries.run_due)
        self.sandbox.later = deliveries.put
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True)
        serving.start()
        self._stop = [server.shutdown, serving.join, server.server_close, deliveries.close]
        return self

    def shutdown(self) -> None:
        """Stop serving. Deliveries that wait for others are made first, as far as that takes a few seconds at most: an
        app that does not answer holds nothing up. Does nothing when it is not running.
        """
        steps, self._stop = self._stop, []
        for step in steps:
            step()
        if steps:
            self.sandbox.later = None

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown()


def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int | None = None) -> SandboxServer:
    """Start a server in the background and return it; call its ``shutdown()`` at the end.

    :param port: as in :class:`SandboxServer`.
    :raises PortInUseError: another program has the port.
    """
    return SandboxServer(sandbox, host=host, port=port).start()


class _Deliveries:
    """Work that is put, in order; and between it whatever ``idle`` finds to do."""

    def __init__(self, idle: Callable[[], object]) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle = idle
        self._end = math.inf
        self._thread = Thread(target=self._run, name="sandbox-webhooks", daemon=True)
        self._thread.start()

    def put(self, work: Callable[[], None]) -> None:
        self._queue.put(work)

    def close(self) -> None:
        self._end = time.monotonic() + _PATIENCE_SECONDS
        self._queue.put(None)
        self._thread.join(_PATIENCE_SECONDS)

    def _run(self) -> None:
        while (work := self._next()) is not None and time.monotonic() < self._end:
            try:
                work()
            except Exception:
                _logger.exception("A webhook could not be delivered.")

    def _next(self) -> Callable[[], object] | None:
        try:
            return self._queue.get(timeout=_LOOK_SECONDS)
        except Empty:
            return self._idle


class _QuietHandler(WSGIRequestHandler):
    """Says nothing: what matters is in the sandbox's log, without tokens."""

    def log(self, type: str, message: str, *args: Any) -> None:
        _logger.debug(message, *args)
