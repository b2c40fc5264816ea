"""What the app answers to."""

from __future__ import annotations

from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

__all__ = ["serves"]


def serves(app: Flask, path: str) -> bool:
    """Whether the app has a route for a path, by any method."""
    try:
        app.url_map.bind("localhost").match(path, method="GET")
    except (MethodNotAllowed, RequestRedirect):
        return True
    except NotFound:
        return False
    return True
