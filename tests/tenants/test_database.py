"""Our short transactions beside those of the app's own session."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError

from atlassian_connect import AtlassianConnect
from atlassian_connect.errors import ConfigurationError, StorageError
from atlassian_connect.tenants import Database
from atlassian_connect.web.context import state_of

from .conftest import NOW, payload


@pytest.fixture(params=["memory", "file"])
def app_with_table(request, make_app, tmp_path):
    url = "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path}/app.db"
    app = make_app(AtlassianConnect(), url)
    with app.app_context():
        session = app.extensions["sqlalchemy"].session
        session.execute(text("CREATE TABLE note (text TEXT)"))
        session.commit()
    return app


def notes(session):
    return [row.text for row in session.execute(text("SELECT text FROM note"))]


def test_our_reads_leave_the_apps_pending_work_alone(app_with_table):
    """In memory there is one connection: giving it back must not roll the app's work back."""
    store = state_of(app_with_table).store
    with app_with_table.app_context():
        session = app_with_table.extensions["sqlalchemy"].session
        session.execute(text("INSERT INTO note VALUES ('pending')"))

        assert store.get("unknown") is None
        session.commit()

        assert notes(session) == ["pending"]


def test_our_writes_do_not_commit_the_apps_pending_work_in_memory(make_app):
    app = make_app(AtlassianConnect(), "sqlite://")
    store = state_of(app).store
    with app.app_context():
        session = app.extensions["sqlalchemy"].session
        session.execute(text("CREATE TABLE note (text TEXT)"))
        session.commit()
        session.execute(text("INSERT INTO note VALUES ('pending')"))
        store.install(payload(), app_key="com.example.app", now=NOW)

        session.rollback()

        assert notes(session) == []
        assert store.get("tenant-1") is None, "it was a savepoint inside the app's transaction"


def test_our_writes_are_committed_when_the_app_has_written_nothing(app_with_table):
    store = state_of(app_with_table).store
    with app_with_table.app_context():
        session = app_with_table.extensions["sqlalchemy"].session
        assert notes(session) == []  # opens the session's transaction
        store.install(payload(), app_key="com.example.app", now=NOW)
        session.rollback()

    assert store.get("tenant-1") is not None


@pytest.mark.parametrize("app_with_table", ["file"], indirect=True)
def test_a_write_that_would_wait_for_the_apps_own_says_so(app_with_table):
    """In memory both are on one connection."""
    store = state_of(app_with_table).store
    with app_with_table.app_context():
        session = app_with_table.extensions["sqlalchemy"].session
        session.execute(text("INSERT INTO note VALUES ('pending')"))

        with pytest.raises(StorageError, match="has written in this thread"):
            store.install(payload(), app_key="com.example.app", now=NOW)
        session.commit()
        store.install(payload(), app_key="com.example.app", now=NOW)

        assert notes(session) == ["pending"]
    assert store.get("tenant-1") is not None


@pytest.mark.parametrize("app_with_table", ["file"], indirect=True)
def test_the_wait_for_other_writers_is_as_long_as_ever_afterwards(app_with_table):
    database = state_of(app_with_table).store.database
    with app_with_table.app_context():
        session = app_with_table.extensions["sqlalchemy"].session
        session.execute(text("INSERT INTO note VALUES ('pending')"))
        with pytest.raises(StorageError), database.writing():
            pytest.fail("not reached")
        session.rollback()

        with database.writing() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() >= 10_000


@pytest.mark.parametrize("app_with_table", ["file"], indirect=True)
def test_threads_take_turns_instead_of_asking_for_the_write_lock_at_once(app_with_table):
    """SQLite waits by sleeping: who asks while another thread writes loses far more time than the other takes."""
    database = state_of(app_with_table).store.database
    asked, wrote = Event(), Event()

    def write():
        with database.writing() as connection:
            connection.execute(text("INSERT INTO note VALUES ('second')"))
        wrote.set()

    second = Thread(target=write)
    with database.writing() as connection:
        connection.execute(text("INSERT INTO note VALUES ('first')"))
        listen(database.engine, "before_cursor_execute", lambda *_: asked.set())
        second.start()
        assert not asked.wait(0.3)

    second.join(10)
    assert wrote.is_set()
    with database.reading() as connection:
        assert [row.text for row in connection.execute(text("SELECT text FROM note"))] == ["first", "second"]


@pytest.mark.parametrize("app_with_table", ["file"], indirect=True)
def test_a_turn_that_waits_for_the_apps_own_writing_does_not_keep_the_app_waiting(app_with_table):
    """The other thread has the turn and waits for this one's session, which would wait for the turn."""
    database = state_of(app_with_table).store.database
    asked, wrote = Event(), Event()

    def write():
        with database.writing() as connection:
            connection.execute(text("INSERT INTO note VALUES ('other')"))
        wrote.set()

    other = Thread(target=write)
    with app_with_table.app_context():
        session = app_with_table.extensions["sqlalchemy"].session
        session.execute(text("INSERT INTO note VALUES ('own')"))
        listen(database.engine, "before_cursor_execute", lambda *_: asked.set())
        other.start()
        assert asked.wait(10), "it has the turn, and asks for the write lock"

        with pytest.raises(StorageError, match="has written in this thread"), database.writing():
            pytest.fail("not reached")
        assert not wrote.is_set()
        session.commit()

    other.join(10)
    assert wrote.is_set()


@pytest.mark.parametrize("app_with_table", ["file"], indirect=True)
@pytest.mark.parametrize("fails", [False, True])
def test_only_what_need_not_last_is_written_without_waiting_for_the_disk(app_with_table, fails):
    """And the app gets its connection back as it was."""
    database = state_of(app_with_table).store.database

    def level(connection):
        return connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    with suppress(RuntimeError), database.writing(lasting=False) as connection:
        connection.execute(text("INSERT INTO note VALUES ('for now')"))
        assert level(connection) == 1
        if fails:
            raise RuntimeError

    with database.writing() as connection:
        assert level(connection) == 2
        count = connection.execute(text("SELECT count(*) FROM note")).scalar_one()
    assert count == (0 if fails else 1)
    with app_with_table.app_context():
        assert level(app_with_table.extensions["sqlalchemy"].session.connection()) == 2


def test_a_failing_write_leaves_nothing(app_with_table):
    database = state_of(app_with_table).store.database

    def write_half():
        with database.writing() as connection:
            connection.execute(text("INSERT INTO note VALUES ('half')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()

    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM note")).scalar_one() == 0


def test_sqlite_files_are_in_wal_mode_and_wait_for_each_other(app_with_table, tmp_path):
    database = state_of(app_with_table).store.database
    with database.reading() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        timeout = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    in_memory = str(database.engine.url) == "sqlite://"
    assert mode == ("memory" if in_memory else "wal")
    if not in_memory:
        assert timeout >= 10_000


def test_an_app_without_flask_sqlalchemy_is_told_what_to_do():
    from flask import Flask

    with pytest.raises(ConfigurationError, match=r"db\.init_app\(app\)"):
        Database(Flask("bare")).engine  # noqa: B018


def test_postgres_reconnects_after_the_server_dropped_the_connection(make_app, postgres_database):
    app = make_app(AtlassianConnect(), postgres_database)
    store = state_of(app).store
    store.install(payload(), app_key="com.example.app", now=NOW)
    assert store.get("tenant-1") is not None
    with store.database.engine.connect() as connection:
        victims = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(victims)
        try:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        except OperationalError:
            connection.invalidate()

    assert store.get("tenant-1") is not None
