"""A Connect app that checks what a host sends, with PyJWT and PyPI ``atlassian_jwt`` only: no code of this package."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import jwt
from atlassian_jwt import encode_token
from atlassian_jwt.url_utils import hash_url
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

APP_KEY = "com.example.stale"


class HostCaller:
    """Calls a host's REST with tokens of ``atlassian_jwt``. ``send`` carries a request: method, URL, headers, body."""

    def __init__(self, app: ConnectApp, send: Callable[[str, str, dict[str, str], bytes], Any]) -> None:
        self.app = app
        self.send = send

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        product: str = "jira",
        signed: str | None = None,
        headers: dict[str, str] | None = None,
        **claims: Any,
    ) -> Any:
        tenant = self.app.tenants[product]
        token = encode_token(
            method, signed or path, APP_KEY, tenant["sharedSecret"], timeout_secs=180, payload_kwargs=claims
        )
        return self.with_token(method, path, token, body, product=product, headers=headers)

    def with_token(
        self,
        method: str,
        path: str,
        token: str,
        body: Any = None,
        *,
        product: str = "jira",
        scheme: str = "JWT",
        headers: dict[str, str] | None = None,
    ) -> Any:
        headers = {"Authorization": f"{scheme} {token}", **(headers or {})}
        raw = b""
        if body is not None:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        return self.send(method, self.app.tenants[product]["baseUrl"] + path, headers, raw)


class ConnectApp:
    """The app. ``received`` has what arrived and was proven; ``refused`` why the rest was not."""

    def __init__(self, base_url: str, fetch_key: Callable[[str], bytes], **descriptor: Any) -> None:
        self.base_url = base_url
        self.base_path = urlsplit(base_url).path
        self.fetch_key = fetch_key
        self.answers: dict[str, int] = {}
        self.tenants: dict[str, dict[str, Any]] = {}
        self.received: list[tuple[str, dict[str, Any], Any, dict[str, str]]] = []
        self.refused: list[str] = []
        self.leeway = 0.0  # seconds that a test's clock may be ahead of real time
        self.during: dict[str, Callable[[], Any]] = {}
        self.descriptor: dict[str, Any] = {
            "key": APP_KEY,
            "name": "Stale pages",
            "baseUrl": base_url,
            "authentication": {"type": "jwt"},
            "lifecycle": {name: f"/lifecycle/{name}" for name in ("installed", "uninstalled", "enabled", "disabled")},
            "scopes": ["READ", "WRITE"],
            "modules": {
                "generalPages": [
                    {"key": "page", "url": "/page?space={space.key}&q=a+b&r=2&r=1", "name": {"value": "Stale"}},
                    {"key": "shell", "url": "/shell?x={space.key}", "name": {"value": "S"}, "cacheable": True},
                ],
                "webhooks": [
                    {"event": "page_updated", "url": "/hooks/page?id=${page.id}"},
                    {"event": "jira:issue_updated", "url": "/hooks/issue/{issue.key}"},
                ],
            },
            **descriptor,
        }

    def received_paths(self) -> list[str]:
        return [path for path, _, _, _ in self.received]

    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        return self.respond(request)(environ, start_response)

    def respond(self, request: Request) -> Response:
        path = request.path.removeprefix(self.base_path)
        if path == "/atlassian-connect.json":
            return Response(json.dumps(self.descriptor), content_type="application/json")
        if path == "/shell":
            return Response(f"shell {request.environ['QUERY_STRING']}")
        body = json.loads(request.get_data()) if request.get_data() else None
        try:
            claims = self.check(request, path, body)
        except (jwt.PyJWTError, AssertionError, KeyError, LookupError) as error:
            self.refused.append(f"{path}: {error!r}")
            return Response("no", status=401)
        headers = dict(request.headers.items())
        headers.pop("Authorization", None)
        name = path.rpartition("/")[2]
        if path == "/lifecycle/installed" and self.answers.get(name, 204) < 300:
            self.tenants[body["productType"]] = body
        self.received.append((path, claims, body, headers))
        if name in self.during:
            self.during[name]()
        return Response(status=self.answers.get(name, 204 if request.method == "POST" else 200))

    def check(self, request: Request, path: str, body: Any) -> dict[str, Any]:
        raw = request.environ["RAW_URI"].removeprefix(self.base_path)
        token = request.args.get("jwt") or request.headers["Authorization"].removeprefix("JWT ")
        unproven = jwt.decode(token, options={"verify_signature": False})
        if path in ("/lifecycle/installed", "/lifecycle/uninstalled"):
            key_id = jwt.get_unverified_header(token)["kid"]
            claims = jwt.decode(token, self.fetch_key(key_id), algorithms=["RS256"], audience=self.base_url)
            assert claims["iss"] == body["clientKey"]
        else:
            tenant = next(t for t in self.tenants.values() if t["clientKey"] == unproven["iss"])
            claims = jwt.decode(token, tenant["sharedSecret"], algorithms=["HS256"], leeway=self.leeway)
        assert claims["qsh"] == hash_url(request.method, raw), "qsh"
        return claims


def wsgi_sender(wsgi_app: Any) -> Callable[[str, str, dict[str, str], bytes], Any]:
    """Sends to a host in this process."""

    def send(method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
        parts = urlsplit(url)
        client = Client(wsgi_app, use_cookies=False)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return client.open(
            target, method=method, base_url=f"{parts.scheme}://{parts.netloc}", headers=headers, data=body or None
        )

    return send
