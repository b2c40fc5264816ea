"""Shared secrets at rest: Fernet, several keys, rotation."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from cachetools import LRUCache
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ..errors import ConfigurationError, StorageError
from ..secret import Secret

__all__ = ["SecretBox", "new_encryption_key"]


def new_encryption_key() -> str:
    """Make a key for ``ATLASSIAN_CONNECT_ENCRYPTION_KEYS``: 32 random bytes, base64url."""
    return Fernet.generate_key().decode()


class SecretBox:
    """Encrypts with the first key, decrypts with any.

    What was decrypted stays in memory under its own ciphertext (at most ``cache_size`` entries): the ciphertext is read
    anew from the database, so a rotated secret is another entry and nothing old is believed.

    :raises ConfigurationError: no key, or one that is not 32 bytes in base64url.
    """

    def __init__(self, keys: Sequence[str], *, cache_size: int = 4096) -> None:
        if not keys:
            raise ConfigurationError(
                "ATLASSIAN_CONNECT_ENCRYPTION_KEYS is empty. Make a key with"
                " `python -m atlassian_connect.cli.new_key` and keep it outside of the database: shared secrets are"
                " encrypted with it."
            )
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                "ATLASSIAN_CONNECT_ENCRYPTION_KEYS has an entry that is no key;"
                " `python -m atlassian_connect.cli.new_key` makes one."
            ) from error
        self._known: LRUCache[str, Secret] = LRUCache(cache_size)
        self._lock = Lock()

    def encrypt(self, secret: Secret) -> str:
        """Return the ciphertext to store."""
        return self._fernet.encrypt(secret.reveal().encode()).decode("ascii")

    def decrypt(self, ciphertext: str) -> Secret:
        """Return the secret.

        :raises StorageError: none of the keys opens it.
        """
        with self._lock:
            known = self._known.get(ciphertext)
        if known is not None:
            return known
        try:
            secret = Secret(self._fernet.decrypt(ciphertext.encode("ascii")).decode())
        except (InvalidToken, UnicodeError) as error:
            raise StorageError(
                "A stored shared secret cannot be decrypted. ATLASSIAN_CONNECT_ENCRYPTION_KEYS lacks the key that it"
                " was encrypted with; add it behind the current one."
            ) from error
        with self._lock:
            self._known[ciphertext] = secret
        return secret

    def rotate(self, ciphertext: str) -> str:
        """Encrypt anew with the first key. Errors are those of :meth:`decrypt`."""
        return self.encrypt(self.decrypt(ciphertext))
