"""Properties of issues, projects, pages, spaces and users: JSON values that every app and many users may overwrite.

Sources: *Entity properties*, https://developer.atlassian.com/cloud/jira/platform/jira-entity-properties/ and
*Confluence entity properties*, https://developer.atlassian.com/cloud/confluence/confluence-entity-properties/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from .part import Part, check_next_version
from .schema import ISSUES, PROPERTIES, PropertyRow

__all__ = ["MAX_KEY_LENGTH", "MAX_VALUE_LENGTH", "EntityProperties", "EntityProperty", "PropertyExistsError"]

MAX_KEY_LENGTH: Final = 255
#: Characters of JSON.
MAX_VALUE_LENGTH: Final = 32_768
_FIRST_ID: Final = 524_289


class PropertyExistsError(Exception):
    """There is a property of this key already."""


@dataclass(frozen=True, slots=True)
class EntityProperty:
    """One property. Times are seconds since the epoch."""

    id: str
    key: str
    value: Any
    account_id: str
    created: float
    modified: float
    version: int = 1


class EntityProperties(Part):
    """The properties of everything on a sandbox.

    An owner is named by its kind and id: ``("issue", "10100")``, ``("project", …)``, ``("issue_type", …)``,
    ``("issue_comment", …)``, ``("dashboard_item", …)``, ``("page", …)`` for pages, blog posts and custom content,
    ``("space", …)``, ``("comment", …)``, ``("user", …)``.
    """

    def all(self, owner: tuple[str, str]) -> list[EntityProperty]:
        """The properties of an owner, in the order they were created."""
        return [_read(row) for row in self._db.find(PROPERTIES, owner_kind=owner[0], owner_id=owner[1])]

    def get(self, owner: tuple[str, str], key: str) -> EntityProperty:
        """:raises KeyError: there is none."""
        return _read(self._db.get(PROPERTIES, *owner, key))

    def by_id(self, owner: tuple[str, str], property_id: str) -> EntityProperty:
        """:raises KeyError: there is none."""
        for found in self.all(owner):
            if found.id == property_id:
                return found
        raise KeyError(property_id)

    def put(self, owner: tuple[str, str], key: str, value: Any, account_id: str) -> bool:
        """Write a value whatever was there. Returns whether the property is new."""
        with self._db.transaction():
            known = self._known(owner, key)
            self._write(owner, key, value, account_id, known)
            return known is None

    def create(self, owner: tuple[str, str], key: str, value: Any, account_id: str) -> EntityProperty:
        """:raises PropertyExistsError: the key is taken."""
        with self._db.transaction():
            if self._known(owner, key):
                raise PropertyExistsError(f"A property with the key {key} exists already.")
            return self._write(owner, key, value, account_id, None)

    def update(
        self, owner: tuple[str, str], key: str, value: Any, account_id: str, *, version: int, new_key: str | None = None
    ) -> EntityProperty:
        """Write the next version of a value.

        :param version: number of the new version.
        :param new_key: None keeps the key.
        :raises KeyError: there is no such property.
        :raises VersionConflictError: ``version`` is not the next one.
        :raises PropertyExistsError: ``new_key`` is taken by another property.
        """
        with self._db.transaction():
            known = self.get(owner, key)
            check_next_version(version, known.version)
            if new_key not in (None, key):
                if self._known(owner, str(new_key)):
                    raise PropertyExistsError(f"A property with the key {new_key} exists already.")
                self._db.delete(PROPERTIES, owner_kind=owner[0], owner_id=owner[1], key=key)
            return self._write(owner, new_key or key, value, account_id, known)

    def delete(self, owner: tuple[str, str], key: str, account_id: str | None = None) -> bool:
        """Delete a property. False when there was none."""
        with self._db.transaction():
            known = self._known(owner, key)
            if known is None:
                return False
            self._db.delete(PROPERTIES, owner_kind=owner[0], owner_id=owner[1], key=key)
            self._tell("deleted", owner, account_id, before=known)
            return True

    def _known(self, owner: tuple[str, str], key: str) -> EntityProperty | None:
        row = self._db.first(PROPERTIES, owner_kind=owner[0], owner_id=owner[1], key=key)
        return None if row is None else _read(row)

    def _write(
        self, owner: tuple[str, str], key: str, value: Any, account_id: str, known: EntityProperty | None
    ) -> EntityProperty:
        now = self._clock()
        if known is None:
            written = EntityProperty(str(self._db.next("property", first=_FIRST_ID)), key, value, account_id, now, now)
        else:
            written = replace(
                known, key=key, value=value, account_id=account_id, modified=now, version=known.version + 1
            )
        row = PropertyRow(*owner, written.id, key, value, account_id, written.created, now, written.version)
        self._db.save(PROPERTIES, row)
        self._tell("set", owner, account_id, before=known, after=written)
        return written

    def _tell(self, what: str, owner: tuple[str, str], account_id: str | None, **values: EntityProperty | None) -> None:
        if owner[0] == "issue":  # the only owners that hosts have events for
            issue = self._db.first(ISSUES, id=owner[1])
            self._changes.tell("jira", f"issue_property_{what}", account_id, about=issue, **values)


def _read(row: PropertyRow) -> EntityProperty:
    return EntityProperty(row.id, row.key, row.value, row.account_id, row.created, row.modified, row.version)
