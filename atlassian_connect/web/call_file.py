"""The counts of calls to hosts, where other processes can read them: one small SQLite file for all workers."""

from __future__ import annotations

import atexit
import sqlite3
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from flask import Flask

from ..client.call_counts import MAX_OPERATIONS, OTHERS, CallCount, CallCounts
from ..errors import StorageError
from ..settings import ConnectSettings

__all__ = ["CallFile", "call_counts", "call_file"]

_TABLE = """
CREATE TABLE IF NOT EXISTS calls (
    product TEXT, operation TEXT, calls INTEGER, refused INTEGER, blocked INTEGER, PRIMARY KEY (product, operation)
)
"""
_ADD = """
INSERT INTO calls VALUES (:product, :operation, :calls, :refused, :blocked)
ON CONFLICT DO UPDATE SET calls = calls + :calls, refused = refused + :refused, blocked = blocked + :blocked
"""
_KNOWN = "SELECT 1 FROM calls WHERE product = ? AND operation = ?"


class CallFile:
    """Adds up what the processes of an app count. As bounded as the counts of one process.

    :param path: made with its folder at the first write.
    :param wait_seconds: for other processes that are writing.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 2.0) -> None:
        self.path = path
        self._wait_seconds = wait_seconds

    def add(self, counts: Mapping[tuple[str, str], CallCount]) -> None:
        """Add counts, all or none.

        :raises StorageError: the file cannot be written.
        """
        with self._opened(make=True) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            for (product, operation), count in counts.items():
                listed = connection.execute(_KNOWN, (product, operation)).fetchone()
                (full,) = connection.execute("SELECT count(*) >= ? FROM calls", (MAX_OPERATIONS,)).fetchone()
                values = {"calls": count.calls, "refused": count.refused, "blocked": count.blocked}
                name = OTHERS if full and not listed else operation
                connection.execute(_ADD, {"product": product, "operation": name, **values})

    def counts(self) -> dict[tuple[str, str], CallCount]:
        """Read all; empty when nothing was written yet.

        :raises StorageError: the file cannot be read.
        """
        if not self.path.is_file():
            return {}
        with self._opened() as connection:
            rows = connection.execute("SELECT product, operation, calls, refused, blocked FROM calls").fetchall()
        return {(product, operation): CallCount(*counts) for product, operation, *counts in rows}

    def clear(self) -> None:
        """Begin anew.

        :raises StorageError: the file cannot be written.
        """
        if self.path.is_file():
            with self._opened() as connection, connection:
                connection.execute("DELETE FROM calls")

    @contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if make:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=self._wait_seconds)) as connection:
                connection.execute(_TABLE)
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"The report {self.path} cannot be used: {error}") from error


def call_file(app: Flask, settings: ConnectSettings) -> CallFile | None:
    """The file that the settings name, below the app's instance folder. None: there is none."""
    return None if settings.access_report is None else CallFile(Path(app.instance_path, settings.access_report))


def call_counts(app: Flask, settings: ConnectSettings) -> CallCounts:
    """Make the counts of one process. Where there is a file they are added to it now and then, and at the end."""
    file = call_file(app, settings)
    if file is None:
        return CallCounts()
    counts = CallCounts(save=file.add)
    made = weakref.ref(counts)  # an app that is gone, as in tests, has nothing to save

    def flush() -> None:
        kept = made()
        if kept is not None:
            kept.flush()

    atexit.register(flush)
    return counts
