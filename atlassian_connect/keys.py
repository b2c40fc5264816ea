"""Install keys, fetched once and kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import BoundedSemaphore, Lock

from cachetools import TTLCache
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from .errors import AuthenticationError, KeyServerError
from .protocol.install_keys import (
    FALLBACK_KEY_SERVER,
    check_key_id,
    environment_of,
    key_url,
    parse_install_key,
)
from .protocol.urls import BaseUrl
from .settings import ConnectSettings

__all__ = ["FetchKey", "KeyProvider"]

_log = logging.getLogger(__name__)

#: Fetches a URL without credentials and without following redirects: ``fetch(url)`` → status, body.
#: Raises ``HostError`` when there is no answer.
FetchKey = Callable[[str], tuple[int, bytes]]

_KEPT_SECONDS = 24 * 60 * 60
_NEGATIVE_SECONDS = 10
_FETCHES_AT_ONCE = 8


class KeyProvider:
    """Finds the public key that a lifecycle token names.

    A key is kept for a day, at most 256 of them: a rotated key always has a new id, and one that was withdrawn is
    believed no longer than that. A miss is remembered for ten seconds, and at most eight fetches run at once, so that
    made-up key ids cost the key server little.

    :param fetch: see :data:`FetchKey`.
    """

    def __init__(
        self, settings: ConnectSettings, fetch: FetchKey, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._keys: TTLCache[str, RSAPublicKey] = TTLCache(256, _KEPT_SECONDS, timer=clock)
        self._missing: TTLCache[str, bool] = TTLCache(1024, _NEGATIVE_SECONDS, timer=clock)
        self._lock = Lock()
        self._slots = BoundedSemaphore(_FETCHES_AT_ONCE)

    def get(self, key_id: str | None, host: BaseUrl) -> RSAPublicKey:
        """Return the key.

        :param key_id: ``kid`` of the unverified header; its form is checked before it becomes part of a URL.
        :param host: the base URL in the body. It chooses a row of a fixed table and is never called.
        :raises AuthenticationError: the key id has not the form of one, or no server knows it.
        :raises KeyServerError: no server could be asked.
        """
        key_id = check_key_id(key_id, self._settings.install_key_id_pattern)
        for server in self.servers_for(host):
            url = key_url(server, key_id)
            with self._lock:
                known = self._keys.get(url)
            if known is not None:
                return known
        return self._fetch_from(self.servers_for(host), key_id)

    def servers_for(self, host: BaseUrl) -> tuple[str, ...]:
        """The key servers that are asked for a host, in order."""
        sandbox = self._settings.sandbox_url
        if sandbox is not None and host.origin == sandbox:
            return (f"{sandbox}/install-keys",)
        if self._settings.install_key_servers:
            return self._settings.install_key_servers
        environment = environment_of(host, self._settings.environments)
        return (FALLBACK_KEY_SERVER,) if environment is None else environment.key_servers

    def _fetch_from(self, servers: tuple[str, ...], key_id: str) -> RSAPublicKey:
        unreachable = 0
        for server in servers:
            url = key_url(server, key_id)
            with self._lock:
                if url in self._missing:
                    continue
            if not self._slots.acquire(blocking=False):
                raise KeyServerError("Too many install keys are being fetched at the moment.")
            try:
                status, body = self._fetch(url)
            except OSError as error:  # HostUnreachableError is one
                _log.warning("key server %s cannot be reached: %s", server, type(error).__name__)
                unreachable += 1
                continue
            finally:
                self._slots.release()
            if status >= 500 or status == 429:
                _log.warning("key server %s answered %s", server, status)
                unreachable += 1
                continue
            try:
                key = parse_install_key(status, body)
            except ValueError as error:
                _log.warning("no install key at %s: %s", server, error)
                with self._lock:
                    self._missing[url] = True
                continue
            with self._lock:
                self._keys[url] = key
            return key
        if unreachable:
            raise KeyServerError("No key server that may know this install key can be reached.")
        raise AuthenticationError("No key server knows the key that this token names.", reason="unknown_key")
