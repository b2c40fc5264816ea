"""Properties of issues, projects, pages, spaces and users: JSON values that every app and many users may overwrite.

Sources: *Entity properties*, https://developer.atlassian.com/cloud/jira/platform/jira-entity-properties/ and
*Confluence entity properties*, https://developer.atlassian.com/cloud/confluence/confluence-entity-properties/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from threading import Lock
from typing import Any, Final

from .content import VersionConflictError

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


class EntityProperties:
    """The properties of everything on a sandbox.

    An owner is named by its kind and id, e.g. ``("issue", "10100")``.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ids = count(_FIRST_ID)
        self._lock = Lock()
        self._of: dict[tuple[str, str], dict[str, EntityProperty]] = {}

    def all(self, owner: tuple[str, str]) -> list[EntityProperty]:
        """The properties of an owner, in the order they were created."""
        with self._lock:
            return list(self._of.get(owner, {}).values())

    def get(self, owner: tuple[str, str], key: str) -> EntityProperty:
        """:raises KeyError: there is none."""
        with self._lock:
            return self._of.get(owner, {})[key]

    def by_id(self, owner: tuple[str, str], property_id: str) -> EntityProperty:
        """:raises KeyError: there is none."""
        for found in self.all(owner):
            if found.id == property_id:
                return found
        raise KeyError(property_id)

    def put(self, owner: tuple[str, str], key: str, value: Any, account_id: str) -> bool:
        """Write a value whatever was there. Returns whether the property is new."""
        with self._lock:
            known = self._of.get(owner, {}).get(key)
            self._write(owner, key, value, account_id, known)
            return known is None

    def create(self, owner: tuple[str, str], key: str, value: Any, account_id: str) -> EntityProperty:
        """:raises PropertyExistsError: the key is taken."""
        with self._lock:
            if key in self._of.get(owner, {}):
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
        with self._lock:
            known = self._of.get(owner, {})[key]
            if version != known.version + 1:
                raise VersionConflictError(
                    f"Version must be incremented on update. Current version is: {known.version}."
                )
            if new_key not in (None, key):
                if new_key in self._of[owner]:
                    raise PropertyExistsError(f"A property with the key {new_key} exists already.")
                del self._of[owner][key]
            return self._write(owner, new_key or key, value, account_id, known)

    def delete(self, owner: tuple[str, str], key: str) -> bool:
        """Delete a property. False when there was none."""
        with self._lock:
            return self._of.get(owner, {}).pop(key, None) is not None

    def _write(
        self, owner: tuple[str, str], key: str, value: Any, account_id: str, known: EntityProperty | None
    ) -> EntityProperty:
        now = self._clock()
        if known is None:
            written = EntityProperty(str(next(self._ids)), key, value, account_id, now, now)
        else:
            written = replace(
                known, key=key, value=value, account_id=account_id, modified=now, version=known.version + 1
            )
        self._of.setdefault(owner, {})[key] = written
        return written
