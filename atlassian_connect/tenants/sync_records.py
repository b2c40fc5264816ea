"""How the last sync of each tenant's dynamic modules went."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite

from ..protocol.sync_plan import RefusedModule, SyncOutcome
from ..redaction import redact
from .database import Database
from .model import ModuleSyncRow, TenantRow
from .tenant import Tenant

__all__ = ["SyncRecords"]

_log = logging.getLogger(__name__)
_SYNC = cast(Table, ModuleSyncRow.__table__)
_TENANT = cast(Table, TenantRow.__table__)
_BATCH = 500


@dataclass(frozen=True)
class SyncRecords:
    """Keeps one outcome per tenant, for as long as the tenant is kept. Errors are those of the store."""

    database: Database

    def put(self, client_key: str, outcome: SyncOutcome) -> None:
        """Remember the outcome of the last sync. A tenant that was forgotten meanwhile stays so."""
        values = {
            "synced_at": datetime.fromtimestamp(outcome.at, UTC),
            "outcome": _clean(outcome).to_json(),
        }
        with self.database.writing() as connection:
            known = select(_TENANT.c.client_key).where(_TENANT.c.client_key == client_key)
            if connection.scalar(known.with_for_update(read=True, key_share=True)) is None:
                return
            insert: Callable[..., Any] = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            connection.execute(
                insert(_SYNC)
                .values({"client_key": client_key, **values})
                .on_conflict_do_update(index_elements=["client_key"], set_=values)
            )

    def get(self, client_key: str) -> SyncOutcome | None:
        """Return how the last sync went; None: there was none yet."""
        return self._of([client_key]).get(client_key)

    def beside(self, tenants: Iterable[Tenant]) -> Iterator[tuple[Tenant, SyncOutcome | None]]:
        """Go through tenants with how their last sync went, in batches."""
        rest = iter(tenants)
        while batch := list(islice(rest, _BATCH)):
            found = self._of([tenant.client_key for tenant in batch])
            yield from ((tenant, found.get(tenant.client_key)) for tenant in batch)

    def _of(self, client_keys: list[str]) -> dict[str, SyncOutcome]:
        with self.database.reading() as connection:
            rows = connection.execute(
                select(_SYNC.c.client_key, _SYNC.c.outcome).where(_SYNC.c.client_key.in_(client_keys))
            ).all()
        read = {row.client_key: _read(row.client_key, row.outcome) for row in rows}
        return {client_key: outcome for client_key, outcome in read.items() if outcome is not None}


def _read(client_key: str, document: Any) -> SyncOutcome | None:
    try:
        return SyncOutcome.from_json(document)
    except ValueError:  # as another version wrote it; the next sync writes it anew
        _log.warning("how the last sync of tenant %s went cannot be read", client_key)
        return None


def _clean(outcome: SyncOutcome) -> SyncOutcome:
    """Hosts and apps write these texts, so a token or a secret may be among them."""
    return replace(
        outcome,
        error=None if outcome.error is None else redact(outcome.error),
        refused=tuple(RefusedModule(one.key, one.type, redact(one.message)) for one in outcome.refused),
    )
