"""What the parts of the store have in common."""

from __future__ import annotations

from collections.abc import Callable

from .changes import Changes
from .database import Database
from .schema import ATTACHMENTS, PROPERTIES

__all__ = ["Part", "VersionConflictError", "check_next_version"]


class VersionConflictError(Exception):
    """Somebody else changed it first."""


def check_next_version(version: int | None, known: int) -> None:
    """Refuse a version that is not the next one. None: whichever is next.

    :raises VersionConflictError: it is another.
    """
    if version not in (None, known + 1):
        raise VersionConflictError(f"Version must be incremented on update. Current version is: {known}.")


class Part:
    """Some of the content.

    :param clock: seconds since the epoch.
    """

    def __init__(self, database: Database, changes: Changes, clock: Callable[[], float]) -> None:
        self._db = database
        self._changes = changes
        self._clock = clock

    def _forget(self, kind: str, owner_id: str) -> None:
        """Delete the properties and files of something that is deleted."""
        self._db.delete(PROPERTIES, owner_kind=kind, owner_id=owner_id)
        self._db.delete(ATTACHMENTS, owner_kind=kind, owner_id=owner_id)
