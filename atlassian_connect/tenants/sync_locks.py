"""One sync of a tenant's dynamic modules at a time, over all threads and processes of the app."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Final, Protocol

from ..errors import StorageError, SyncBusyError
from .advisory_locks import AdvisoryLocks
from .database import Database
from .sync_leases import LEASE_SECONDS, SyncLeases

__all__ = ["SYNC_WAIT_SECONDS", "SyncLocks"]

#: A sync is a handful of calls to a host, and one that is slow or limits its rate may keep each for a while
#: (``retry_budget_seconds`` is 30). Who has waited for two of those had better be told than kept.
SYNC_WAIT_SECONDS: Final = 60.0

_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5


class _BetweenProcesses(Protocol):
    """Keeps processes apart. Threads of one process never ask for the same tenant at once."""

    def candidate(self, client_key: str) -> AbstractContextManager[Callable[[], bool]]:
        """Give a function that tries to take the lock, and release at the end what it has taken."""

    def holds(self, client_key: str) -> bool:
        """Whether what was taken is still ours."""


class SyncLocks:
    """Locks by client key. Threads wait for each other in memory, processes by the app's database.

    PostgreSQL has advisory locks, which end with the process that holds them. SQLite files have leases, which a
    process that dies leaves behind for :data:`~.sync_leases.LEASE_SECONDS` at most. SQLite in memory has one process.

    :param app_key: apps that share a database do not wait for each other.
    :param wait_seconds: how long to wait for another sync of the same tenant.
    """

    def __init__(
        self,
        database: Database,
        *,
        app_key: str,
        wait_seconds: float = SYNC_WAIT_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._app_key = app_key
        self._wait_seconds = wait_seconds
        self._lease_seconds = lease_seconds
        self._guard = Lock()
        self._ours: _Process | None = None

    @contextmanager
    def holding(self, client_key: str) -> Iterator[Callable[[], None]]:
        """Run the block while nobody else runs one for this client key.

        Gives a function to call before anything that only the holder may do. It raises StorageError when the lock has
        been lost: with the connection on PostgreSQL, by a pause longer than the lease on SQLite.

        :raises SyncBusyError: somebody else did for all of the time to wait; the block did not run.
        :raises StorageError: the database failed.
        """
        deadline = time.monotonic() + self._wait_seconds
        process = self._process()
        with process.turn(client_key) as wait:
            if not wait(self._wait_seconds):
                raise SyncBusyError(client_key, waited_seconds=self._wait_seconds)
            if process.between is None:
                yield _nothing_to_lose
                return
            with process.between.candidate(client_key) as take:
                if not _taken(take, deadline):
                    raise SyncBusyError(client_key, waited_seconds=self._wait_seconds)
                yield partial(_require, process.between, client_key)

    def _process(self) -> _Process:
        """What this process has. After a fork it is another one, whose parent's locks are not its own."""
        with self._guard:
            if self._ours is None or self._ours.pid != os.getpid():
                # The former is kept: dropping it would close the parent's connection, and with it end its locks.
                self._ours = _Process(between=self._between(), former=self._ours)
            return self._ours

    def _between(self) -> _BetweenProcesses | None:
        if self._database.shares_one_connection:
            return None
        if self._database.engine.dialect.name == "postgresql":
            return AdvisoryLocks(self._database, app_key=self._app_key)
        return SyncLeases(self._database, seconds=self._lease_seconds)


@dataclass
class _Turn:
    lock: Lock = field(default_factory=Lock)
    users: int = 0


@dataclass
class _Process:
    """The locks of one process."""

    between: _BetweenProcesses | None
    former: _Process | None
    pid: int = field(default_factory=os.getpid)
    guard: Lock = field(default_factory=Lock)
    turns: dict[str, _Turn] = field(default_factory=dict)

    @contextmanager
    def turn(self, client_key: str) -> Iterator[Callable[[float], bool]]:
        """Give a function that waits until no other thread has this client key, for some seconds at most."""
        with self.guard:
            turn = self.turns.setdefault(client_key, _Turn())
            turn.users += 1
        got = False

        def wait(seconds: float) -> bool:
            nonlocal got
            got = turn.lock.acquire(timeout=seconds)
            return got

        try:
            yield wait
        finally:
            if got:
                turn.lock.release()
            with self.guard:
                turn.users -= 1
                if not turn.users:
                    del self.turns[client_key]


def _nothing_to_lose() -> None:
    """What one process has in memory, it has for as long as it runs."""


def _require(between: _BetweenProcesses, client_key: str) -> None:
    if not between.holds(client_key):
        raise StorageError(
            f"The database has lost the lock on syncing tenant {client_key!r}, so another sync may run. This one ends."
        )


def _taken(take: Callable[[], bool], deadline: float) -> bool:
    pause = _FIRST_PAUSE_SECONDS
    while not take():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
    return True
