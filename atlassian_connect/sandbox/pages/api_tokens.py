"""API tokens of administrators, for the person who runs the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from .policy import respond
from .viewer import require_administrator

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The list of tokens."""

    @blueprint.get("/sandbox/api-tokens")
    def api_tokens() -> Response:
        require_administrator(sandbox, "The list of their API tokens")
        administrators = [one for one in sandbox.users.all() if one.administers and one.active and one.email]
        return respond(
            "api_tokens.html",
            tokens=[(one, sandbox.api_tokens.of(one.account_id).reveal()) for one in administrators],
        )
