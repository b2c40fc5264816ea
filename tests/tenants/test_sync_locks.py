"""One sync of a tenant at a time: threads, processes, processes that die. On SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DataError, OperationalError

from atlassian_connect import AtlassianConnect
from atlassian_connect.errors import StorageError, SyncBusyError
from atlassian_connect.tenants import Database, SyncLocks, metadata
from atlassian_connect.tenants.model import SyncLeaseRow
from atlassian_connect.tenants.sync_leases import SyncLeases
from atlassian_connect.web.context import state_of

APP_KEY = "com.example.app"

#: Holds the lock of a tenant until it is killed, or told to go on by its stdin.
HOLDER = """
import sys
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from atlassian_connect.tenants import Database, SyncLocks

app = Flask("holder")
app.config["SQLALCHEMY_DATABASE_URI"] = sys.argv[1]
SQLAlchemy(app)
with SyncLocks(Database(app), app_key="com.example.app", lease_seconds=float(sys.argv[2])).holding("tenant-1"):
    print("holding", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def database(store_app: Flask) -> Database:
    return state_of(store_app).store.database


@pytest.fixture
def locks(database: Database) -> SyncLocks:
    return SyncLocks(database, app_key=APP_KEY, wait_seconds=0.2)


@pytest.fixture
def holder(database_url):
    """Starts another process that holds the lock of tenant-1."""
    started = []

    def start(lease_seconds=30.0):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, database_url, str(lease_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "holding\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def end_leases(database):
    """What a pause of a process does, without the pause."""
    with database.writing() as connection:
        connection.execute(update(SyncLeaseRow).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))


def others(database):
    """A second process, as far as the database can tell: locks that share no memory with the first."""
    return SyncLocks(database, app_key=APP_KEY, wait_seconds=0.2)


def test_what_is_held_in_one_process_is_not_given_to_another(database, locks):
    with locks.holding("tenant-1"):
        with (
            pytest.raises(SyncBusyError, match=r"'tenant-1' for more than 0\.2 s"),
            others(database).holding("tenant-1"),
        ):
            pytest.fail("both have it")
        with others(database).holding("tenant-2"):
            pass
    with others(database).holding("tenant-1"):
        pass


def test_apps_that_share_a_database_server_do_not_wait_for_each_other(make_app, postgres_database):
    database = state_of(make_app(AtlassianConnect(), postgres_database)).store.database
    other = SyncLocks(database, app_key="com.example.other", wait_seconds=0)
    with SyncLocks(database, app_key=APP_KEY).holding("tenant-1"), other.holding("tenant-1"):
        pass


def test_threads_take_turns(database):
    locks = SyncLocks(database, app_key=APP_KEY)
    inside, most = 0, 0
    guard = threading.Lock()

    def work(_number):
        nonlocal inside, most
        with locks.holding("tenant-1"):
            with guard:
                inside += 1
                most = max(most, inside)
            time.sleep(0.005)
            with guard:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))

    assert (inside, most) == (0, 1)


def test_thread_that_waits_too_long_is_told(locks):
    errors = []

    def late():
        try:
            with locks.holding("tenant-1"):
                pass
        except SyncBusyError as error:
            errors.append(error)

    with locks.holding("tenant-1"):
        thread = threading.Thread(target=late)
        thread.start()
        thread.join()

    [error] = errors
    assert (error.client_key, error.waited_seconds) == ("tenant-1", 0.2)
    assert isinstance(error, TimeoutError)


def test_what_the_block_raises_releases_the_lock(database, locks):
    with pytest.raises(ZeroDivisionError), locks.holding("tenant-1"):
        _ = 1 / 0
    with others(database).holding("tenant-1"):
        pass


