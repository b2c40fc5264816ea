"""The rows of installations. The objects are :class:`..installation.Installation`; each site keeps its own."""

from __future__ import annotations

from typing import Any

from ...types import Product
from .database import Database
from .schema import APP_PROPERTIES, DELIVERIES, INSTALLATIONS, PRECOMPUTATIONS, WEBHOOKS, InstallationRow
from .tables import Table

__all__ = ["InstallationRows"]


class InstallationRows:
    """What a sandbox has to remember about the apps on its sites, and all that they keep there."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def of(self, product: Product) -> list[InstallationRow]:
        """The rows of a site, in the order the apps were installed first."""
        return self.database.find(INSTALLATIONS, product=product)

    def save(self, row: InstallationRow) -> None:
        """Write a row."""
        self.database.save(INSTALLATIONS, row)

    def forget(self, client_key: str) -> None:
        """Delete an installation with what the app kept. Nothing happens when there is none."""
        with self.database.transaction():
            tables: tuple[Table[Any], ...] = (INSTALLATIONS, APP_PROPERTIES, WEBHOOKS, PRECOMPUTATIONS, DELIVERIES)
            for table in tables:
                self.database.delete(table, client_key=client_key)
