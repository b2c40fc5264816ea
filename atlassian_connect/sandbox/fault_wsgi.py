"""Faults as a layer around the sandbox's web app: nearer to the socket than any framework."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

from ..types import Product
from .faults import ActiveFault, Exchange, Faults, Outcome
from .log import Crossing, mask_url

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .host import Sandbox

__all__ = ["FaultLayer", "through"]


def through(
    chain: Sequence[ActiveFault],
    run: Callable[[], Outcome],
    *,
    product: Product | None,
    path: str,
    query: str,
    clock: Callable[[], float],
    body: Callable[[], bytes],
) -> Outcome:
    """Lead a request through the faults that concern it, the outermost first.

    :param run: lets it through to the host.
    :param path: from the root of the origin, decoded.
    :param body: reads what was sent.
    """
    if not chain:
        return run()
    outer, rest = chain[0], chain[1:]
    exchange = Exchange(
        product=product,
        path=path,
        query=query,
        now=clock(),
        active=outer,
        run=lambda: through(rest, run, product=product, path=path, query=query, clock=clock, body=body),
        body=body,
    )
    return outer.fault.apply(exchange)


class FaultLayer:
    """Runs requests through the faults that concern them."""

    def __init__(self, sandbox: Sandbox, inner: WSGIApplication) -> None:
        self._sandbox = sandbox
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        whole = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace")
        faults, product, path = self._place(whole)
        chain = faults.taking(environ["REQUEST_METHOD"], path) if faults else []
        if not chain:
            return self._inner(environ, start_response)
        executed: list[bool] = []

        def run() -> Outcome:
            executed.append(True)
            body, status, headers = run_wsgi_app(self._inner, environ, buffered=True)
            return Outcome(int(status.split(" ", 1)[0]), tuple(headers), b"".join(body))

        outcome = through(
            chain,
            run,
            product=product,
            path=whole,
            query=environ.get("QUERY_STRING", ""),
            clock=self._sandbox.wire.clock,
            body=lambda: _body_of(environ),
        )
        if not executed:
            self._record(environ, product, whole, outcome, chain)
        return _sent(environ, start_response, outcome)

    def _place(self, path: str) -> tuple[Faults | None, Product | None, str]:
        """The faults for a path, whose site it is, and the path below that site's base URL."""
        if path.startswith(("/wiki/rest/", "/wiki/api/")):
            return self._sandbox.confluence.faults, "confluence", path.removeprefix("/wiki")
        if path.startswith("/rest/"):
            return self._sandbox.jira.faults, "jira", path
        if path.startswith(("/oauth2/", "/media/", "/install-keys/")):
            return self._sandbox.faults, None, path
        return None, None, path  # the pages for people

    def _record(
        self,
        environ: WSGIEnvironment,
        product: Product | None,
        path: str,
        outcome: Outcome,
        chain: Sequence[ActiveFault],
    ) -> None:
        query = environ.get("QUERY_STRING", "")
        self._sandbox.record(
            Crossing(
                time=self._sandbox.wire.clock(),
                direction="app→host",
                product=product,
                method=environ["REQUEST_METHOD"],
                url=mask_url(f"{self._sandbox.origin}{path}" + (f"?{query}" if query else "")),
                status=outcome.status or None,
                verdict="fault",
                note=", ".join(type(active.fault).__name__ for active in chain),
            )
        )


def _body_of(environ: WSGIEnvironment) -> bytes:
    """Read the body of a request, and leave it there to be read again."""
    try:
        body = get_input_stream(environ).read()
    except ClientDisconnected:
        body = b""
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def _sent(environ: WSGIEnvironment, start_response: StartResponse, outcome: Outcome) -> Iterable[bytes]:
    if outcome.sent is not None and outcome.sent < 0:
        raise _dropped(environ)
    is_head = environ["REQUEST_METHOD"] == "HEAD"
    headers = list(outcome.headers)
    if outcome.body or not is_head:  # what the host answers to HEAD has the length of the body that is not there
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        headers.append(("Content-Length", str(len(outcome.body))))
    start_response(f"{outcome.status} {HTTP_STATUS_CODES.get(outcome.status, 'Unknown')}", headers)
    if is_head or outcome.sent is None:
        return [] if is_head else [outcome.body]
    return _broken_off(environ, outcome.body[: int(len(outcome.body) * outcome.sent)])


def _broken_off(environ: WSGIEnvironment, part: bytes) -> Iterator[bytes]:
    yield part
    raise _dropped(environ)


def _dropped(environ: WSGIEnvironment) -> ConnectionResetError:
    """End the connection, where there is one, and give the error that stops the server from going on."""
    connection: Any = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with suppress(OSError):  # the other side was faster
            connection.shutdown(socket.SHUT_RDWR)
    return ConnectionResetError("The sandbox dropped the connection: a fault is switched on.")
