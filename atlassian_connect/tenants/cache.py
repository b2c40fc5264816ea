"""Tenants in memory, for a short time that is stated."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from cachetools import TTLCache

from .store import TenantStore
from .tenant import Tenant

__all__ = ["TenantCache"]


class TenantCache:
    """Reads tenants from the store and keeps the installed ones for ``seconds``.

    A change made in this process holds at once. One made in another process holds after ``seconds`` at the latest,
    which is therefore how long an uninstalled tenant may still be believed there. Unknown and uninstalled tenants are
    never kept, so that an install is seen at once everywhere.

    :param seconds: 0 reads from the store every time.
    """

    def __init__(
        self,
        store: TenantStore,
        *,
        seconds: float,
        size: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._entries: TTLCache[str, Tenant] | None = TTLCache(size, seconds, timer=clock) if seconds > 0 else None
        self._lock = Lock()
        self._changes = 0

    def get(self, client_key: str) -> tuple[Tenant | None, bool]:
        """Return the tenant, and whether it was read from the store just now."""
        if self._entries is not None:
            with self._lock:
                known = self._entries.get(client_key)
            if known is not None:
                return known, False
        return self.read(client_key), True

    def read(self, client_key: str) -> Tenant | None:
        """Read the tenant from the store, whatever is in memory."""
        changes = self._changes
        tenant = self._store.get(client_key)
        if self._entries is not None:
            with self._lock:
                # A read that began before a change could bring back what the change ended.
                if tenant is not None and tenant.installed and changes == self._changes:
                    self._entries[client_key] = tenant
                else:
                    self._entries.pop(client_key, None)
        return tenant

    def drop(self, client_key: str) -> None:
        """Forget what is in memory, because the tenant changed."""
        with self._lock:
            self._changes += 1
            if self._entries is not None:
                self._entries.pop(client_key, None)
