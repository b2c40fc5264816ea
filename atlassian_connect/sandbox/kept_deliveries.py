"""Deliveries in a data file: those whose first attempt has ended, so that retries go on after a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..protocol.urls import Target
from .delivery import Attempt, Delivery
from .store.database import Database
from .store.schema import DELIVERIES, DeliveryRow

if TYPE_CHECKING:
    from .installation import Installation

__all__ = ["KeptDeliveries"]


class KeptDeliveries:
    """The rows of deliveries.

    :param find: the installation of a client key; None when there is none any more.
    """

    def __init__(self, database: Database, find: Callable[[str], Installation | None]) -> None:
        self._database = database
        self._find = find

    def load(self) -> list[Delivery]:
        """Those of installations that there still are, the oldest first."""
        found = ((row, self._find(row.client_key)) for row in self._database.find(DELIVERIES))
        read = [_delivery(row, installation) for row, installation in found if installation is not None]
        return sorted(read, key=lambda one: one.number)

    def save(self, delivery: Delivery) -> None:
        """Write what is known of one by now."""
        row = DeliveryRow(
            number=delivery.number,
            client_key=delivery.installation.client_key,
            event=delivery.event,
            source=delivery.source,
            target=(delivery.target.url, delivery.target.path, delivery.target.query),
            body=delivery.body,
            account_id=delivery.account_id,
            identifier=delivery.identifier,
            trace=delivery.trace,
            containers=tuple(sorted(delivery.containers)),
            attempts=tuple(asdict(attempt) for attempt in delivery.attempts),
            due=delivery.due,
        )
        self._database.save(DELIVERIES, row)

    def forget(self, number: int) -> None:
        """Delete one."""
        self._database.delete(DELIVERIES, number=number)


def _delivery(row: DeliveryRow, installation: Installation) -> Delivery:
    return Delivery(
        installation=installation,
        event=row.event,
        source=row.source,
        target=Target(*row.target),
        body=row.body,
        account_id=row.account_id,
        identifier=row.identifier,
        trace=row.trace,
        containers=frozenset(row.containers),
        number=row.number,
        attempts=[Attempt(**attempt) for attempt in row.attempts],
        due=row.due,
    )
