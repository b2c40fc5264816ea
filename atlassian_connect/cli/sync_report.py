"""What syncing tenants came to, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from ..dynamic import RefusedModule, SyncOutcome, SyncResult
from ..dynamic.fleet import TenantSync
from ..errors import ConnectError
from ..tenants import Tenant
from .output import as_table, one_line, printable

__all__ = ["FleetReport", "changes_text", "facts_of", "status_facts", "status_text", "verdict"]

Verdict = Literal["in order", "changed", "refused", "failed"]


def verdict(result: SyncResult | Exception) -> Verdict:
    """Say in a word or two how a sync went. Refused weighs more than changed."""
    if isinstance(result, Exception):
        return "failed"
    if result.refused:
        return "refused"
    return "in order" if result.is_empty else "changed"


def facts_of(tenant: Tenant, result: SyncResult | Exception) -> dict[str, Any]:
    """What a sync did for one tenant, as JSON."""
    facts: dict[str, Any] = {
        "client_key": tenant.client_key,
        "base_url": tenant.base_url,
        "result": verdict(result),
        "error": _why(result) if isinstance(result, Exception) else None,
    }
    if isinstance(result, Exception):
        return facts
    return facts | {
        "dry_run": result.dry_run,
        "added": result.added,
        "changed": result.changed,
        "removed": result.removed,
        "unchanged": result.unchanged,
        "refused": _refused_facts(result.refused),
    }


def changes_text(result: SyncResult) -> Iterator[str]:
    """What a sync did for one tenant, a line for each kind of change and each refused module."""
    changes = {"add": result.added, "change": result.changed, "remove": result.removed, "keep": result.unchanged}
    for word, keys in changes.items():
        if keys:
            yield f"{word.ljust(6)}  {', '.join(map(printable, keys))}"
    for module in result.refused:
        yield f"refuse  {_refused_text(module)}"
    if result.is_empty:
        yield "The host has what it should have."


@dataclass
class FleetReport:
    """Counts tenants, and keeps what is to be told of those that are not fine.

    :ivar stopped: whether tenants were left out, because somebody stopped it.
    """

    dry_run: bool = False
    stopped: bool = False
    counts: Counter[Verdict] = field(default_factory=Counter)
    told: list[TenantSync] = field(default_factory=list)

    def add(self, tenant: Tenant, result: SyncResult | Exception) -> None:
        """Take one tenant in. A change is told only when it is not made yet."""
        found = verdict(result)
        self.counts[found] += 1
        if found in ("refused", "failed") or (self.dry_run and found == "changed"):
            self.told.append((tenant, result))

    @property
    def is_fine(self) -> bool:
        """Whether nothing failed and nothing was refused."""
        return not (self.counts["failed"] or self.counts["refused"])

    def lines(self) -> Iterator[str]:
        """The report as text: a line for each thing to know of a tenant, then one that counts."""
        for tenant, result in sorted(self.told, key=lambda entry: entry[0].client_key):
            yield from (f"{tenant.client_key}  {tenant.base_url}  {line}" for line in self._about(result))
        counts, changed = self.counts, "to change" if self.dry_run else "changed"
        yield (
            f"{_tenants(counts.total())}: {counts['in order']} in order, {counts['changed']} {changed},"
            f" {counts['refused']} with refused modules, {counts['failed']} failed."
        )
        if self.stopped:
            yield "Stopped: the other tenants were left alone."
        if self.dry_run:
            yield "Nothing was changed."

    def facts(self) -> Mapping[str, Any]:
        """The report as JSON."""
        names: Sequence[Verdict] = ("in order", "changed", "refused", "failed")
        return {
            "dry_run": self.dry_run,
            "stopped": self.stopped,
            **{name.replace(" ", "_"): self.counts[name] for name in names},
            "tenants": [facts_of(*told) for told in sorted(self.told, key=lambda entry: entry[0].client_key)],
        }

    def _about(self, result: SyncResult | Exception) -> Iterator[str]:
        if isinstance(result, Exception):
            yield f"failed: {printable(_why(result))}"
            return
        yield from (f"refused: {_refused_text(module)}" for module in result.refused)
        if self.dry_run and not result.refused:
            yield f"to add {len(result.added)}, to change {len(result.changed)}, to remove {len(result.removed)}"


# --- how the last sync went -------------------------------------------------------------------------------------------


def status_facts(tenant: Tenant, outcome: SyncOutcome | None) -> Mapping[str, Any]:
    """How the last sync of a tenant went, as JSON. The result of one that was never synced is ``never``."""
    facts: dict[str, Any] = {
        "client_key": tenant.client_key,
        "base_url": tenant.base_url,
        "synced_at": None if outcome is None else datetime.fromtimestamp(outcome.at, UTC),
        "result": _standing(outcome),
        "error": None if outcome is None else outcome.error,
    }
    if outcome is None:
        return facts
    return facts | {
        "registered": len(outcome.registered),
        "added": len(outcome.added),
        "changed": len(outcome.changed),
        "removed": len(outcome.removed),
        "unchanged": len(outcome.unchanged),
        "refused": _refused_facts(outcome.refused),
    }


def status_text(standings: Iterable[tuple[Tenant, SyncOutcome | None]]) -> Iterator[str]:
    """How the last syncs went: a table, then what was refused or failed, then one line that counts."""
    rows, details, counts = [], [], Counter[str]()
    for tenant, outcome in standings:
        standing = _standing(outcome)
        counts[standing] += 1
        rows.append((tenant.client_key, *_cells(outcome), standing, tenant.base_url))
        if outcome is not None:
            details += [f"{tenant.client_key}  refused: {_refused_text(module)}" for module in outcome.refused]
            details += [f"{tenant.client_key}  failed: {printable(outcome.error)}"] if outcome.error else []
    yield as_table(["client key", "last sync", "modules", "+", "~", "-", "result", "base url"], rows)
    yield from details
    yield (
        f"{_tenants(len(rows))}: {counts['in order']} in order, {counts['refused']} with refused modules,"
        f" {counts['failed']} failed, {counts['never']} never synced."
    )


def _cells(outcome: SyncOutcome | None) -> tuple[str, ...]:
    if outcome is None:
        return ("-",) * 5
    when = datetime.fromtimestamp(outcome.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    counted = (outcome.registered, outcome.added, outcome.changed, outcome.removed)
    return (when, *(str(len(keys)) for keys in counted))


def _standing(outcome: SyncOutcome | None) -> str:
    if outcome is None:
        return "never"
    if outcome.error is not None:
        return "failed"
    return "in order" if outcome.ok else "refused"


def _tenants(count: int) -> str:
    return "1 tenant" if count == 1 else f"{count} tenants"


def _refused_facts(refused: Iterable[RefusedModule]) -> list[dict[str, str]]:
    return [{"type": module.type, "key": module.key, "message": _message(module)} for module in refused]


def _refused_text(module: RefusedModule) -> str:
    return printable(f"{module.key} ({module.type}): {_message(module)}")


def _message(module: RefusedModule) -> str:
    return one_line(ValueError(module.message))


def _why(error: Exception) -> str:
    """Other errors' texts are not ours to repeat: they may hold data of the app. The log has them."""
    return one_line(error) if isinstance(error, ConnectError) else f"{type(error).__name__}, see the log"
