"""Saved filters of Jira."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from .jira_releases import NameTakenError
from .jira_values import SavedFilter
from .part import Part
from .schema import FILTERS

__all__ = ["SavedFilters"]

_FIRST_ID: Final = 10_000


class SavedFilters(Part):
    """Queries that people saved. Who may see one is decided in :mod:`..saved_filters`."""

    def filters(self) -> list[SavedFilter]:
        """All filters, by id."""
        return self._db.find(FILTERS)

    def filter(self, filter_id: str) -> SavedFilter:
        """:raises KeyError: there is none."""
        return self._db.get(FILTERS, filter_id)

    def create_filter(
        self, name: str, jql: str, *, account_id: str, description: str = "", shares: Sequence[dict[str, Any]] = (),
        favourite: bool = False,
    ) -> SavedFilter:  # fmt: skip
        """Save a query.

        :param shares: whom it is shared with, as REST writes it; nobody without.
        :raises NameTakenError: the owner has another of this name.
        """
        with self._db.transaction():
            self._refuse_taken(name, account_id)
            number, mine = str(self._db.next("filter", first=_FIRST_ID)), (account_id,) if favourite else ()
            saved = SavedFilter(number, name, account_id, jql, description, tuple(shares), mine)
            self._db.insert(FILTERS, saved)
            self._changes.tell("jira", "filter_created", account_id, after=saved)
            return saved

    def edit_filter(self, filter_id: str, *, account_id: str, **changes: Any) -> SavedFilter:
        """Change a filter.

        :param changes: by the names of :class:`.jira_values.SavedFilter`.
        :raises KeyError: there is no such filter.
        :raises NameTakenError: the owner has another of this name.
        """
        with self._db.transaction():
            before = self.filter(filter_id)
            after = replace(before, **changes)
            self._refuse_taken(after.name, after.owner, besides=filter_id)
            self._db.save(FILTERS, after)
            self._changes.tell("jira", "filter_updated", account_id, before=before, after=after)
            return after

    def favour_filter(self, filter_id: str, account_id: str, *, favourite: bool) -> SavedFilter:
        """Make a filter a favourite of somebody, or not. Nobody is told.

        :raises KeyError: there is no such filter.
        """
        with self._db.transaction():
            before = self.filter(filter_id)
            others = tuple(one for one in before.favourite_of if one != account_id)
            after = replace(before, favourite_of=(*others, account_id) if favourite else others)
            self._db.save(FILTERS, after)
            return after

    def delete_filter(self, filter_id: str, *, account_id: str) -> None:
        """:raises KeyError: there is no such filter."""
        with self._db.transaction():
            saved = self.filter(filter_id)
            self._db.delete(FILTERS, id=filter_id)
            self._changes.tell("jira", "filter_deleted", account_id, before=saved)

    def _refuse_taken(self, name: str, owner: str, *, besides: str | None = None) -> None:
        if any(one.name == name and one.id != besides for one in self._db.find(FILTERS, owner=owner)):
            raise NameTakenError(f"The name {name!r} is taken.")
