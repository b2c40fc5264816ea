"""The SQLite database of a sandbox: one connection, one lock, transactions that nest.

In memory unless it gets a file. A file belongs to one process at a time (SQLite's exclusive lock, held until
:meth:`Database.close`), so one connection serves all threads: each statement runs under a re-entrant lock, and a thread
keeps the lock for the whole of a transaction. What a file keeps includes shared secrets, hence its mode is 0600.

The rows are frozen dataclasses; :mod:`.tables` says how they become columns. The version of a file is a checksum of all
table definitions: a file of another version of the sandbox is refused, not converted.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final, TypeVar

from .tables import Table

__all__ = ["Database", "DatabaseFileError"]

_APPLICATION_ID: Final = 0x41435362  # "ACSb"
_COUNTERS: Final = "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"

T = TypeVar("T")


class DatabaseFileError(ValueError):
    """The file cannot be used: another program has it, or it is no database of this version of the sandbox."""


class Database:
    """The rows of a sandbox.

    :param tables: every table it has.
    :param path: None for a database in memory.
    :raises DatabaseFileError: see there. The file is left as it was.
    """

    def __init__(self, tables: Sequence[Table[Any]], path: Path | None = None) -> None:
        self._tables = tuple(tables)
        self._lock = RLock()
        self._depth = 0
        self._after: list[Callable[[], None]] = []
        self._cached: dict[str, dict[tuple[object, ...], Any]] = {}
        self._connection = _connect_memory() if path is None else _connect_file(path)
        closing = weakref.finalize(self, self._connection.close)  # Python 3.13 warns of those that nobody closes
        closing.atexit = False  # threads may be in the middle of a statement then
        try:
            self._prepare(path)
            if path is not None:  # quick, and safe but for the last changes before the machine itself goes down
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, path: Path | None) -> None:
        definitions = [_COUNTERS, *(statement for table in self._tables for statement in table.definitions)]
        version = zlib.crc32("\n".join(definitions).encode()) & 0x7FFFFFFF
        if self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            found = tuple(self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _HEADER)
            if found != (_APPLICATION_ID, version):
                whose = "another version of the sandbox" if found[0] == _APPLICATION_ID else "another program"
                raise DatabaseFileError(f"{path} was written by {whose}. Choose another file, or delete this one.")
            return
        with self.transaction():
            for statement in definitions:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {version}")

    def close(self) -> None:
        """Close it. A file can then be opened again."""
        with self._lock:
            self._connection.close()

    # --- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do several things or none. Inside of another transaction, a failure takes back the inner one's part."""
        with self._lock:
            point, waiting = f"depth_{self._depth}", len(self._after)
            self._connection.execute("BEGIN IMMEDIATE" if self._depth == 0 else f"SAVEPOINT {point}")
            self._depth += 1
            try:
                yield
                self._connection.execute("COMMIT" if self._depth == 1 else f"RELEASE {point}")
            except BaseException:
                self._connection.execute("ROLLBACK" if self._depth == 1 else f"ROLLBACK TO {point}")
                self._cached.clear()
                del self._after[waiting:]
                raise
            finally:
                self._depth -= 1
            due = self._after if self._depth == 0 else []
            if due:
                self._after = []
        for work in due:
            work()

    def after_commit(self, work: Callable[[], None]) -> None:
        """Do something once the transaction of this thread is written; at once when there is none. Not on a failure."""
        with self._lock:
            if self._depth:
                self._after.append(work)
                return
        work()

    # --- rows ---------------------------------------------------------------------------------------------------------

    def find(self, table: Table[T], **equal: object) -> list[T]:
        """The rows whose columns have these values, in the order they were inserted."""
        where, values = table.where(equal)
        with self._lock:
            rows = self._run(f"{table.select}{where} ORDER BY rowid", values).fetchall()
        return [table.read(row) for row in rows]

    def first(self, table: Table[T], **equal: object) -> T | None:
        """The first of :meth:`find`, None without any."""
        where, values = table.where(equal)
        with self._lock:
            row = self._run(f"{table.select}{where} ORDER BY rowid LIMIT 1", values).fetchone()
        return None if row is None else table.read(row)

    def get(self, table: Table[T], *key: object) -> T:
        """The row of a key.

        :raises KeyError: there is none.
        """
        with self._lock:
            kept = self._cached.setdefault(table.name, {}) if table.cached else {}
            if key not in kept:
                row = self._run(table.select_one, key).fetchone()
                if row is None:
                    raise KeyError(*key)
                kept[key] = table.read(row)
            found: T = kept[key]
            return found

    def count(self, table: Table[T], **equal: object) -> int:
        """How many rows :meth:`find` finds."""
        where, values = table.where(equal)
        with self._lock:
            return int(self._run(f"{table.count}{where}", values).fetchone()[0])

    def bytes_in(self, table: Table[Any], column: str) -> int:
        """How many bytes a column has in all rows together."""
        with self._lock:
            rows = self._connection.execute(f"SELECT length({column}) FROM {table.name}")  # noqa: S608 - no input
            return sum(length for (length,) in rows)

    def insert(self, table: Table[T], *rows: T) -> None:
        """Write new rows.

        :raises sqlite3.IntegrityError: a key is taken.
        """
        with self.transaction():
            for row in rows:
                self._run(table.insert, table.write(row))
            self._cached.pop(table.name, None)

    def save(self, table: Table[T], row: T) -> None:
        """Write a row in the place of the one with its key, or as a new one."""
        with self.transaction():
            self._run(table.upsert, table.write(row))
            self._cached.pop(table.name, None)

    def delete(self, table: Table[T], **equal: object) -> int:
        """Delete rows. Returns how many there were."""
        where, values = table.where(equal)
        with self.transaction():
            self._cached.pop(table.name, None)
            return self._run(f"{table.delete}{where}", values).rowcount

    def next(self, counter: str, *, first: int = 1, step: int = 1) -> int:
        """The next number of a counter. Numbers do not return, but those of a transaction that failed."""
        with self.transaction():
            row = self._connection.execute(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + ? RETURNING value",
                (counter, first, step),
            ).fetchone()
            return int(row[0])

    def _run(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except UnicodeEncodeError:  # JSON can name half a surrogate pair, which no database can keep
            return self._connection.execute(statement, [_encodable(value) for value in values])

    # --- copies -------------------------------------------------------------------------------------------------------

    def copy_from(self, template: Database, *, seconds: float) -> None:
        """Become a copy of another database of the same tables.

        :param seconds: added to all points in time, which are the columns of floats.
        """
        with template._lock, self._lock:
            self._cached.clear()
            template._connection.backup(self._connection)
            with self.transaction():
                for table in self._tables:
                    if table.times:
                        sums = ", ".join(f"{name} = {name} + :seconds" for name in table.times)
                        self._connection.execute(f"UPDATE {table.name} SET {sums}", {"seconds": seconds})  # noqa: S608 - no input


_HEADER: Final = ("application_id", "user_version")


def _encodable(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _connect_memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def _connect_file(path: Path) -> sqlite3.Connection:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)  # before a secret is written; SQLite gives the files next to it the same mode
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.5)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseFileError(f"{path} cannot be opened: {error}") from error
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        connection.close()
        why = "in use by another program" if "locked" in str(error) else "no SQLite database"
        raise DatabaseFileError(f"{path} is {why}. Choose another file.") from error
    return connection
