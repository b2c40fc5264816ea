"""Hosts to call: a real HTTP server and a WSGI app, both recording what reached them, and an independent verifier."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import jwt
from atlassian_jwt.url_utils import hash_url

from atlassian_connect.client import RetryPolicy
from atlassian_connect.secret import Secret
from atlassian_connect.tenants.tenant import Tenant

SECRET = "s3cr3t-that-must-never-show-anywhere-0123456789"
CLIENT_KEY = "client-key-1"
APP_KEY = "com.example.app"
CLOUD = "https://example.atlassian.net"
Answer = tuple[int, Mapping[str, str], bytes]


def make_tenant(base_url: str, **changes: Any) -> Tenant:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    fields = {
        "client_key": CLIENT_KEY,
        "app_key": APP_KEY,
        "product": "confluence" if base_url.endswith("/wiki") else "jira",
        "base_url": base_url,
        "shared_secret": Secret(SECRET),
        "installed": True,
        "enabled": True,
        "installed_at": now,
        "updated_at": now,
    }
    return Tenant(**{**fields, **changes})


class VirtualTime:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.started = self.now = float(int(time.time())) - 100  # tokens of now and of a little later are valid
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def policy(self, **changes: Any) -> RetryPolicy:
        return RetryPolicy(sleep=self.sleep, timer=self, **changes)


@dataclass
class Received:
    """One request, as it stood on the wire."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def claims(self, tenant: Tenant) -> dict[str, Any]:
        """Verify the token with PyJWT, and its qsh with atlassian-jwt, over the raw request line."""
        scheme, _, token = self.headers["Authorization"].partition(" ")
        assert scheme == "JWT"
        claims: dict[str, Any] = jwt.decode(
            token,
            tenant.shared_secret.reveal(),
            algorithms=["HS256"],
            audience=tenant.client_key,
            issuer=tenant.app_key,
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
        assert self.target.startswith(tenant.base.path + "/")
        assert claims["qsh"] == hash_url(self.method, self.target.removeprefix(tenant.base.path))
        return claims


@dataclass
class Host:
    """What a host answers, and what it got. Unknown paths answer 200 with ``{}``."""

    answers: dict[str, Answer | Callable[[Received], Answer]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    origin: str = CLOUD

    @property
    def last(self) -> Received:
        return self.received[-1]

    def on(self, path: str, status: int = 200, body: bytes = b"{}", **headers: str) -> None:
        self.answers[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)

    def handle(self, received: Received) -> Answer:
        self.received.append(received)
        answer = self.answers.get(received.path, (200, {"Content-Type": "application/json"}, b"{}"))
        return answer(received) if callable(answer) else answer

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        headers = Message()
        for name, value in environ.items():
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                headers[name.removeprefix("HTTP_").replace("_", "-")] = value
        received = Received(environ["REQUEST_METHOD"], environ["REQUEST_URI"], headers, environ["wsgi.input"].read())
        status, fields, body = self.handle(received)
        start_response(f"{status} Status", list(fields.items()))
        return [body]


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # twenty threads connect at once

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are part of the tests."""


class ServedHost(Host):
    """The same behind a socket on loopback, one thread per connection."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = 0
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> ServedHost:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(host) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10
            wbufsize = -1  # headers and body in one packet

            def setup(self) -> None:
                super().setup()
                host.connections += 1

            def handle_any(self) -> None:
                method, target, _ = self.requestline.split(" ")
                status, headers, body = host.handle(Received(method, target, self.headers, self._body()))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if method != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *args: object) -> None:
                pass

        return Handler
