"""The database: rows, transactions, files."""

from __future__ import annotations

import gc
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from atlassian_connect.sandbox.store.database import Database, DatabaseFileError
from atlassian_connect.sandbox.store.tables import Table


@dataclass(frozen=True, slots=True)
class Thing:
    id: str
    name: str | None
    number: int
    seen: float | None
    good: bool
    data: bytes
    tags: tuple[str, ...]
    value: Any


THINGS = Table("things", Thing, indexes=[["name"]], cached=True)
THING = Thing("1", "a", 1, 5.5, True, b"\0x", ("x", "y"), {"deep": [1, None]})


def changed(**values: Any) -> Thing:
    return Thing(**({name: getattr(THING, name) for name in THINGS.columns} | values))


@pytest.fixture
def database() -> Database:
    return Database([THINGS])


def test_what_is_written_is_read(database: Database):
    other = changed(id="2", name=None, seen=None, good=False, data=b"", tags=(), value=None)
    database.insert(THINGS, THING, other)
    assert [database.get(THINGS, "1"), database.get(THINGS, "2")] == [THING, other] == database.find(THINGS)
    assert database.find(THINGS, name=None) == [other]
    assert database.first(THINGS, name="nobody") is None
    assert (database.count(THINGS), database.count(THINGS, good=True), database.bytes_in(THINGS, "data")) == (2, 1, 2)
    with pytest.raises(KeyError, match="3"):
        database.get(THINGS, "3")
    with pytest.raises(ValueError, match="has no column 1=1"):
        database.find(THINGS, **{"1=1 --": "x"})


def test_a_row_keeps_its_place_when_it_is_written_again(database: Database):
    database.insert(THINGS, THING, changed(id="2"))
    assert database.get(THINGS, "1").number == 1
    database.save(THINGS, changed(number=7))
    assert [(one.id, one.number) for one in database.find(THINGS)] == [("1", 7), ("2", 1)]
    assert database.get(THINGS, "1").number == 7
    assert (database.delete(THINGS, id="1"), database.delete(THINGS, id="1")) == (1, 0)
    with pytest.raises(KeyError):
        database.get(THINGS, "1")


def test_half_a_surrogate_pair_is_replaced_and_finds_nothing(database: Database):
    database.insert(THINGS, changed(id="?"))
    with pytest.raises(KeyError):
        database.get(THINGS, "\ud800")
    database.save(THINGS, changed(name="x\udfff"))
    assert database.get(THINGS, "1").name == "x\ufffd"


def test_a_failed_transaction_leaves_nothing(database: Database):
    done: list[str] = []

    def fail() -> None:
        with database.transaction():
            database.insert(THINGS, THING)
            database.next("n")
            database.after_commit(lambda: done.append("outer"))
            assert database.get(THINGS, "1") == THING
            database.insert(THINGS, THING)

    with pytest.raises(sqlite3.IntegrityError):
        fail()
    assert (database.find(THINGS), database.next("n"), done) == ([], 1, [])
    with pytest.raises(KeyError):
        database.get(THINGS, "1")


def test_a_failure_inside_takes_back_its_own_part_only(database: Database):
    done: list[str] = []

    def fail() -> None:
        with database.transaction():
            database.insert(THINGS, changed(id="2"))
            database.after_commit(lambda: done.append("inner"))
            raise LookupError

    with database.transaction():
        database.insert(THINGS, THING)
        database.after_commit(lambda: done.append("outer"))
        with pytest.raises(LookupError):
            fail()
        assert done == []
    assert ([one.id for one in database.find(THINGS)], done) == (["1"], ["outer"])


def test_numbers_do_not_come_twice_whatever_the_threads_do(database: Database):
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: database.next("n", first=10, step=2), range(200)))
    assert sorted(numbers) == list(range(10, 410, 2))


def test_a_copy_shifts_points_in_time(database: Database):
    template = Database([THINGS])
    template.insert(THINGS, THING, changed(id="2", seen=None))
    template.next("n")
    database.insert(THINGS, changed(id="3"))
    assert database.get(THINGS, "3").id == "3"
    database.copy_from(template, seconds=100.0)
    assert [(one.id, one.seen) for one in database.find(THINGS)] == [("1", 105.5), ("2", None)]
    assert database.next("n") == 2
    with pytest.raises(KeyError):
        database.get(THINGS, "3")
    assert template.get(THINGS, "1").seen == 5.5


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_database_that_nobody_holds_closes_its_connection():
    database = Database([THINGS])
    connection = database._connection
    del database
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_file_keeps_rows_and_is_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "sandbox.db"
    path.touch(mode=0o644)
    first = Database([THINGS], path)
    first.insert(THINGS, THING)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    first.close()
    second = Database([THINGS], path)
    assert second.find(THINGS) == [THING]
    second.close()


def test_a_file_is_for_one_program_at_a_time(tmp_path: Path):
    first = Database([THINGS], tmp_path / "sandbox.db")
    with pytest.raises(DatabaseFileError, match="in use by another program"):
        Database([THINGS], tmp_path / "sandbox.db")
    first.insert(THINGS, THING)
    first.close()
    Database([THINGS], tmp_path / "sandbox.db").close()


def test_files_of_others_are_refused_and_left_alone(tmp_path: Path):
    old, foreign, text = tmp_path / "old.db", tmp_path / "foreign.db", tmp_path / "notes.txt"
    Database([], old).close()
    other = sqlite3.connect(foreign)
    other.execute("CREATE TABLE mine (x)")
    other.close()
    text.write_text("no database at all, and longer than a header of SQLite is\n" * 40)
    for path, why in ((old, "another version"), (foreign, "another program"), (text, "no SQLite database")):
        before = path.read_bytes()
        with pytest.raises(DatabaseFileError, match=why):
            Database([THINGS], path)
        assert path.read_bytes() == before
    with pytest.raises(DatabaseFileError, match="cannot be opened"):
        Database([THINGS], tmp_path / "nowhere" / "sandbox.db")
