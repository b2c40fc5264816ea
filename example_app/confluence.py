"""Confluence's REST, as far as the app needs it.

https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any
from urllib.parse import urljoin

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
        return map(_area, self._results("/api/v2/spaces", {"status": "current", "sort": "name", "limit": 250}))

    def area(self, key: str) -> Area | None:
        found = map(_area, self._results("/api/v2/spaces", {"keys": key}))
        return next((area for area in found if area.key == key), None)

    def stale_items(self, area: Area, *, until: date, at_most: int) -> list[Item]:
        items: list[Item] = []
        oldest_first = {"space-id": area.id, "status": "current", "sort": "modified-date", "limit": min(at_most, 250)}
        for page in self._results("/api/v2/pages", oldest_first):
            item = _item(page)
            if item.touched_on > until or len(items) == at_most:
                break
            items.append(item)
        return items

    def readable_by(self, account_id: str, items: Sequence[Item]) -> list[Item]:
        # Confluence answers for one page at a time. Threads may share a client.
        with ThreadPoolExecutor(max_workers=8) as pool:
            answers = list(pool.map(lambda item: self._is_readable(account_id, item), items))
        return [item for item, readable in zip(items, answers, strict=True) if readable]

    def is_administrator(self, account_id: str) -> bool:
        user = self._client.get("/rest/api/user", params={"accountId": account_id, "expand": "operations"}).json()
        return {"operation": "administer", "targetType": "application"} in user.get("operations", [])

    def _is_readable(self, account_id: str, item: Item) -> bool:
        question = {"subject": {"type": "user", "identifier": account_id}, "operation": "read"}
        try:
            answer = self._client.post(f"/rest/api/content/{item.id}/permission/check", json=question).json()
        except HostError:
            return False  # a page that was deleted meanwhile, or nobody to ask
        return answer.get("hasPermission") is True and not answer.get("errors")

    def _results(self, url: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Go through a list of the v2 REST, page by page."""
        answer = self._client.get(url, params=params).json()
        yield from answer["results"]
        while following := answer["_links"].get("next"):
            # Such a link starts at the origin: /wiki/api/v2/…
            answer = self._client.get(urljoin(self._client.tenant.base_url, following)).json()
            yield from answer["results"]


def _area(space: Mapping[str, Any]) -> Area:
    return Area(id=str(space["id"]), key=space["key"], name=space["name"])


def _item(page: Mapping[str, Any]) -> Item:
    return Item(
        id=str(page["id"]),
        title=page["title"],
        path=page["_links"]["webui"],
        touched_on=datetime.fromisoformat(page["version"]["createdAt"]).date(),
    )
