"""Keys and property-test settings of the protocol tests."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from hypothesis import settings

# Nothing here is timed: a slow machine is no failure.
settings.register_profile("protocol", deadline=None)
settings.load_profile("protocol")


@pytest.fixture(scope="session")
def install_private_key() -> RSAPrivateKey:
    """The key a host signs installs with."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def other_private_key() -> RSAPrivateKey:
    """A key of somebody else."""
    return generate_private_key(public_exponent=65537, key_size=2048)