def test_sixty_four_syncs_leave_the_apps_pool_alone(make_app, postgres_database):
    """All locks of a process are on one connection, which is not one of the pool's.

    It is in a transaction, without which a pooler would give each statement another session.
    """
    engine_options = {"pool_size": 1, "max_overflow": 1, "pool_timeout": 2}
    app = make_app(AtlassianConnect(), postgres_database, SQLALCHEMY_ENGINE_OPTIONS=engine_options)
    database = state_of(app).store.database
    locks = SyncLocks(database, app_key=APP_KEY)
    everybody, done = threading.Barrier(65, timeout=30), threading.Event()

    def work(number):
        with locks.holding(f"tenant-{number}"):
            everybody.wait()
            assert done.wait(30)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    everybody.wait()
    try:
        held = text("SELECT count(*), count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory'")
        with database.engine.connect() as one, database.engine.connect() as other:
            assert one.execute(held).one() == (64, 1)
            state = text(
                "SELECT state, backend_xid FROM pg_stat_activity"
                " WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
            )
            assert other.execute(state).all() == [("idle in transaction", None)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    with database.engine.connect() as one:
        assert one.execute(held).one() == (0, 0)
        connections = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert one.scalar(connections) <= 2, "the locks' own connection is closed"


def test_syncing_neither_commits_nor_holds_the_apps_transaction(make_app, database_url):
    app = make_app(AtlassianConnect(), database_url)
    locks = SyncLocks(state_of(app).store.database, app_key=APP_KEY)
    with app.app_context():
        session = app.extensions["sqlalchemy"].session
        session.execute(text("CREATE TABLE note (text TEXT)"))
        session.commit()
        with locks.holding("tenant-1"):
            session.execute(text("INSERT INTO note VALUES ('pending')"))
            session.rollback()
        assert session.scalar(text("SELECT count(*) FROM note")) == 0


def test_uncommitted_writes_on_sqlite_are_named_as_the_cause(store_app, tmp_path):
    database = state_of(store_app).store.database
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL locks rows, not the file")
    with database.engine.connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=20")  # stays with the pooled connection
        with (
            pytest.raises(StorageError, match=r"commit `db\.session` first"),
            others(database).holding("tenant-1"),
        ):
            pytest.fail("not reached")


def test_in_memory_database_has_one_process(make_app):
    app = make_app(AtlassianConnect())
    locks = SyncLocks(state_of(app).store.database, app_key=APP_KEY, wait_seconds=0.1)
    with locks.holding("tenant-1"), locks.holding("tenant-2"), ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(lambda: locks.holding("tenant-1").__enter__()).exception(), SyncBusyError)
    with locks.holding("tenant-1"):
        pass


# --- other processes --------------------------------------------------------------------------------------------------


def test_waiting_ends_when_the_other_process_is_done(database, holder):
    process = holder()
    with pytest.raises(SyncBusyError), others(database).holding("tenant-1"):
        pytest.fail("both have it")

    process.stdin.write("\n")
    process.stdin.flush()
    with SyncLocks(database, app_key=APP_KEY).holding("tenant-1"):
        pass
    assert process.wait(10) == 0


def test_process_that_is_killed_blocks_nobody_for_long(database, holder):
    """At once on PostgreSQL; on SQLite when its lease is over."""
    process = holder(lease_seconds=1.0)
    with pytest.raises(SyncBusyError), others(database).holding("tenant-1"):
        pytest.fail("both have it")

    process.send_signal(signal.SIGKILL)
    process.wait()

    with SyncLocks(database, app_key=APP_KEY, wait_seconds=20).holding("tenant-1"):
        pass


def test_lease_is_renewed_for_as_long_as_the_work_takes(database, holder):
    """The other process has had it for far longer than one lease."""
    if database.engine.dialect.name != "sqlite":
        pytest.skip("an advisory lock has no end")
    holder(lease_seconds=0.6)

    with pytest.raises(SyncBusyError), SyncLocks(database, app_key=APP_KEY, wait_seconds=2).holding("tenant-1"):
        pytest.fail("both have it")


def test_fork_is_another_process(database, locks):
    """A child neither has what its parent holds nor ends it."""
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    with locks.holding("tenant-1"):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                database.engine.dispose(close=False)
                with locks.holding("tenant-1"):
                    code = 2
            except SyncBusyError:
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        with pytest.raises(SyncBusyError), others(database).holding("tenant-1"):
            pytest.fail("the child has ended the parent's lock")


# --- what can go wrong ------------------------------------------------------------------------------------------------


def test_leases_work_on_every_database(database):
    """They are for databases without locks of their own, and write only what both kinds know."""
    ours, theirs = SyncLeases(database), SyncLeases(database)
    with ours.candidate("tenant-1") as take, theirs.candidate("tenant-1") as try_to:
        assert take()
        assert not try_to()
    with theirs.candidate("tenant-1") as try_to:
        assert try_to()
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(SyncLeaseRow)) == 0


def test_lease_that_was_taken_over_is_not_ended_by_its_former_owner(database, caplog):
    ours, theirs = SyncLeases(database), SyncLeases(database)
    with theirs.candidate("tenant-1") as try_to:
        with ours.candidate("tenant-1") as take:
            assert take()
            end_leases(database)
            assert try_to()
        assert "was over early" in caplog.text
        with database.reading() as connection:
            [row] = connection.execute(select(SyncLeaseRow.__table__)).all()
        assert row.expires_at > datetime.now(UTC)


