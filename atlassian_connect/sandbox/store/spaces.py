"""The spaces of the Confluence site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from .part import Part
from .schema import COMMENTS, LABELS, PAGE_RESTRICTIONS, PAGE_VERSIONS, PAGES, RESTRICTIONS, SPACES
from .tables import Table
from .values import Page, PageVersion, Space

__all__ = ["CONTENT_STEP", "FIRST_CONTENT_ID", "FIRST_SPACE_ID", "SPACE_STEP", "KeyTakenError", "Spaces"]

FIRST_SPACE_ID: Final = 98_305
SPACE_STEP: Final = 32_768
#: Pages, blog posts and comments share their ids.
FIRST_CONTENT_ID: Final = 65_537
CONTENT_STEP: Final = 64


class KeyTakenError(ValueError):
    """There is a space or project of this key already."""


class Spaces(Part):
    """The spaces of the Confluence site."""

    def spaces(self) -> list[Space]:
        """All spaces, by id."""
        return self._db.find(SPACES)

    def space(self, space_id: str) -> Space:
        """:raises KeyError: there is none."""
        return self._db.get(SPACES, space_id)

    def space_by_key(self, key: str) -> Space:
        """:raises KeyError: there is none."""
        found = self._db.first(SPACES, key=key)
        if found is None:
            raise KeyError(key)
        return found

    def create_space(
        self, key: str, name: str, *, account_id: str, description: str = "", type: str = "global"
    ) -> Space:
        """Create a space with its homepage.

        :raises KeyTakenError: the key is taken.
        """
        with self._db.transaction():
            if self._db.first(SPACES, key=key):
                raise KeyTakenError(f"A space with the key {key} exists already.")
            space_id = str(self._db.next("space", first=FIRST_SPACE_ID, step=SPACE_STEP))
            home_id = str(self._db.next("content", first=FIRST_CONTENT_ID, step=CONTENT_STEP))
            now = self._clock()
            space = Space(space_id, key, name, home_id, now, type, "current", description, account_id)
            home = Page(home_id, space_id, f"{name} Home", "", account_id, now, now, account_id)
            self._db.insert(SPACES, space)
            self._db.insert(PAGES, home)
            self._db.insert(PAGE_VERSIONS, PageVersion(home_id, 1, home.title, "", account_id, now))
            self._changes.tell("confluence", "space_created", account_id, after=space)
            return space

    def edit_space(
        self, space_id: str, *, account_id: str, name: str | None = None, description: str | None = None,
        homepage_id: str | None = None, status: str | None = None,
    ) -> Space:  # fmt: skip
        """Change a space; None leaves as it is.

        :raises KeyError: there is no such space.
        """
        wanted = {"name": name, "description": description, "homepage_id": homepage_id, "status": status}
        with self._db.transaction():
            before = self._db.get(SPACES, space_id)
            changes: dict[str, Any] = {field: value for field, value in wanted.items() if value is not None}
            after = replace(before, **changes)
            self._db.save(SPACES, after)
            self._changes.tell("confluence", "space_updated", account_id, before=before, after=after)
            return after

    def delete_space(self, space_id: str, *, account_id: str) -> None:
        """Delete a space and everything in it. Apps are told of the space only.

        :raises KeyError: there is no such space.
        """
        with self._db.transaction():
            space = self._db.get(SPACES, space_id)
            for page in self._db.find(PAGES, space_id=space_id):
                self._purge(page.id)
            self._forget("space", space_id)
            self._db.delete(SPACES, id=space_id)
            self._db.delete(RESTRICTIONS, container=space.key)
            self._changes.tell("confluence", "space_removed", account_id, before=space)

    def _purge(self, page_id: str) -> None:
        for comment in self._db.find(COMMENTS, page_id=page_id):
            self._forget("comment", comment.id)
        tables: tuple[Table[Any], ...] = (COMMENTS, LABELS, PAGE_RESTRICTIONS, PAGE_VERSIONS)
        for table in tables:
            self._db.delete(table, page_id=page_id)
        self._forget("page", page_id)
        self._db.delete(PAGES, id=page_id)
