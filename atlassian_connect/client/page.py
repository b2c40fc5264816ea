"""One page of a list: the items, and what it says about the next page. Sources as in :mod:`.pagination`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import requests

from ..errors import PaginationError
from .exchange import bare

if TYPE_CHECKING:
    from .pagination import PageStyle

__all__ = ["Page", "page_of"]

#: Names of the array of items, where it is not the only array of the page.
_USUAL: Final = ("values", "results", "issues")


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer says.

    :ivar style: how the list is paged, as far as this page tells; None: it is all of it.
    :ivar link: where the next page is, as the host wrote it.
    :ivar token: ``nextPageToken``.
    :ivar offset: number of the first item.
    :ivar total: number of items in the whole list.
    :ivar is_last: the host says that there is no further page.
    """

    items: list[Any]
    style: PageStyle | None = None
    link: str | None = None
    token: str | None = None
    offset: int | None = None
    total: int | None = None
    is_last: bool = False


def page_of(response: requests.Response, items_name: str | None = None) -> Page:
    """Read a page.

    :param items_name: of the array of items; None finds it.
    :raises PaginationError: the answer is not JSON, or it is not clear which of its arrays are the items.
    """
    where = bare(response.url)
    try:
        document = response.json()
    except (ValueError, RecursionError) as error:
        raise PaginationError(
            f"{where} answers something that is not JSON; it starts {response.text[:50]!r}."
        ) from error
    if isinstance(document, list):
        # Only some endpoints that answer a bare array look at an offset; the caller has to say so.
        header = _link_header(response)
        return Page(document, None if header is None else "link", header)
    if not isinstance(document, dict):
        raise PaginationError(f"{where} answers a JSON {type(document).__name__}, which is no page of a list.")
    links = document.get("_links")
    link = _text(links.get("next")) if isinstance(links, dict) else None
    link = link or _text(document.get("next")) or _text(document.get("nextPage")) or _link_header(response)
    token, offset = _text(document.get("nextPageToken")), _number(document.get("startAt"))
    is_last = any(document.get(name) is True for name in ("isLast", "isLastPage", "lastPage"))
    style: PageStyle | None = None
    if "isLastPage" in document:
        style, offset = "start", _number(document.get("start"))
    elif token is not None:
        style = "token"
    elif "startAt" in document:
        style = "offset"
    elif link is not None:
        style = "link"
    items = _items(document, items_name, where)
    return Page(items, style, link, token, offset, _number(document.get("total")), is_last)


def _items(document: dict[str, Any], name: str | None, where: str) -> list[Any]:
    if name is not None:
        found = document.get(name)
        if not isinstance(found, list):
            raise PaginationError(
                f"{where} answers no array {name!r}; there are {', '.join(_arrays(document)) or 'none'}."
            )
        return found
    arrays = _arrays(document)
    names = [usual for usual in _USUAL if usual in arrays] or arrays
    if len(names) != 1:
        raise PaginationError(
            f"{where} answers {len(names) or 'no'} arrays ({', '.join(names)[:200]}); say with items= which one it is."
        )
    found = document[names[0]]
    return found if isinstance(found, list) else []


def _arrays(document: dict[str, Any]) -> list[str]:
    return [name for name, value in document.items() if isinstance(value, list)]


def _link_header(response: requests.Response) -> str | None:
    try:
        return _text(response.links.get("next", {}).get("url"))
    except (ValueError, IndexError):  # requests' parser, on a header that is none
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
