"""How the last sync went is kept with the tenant, and goes with it. On SQLite and on PostgreSQL."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import func, select, update

from atlassian_connect.protocol.sync_plan import RefusedModule, SyncOutcome
from atlassian_connect.tenants import SyncRecords
from atlassian_connect.tenants.model import ModuleSyncRow

from .conftest import NOW, payload

OUTCOME = SyncOutcome(
    at=NOW.timestamp(),
    added=("a",),
    unchanged=("b",),
    refused=(RefusedModule("c", "webPanels", "There is no such location."),),
    registered=("a", "b"),
)


@pytest.fixture
def records(store) -> SyncRecords:
    for number in (1, 2):
        store.install(payload(f"tenant-{number}"), app_key="com.example.app", now=NOW)
    return SyncRecords(store.database)


def rows(store):
    with store.database.reading() as connection:
        return connection.execute(select(ModuleSyncRow.__table__)).all()


def test_what_was_put_is_read_again(records, store):
    assert records.get("tenant-1") is None

    records.put("tenant-1", OUTCOME)

    assert records.get("tenant-1") == OUTCOME
    assert records.get("tenant-2") is None
    assert [row.synced_at for row in rows(store)] == [NOW]


def test_only_the_last_one_is_kept(records, store):
    later = dataclasses.replace(OUTCOME, at=NOW.timestamp() + 60, refused=())
    records.put("tenant-1", OUTCOME)
    records.put("tenant-1", later)

    assert records.get("tenant-1") == later
    assert len(rows(store)) == 1


def test_tenants_come_with_their_outcome_in_their_order(records, store):
    records.put("tenant-2", OUTCOME)

    assert [(tenant.client_key, outcome) for tenant, outcome in records.beside(store.tenants())] == [
        ("tenant-1", None),
        ("tenant-2", OUTCOME),
    ]


def test_tokens_in_error_texts_are_not_kept(records, store):
    token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"
    refused = (RefusedModule("c", "webPanels", f"no such URL: /p?jwt={token}"),)
    records.put("tenant-1", dataclasses.replace(OUTCOME, error=f"GET /x?jwt={token} answered 500", refused=refused))

    [row] = rows(store)
    assert token not in str(row.outcome)
    assert "GET /x?jwt=[token] answered 500" in str(row.outcome)


def test_forgetting_a_tenant_deletes_it(records, store):
    records.put("tenant-1", OUTCOME)
    records.put("tenant-2", OUTCOME)

    assert store.forget("tenant-1")

    assert [row.client_key for row in rows(store)] == ["tenant-2"]


def test_sync_that_ends_after_its_tenant_was_forgotten_leaves_nothing(records, store):
    store.forget("tenant-1")

    records.put("tenant-1", OUTCOME)

    with store.database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(ModuleSyncRow)) == 0


def test_what_another_version_wrote_counts_as_never(records, store, caplog):
    records.put("tenant-1", OUTCOME)
    with store.database.writing() as connection:
        connection.execute(update(ModuleSyncRow).values(outcome={"version": 99}))

    assert records.get("tenant-1") is None
    assert "tenant-1 went cannot be read" in caplog.text
