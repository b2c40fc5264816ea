"""Everything that a sandbox keeps."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path

from .attachments import Attachments
from .changes import Changes
from .content import Content
from .database import Database
from .entity_properties import EntityProperties
from .installations import InstallationRows
from .permissions import Permissions
from .schema import FACTS, TABLES, Fact
from .seed import fill
from .tasks import Tasks
from .users import Users

__all__ = ["Store"]


class Store:
    """The store of a sandbox: one database, and the parts that read and write it.

    A new one is filled with samples, whose dates are relative to the clock.

    :param clock: seconds since the epoch.
    :param path: the file to keep it in; None for memory.
    :param token: makes unguessable text.
    :raises DatabaseFileError: the file cannot be used.
    """

    def __init__(
        self, clock: Callable[[], float], *, path: Path | None = None, token: Callable[[], str] | None = None
    ) -> None:
        self._clock = clock
        self.database = Database(TABLES, path)
        self.changes = Changes(self.database)
        part = (self.database, self.changes, clock)
        self.content = Content(*part)
        self.users = Users(*part)
        self.permissions = Permissions(self.database, self.users)
        self.entity_properties = EntityProperties(*part)
        self.attachments = Attachments(*part, token or (lambda: secrets.token_urlsafe(24)))
        self.installations = InstallationRows(self.database)
        self.tasks = Tasks(clock)
        if self.fact("filled") is None:
            self.reset()

    def reset(self) -> None:
        """Put the samples in the place of all there is, installations included."""
        self.database.copy_from(_samples(), seconds=self._clock())
        self.note("filled", "yes")
        self.tasks.clear()

    def fact(self, name: str) -> str | None:
        """Something that was noted about the sandbox. None: it was not."""
        found = self.database.first(FACTS, name=name)
        return found.value if found else None

    def note(self, name: str, value: str) -> None:
        """Note something about the sandbox."""
        self.database.save(FACTS, Fact(name, value))


@cache
def _samples() -> Database:
    """The samples as of the beginning of the epoch. They are made once per process, and only ever copied."""
    database = Database(TABLES)
    with database.transaction():
        fill(database)
    return database
