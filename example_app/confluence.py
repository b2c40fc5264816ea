"""Confluence's REST, as far as the app needs it.

https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from itertools import takewhile
from typing import Any

from atlassian_connect.client import HostClient
from atlassian_connect.errors import HostError

from .hosts import Area, Item


class ConfluenceHost:
    """Spaces and pages. See :class:`~example_app.hosts.Host`."""

    area_word = "space"
    item_word = "page"

    def __init__(self, client: HostClient) -> None:
        self._client = client

    def areas(self) -> Iterator[Area]:
        by_name = {"status": "current", "sort": "name"}
        return map(_area, self._client.paginate("/api/v2/spaces", params=by_name, limit=250))

    def area(self, key: str) -> Area | None:
        found = map(_area, self._client.paginate("/api/v2/spaces", params={"keys": key}))
        return next((area for area in found if area.key == key), None)

    def is_blocked(self, area: Area) -> bool:
        return area.id in (self._client.data_policy.blocked_spaces(ids=[area.id]) or ())

    def stale_items(self, area: Area, *, until: date, at_most: int) -> list[Item]:
        oldest_first = {"space-id": area.id, "status": "current", "sort": "modified-date"}
        pages = self._client.paginate("/api/v2/pages", params=oldest_first, limit=min(at_most, 250), max_items=at_most)
        return list(takewhile(lambda item: item.touched_on <= until, map(_item, pages)))

    def readable_by(self, account_id: str, items: Sequence[Item]) -> list[Item]:
        # Confluence answers for one page at a time. Threads may share a client.
        with ThreadPoolExecutor(max_workers=8) as pool:
            answers = list(pool.map(lambda item: self._is_readable(account_id, item), items))
        return [item for item, readable in zip(items, answers, strict=True) if readable]

    def is_administrator(self, account_id: str) -> bool:
        return self._client.permissions.check_confluence_application(account_id, "administer").allowed

    def _is_readable(self, account_id: str, item: Item) -> bool:
        try:
            return self._client.permissions.check_confluence(item.id, account_id, "read").allowed
        except HostError:
            return False  # nobody to ask


def _area(space: Mapping[str, Any]) -> Area:
    return Area(id=str(space["id"]), key=space["key"], name=space["name"])


def _item(page: Mapping[str, Any]) -> Item:
    return Item(
        id=str(page["id"]),
        title=page["title"],
        path=page["_links"]["webui"],
        touched_on=datetime.fromisoformat(page["version"]["createdAt"]).date(),
    )
