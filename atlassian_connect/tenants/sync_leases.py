"""Leases on syncing a tenant: rows with an owner and an end, for databases without locks of their own."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import StorageError
from .database import Database
from .model import SyncLeaseRow

__all__ = ["LEASE_SECONDS", "SyncLeases"]

_log = logging.getLogger(__name__)
_LEASE = cast(Table, SyncLeaseRow.__table__)
#: How long a process that died keeps others from syncing its tenant. Renewed three times as often, so that a writer
#: who keeps the database busy for its timeout of 15 seconds makes nobody lose a lease.
LEASE_SECONDS: Final = 30.0


class SyncLeases:
    """Takes leases by client key, and renews them in a thread for as long as they are held.

    A power failure ends whatever holds one, so no lease has to be on the disk before anybody goes on.
    """

    def __init__(self, database: Database, *, seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._seconds = seconds
        self._owner = secrets.token_hex(16)
        self._guard = Lock()
        self._held: set[str] = set()
        self._idle = Event()

    @contextmanager
    def candidate(self, client_key: str) -> Iterator[Callable[[], bool]]:
        """Give a function that tries to take the lease, and end at the end what it has taken.

        :raises StorageError: from the function, when the database failed.
        """
        try:
            yield lambda: self._take(client_key)
        finally:
            self._release(client_key)

    def holds(self, client_key: str) -> bool:
        """Whether what was taken is still ours: a process that was held up may have missed its time to renew.

        :raises StorageError: the database failed.
        """
        ours = (_LEASE.c.owner == self._owner, _LEASE.c.client_key == client_key)
        with self._database.reading() as connection:
            ends = connection.scalar(select(_LEASE.c.expires_at).where(*ours))
        if ends is None or ends - datetime.now(UTC) > timedelta(seconds=self._seconds / 3):
            return ends is not None
        return self._extend(*ours) == 1  # late, but nobody has taken it

    def _take(self, client_key: str) -> bool:
        now = datetime.now(UTC)
        ours_or_over = or_(_LEASE.c.expires_at <= now, _LEASE.c.owner == self._owner)
        with self._database.reading() as connection:  # who only waits keeps no writer waiting
            others = select(_LEASE.c.owner).where(_LEASE.c.client_key == client_key, ~ours_or_over)
            if connection.scalar(others) is not None:
                return False
        values = {"owner": self._owner, "expires_at": now + timedelta(seconds=self._seconds)}
        with self._database.writing(lasting=False) as connection:
            insert: Callable[..., Any] = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            taken = connection.execute(
                insert(_LEASE)
                .values({"client_key": client_key, **values})
                .on_conflict_do_update(index_elements=["client_key"], set_=values, where=ours_or_over)
                .returning(_LEASE.c.owner)
            ).one_or_none()
        if taken is not None:
            self._keep(client_key)
        return taken is not None

    def _keep(self, client_key: str) -> None:
        with self._guard:
            self._held.add(client_key)
            if len(self._held) == 1:
                self._idle = Event()
                Thread(
                    target=self._renew, args=(self._idle,), name="atlassian-connect-sync-leases", daemon=True
                ).start()

    def _release(self, client_key: str) -> None:
        with self._guard:
            if client_key not in self._held:
                return
            self._held.remove(client_key)
            if not self._held:
                self._idle.set()
        try:
            with self._database.writing(lasting=False) as connection:
                ended = connection.execute(
                    delete(_LEASE).where(_LEASE.c.client_key == client_key, _LEASE.c.owner == self._owner)
                ).rowcount
        except StorageError:
            _log.warning("the lease on syncing tenant %s could not be given back; it ends by itself", client_key)
            return
        if not ended:
            _log.warning("the lease on syncing tenant %s was over early; another sync may have run", client_key)

    def _renew(self, idle: Event) -> None:
        while not idle.wait(self._seconds / 3):
            with self._guard:
                held = list(self._held)
            try:
                self._extend(_LEASE.c.owner == self._owner, _LEASE.c.client_key.in_(held))
            except StorageError:
                _log.warning("the leases on syncing %d tenants could not be renewed", len(held))

    def _extend(self, *which: ColumnElement[bool]) -> int:
        ends = datetime.now(UTC) + timedelta(seconds=self._seconds)
        with self._database.writing(lasting=False) as connection:
            return connection.execute(update(_LEASE).where(*which).values(expires_at=ends)).rowcount