def test_holder_may_ask_whether_it_still_holds(database, locks):
    with locks.holding("tenant-1") as may_go_on, locks.holding("tenant-2") as may_go_on_too:
        may_go_on()
        may_go_on_too()
        may_go_on()


def test_holder_that_was_paused_for_too_long_finds_out(store_app, database):
    """Its lease was over, and somebody else has taken it."""
    if database.engine.dialect.name != "sqlite":
        pytest.skip("an advisory lock has no end")
    ours, theirs = SyncLocks(database, app_key=APP_KEY), SyncLocks(database, app_key=APP_KEY)
    with ours.holding("tenant-1") as may_go_on:
        end_leases(database)
        with theirs.holding("tenant-1") as they_may:
            with pytest.raises(StorageError, match="has lost the lock on syncing tenant 'tenant-1'"):
                may_go_on()
            they_may()
        with pytest.raises(StorageError):
            may_go_on()


def test_late_holder_renews_its_lease_by_asking(database):
    ours = SyncLeases(database, seconds=30)
    with ours.candidate("tenant-1") as take:
        assert take()
        end_leases(database)
        assert ours.holds("tenant-1")
        with SyncLeases(database).candidate("tenant-1") as try_to:
            assert not try_to()


def test_limits_of_the_server_on_transactions_do_not_end_the_locks(make_app, postgres_database):
    app = make_app(AtlassianConnect(), postgres_database)
    database = state_of(app).store.database
    locks = SyncLocks(database, app_key=APP_KEY)
    with database.writing() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = 50"))
    database.engine.dispose()
    with locks.holding("tenant-1") as may_go_on:
        time.sleep(0.3)  # six times what the server would allow
        may_go_on()


def test_server_that_drops_the_locks_connection_is_told_and_reached_again(make_app, postgres_database, caplog):
    app = make_app(AtlassianConnect(), postgres_database)
    database = state_of(app).store.database
    locks = SyncLocks(database, app_key=APP_KEY)
    with locks.holding("tenant-1") as may_go_on, database.engine.connect() as connection:
        may_go_on()
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        )
        for _ in range(2):
            with pytest.raises(StorageError, match="has lost the lock"):
                may_go_on()
    assert "had lost the lock on syncing tenant tenant-1" in caplog.text
    with locks.holding("tenant-1"):
        pass


def test_session_that_fails_is_broken_off_with_its_locks(make_app, postgres_database, caplog, monkeypatch):
    """It is not rolled back: locks outlive that, and behind a pooler the session would be somebody else's next."""
    app = make_app(AtlassianConnect(), postgres_database)
    database = state_of(app).store.database
    locks = SyncLocks(database, app_key=APP_KEY)
    rolled_back = []
    with locks.holding("tenant-1") as may_go_on, locks.holding("tenant-2") as may_go_on_too:
        session = locks._process().between._session
        driver = session.connection.dbapi_connection
        monkeypatch.setattr(database.engine.dialect, "do_rollback", rolled_back.append)
        with pytest.raises(DataError):
            session.execute(text("SELECT 1 / 0"))
        for ask in (may_go_on, may_go_on_too):
            with pytest.raises(StorageError, match="has lost the lock"):
                ask()
    assert driver.closed
    assert not rolled_back
    assert caplog.text.count("had lost the lock") == 2
    with others(database).holding("tenant-1"), others(database).holding("tenant-2"):
        pass


def test_connection_that_the_pool_kept_for_too_long_is_replaced(make_app, postgres_database):
    app = make_app(AtlassianConnect(), postgres_database)
    database = state_of(app).store.database
    with database.engine.connect() as connection, pytest.raises(OperationalError):
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with database.engine.connect() as connection:
        pid = connection.scalar(select(func.pg_backend_pid()))
    with Database(app).engine.connect() as _, database.engine.connect() as killer:
        killer.execute(text(f"SELECT pg_terminate_backend({pid})"))
    with SyncLocks(database, app_key=APP_KEY).holding("tenant-1"):
        pass


def test_missing_tables_are_named(tmp_path):
    app = Flask("bare")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/bare.db"
    SQLAlchemy(app)
    database = Database(app)
    with pytest.raises(StorageError, match="flask db upgrade"), others(database).holding("tenant-1"):
        pytest.fail("not reached")
    metadata.create_all(database.engine)
    with others(database).holding("tenant-1"):
        pass
    database.engine.dispose()
