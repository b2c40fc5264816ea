"""Jira's lists: ``startAt`` and ``maxResults``.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#pagination
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .operations import Call, Reply

__all__ = ["jira_page"]

T = TypeVar("T")


def jira_page(
    call: Call, items: Sequence[T], write: Callable[[T], Any], *, name: str = "values", maximum: int = 100
) -> Reply:
    """Write a page of a list.

    :param name: what the items are called in the answer. ``values`` come with ``isLast`` and ``nextPage``.
    :param maximum: what larger values of ``maxResults`` are reduced to.
    :raises RestError: ``startAt`` or ``maxResults`` is no number.
    """
    start = call.integer("startAt", 0, maximum=10**9, minimum=0)
    limit = call.integer("maxResults", min(50, maximum), maximum=maximum)
    at = f"{call.site.base_url}{call.path}"
    payload: dict[str, Any] = {"maxResults": limit, "startAt": start, "total": len(items)}
    if name == "values":
        payload |= {"self": f"{at}?startAt={start}&maxResults={limit}", "isLast": start + limit >= len(items)}
        if start + limit < len(items):
            payload["nextPage"] = f"{at}?startAt={start + limit}&maxResults={limit}"
    return Reply(payload=payload | {name: [write(item) for item in items[start : start + limit]]})
