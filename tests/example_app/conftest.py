from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from werkzeug.test import TestResponse

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox, WsgiTransport
from atlassian_connect.tenants import new_encryption_key
from example_app import create_app
from example_app.extensions import db

APP_URL = "http://localhost:5000"
SANDBOX_URL = "http://localhost:2990"

BOTH_DATABASES = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer has set for the real app does not reach the one under test."""
    for name in list(os.environ):
        if name.startswith("ATLASSIAN_CONNECT_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, and PostgreSQL too for tests that are marked by BOTH_DATABASES."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path}/app.sqlite"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest.fixture
def config(database_url: str) -> dict[str, Any]:
    return {
        "TESTING": True,
        "SQLALCHEMY_DATABASE_URI": database_url,
        "ATLASSIAN_CONNECT_BASE_URL": APP_URL,
        "ATLASSIAN_CONNECT_SANDBOX_URL": SANDBOX_URL,
        "ATLASSIAN_CONNECT_ENCRYPTION_KEYS": new_encryption_key(),
        "ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL": False,
        "ATLASSIAN_CONNECT_RETRY_BUDGET_SECONDS": 0,
    }


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    """The app with its tables, made by the migrations."""
    app = create_app(config)
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def sandbox(app: Flask) -> Sandbox:
    """A host in this process, with the app in its reach, and in the app's."""
    sandbox = Sandbox(SANDBOX_URL, transport=WsgiTransport({APP_URL: app.wsgi_app}))
    app.extensions["atlassian_connect"].transport.mount(SANDBOX_URL, sandbox.wsgi_app)
    return sandbox


@pytest.fixture
def confluence(sandbox: Sandbox) -> Installation:
    return sandbox.confluence.install(f"{APP_URL}/atlassian-connect.json")


@pytest.fixture
def jira(sandbox: Sandbox) -> Installation:
    return sandbox.jira.install(f"{APP_URL}/atlassian-connect.json")


@dataclass
class Visitor:
    """A user in front of a page of the app: calls go out as the page's script sends them."""

    app: Flask
    installation: Installation
    account_id: str | None = ADMIN

    @property
    def token(self) -> str:
        page = self.installation.open("stale-pages", account_id=self.account_id)
        found = re.search(r'name="atlassian-connect-session" content="([^"]+)"', page.text)
        assert found, page.text
        return found[1]

    def post(self, path: str, body: Any, *, token: str | None = None) -> TestResponse:
        headers = {"Authorization": f"JWT {token or self.token}"}
        return self.app.test_client().post(path, json=body, headers=headers)

    def get(self, path: str, *, token: str | None = None) -> TestResponse:
        return self.app.test_client().get(path, headers={"Authorization": f"JWT {token or self.token}"})


@pytest.fixture
def admin(app: Flask, confluence: Installation) -> Visitor:
    return Visitor(app, confluence, ADMIN)


@pytest.fixture
def member(app: Flask, confluence: Installation) -> Visitor:
    return Visitor(app, confluence, MEMBER)


@pytest.fixture
def jira_admin(app: Flask, jira: Installation) -> Visitor:
    return Visitor(app, jira, ADMIN)


@pytest.fixture
def jira_member(app: Flask, jira: Installation) -> Visitor:
    return Visitor(app, jira, MEMBER)


@pytest.fixture
def host_answers(app: Flask, sandbox: Sandbox) -> Callable[..., None]:
    """Let the host answer some path in a way of the test's own."""

    def answer(path_end: str, status: str, body: bytes = b"{}") -> None:
        def host(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if environ["PATH_INFO"].endswith(path_end):
                start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
                return [body]
            return sandbox.wsgi_app(environ, start_response)

        app.extensions["atlassian_connect"].transport.mount(SANDBOX_URL, host)

    return answer


def titles(text: str) -> list[str]:
    """The items of a page of the app, in order."""
    return re.findall(r'<a class="item"[^>]*>([^<]*)</a>', text)
