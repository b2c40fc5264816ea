"""Which server publishes the key that an install is signed with, and what counts as such a key.

Source: *Security for Connect apps*, "Signed install callback",
https://developer.atlassian.com/cloud/confluence/security-for-connect-apps/; servers and their order as in Atlassian's
Express framework 11.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ..errors import AuthenticationError, ConfigurationError
from .urls import BaseUrl, HostPattern, is_loopback, parse_base_url

__all__ = [
    "DEFAULT_KEY_ID_PATTERN",
    "ENVIRONMENTS",
    "FALLBACK_KEY_SERVER",
    "MAX_KEY_BYTES",
    "HostEnvironment",
    "check_key_id",
    "check_key_server",
    "environment_of",
    "key_url",
    "parse_install_key",
]

#: Longer answers of a key server are not read.
MAX_KEY_BYTES: Final = 16_384
#: Asked for hosts that no environment names.
FALLBACK_KEY_SERVER: Final = "https://connect-install-keys.atlassian.com"
#: A lower-case UUID: the form of every key id seen so far.
DEFAULT_KEY_ID_PATTERN: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

_MIN_RSA_BITS = 2048
# Whatever pattern is configured, a key id stays one path segment without any character that means something in a URL.
_ONE_SEGMENT = re.compile(r"(?!\.\Z|.*\.\.)[A-Za-z0-9._~-]{1,200}").fullmatch


@dataclass(frozen=True, slots=True)
class HostEnvironment:
    """One of Atlassian's clouds.

    :ivar hosts: patterns of the sites in it.
    :ivar key_servers: asked in this order for ``/{kid}``.
    :ivar authorization_server: issues access tokens for user impersonation.
    """

    name: str
    hosts: tuple[str, ...]
    key_servers: tuple[str, ...]
    authorization_server: str

    def serves(self, base: BaseUrl) -> bool:
        """Tell whether a site is in this cloud."""
        return any(HostPattern.parse(host).matches(base) for host in self.hosts)


#: The clouds we know. The two staging clouds are Atlassian's own: they count only when settings enable them.
ENVIRONMENTS: Final[dict[str, HostEnvironment]] = {
    environment.name: environment
    for environment in (
        HostEnvironment(
            "production",
            ("*.atlassian.net", "*.jira.com"),
            ("https://asap-distribution.us-west-2.prod.atl-asap.net", FALLBACK_KEY_SERVER),
            "https://oauth-2-authorization-server.services.atlassian.com",
        ),
        HostEnvironment(
            "fedramp",
            ("*.atlassian-us-gov-mod.net",),
            (
                "https://asap-distribution.us-west-2.prod.atl-auth-us-gov-mod.net",
                "https://cs-migrations--fedrampcdn.us-east-1.prod.cdn.atlassian-us-gov-mod.com",
            ),
            "https://oauth-2-authorization-server.services.atlassian-us-gov-mod.com",
        ),
        HostEnvironment(
            "staging",
            ("*.jira-dev.com",),
            (
                "https://asap-distribution.us-west-2.staging.atl-asap.net",
                "https://cs-migrations--cdn.us-east-1.staging.public.atl-paas.net",
            ),
            "https://oauth-2-authorization-server.stg.services.atlassian.com",
        ),
        HostEnvironment(
            "fedramp-staging",
            ("*.atlassian-stg-fedm.net",),
            (
                "https://asap-distribution.us-west-2.staging.atl-auth-us-gov-mod.net",
                "https://cs-migrations--fedrampcdn.us-east-1.staging.cdn.atlassian-us-gov-mod.com",
            ),
            "https://oauth-2-authorization-server.stg.services.atlassian-us-gov-mod.com",
        ),
    )
}


def environment_of(base: BaseUrl, enabled: Iterable[str]) -> HostEnvironment | None:
    """Find the cloud a site belongs to, among the enabled ones. None: no table row, use the fallback server."""
    return next((ENVIRONMENTS[name] for name in enabled if ENVIRONMENTS[name].serves(base)), None)


def check_key_id(key_id: str | None, pattern: str = DEFAULT_KEY_ID_PATTERN) -> str:
    """Return the key id when it has the form of one; it comes from an unverified header and becomes part of a URL.

    :param pattern: regular expression that the whole id must match.
    :raises AuthenticationError: it has not (``bad_key_id``).
    """
    if key_id is None or not _ONE_SEGMENT(key_id) or not re.fullmatch(pattern, key_id):
        raise AuthenticationError("The header's kid does not have the form of an install key id.", reason="bad_key_id")
    return key_id


def check_key_server(url: str) -> str:
    """Return a configured key server's URL without trailing slash.

    :raises ConfigurationError: not an https URL (plain http is for servers on this machine).
    """
    try:
        base = parse_base_url(url)
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is not the URL of a key server.") from error
    if base.scheme != "https" and not is_loopback(base.host):
        raise ConfigurationError(f"{url!r}: install keys are fetched over https only.")
    return str(base)


def key_url(server: str, key_id: str) -> str:
    """The URL that one server publishes a key at. The key id was checked by :func:`check_key_id`."""
    return f"{server}/{key_id}"


def parse_install_key(status: int, body: bytes) -> RSAPublicKey:
    """Read a key server's answer.

    :raises ValueError: the status is not 200, or the body is not a PEM of an RSA public key of at least 2048 bits. An
        error page must never become a key.
    """
    if status != 200:
        raise ValueError(f"the key server answered {status}")
    if len(body) > MAX_KEY_BYTES:
        raise ValueError(f"the key server's answer is longer than {MAX_KEY_BYTES} bytes")
    if not body.lstrip().startswith(b"-----BEGIN PUBLIC KEY-----"):
        raise ValueError("the key server's answer is not a public key")
    try:
        key = load_pem_public_key(body.strip())
    except UnsupportedAlgorithm as error:
        raise ValueError("the key server's key is of an unknown kind") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _MIN_RSA_BITS:
        raise ValueError(f"the key server's key is not an RSA key of at least {_MIN_RSA_BITS} bits")
    return key
