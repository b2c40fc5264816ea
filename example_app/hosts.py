"""What the app asks of a host, the same for both products."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True)
class Area:
    """A space of Confluence, or a project of Jira."""

    id: str
    key: str
    name: str


@dataclass(frozen=True)
class Item:
    """A page of Confluence, or an issue of Jira.

    :ivar path: below the tenant's base URL.
    """

    id: str
    title: str
    path: str
    touched_on: date


class Host(Protocol):
    """One tenant's host. Each method calls its REST as the app, so the answer is what the app may see.

    :ivar area_word: what an area is called there.
    :ivar item_word: what an item is called there.
    """

    area_word: str
    item_word: str

    def areas(self) -> Iterator[Area]:
        """All spaces or projects."""

    def area(self, key: str) -> Area | None:
        """One of them; None when there is no such key."""

    def is_blocked(self, area: Area) -> bool:
        """Whether an administrator keeps apps out of it. The host then leaves out its items without a word."""

    def stale_items(self, area: Area, *, until: date, at_most: int) -> list[Item]:
        """Items that were last touched on that day or before, the oldest first."""

    def readable_by(self, account_id: str, items: Sequence[Item]) -> list[Item]:
        """Those that this user may read."""

    def is_administrator(self, account_id: str) -> bool:
        """Whether this user may administer the product."""
