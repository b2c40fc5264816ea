"""What the servers serve: the same page by several apps in one process, told apart by the ``Host`` header.

``plain`` is Flask without this project, ``open`` a route of the project's app that needs no token, ``cached`` and
``uncached`` the authenticated page, ``peer`` the hand-written app, each once per database. ``cpu`` tells the CPU time
of the process.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from atlassian_connect import AtlassianConnect

from .databases import APP_KEY, ENCRYPTION_KEY
from .peer import make_peer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

#: JSON: number of tenants → URL of the database that has them.
DATABASES_VARIABLE = "BENCHMARKS_DATABASE_URLS"
MODULE_PATH = "/connect/hello"
PAGE = (
    "<!doctype html><html><head><title>Hello</title></head><body>" + "<p>Hello from an app.</p>" * 40 + "</body></html>"
)


def connect_app(database_url: str, **settings: Any) -> Flask:
    """Make an app of this project with one authenticated page and one open route."""
    app = Flask(__name__)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=database_url,
        ATLASSIAN_CONNECT_BASE_URL="https://app.example.com",
        ATLASSIAN_CONNECT_DESCRIPTOR={"key": APP_KEY, "name": "Benchmark", "scopes": ["READ"]},
        ATLASSIAN_CONNECT_ENCRYPTION_KEYS=ENCRYPTION_KEY,
        **{f"ATLASSIAN_CONNECT_{name.upper()}": value for name, value in settings.items() if name != "transport"},
    )
    SQLAlchemy().init_app(app)
    connect = AtlassianConnect(transport=settings.get("transport"))

    @connect.general_page("hello", name="Hello")
    def hello() -> str:
        return PAGE

    @app.get("/open")
    def open_page() -> str:
        return PAGE

    connect.init_app(app)
    return app


def plain_app() -> Flask:
    """Make the same view without this project."""
    app = Flask(__name__)

    @app.get(MODULE_PATH)
    def hello() -> str:
        return PAGE

    return app


def _all_apps(database_urls: Mapping[str, str]) -> dict[str, WSGIApplication]:
    apps: dict[str, WSGIApplication] = {"plain": plain_app(), "cpu": _cpu}
    for tenants, url in database_urls.items():
        cached = connect_app(url)
        apps[f"open-{tenants}"] = apps[f"cached-{tenants}"] = cached
        apps[f"uncached-{tenants}"] = connect_app(url, tenant_cache_seconds=0)
        apps[f"peer-{tenants}"] = make_peer(url, MODULE_PATH, PAGE)
    return apps


def _cpu(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = f"{os.getpid()} {time.process_time_ns()}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


if DATABASES_VARIABLE in os.environ:
    _APPS = _all_apps(json.loads(os.environ[DATABASES_VARIABLE]))

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The WSGI entry point of the servers."""
        return _APPS[environ["HTTP_HOST"]](environ, start_response)
