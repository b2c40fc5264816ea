"""Ids, secrets and the install key of a sandbox."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..secret import Secret

__all__ = ["Ids", "install_key", "install_key_id", "install_key_pem"]

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SECRET_LENGTH: Final = 64
_TOKEN_LENGTH: Final = 32


class Ids:
    """Source of everything that has to be unguessable, or the same in every run.

    :param seed: the same seed gives the same ids and secrets in the same order. None: from the operating system.
    :param draw: counts what was made, so that a sandbox that goes on from a file does not make the same again.
    """

    def __init__(self, seed: int | None = None, draw: Callable[[], int] | None = None) -> None:
        self._seed = seed
        self._draw = draw or count(1).__next__

    @property
    def _random(self) -> random.Random:
        if self._seed is None:
            return random.SystemRandom()
        return random.Random(f"{self._seed}/{self._draw()}")  # noqa: S311 - a seed is for tests

    def uuid(self) -> str:
        """A random UUID, lower case."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def secret(self) -> Secret:
        """A shared secret of 384 bits."""
        return Secret("".join(self._random.choices(_ALPHABET, k=_SECRET_LENGTH)))

    def token(self) -> str:
        """Text that nobody guesses, of 192 bits, fit for a URL."""
        return "".join(self._random.choices(_ALPHABET, k=_TOKEN_LENGTH))

    def account_id(self) -> str:
        """An account id in the form that Atlassian gives them."""
        return f"557058:{self.uuid()}"


def install_key_id(drawn: str) -> str:
    """The id by which the key server has the install key. Apps keep a key by its id for good, so the key is in the id:
    another process with the same seed has another key.

    :param drawn: a UUID of the sandbox's own.
    """
    return str(uuid.uuid5(uuid.UUID(drawn), install_key_pem().decode()))


@cache
def install_key() -> rsa.RSAPrivateKey:
    """The RSA key that installs are signed with. One per process: making it takes a noticeable time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def install_key_pem() -> bytes:
    """The public half, as the key server publishes it."""
    return install_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
