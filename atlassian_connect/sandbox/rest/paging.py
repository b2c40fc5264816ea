"""Confluence's lists: a page of results, and the link to the next.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/intro/ (cursors) and
https://developer.atlassian.com/cloud/confluence/rest/v1/intro/ (``start`` and ``limit``)
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from .operations import Call, Reply, RestError

__all__ = ["cursor_page", "search_page", "sorted_by_query", "start_page"]

T = TypeVar("T")

_DEFAULT_LIMIT: Final = 25
_MAX_LIMIT: Final = 250
_CURSOR_PREFIX: Final = "offset:"
_POSITION: Final = frozenset({"cursor", "start", "limit", "next", "jwt"})


def sorted_by_query(call: Call, items: list[T], orders: dict[str, Callable[[T], Any]]) -> list[T]:
    """Sort as the parameter ``sort`` says; by the first of the orders without it.

    :raises RestError: it names none of them.
    """
    sort = call.query.get("sort") or next(iter(orders))
    name = sort.removeprefix("-")
    if name not in orders:
        raise RestError(400, f"sort must be one of {', '.join(orders)}, with - in front to reverse it.")
    return sorted(items, key=orders[name], reverse=sort.startswith("-"))


def cursor_page(call: Call, items: Sequence[T], write: Callable[[T], dict[str, Any]]) -> Reply:
    """Write a page of version 2: ``_links.next`` from the root of the origin, and the same as a ``Link`` header.

    :raises RestError: the position is not one that the host gave.
    """
    limit = call.integer("limit", _DEFAULT_LIMIT, maximum=_MAX_LIMIT)
    start = _offset(call.query.get("cursor", ""))
    links, headers = {"base": call.site.base_url}, {}
    if start + limit < len(items):
        parameters = [(name, value) for name, value in call.query.items(multi=True) if name not in ("cursor", "jwt")]
        query = urlencode([*parameters, ("cursor", _cursor(start + limit))])
        links["next"] = f"{call.site.context_path}{call.path}?{query}"
        headers["Link"] = f'<{links["next"]}>; rel="next"'
    results = [write(item) for item in items[start : start + limit]]
    return Reply(payload={"results": results, "_links": links}, headers=headers)


def start_page(
    call: Call, items: Sequence[T], write: Callable[[T], dict[str, Any]], *, default: int = _DEFAULT_LIMIT
) -> Reply:
    """Write a page of version 1: ``_links.next`` is relative to ``_links.base``.

    :param default: how many results there are without ``limit``.
    :raises RestError: ``start`` or ``limit`` is no number.
    """
    limit = call.integer("limit", default, maximum=_MAX_LIMIT)
    start = call.integer("start", 0, maximum=10**9, minimum=0)
    after = [("start", str(start + limit))] if start + limit < len(items) else None
    return Reply(payload=_v1(call, [write(item) for item in items[start : start + limit]], start, limit, after))


def search_page(call: Call, items: Sequence[T], write: Callable[[T], dict[str, Any]]) -> Reply:
    """Write a page of a search of version 1: like :func:`start_page`, with a cursor in the link.

    :raises RestError: the position is not one that the host gave.
    """
    limit = call.integer("limit", _DEFAULT_LIMIT, maximum=_MAX_LIMIT)
    given = call.query.get("cursor", "")
    start = _offset(given) if given else call.integer("start", 0, maximum=10**9, minimum=0)
    after = None
    if start + limit < len(items):
        after = [("cursor", _cursor(start + limit)), ("start", str(start + limit))]
    page = _v1(call, [write(item) for item in items[start : start + limit]], start, limit, after)
    return Reply(payload=page)


def _v1(
    call: Call, results: list[dict[str, Any]], start: int, limit: int, after: list[tuple[str, str]] | None
) -> dict[str, Any]:
    links = {
        "base": call.site.base_url,
        "context": call.site.context_path,
        "self": f"{call.site.base_url}{call.path}",
    }
    if after is not None:
        parameters = [(name, value) for name, value in call.query.items(multi=True) if name not in _POSITION]
        links["next"] = f"{call.path}?{urlencode([('next', 'true'), *after, ('limit', str(limit)), *parameters])}"
    return {"results": results, "start": start, "limit": limit, "size": len(results), "_links": links}


def _cursor(offset: int) -> str:
    return urlsafe_b64encode(f"{_CURSOR_PREFIX}{offset}".encode()).decode()


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except ValueError:
        text = ""
    number = text.removeprefix(_CURSOR_PREFIX)
    if not text.startswith(_CURSOR_PREFIX) or not number.isdigit() or len(number) > 9:
        raise RestError(400, "The cursor is not one that this host gave.")
    return int(number)
