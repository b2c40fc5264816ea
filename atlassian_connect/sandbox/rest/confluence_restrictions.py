"""Restrictions of single pages in version 1 of Confluence's REST.

Source: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-restrictions/
"""

from __future__ import annotations

from typing import Any, Final

from .finding import find_page
from .operations import Call, Operation, Reply, RestError
from .paging import start_page

__all__ = ["OPERATIONS"]


def _restrictions(call: Call, content_id: str) -> Reply:
    find_page(call, content_id)
    names = ("read", "update")
    return start_page(call, names, lambda name: _restriction(call, name))


def _restrictions_by_operation(call: Call, content_id: str, name: str = "") -> Reply:
    find_page(call, content_id)
    if not name:
        return Reply(payload={one: _restriction(call, one) for one in ("read", "update")})
    if name not in ("read", "update"):
        raise RestError(400, "operationKey must be read or update.")
    return Reply(payload=_restriction(call, name))


def _restriction(call: Call, name: str) -> dict[str, Any]:
    """Pages of the sandbox have no restrictions of their own."""
    nobody: dict[str, Any] = {"results": [], "start": 0, "limit": 200, "size": 0}
    return {"operation": name, "restrictions": {"user": nobody, "group": nobody}, "_expandable": {}, "_links": {}}


_ONE: Final = "/rest/api/content/<content_id>/restriction"

OPERATIONS: Final = (
    Operation("GET", _ONE, _restrictions),
    Operation("GET", f"{_ONE}/byOperation", _restrictions_by_operation),
    Operation("GET", f"{_ONE}/byOperation/<name>", _restrictions_by_operation),
)
