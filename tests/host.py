"""A host for tests that shares no code with the package: PyJWT signs, atlassian-jwt hashes."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import jwt
from atlassian_jwt.url_utils import hash_url
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import APP_KEY, BASE_URL

KEY_ID = "0b2b7d2e-1111-4222-8333-444455556666"
INSTALLED = "/connect/lifecycle/installed"
UNINSTALLED = "/connect/lifecycle/uninstalled"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def public_pem(name: str) -> bytes:
    return (
        rsa_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


class KeyServer:
    """Publishes install keys; counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = "200 OK"
        self.body: bytes | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked.append(environ["PATH_INFO"])
        known = environ["PATH_INFO"] == f"/{KEY_ID}"
        start_response(self.status if known else "404 Not Found", [("Content-Type", "application/x-pem-file")])
        return [self.body if self.body is not None else public_pem("host") if known else b"<html>no such key</html>"]


class Host:
    """One Confluence site."""

    def __init__(
        self, app: Flask, *, client_key: str = "tenant-1", secret: str = "first-secret-of-the-tenant-0123456789"
    ) -> None:
        self.app = app
        self.http = app.test_client()
        self.client_key = client_key
        self.secret = secret
        self.base_url = f"https://{client_key}.atlassian.net/wiki"
        self.keys = KeyServer()
        transport = app.extensions["atlassian_connect"].transport
        for server in ("asap-distribution.us-west-2.prod.atl-asap.net", "connect-install-keys.atlassian.com"):
            transport.mount(f"https://{server}", self.keys)

    # --- tokens -------------------------------------------------------------------------------------------------------

    def claims(self, method: str, url: str, **change: Any) -> dict[str, Any]:
        """Claims for one request. A change to None leaves the claim out."""
        now = int(time.time())
        claims = {"iss": self.client_key, "iat": now, "exp": now + 900, "qsh": hash_url(method, url), "sub": "user-1"}
        return {name: value for name, value in {**claims, **change}.items() if value is not None}

    def token(
        self, method: str, url: str, *, secret: str | None = None, algorithm: str = "HS256", **change: Any
    ) -> str:
        return jwt.encode(self.claims(method, url, **change), secret or self.secret, algorithm=algorithm)

    def signed_install(
        self, url: str, *, key: Any = None, algorithm: str = "RS256", key_id: str | None = KEY_ID, **change: Any
    ) -> str:
        claims = self.claims("POST", url, **{"aud": [BASE_URL], **change})
        headers = {} if key_id is None else {"kid": key_id}
        return jwt.encode(claims, key or rsa_key("host"), algorithm=algorithm, headers=headers)

    # --- requests -----------------------------------------------------------------------------------------------------

    def body(self, event: str, **change: Any) -> dict[str, Any]:
        body = {
            "key": APP_KEY,
            "clientKey": self.client_key,
            "baseUrl": self.base_url,
            "productType": "confluence",
            "eventType": event,
        }
        if event == "installed":
            body["sharedSecret"] = self.secret
        return {name: value for name, value in {**body, **change}.items() if value is not ...}

    def install(
        self, *, token: str | None = None, claims: dict[str, Any] | None = None, body: dict[str, Any] | None = None
    ) -> TestResponse:
        token = token if token is not None else self.signed_install(INSTALLED, **(claims or {}))
        return self.post(INSTALLED, token, self.body("installed", **(body or {})))

    def uninstall(self, *, token: str | None = None, body: dict[str, Any] | None = None) -> TestResponse:
        token = token if token is not None else self.signed_install(UNINSTALLED)
        return self.post(UNINSTALLED, token, self.body("uninstalled", **(body or {})))

    def post(self, url: str, token: str | None, json: Any = None, **headers: str) -> TestResponse:
        authorization = {} if not token else {"Authorization": f"JWT {token}"}
        return self.http.post(url, json=json, headers={**authorization, **headers})

    def get(self, url: str, token: str | None = None, **headers: str) -> TestResponse:
        """Open a URL with the token in the header, or signed for it when none is given."""
        token = token if token is not None else self.token("GET", url)
        return self.http.get(url, headers={"Authorization": f"JWT {token}", **headers} if token else headers)
