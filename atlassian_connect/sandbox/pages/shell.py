"""What every page has around it: the layout's values, and helpers for templates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, g, request, url_for
from werkzeug.exceptions import HTTPException

from ...protocol.modules import Module
from ..installation import Installation
from ..json_text import shown_json
from ..module_urls import page_url
from . import forms
from .lookup import product_of_request, site_of
from .policy import respond
from .viewer import active_people, viewer

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["open_url", "wrap"]

_DAY_SECONDS: Final = 86_400


def wrap(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Give templates what the layout needs, and put errors into it."""

    @blueprint.context_processor
    def helpers() -> dict[str, Any]:
        product = product_of_request()
        return {
            "sandbox": sandbox,
            "csrf_token": sandbox.csrf_token,
            "notice": forms.notice(),
            "viewer": viewer(sandbox),
            "people": active_people(sandbox),
            "product": product,
            "site": site_of(sandbox, product) if product else None,
            "age": lambda seconds: _age(sandbox.wire.clock() - seconds),
            "clock_time": lambda seconds: datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S"),
            "pretty": _pretty,
            "initials": _initials,
            "place_name": _place_name,
            "open_url": open_url,
            "here": request.full_path.rstrip("?"),
            "has_frames": lambda: bool(g.get("page_frames")),
            "primary_links": _primary_links(product),
        }

    @blueprint.errorhandler(400)
    @blueprint.errorhandler(403)
    @blueprint.errorhandler(404)
    @blueprint.errorhandler(413)
    def say(error: HTTPException) -> Response:
        return respond("error.html", status=error.code or 500, error=error)


def open_url(installation: Installation, module: Module) -> str | None:
    """Where a module is opened to try it out. None for those without a page, and while the app is not enabled."""
    if not module.key or module.type == "webhooks" or not page_url(module) or installation.state != "enabled":
        return None
    return url_for(
        "pages.module", product=installation.site.product, app_key=installation.app_key, module_key=module.key
    )


def _primary_links(product: str | None) -> list[tuple[str, str]]:
    if product == "confluence":
        return [("Home", url_for("pages.dashboard")), ("Spaces", url_for("pages.spaces"))]
    if product == "jira":
        return [
            ("Projects", url_for("pages.projects")),
            ("Issues", url_for("pages.issue_search")),
            ("Dashboards", url_for("pages.jira_dashboards")),
        ]
    return [("Jira", url_for("pages.projects")), ("Confluence", url_for("pages.spaces"))]


def _pretty(value: object) -> str:
    # Claims are shown proven or not: half a surrogate pair in them must not break the page.
    return shown_json(value).encode("utf-8", "replace").decode()


def _age(seconds: float) -> str:
    days = int(seconds // _DAY_SECONDS)
    if days >= 1:
        return f"{days} day{'s' if days > 1 else ''} ago"
    minutes = int(seconds // 60)
    return f"{minutes // 60} h ago" if minutes >= 60 else f"{minutes} min ago" if minutes else "just now"


def _place_name(place: str) -> str:
    """A place of :mod:`..modules.places`, for people."""
    named = {
        "app": "This app's page",
        "elsewhere": "A location that the sandbox does not know",
        "manage": "Manage apps",
    }
    return named.get(place) or " › ".join(part.capitalize() for part in place.split("."))


def _initials(name: str) -> str:
    words = name.split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else "?"
