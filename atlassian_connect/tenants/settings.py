"""What an app keeps for a tenant."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from ..types import Json
from .store import TenantStore

__all__ = ["TenantSettings"]


class TenantSettings(MutableMapping[str, Json]):
    """Settings of one tenant: names up to 255 characters, any JSON value.

    Every access reads, every assignment writes, in a transaction of its own. Writing for a tenant that was forgotten
    raises UnknownTenantError.
    """

    def __init__(self, store: TenantStore, client_key: str) -> None:
        self._store = store
        self._client_key = client_key

    def __getitem__(self, name: str) -> Json:
        return self._store.settings(self._client_key)[name]

    def __setitem__(self, name: str, value: Json) -> None:
        if not 1 <= len(name) <= 255:
            raise ValueError("The name of a setting has 1 to 255 characters.")
        self._store.put_setting(self._client_key, name, value)

    def __delitem__(self, name: str) -> None:
        if not self._store.delete_setting(self._client_key, name):
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.settings(self._client_key))

    def __len__(self) -> int:
        return len(self._store.settings(self._client_key))

    def __repr__(self) -> str:
        return f"TenantSettings({self._client_key!r})"
