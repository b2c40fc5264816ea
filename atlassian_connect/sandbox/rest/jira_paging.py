"""Jira's lists: ``startAt`` and ``maxResults``.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#pagination
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from .operations import Call, Reply

__all__ = ["jira_page"]

T = TypeVar("T")

_POSITION: Final = frozenset({"startAt", "maxResults", "jwt"})


def jira_page(
    call: Call,
    items: Sequence[T],
    write: Callable[[T], Any],
    *,
    name: str = "values",
    maximum: int = 100,
    default: int = 50,
) -> Reply:
    """Write a page of a list.

    :param name: what the items are called in the answer. ``values`` come with ``isLast`` and ``nextPage``.
    :param maximum: what larger values of ``maxResults`` are reduced to.
    :param default: ``maxResults`` without one.
    :raises RestError: ``startAt`` or ``maxResults`` is no number.
    """
    start = call.integer("startAt", 0, maximum=10**9, minimum=0)
    limit = call.integer("maxResults", min(default, maximum), maximum=maximum)
    others = [one for one in call.query.items(multi=True) if one[0] not in _POSITION]

    def at(first: int) -> str:
        query = urlencode([*others, ("startAt", first), ("maxResults", limit)])
        return f"{call.site.base_url}{call.path}?{query}"

    payload: dict[str, Any] = {"maxResults": limit, "startAt": start, "total": len(items)}
    if name == "values":
        payload |= {"self": at(start), "isLast": start + limit >= len(items)}
        if start + limit < len(items):
            payload["nextPage"] = at(start + limit)
    return Reply(payload=payload | {name: [write(item) for item in items[start : start + limit]]})
