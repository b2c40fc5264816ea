"""Where access tokens of users are kept: in the process, and where configured in a cache that its processes share."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cachetools import TLRUCache

from ..errors import StorageError
from ..secret import Secret

__all__ = ["AccessToken", "ProcessTokens", "SealedTokens", "TokenCache"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token of one user on one host.

    :ivar fresh_until: seconds since the epoch: a little before the authorization server lets it expire.
    """

    value: Secret
    fresh_until: float


class TokenCache(Protocol):
    """Keeps short texts for a time, for all processes of an app. What it gets is encrypted; its keys tell nobody.

    Threads share it. Whatever goes wrong is a :class:`.StorageError`; tokens are then fetched as if it were empty.
    """

    def get(self, key: str) -> str | None:
        """Return what was set, None when it is not there any more."""

    def set(self, key: str, value: str, *, ttl_seconds: float) -> None:
        """Keep a text, for no longer than that."""

    def delete(self, key: str) -> None:
        """Forget it; nothing happens when it is not there."""


class ProcessTokens:
    """Tokens in memory, at most so many; those not used for longest go first. Threads share it."""

    def __init__(self, *, max_entries: int, clock: Callable[[], float]) -> None:
        self._tokens: TLRUCache[str, tuple[str, AccessToken]] = TLRUCache(
            max_entries, ttu=lambda key, entry, now: entry[1].fresh_until, timer=clock
        )
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._tokens)

    def get(self, key: str) -> AccessToken | None:
        """Return a token that is still fresh."""
        with self._lock:
            entry = self._tokens.get(key)
        return entry[1] if entry else None

    def set(self, key: str, client_key: str, token: AccessToken) -> None:
        """Keep a token of a tenant."""
        with self._lock:
            self._tokens[key] = (client_key, token)

    def drop(self, key: str, value: Secret) -> bool:
        """Forget a token, unless it was replaced by another. Tells whether it was there."""
        with self._lock:
            entry = self._tokens.get(key)
            if entry is None or entry[1].value != value:
                return False
            del self._tokens[key]
            return True

    def drop_tenant(self, client_key: str) -> None:
        """Forget all tokens of a tenant."""
        with self._lock:
            for key in [key for key, (owner, _) in self._tokens.items() if owner == client_key]:
                del self._tokens[key]


class SealedTokens:
    """Tokens in a :class:`TokenCache`, encrypted together with the key they belong to.

    Whoever can write to the cache could otherwise hand one user the token of another.

    :param encrypt: e.g. :meth:`.SecretBox.encrypt`.
    :param decrypt: its counterpart; raises :class:`.StorageError` for what it did not encrypt.
    """

    def __init__(
        self, cache: TokenCache, *, encrypt: Callable[[Secret], str], decrypt: Callable[[str], Secret]
    ) -> None:
        self._cache = cache
        self._encrypt = encrypt
        self._decrypt = decrypt

    def get(self, key: str, *, now: float) -> AccessToken | None:
        """Return a token that is still fresh. A cache that fails, or holds something else, is an empty one."""
        try:
            sealed = self._cache.get(key)
            entry = None if sealed is None else json.loads(self._decrypt(sealed).reveal())
        except (StorageError, ValueError) as error:
            _log.warning("The shared cache of access tokens gives nothing: %s", error)
            return None
        if not isinstance(entry, dict) or entry.get("key") != key:
            return None
        token, until = entry.get("token"), entry.get("until")
        if not isinstance(token, str) or not isinstance(until, int | float) or until <= now:
            return None
        return AccessToken(Secret(token), until)

    def set(self, key: str, token: AccessToken, *, now: float) -> None:
        """Keep a token. A cache that fails is logged, and nothing more."""
        entry = {"key": key, "token": token.value.reveal(), "until": token.fresh_until}
        try:
            self._cache.set(key, self._encrypt(Secret(json.dumps(entry))), ttl_seconds=token.fresh_until - now)
        except StorageError as error:
            _log.warning("The shared cache of access tokens takes nothing: %s", error)

    def drop(self, key: str, value: Secret, *, now: float) -> None:
        """Forget a token, unless it was replaced by another."""
        known = self.get(key, now=now)
        if known is not None and known.value == value:
            try:
                self._cache.delete(key)
            except StorageError as error:
                _log.warning("The shared cache of access tokens forgets nothing: %s", error)
