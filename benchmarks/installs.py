"""Installs per second: distinct tenants, each with its own RS256 token, through the whole WSGI app.

No server and no socket take part: one thread calls the app, so one install waits for the one before it to be on disk.
The install key is fetched once.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from sqlalchemy import create_engine, text

from atlassian_connect.client import Transport
from atlassian_connect.protocol.qsh import query_string_hash
from atlassian_connect.protocol.tokens import sign_rs256

from .apps import connect_app
from .databases import APP_KEY, KINDS, database, fill
from .report import Report
from .samples import client_key, shared_secret

_PATH = "/connect/lifecycle/installed"
_KEY_ID = "0d2f6a1e-7c43-4b59-9a8e-51f3c6b7d204"
_MANY = 100_000


class _KeyServer(Transport):
    """Answers with the one public key, and counts."""

    def __init__(self, pem: bytes) -> None:
        super().__init__()
        self.pem = pem
        self.fetched = 0

    def fetch(self, url: str, **_limits: Any) -> tuple[int, bytes]:
        self.fetched += 1
        return 200, self.pem


def run(*, quick: bool) -> list[Report]:
    """Install into an empty table, and into one with many tenants."""
    report = Report("Installs: distinct tenants, one thread, whole WSGI app")
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    count = 50 if quick else 1000
    with tempfile.TemporaryDirectory(prefix="benchmarks") as folder:
        for kind in KINDS:
            for stored in (0, 1000 if quick else _MANY):
                with database(kind, Path(folder, f"{kind}-{stored}")) as url:
                    fill(url, stored)
                    requests = [_request(private, number) for number in range(stored, stored + count)]
                    key_server = _KeyServer(pem)
                    app = connect_app(url, transport=key_server)
                    _send(app, _request(private, stored + count))  # opens the database, fetches the key
                    wall, cpu = time.perf_counter(), time.process_time()
                    for request in requests:
                        _send(app, request)
                    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                    _check(url, stored + count + 1, key_server)
                    report.rows.append(
                        {
                            "database": kind,
                            "tenants before": stored,
                            "installs per second": count / wall,
                            "CPU µs per install": cpu / count * 1e6,
                        }
                    )
    return [report]


def _request(private: rsa.RSAPrivateKey, number: int) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": client_key(number),
        "aud": ["https://app.example.com"],
        "iat": now,
        "exp": now + 3600,
        "qsh": query_string_hash("POST", _PATH),
    }
    body = json.dumps(
        {
            "key": APP_KEY,
            "clientKey": client_key(number),
            "sharedSecret": shared_secret(number),
            "baseUrl": f"https://site-{number}.atlassian.net/wiki",
            "displayUrl": f"https://site-{number}.atlassian.net/wiki",
            "productType": "confluence",
            "description": "Atlassian Confluence",
            "eventType": "installed",
        }
    ).encode()
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": _PATH,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "app.example.com",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "app.example.com",
        "HTTP_AUTHORIZATION": f"JWT {sign_rs256(claims, private, key_id=_KEY_ID)}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _send(app: Flask, environ: dict[str, Any]) -> None:
    def start_response(status: str, *_: object) -> None:
        if not status.startswith("204"):
            raise AssertionError(f"An install was answered with {status}.")

    answer = app.wsgi_app(environ, start_response)
    b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()


def _check(url: str, expected: int, key_server: _KeyServer) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = connection.scalar(text("SELECT count(*) FROM atlassian_connect_tenant WHERE installed"))
    engine.dispose()
    if stored != expected or key_server.fetched != 1:
        raise AssertionError(f"{stored} tenants instead of {expected}, key fetched {key_server.fetched} times.")
