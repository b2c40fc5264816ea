"""Faults in a data file: those of the kinds that the sandbox has. What a test has made itself ends with the process."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from .fault_kinds import Broken, Dropped, EndlessPages, Fault, Redirected, Slow, Unavailable
from .limit_faults import Announced, RateLimited
from .module_faults import ModuleDefaults, ModuleRefused
from .store.database import Database
from .store.schema import FAULTS, FaultRow

if TYPE_CHECKING:
    from .faults import ActiveFault

__all__ = ["KeptFaults"]

_KINDS: Final[dict[str, Any]] = {
    kind.__name__: kind
    for kind in (
        *(Announced, Broken, Dropped, EndlessPages, ModuleDefaults, ModuleRefused, RateLimited, Redirected, Slow),
        Unavailable,
    )
}

_logger = logging.getLogger(__name__)


class KeptFaults:
    """The rows of the faults of one place.

    :param place: ``jira``, ``confluence``, or empty for what belongs to no site.
    """

    def __init__(self, database: Database, place: str) -> None:
        self._database = database
        self._place = place

    def load(self) -> list[tuple[FaultRow, Fault]]:
        """What is switched on, in the order it was."""
        read = [(row, _fault(row)) for row in self._database.find(FAULTS, place=self._place)]
        return [(row, fault) for row, fault in read if fault is not None]

    def save(self, active: ActiveFault) -> None:
        """Write one, and how often it was needed."""
        kind = type(active.fault).__name__
        if _KINDS.get(kind) is not type(active.fault):
            return
        active.number = active.number or self._database.next("faults")
        settings: dict[str, Any] = asdict(active.fault)  # type: ignore[call-overload]  # all of these are dataclasses
        row = FaultRow(
            active.number, self._place, kind, settings, active.method, active.path, active.times, active.hits
        )
        self._database.save(FAULTS, row)

    def forget(self, active: ActiveFault) -> None:
        """Delete one. Nothing happens when it is not there."""
        self._database.delete(FAULTS, number=active.number)


def _fault(row: FaultRow) -> Fault | None:
    try:
        fault: Fault = _KINDS[row.kind](**row.settings)
    except (KeyError, TypeError):
        _logger.warning("A fault of the kind %s is not there any more.", row.kind)
        return None
    return fault
