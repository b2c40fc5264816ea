"""Confluence: looking for content, by words or by CQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

from ..macros.storage import plain_text
from ..modules.situation import Situation
from ..rest.confluence_search import find_content
from ..rest.cql import CqlError
from .confluence_content import visible_spaces
from .policy import respond
from .viewer import viewer, viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_SHOWN: Final = 50
_EXCERPT: Final = 220


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The search."""

    @blueprint.get("/wiki/search")
    def search() -> Response:
        text, cql = request.args.get("text", "").strip(), request.args.get("cql", "").strip()
        problem, found = "", []
        query = cql or (f'siteSearch ~ "{_quoted(text)}"' if text else "")
        if query:
            keys = {space.key for space in visible_spaces(sandbox)}
            try:
                found = find_content(sandbox.confluence, query, person=viewer(sandbox), sees=keys.__contains__)
            except CqlError as error:
                problem = str(error)
        results = [(one, plain_text(one.body)[:_EXCERPT]) for one in found[:_SHOWN]]
        return respond(
            "confluence/search.html",
            situation=Situation(account_id=viewer_id(sandbox)),
            text=text,
            cql=cql,
            query=query,
            problem=problem,
            results=results,
            count=len(found),
        )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
