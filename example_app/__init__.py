"""Stale pages: a small app for Confluence and Jira, made with ``atlassian_connect``.

It lists the pages of a space, or the open issues of a project, that nobody has touched for a while.
"""

import os
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Flask, Response
from markupsafe import Markup

from atlassian_connect.signals import tenant_forgotten

from . import api, events, pages
from .extensions import connect, db, migrate
from .stale import today

__all__ = ["create_app"]

#: Our own files, the host's script and its themes, nothing else. The framework adds who may show us in a frame, and for
#: a sandbox puts the sandbox's origin in the place of the one of the script.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' https://connect-cdn.atl-paas.net;"
    " style-src 'self' https://connect-cdn.atl-paas.net 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app.

    :param config: wins over the environment (``ATLASSIAN_CONNECT_…`` and ``DATABASE_URL``), which wins over defaults.
    """
    app = Flask(__name__)
    app.config.from_mapping(
        ATLASSIAN_CONNECT_BASE_URL="http://localhost:5000",
        ATLASSIAN_CONNECT_RETRY_BUDGET_SECONDS=3,  # for each call: somebody waits in front of the page
        SQLALCHEMY_DATABASE_URI="sqlite:///stale-pages.sqlite",  # in the instance folder
        MAX_CONTENT_LENGTH=64 * 1024,
    )
    app.config.from_mapping({key: value for key, value in os.environ.items() if key.startswith("ATLASSIAN_CONNECT_")})
    if "DATABASE_URL" in os.environ:
        app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    app.config.from_mapping(config or {})

    db.init_app(app)
    migrate.init_app(app, db)
    connect.init_app(app)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(api.blueprint)
    # For browsers that show an answer without a page's head, such as the descriptor.
    app.add_url_rule("/favicon.ico", "favicon", lambda: app.send_static_file("icon.svg"))
    app.add_template_filter(days_ago)
    app.after_request(add_policy)
    tenant_forgotten.connect(events.on_tenant_forgotten, sender=app)
    return app


def add_policy(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    return response


def days_ago(day: date) -> Markup:
    """Write a day as people say it, with the exact one for machines and on hover."""
    days = (today() - day).days
    text = "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(day.isoformat(), text)
