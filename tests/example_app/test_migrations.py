"""What the migrations make is what the models say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, create_engine, inspect, text

from atlassian_connect.tenants import metadata
from example_app import create_app
from example_app.extensions import db

from .conftest import BOTH_DATABASES

pytestmark = BOTH_DATABASES


@pytest.fixture
def bare_app(config: dict[str, Any]) -> Iterator[Flask]:
    """The app on a database without tables."""
    app = create_app(config)
    yield app
    with app.app_context():
        db.engine.dispose()


def structure(engine: Engine) -> dict[str, Any]:
    """All that the database says about its tables, apart from Alembic's own."""
    found = inspect(engine)
    return {
        name: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], column["default"], column["primary_key"])
                if "primary_key" in column
                else (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in found.get_columns(name)
            ],
            "primary key": {key: found.get_pk_constraint(name)[key] for key in ("constrained_columns", "name")},
            "foreign keys": sorted(found.get_foreign_keys(name), key=str),
            "indexes": sorted(found.get_indexes(name), key=str),
            "unique": sorted(found.get_unique_constraints(name), key=str),
            "checks": sorted(found.get_check_constraints(name), key=str),
        }
        for name in found.get_table_names()
        if name != "alembic_version"
    }


def test_upgrade_from_empty_equals_the_models(bare_app: Flask) -> None:
    with bare_app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, [metadata, db.metadata]) == []


def test_upgrade_makes_what_create_all_makes(bare_app: Flask, other_database: str) -> None:
    """Names of constraints, too, which Alembic's comparison does not look at."""
    other = create_engine(other_database)
    metadata.create_all(other)
    db.metadata.create_all(other)
    with bare_app.app_context():
        upgrade()
        made = structure(db.engine)
    expected = structure(other)
    other.dispose()
    assert set(made) == {*metadata.tables, *db.metadata.tables}
    assert made == expected


@pytest.fixture
def other_database(request: pytest.FixtureRequest, database_url: str, tmp_path: Any) -> str:
    """A second empty database of the same kind."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path}/other.sqlite"
    if "_other" not in database_url:
        engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE SCHEMA other"))
        engine.dispose()
    return database_url + "&options=-csearch_path%3Dother"


def test_downgrade_leaves_nothing(bare_app: Flask) -> None:
    with bare_app.app_context():
        upgrade()
        downgrade(revision="base")
        assert structure(db.engine) == {}
        upgrade()
        assert structure(db.engine)


def test_frameworks_tables_come_in_versions_of_their_own(bare_app: Flask) -> None:
    """An app can take the first and the third version as they are, and leave the second to this one."""
    with bare_app.app_context():
        upgrade(revision="0001")
        first = set(structure(db.engine))
        upgrade(revision="0002")
        second = set(structure(db.engine))
        upgrade(revision="0003")
        third = set(structure(db.engine))
    assert first | (third - second) == set(metadata.tables)
    assert second - first == set(db.metadata.tables)


@pytest.mark.parametrize("times", [1, 2])
def test_upgrading_again_changes_nothing(bare_app: Flask, times: int) -> None:
    with bare_app.app_context():
        for _ in range(times):
            upgrade()
        before = structure(db.engine)
        upgrade()
        assert structure(db.engine) == before
