"""The pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

if TYPE_CHECKING:
    from .host import Sandbox


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    return Blueprint("sandbox", __name__)
