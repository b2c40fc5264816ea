"""Connections of the app's Flask-SQLAlchemy ``db``, for short transactions of our own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Any

from flask import Flask, current_app, has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from ..errors import ConfigurationError, StorageError

__all__ = ["Database", "translated"]

_log = logging.getLogger(__name__)
_DIALECTS = ("sqlite", "postgresql")
_BUSY_TIMEOUT_MS = 15_000
#: How long to wait for the write lock while ``db.session`` of this thread is most likely the one that has it.
_OWN_TIMEOUT_MS = 500
_TUNED = "atlassian_connect.tuned"


class Database:
    """Opens short transactions on the engine of the app's ``db``.

    They are independent of ``db.session``, so neither side commits or rolls back the other's work. SQLite in memory has
    one connection for the whole app: there our statements go through it, committed at once when the app has written
    nothing yet, and as a savepoint inside the app's own transaction when it has.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._engine: Engine | None = None
        self._lock = Lock()
        self._turn = Lock()

    @property
    def engine(self) -> Engine:
        """The engine of the app's default bind.

        :raises ConfigurationError: the app has no Flask-SQLAlchemy, or a database that is neither SQLite nor
            PostgreSQL.
        """
        if self._engine is None:
            with self._lock:
                if self._engine is None:
                    self._engine = self._ready_engine()
        return self._engine

    def _ready_engine(self) -> Engine:
        db = self._extension()
        with self._app.app_context():
            engine = db.engine
        if engine.dialect.name not in _DIALECTS:
            raise ConfigurationError(
                f"Tenants are kept in SQLite or PostgreSQL; this app's database is {engine.dialect.name}."
            )
        if engine.dialect.name == "sqlite":
            _tune_sqlite(engine)
        return engine

    @property
    def shares_one_connection(self) -> bool:
        """Whether the engine has a single connection that ``db.session`` uses too."""
        return isinstance(self.engine.pool, StaticPool)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for SELECTs, in no transaction that outlives them.

        :raises StorageError: the database failed.
        """
        with translated():
            if self.shares_one_connection:
                with self._session() as session:
                    yield session.connection()
                return
            with self.engine.connect() as connection:
                yield connection

    @contextmanager
    def writing(self, *, lasting: bool = True) -> Iterator[Connection]:
        """A connection in a transaction that commits at the end of the block and rolls back when it raises.

        On SQLite the transaction takes the write lock at once: one that reads first and writes later would fail at
        the first other writer instead of waiting for it. Threads of this process take turns before that, since SQLite
        waits by sleeping, up to a tenth of a second at a time, and whoever sleeps is overtaken. When ``db.session``
        has written and not committed, the wait would be for this very thread: that ends soon, and is said.

        :param lasting: False for what nobody needs after a power failure: SQLite does not wait for the disk then.
        :raises StorageError: the database failed; nothing of the block remains.
        """
        with translated():
            if self.shares_one_connection:
                with self._session() as session:
                    yield from _on_shared_connection(session.connection())
                return
            if self.engine.dialect.name == "sqlite":
                own = self._session_has_written()
                with self._turn_to_write(own=own), self.engine.connect() as connection:
                    begun = _driver(connection).in_transaction
                    with nullcontext() if lasting or begun else _not_waiting_for_the_disk(connection):
                        if not begun:
                            _take_write_lock(connection, own=own)
                        yield connection
                        connection.commit()
                return
            with self.engine.connect() as connection:
                yield connection
                connection.commit()

    @contextmanager
    def _turn_to_write(self, *, own: bool) -> Iterator[None]:
        # When the session of this thread has written, whoever has the turn may be waiting for that.
        if not self._turn.acquire(timeout=(_OWN_TIMEOUT_MS if own else _BUSY_TIMEOUT_MS) / 1000):
            raise _is_locked(own=own)
        try:
            yield
        finally:
            self._turn.release()

    def _session_has_written(self) -> bool:
        """Whether ``db.session`` is in a transaction of SQLite's own, which the driver begins before it writes."""
        if not self._is_current():
            return False
        scoped = self._extension().session
        if not scoped.registry.has() or not (session := scoped()).in_transaction():
            return False
        return bool(_driver(session.connection(bind_arguments={"bind": self.engine})).in_transaction)

    def _is_current(self) -> bool:
        return has_app_context() and current_app._get_current_object() is self._app  # type: ignore[attr-defined]  # proxy

    @contextmanager
    def _session(self) -> Iterator[Session]:
        if self._is_current():
            yield self._extension().session()
            return
        with self._app.app_context():
            yield self._extension().session()

    def _extension(self) -> SQLAlchemy:
        db = self._app.extensions.get("sqlalchemy")
        if not isinstance(db, SQLAlchemy):
            raise ConfigurationError(
                "Tenants are kept in the app's own database: create `db = SQLAlchemy()` of Flask-SQLAlchemy and call"
                " `db.init_app(app)`."
            )
        return db


@contextmanager
def translated() -> Iterator[None]:
    """Raise the database library's errors as :class:`.StorageError`."""
    try:
        yield
    except SQLAlchemyError as error:
        # The text of a database error can quote statement parameters; the class and the driver's first line do not.
        _log.error("the database failed: %s", type(error).__name__)
        raise StorageError(
            f"The database failed ({type(error).__name__}). Are the tables there? `flask db upgrade` makes them."
        ) from error


def _take_write_lock(connection: Connection, *, own: bool) -> None:
    if own:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_OWN_TIMEOUT_MS}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if "locked" not in str(error.orig):
            raise
        raise _is_locked(own=own) from error
    finally:
        if own:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")


@contextmanager
def _not_waiting_for_the_disk(connection: Connection) -> Iterator[None]:
    usual = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        connection.rollback()  # of what has failed: SQLite refuses to change this in a transaction
        connection.exec_driver_sql(f"PRAGMA synchronous={usual}")


def _is_locked(*, own: bool) -> StorageError:
    return StorageError(
        "`db.session` has written in this thread, and SQLite has one writer: commit it first."
        if own
        else "Another writer kept the database locked. If it is this thread: commit `db.session` first."
    )


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _on_shared_connection(connection: Connection) -> Iterator[Connection]:
    driver = _driver(connection)
    if driver.in_transaction:
        with connection.begin_nested():
            yield connection
        return
    try:
        yield connection
    except BaseException:
        driver.rollback()
        raise
    driver.commit()


def _tune_sqlite(engine: Engine) -> None:
    """Let readers and one writer work at the same time, and let writers wait for each other."""
    if isinstance(engine.pool, StaticPool):
        return  # in memory, and nobody else is there

    def on_checkout(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        # Not on "connect": the app may have opened connections before, some of them in use right now.
        if _TUNED in record.info:
            return
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        try:
            cursor.execute("PRAGMA journal_mode=WAL")  # stays with the file: the first connection that can, does it
        except engine.dialect.dbapi.OperationalError:  # type: ignore[union-attr]  # the driver's module, loaded by now
            _log.debug("the database is being written to; WAL mode waits for another connection")
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        cursor.close()
        record.info[_TUNED] = True

    event.listen(engine, "checkout", on_checkout)
