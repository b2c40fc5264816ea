"""Advisory locks of PostgreSQL, many on one connection of their own."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .database import Database, translated

__all__ = ["AdvisoryLocks"]

_log = logging.getLogger(__name__)

# A process that dies closes its connection, and its locks are free at once. A machine that vanishes does not: the
# server then asks for a sign of life after 15 seconds, and gives up after 15 more. Limits on idle transactions are not
# for this one. All of it ends with the transaction, as behind a pooler somebody else has the session next.
_SETTINGS = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
}
_APPLY = text(  # in this form, since an older server does not know them all
    "SELECT set_config(name, CAST(:settings AS json) ->> name, true), pg_backend_pid() FROM pg_settings"
    " WHERE name IN (SELECT json_object_keys(CAST(:settings AS json)))"
)


class AdvisoryLocks:
    """Takes session locks by client key.

    However many are held, there is one connection, and only while some are: it is taken out of the app's pool, which
    makes itself another when it needs one. It is in one transaction all the time, so that a pooler such as PgBouncer
    leaves it the session that has the locks. This transaction writes nothing and reads the latest: it holds vacuuming
    back by no more than the time since its last statement.

    Source: *PostgreSQL*, "Explicit Locking: Advisory Locks", https://www.postgresql.org/docs/current/explicit-locking.html
    """

    def __init__(self, database: Database, *, app_key: str) -> None:
        self._database = database
        self._app_key = app_key
        self._guard = Lock()
        self._session: Connection | None = None
        self._backend: int | None = None
        self._held: dict[str, Connection] = {}
        self._users = 0

    @contextmanager
    def candidate(self, client_key: str) -> Iterator[Callable[[], bool]]:
        """Give a function that tries to take the lock, and release at the end what it has taken.

        :raises StorageError: from the function, when the database failed.
        """
        with self._guard:
            self._users += 1
        try:
            yield lambda: self._take(client_key)
        finally:
            with self._guard:
                self._users -= 1
                self._release(client_key)
                if not self._users:
                    self._close()

    def holds(self, client_key: str) -> bool:
        """Whether what was taken is still there: it goes with the connection."""
        with self._guard:
            session = self._held.get(client_key)
            if session is None or session is not self._session:
                return False
            try:
                return session.scalar(select(func.pg_backend_pid())) == self._backend
            except SQLAlchemyError:
                self._drop()
                return False

    def _take(self, client_key: str) -> bool:
        with self._guard, translated():
            session = self._session = self._session or self._open()
            try:
                taken: bool = session.scalar(select(func.pg_try_advisory_lock(self._number(client_key)))) is True
            except SQLAlchemyError:
                self._drop()
                raise
            if taken:
                self._held[client_key] = session
            return taken

    def _release(self, client_key: str) -> None:
        session = self._held.pop(client_key, None)
        if session is None:
            return
        released = False
        if session is self._session:
            try:
                released = session.scalar(select(func.pg_advisory_unlock(self._number(client_key)))) is True
            except SQLAlchemyError:
                self._drop()
        if not released:
            _log.warning("the database had lost the lock on syncing tenant %s; another sync may have run", client_key)

    def _open(self) -> Connection:
        try:
            return self._opened()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return self._opened()  # the pool had kept one that the server closed

    def _opened(self) -> Connection:
        connection = self._database.engine.connect().execution_options(isolation_level="READ COMMITTED")
        try:
            connection.detach()
            settings = connection.execute(_APPLY, {"settings": json.dumps(_SETTINGS)}).all()
            self._backend = settings[0].pg_backend_pid
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        """Break the connection off: after a rollback, a pooler would give somebody else the session, locks and all."""
        if self._session is not None and not self._session.invalidated:
            driver = self._session.connection.dbapi_connection
            self._session.invalidate()
            if driver is not None:
                driver.close()
        self._close()

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except SQLAlchemyError as error:
                _log.debug("closing the connection of the locks failed: %s", type(error).__name__)

    def _number(self, client_key: str) -> int:
        """What PostgreSQL calls a lock by: 64 bits, shared by all who use the database."""
        name = f"atlassian-connect dynamic modules\0{self._app_key}\0{client_key}"
        return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
