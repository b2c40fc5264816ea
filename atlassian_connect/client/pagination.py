"""Lists that come in pages: one lazy iterator over the items, for every style of both hosts.

Sources: *Pagination* in the REST references: Jira (``startAt``, ``nextPageToken``),
https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#pagination; Confluence v1 (``_links.next``),
https://developer.atlassian.com/cloud/confluence/pagination-in-the-rest-api/, and v2 (cursor),
https://developer.atlassian.com/cloud/confluence/rest/v2/intro/; Jira Service Management (``isLastPage``),
https://developer.atlassian.com/cloud/jira/service-desk/rest/intro/#pagination; ``Link`` headers: RFC 8288.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, Unpack, get_args
from urllib.parse import quote, unquote_plus

from ..errors import PaginationError, UrlNotAllowedError
from ..protocol.urls import target_below
from .exchange import bare, signable
from .page import Page, page_of
from .query import Params, query_pairs

if TYPE_CHECKING:
    from .calls import CallOptions
    from .session import HostClient

__all__ = ["MAX_EMPTY_PAGES", "PageStyle", "Paginator"]

#: How a list is paged: Jira's ``startAt``, Jira's ``nextPageToken``, links (Confluence v1 and v2, and ``next`` URLs),
#: Jira Service Management's ``start``.
PageStyle: TypeAlias = Literal["offset", "token", "link", "start"]

#: Pages without an item, one after the other, that a host may send: it filters after it has cut the pages.
MAX_EMPTY_PAGES: Final = 1000

_STYLES: Final = get_args(PageStyle)
#: Names of the parameters for page size and offset.
_PARAMETERS: Final[Mapping[str, tuple[str, str]]] = {
    "offset": ("maxResults", "startAt"),
    "token": ("maxResults", "nextPageToken"),
    "link": ("limit", ""),
    "start": ("limit", "start"),
}
#: So many pages are remembered one by one. A longer cycle is noticed too, only later.
_REMEMBERED = 4096


class Paginator(Iterator[Any]):
    """The items of a list, fetched page by page when they are asked for. For one thread.

    Only the current page is in memory. Iterating ends at the end of the list, or at ``max_items``; after an error,
    iterating on asks for the same page once more.

    :ivar style: how this list is paged; None until the first page has told.
    """

    def __init__(
        self,
        client: HostClient,
        path: str,
        *,
        params: Params | None = None,
        limit: int | None = None,
        max_items: int | None = None,
        start: Mapping[str, Any] | None = None,
        style: PageStyle | None = None,
        items: str | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        if style is not None and style not in _STYLES:
            raise ValueError(f"{style!r} is none of {', '.join(_STYLES)}.")
        if (limit is not None and limit < 1) or (max_items is not None and max_items < 0):
            raise ValueError("limit is at least 1, max_items at least 0.")
        self._client, self._base = client, client.tenant.base
        self._options = options
        self._items_name = items
        self._left = max_items
        self._seen = _Seen()
        self._empty_pages = 0
        self.style: PageStyle | None = style
        pairs = query_pairs(params)
        size = _PARAMETERS[style or _likely_style(client.tenant.product, path)][0]
        if limit is not None and not any(name == size for name, _ in pairs):
            pairs.append((size, str(limit)))
        first = signable(target_below(self._base, path, pairs))
        self._url: str | None = first.url  # of the current page; None when there is no further one
        self._skip = 0  # items of it that were given out
        self._page: Page | None = None
        if start is not None:
            self._resume(start, first.path)

    def __iter__(self) -> Paginator:
        return self

    def __next__(self) -> Any:
        page = self._current() if self._left != 0 else None
        if page is None:
            raise StopIteration
        item = page.items[self._skip]
        self._taken(1)
        return item

    def pages(self) -> Iterator[list[Any]]:
        """Iterate over what is left page by page: non-empty lists, the last one cut at ``max_items``."""
        while self._left != 0 and (page := self._current()) is not None:
            items = page.items[self._skip :][: self._left]
            self._taken(len(items))
            yield items

    @property
    def position(self) -> dict[str, Any]:
        """Where the list goes on: after the last item given out (by :meth:`pages`: the last page). JSON can hold it.

        ``paginate(path, start=position)`` continues there, with the parameters and page size of the first time;
        ``max_items`` counts anew. The position is the query of the page and how many of its items were given out
        (``url``, ``skip``), so whoever can change it chooses the query: keep it on the server, or sign it. At the end
        of the list ``url`` is None, and continuing gives nothing. Hosts let cursors and tokens expire, after days.
        """
        url = self._url
        return {"style": self.style, "url": None if url is None else url[len(self._base.origin) :], "skip": self._skip}

    def _resume(self, start: Mapping[str, Any], path: str) -> None:
        style, url, skip = start.get("style"), start.get("url"), start.get("skip")
        known = style is None or style in _STYLES
        if not known or not (url is None or isinstance(url, str)) or type(skip) is not int or skip < 0:
            raise ValueError(f"This is no position of a list: {dict(start)!r:.200}.")
        if url is not None:
            target = signable(target_below(self._base, url))
            if target.path != path:
                raise ValueError(f"This is a position in {target.path!r}, not in {path!r}.")
            url = target.url
        self.style = style
        self._url, self._skip = url, skip

    def _taken(self, count: int) -> None:
        self._skip += count
        if self._left is not None:
            self._left -= count
        page = self._page
        if page is not None and self._skip >= len(page.items):
            with suppress(PaginationError, UrlNotAllowedError):  # comes again when the next item is asked for
                self._turn(page)

    def _current(self) -> Page | None:
        """Return a page that has items left; None at the end."""
        while self._url is not None:
            page = self._page
            if page is None:
                self._seen.add(self._url)
                response = self._client.get(self._url, **self._options)
                page = self._page = page_of(response, self._items_name)
                self.style = self.style or page.style
            if self._skip < len(page.items):
                self._empty_pages = 0
                return page
            self._empty_pages += not page.items
            if self._empty_pages > MAX_EMPTY_PAGES:
                raise PaginationError(f"{bare(self._url)} sends one empty page after the other.")
            self._turn(page)
        return None

    def _turn(self, page: Page) -> None:
        following = self._next_url(page)
        if following is not None and following in self._seen:
            raise PaginationError(f"{bare(following)} repeats a page it has already sent, so this list never ends.")
        self._url, self._skip, self._page = following, 0, None

    def _next_url(self, page: Page) -> str | None:
        url, style = self._url or "", self.style
        if style == "link":
            return None if page.link is None or page.is_last else self._resolved(page.link)
        if style == "token":
            return None if page.token is None or page.is_last else _with_parameter(url, "nextPageToken", page.token)
        if style is None or page.is_last or not page.items:
            return None
        name = _PARAMETERS[style][1]
        asked = _offset_in(url, name)
        offset = asked if page.offset is None else page.offset
        if offset < asked:
            raise PaginationError(f"{bare(url)} answers the page at {offset} when asked for the one at {asked}.")
        offset += len(page.items)
        if page.total is not None and offset >= page.total:
            return None
        if page.offset is None and not self._seen.is_new_content(page.items):
            raise PaginationError(f"{bare(url)} sends the same items again: it does not look at {name}.")
        return _with_parameter(url, name, str(offset))

    def _resolved(self, link: str) -> str:
        """Make a URL of a host's link: below the tenant's base URL, or nothing is called.

        :raises UrlNotAllowedError: it leads elsewhere.
        """
        if "#" in link or not link.strip():
            raise UrlNotAllowedError(f"The next page has no URL that can be called: {link[:200]!r}.")
        if link.startswith("?"):
            link = bare(self._url or "") + link
        return signable(target_below(self._base, link)).url


class _Seen:
    """Notices when something comes again, in memory that does not grow with the list.

    The last few thousand are remembered; beyond that, one of the past is, moved on at each power of two (Brent), which
    any cycle meets sooner or later.
    """

    def __init__(self) -> None:
        self._recent: dict[int, None] = {}
        self._anchor: int | None = None
        self._count = 0
        self._content: int | None = None

    def add(self, url: str) -> None:
        value = hash(url)
        self._recent[value] = None
        if len(self._recent) > _REMEMBERED:
            del self._recent[next(iter(self._recent))]
        self._count += 1
        if self._count & (self._count - 1) == 0:
            self._anchor = value

    def __contains__(self, url: str) -> bool:
        value = hash(url)
        return value in self._recent or value == self._anchor

    def is_new_content(self, items: list[Any]) -> bool:
        before, self._content = self._content, hash(repr(items))
        return before != self._content


def _likely_style(product: str, path: str) -> PageStyle:
    """What the page size is called before the first page tells how the list is paged."""
    if "/rest/servicedeskapi/" in path:
        return "start"
    return "link" if product == "confluence" else "offset"


def _with_parameter(url: str, name: str, value: str) -> str:
    head, _, query = url.partition("?")
    kept = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) != name]
    return head + "?" + "&".join([*kept, f"{name}={quote(value, safe='-._~')}"])


def _offset_in(url: str, name: str) -> int:
    for part in url.partition("?")[2].split("&"):
        key, _, value = part.partition("=")
        if key == name and value.isascii() and value.isdigit():
            return int(value[:15])
    return 0
