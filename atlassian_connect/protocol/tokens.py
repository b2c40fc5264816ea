"""JSON Web Tokens as the hosts use them: reading, verifying, signing.

What was read but not proven is an :class:`UnverifiedToken`; only verification makes :class:`Claims` of it. Which
algorithm and key apply is decided by the endpoint that calls, never by the token's header.

Sources: RFC 7515, RFC 7519, and *Understanding JWT for Connect apps*,
https://developer.atlassian.com/cloud/confluence/understanding-jwt-for-connect-apps/
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..errors import AuthenticationError
from ..secret import Secret
from .urls import normal_base_url

__all__ = [
    "DEFAULT_LEEWAY_SECONDS",
    "MAX_TOKEN_LENGTH",
    "Claims",
    "TokenKind",
    "UnverifiedToken",
    "audience_matches",
    "bearer_of",
    "session_key",
    "sign_hs256",
    "sign_rs256",
    "unverified",
    "verify_hs256",
    "verify_rs256",
]

DEFAULT_LEEWAY_SECONDS: Final = 30
#: Longer tokens are refused unread. Real ones stay below 2 KiB; context tokens carry the most.
MAX_TOKEN_LENGTH: Final = 16_384

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+").fullmatch
_TO_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")
_HS256_HEADER: Final = urlsafe_b64encode(b'{"typ":"JWT","alg":"HS256"}').rstrip(b"=")
_SESSION_KEY_LABEL: Final = b"flask-atlassian-connect session token v1"


class TokenKind(Enum):
    """The kinds of token a host or our own pages send. Every endpoint accepts a fixed set of them."""

    LIFECYCLE = "lifecycle"  # RS256, signed install; for `installed` and `uninstalled` only
    REQUEST = "request"  # HS256, bound to one request by a computed qsh
    CONTEXT = "context"  # HS256 from AP.context.getToken(), qsh = "context-qsh"
    SESSION = "session"  # HS256 by a derived key, made by us for our own pages


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """A token that was taken apart and not checked. Anyone can write one: use it to pick a key, for nothing else.

    :ivar algorithm: ``alg`` of the header.
    :ivar key_id: ``kid`` of the header, when it is a string.
    :ivar claims: whatever JSON object stands in it.
    """

    algorithm: str
    key_id: str | None
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes
    compact: str

    @property
    def unverified_issuer(self) -> str | None:
        """The ``iss`` that the token claims to have, when it is a string."""
        issuer = self.claims.get("iss")
        return issuer if isinstance(issuer, str) else None

    def __repr__(self) -> str:  # a token in a log line is a credential in a log line
        return f"UnverifiedToken(algorithm={self.algorithm!r}, key_id={self.key_id!r})"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says.

    :ivar issuer: ``iss``: client key in host tokens, app key in ours.
    :ivar subject: ``sub``: account id, None when nobody is logged in or the host itself acts.
    :ivar audience: ``aud``, empty when absent.
    :ivar issued_at: seconds since the epoch, None when absent.
    :ivar expires_at: seconds since the epoch.
    :ivar qsh: the request binding, None when absent.
    :ivar context: ``context``, where the user is; empty when absent.
    """

    issuer: str
    subject: str | None
    audience: tuple[str, ...]
    issued_at: float | None
    expires_at: float
    qsh: str | None
    context: Mapping[str, Any]

    @property
    def account_id(self) -> str | None:
        """Account id of the user: ``sub``, or the place where it stood before the privacy migration."""
        if self.subject is not None:
            return self.subject
        user = self.context.get("user")
        account_id = user.get("accountId") if isinstance(user, Mapping) else None
        return account_id if isinstance(account_id, str) and account_id else None


def bearer_of(authorization: str | None) -> str | None:
    """Take the token out of an ``Authorization: JWT …`` header. None for any other scheme.

    The word is ``JWT`` followed by one space; hosts and their libraries write it so, the case of the word is ignored.
    """
    if authorization is not None and authorization[:4].upper() == "JWT ":
        return authorization[4:]
    return None


def unverified(token: str) -> UnverifiedToken:
    """Take a compact token apart.

    :raises AuthenticationError: it is not three segments of base64url with JSON objects in the first two
        (``malformed_token``).
    """
    if len(token) > MAX_TOKEN_LENGTH or not _COMPACT(token):
        raise _malformed()
    raw = token.encode("ascii")
    signing_input, _, signature = raw.rpartition(b".")
    header_segment, _, payload_segment = signing_input.partition(b".")
    try:
        algorithm, key_id = _header(header_segment)
        claims = json.loads(_decode_segment(payload_segment))
        signature_bytes = _decode_segment(signature)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if type(claims) is not dict:
        raise _malformed()
    return UnverifiedToken(algorithm, key_id, claims, signing_input, signature_bytes, token)


def verify_hs256(
    token: UnverifiedToken, secret: Secret | bytes, *, now: float, leeway: float = DEFAULT_LEEWAY_SECONDS
) -> Claims:
    """Check an HS256 token: algorithm, signature, times.

    Issuer, audience and qsh are for the caller to check: they depend on the endpoint.

    :param secret: the shared secret, or bytes of a derived key. The UTF-8 bytes of the secret are the key.
    :param now: seconds since the epoch.
    :param leeway: how far the sender's clock may be off, in seconds.
    :raises AuthenticationError: with the reason ``algorithm``, ``bad_signature``, ``expired``, ``not_yet_valid`` or
        ``malformed_claims``.
    """
    if token.algorithm != "HS256":
        raise AuthenticationError(f"Expected an HS256 token, got {token.algorithm[:20]!r}.", reason="algorithm")
    key = secret.reveal().encode() if isinstance(secret, Secret) else secret
    if not key or not hmac.compare_digest(hmac.digest(key, token.signing_input, "sha256"), token.signature):
        raise AuthenticationError(
            "The signature does not fit the shared secret of this tenant. After a reinstall, tokens of before fail so.",
            reason="bad_signature",
        )
    return _checked_claims(token.claims, now, leeway)


def verify_rs256(
    token: UnverifiedToken, public_key: RSAPublicKey, *, now: float, leeway: float = DEFAULT_LEEWAY_SECONDS
) -> Claims:
    """Check an RS256 token: algorithm, signature, times. Otherwise like :func:`verify_hs256`."""
    if token.algorithm != "RS256":
        raise AuthenticationError(f"Expected an RS256 token, got {token.algorithm[:20]!r}.", reason="algorithm")
    try:
        jwt.api_jws.decode(token.compact, public_key, algorithms=["RS256"])
    except jwt.PyJWTError as error:
        raise AuthenticationError("The signature does not fit the install key.", reason="bad_signature") from error
    return _checked_claims(token.claims, now, leeway)


def sign_hs256(claims: Mapping[str, Any], secret: Secret | bytes) -> str:
    """Make a compact HS256 token.

    :raises ValueError: the secret is empty.
    """
    key = secret.reveal().encode() if isinstance(secret, Secret) else secret
    if not key:
        raise ValueError("Nothing is signed with an empty secret.")
    payload = json.dumps(claims, separators=(",", ":")).encode()
    signing_input = _HS256_HEADER + b"." + urlsafe_b64encode(payload).rstrip(b"=")
    signature = urlsafe_b64encode(hmac.digest(key, signing_input, "sha256")).rstrip(b"=")
    return (signing_input + b"." + signature).decode("ascii")


def sign_rs256(claims: Mapping[str, Any], private_key: RSAPrivateKey, *, key_id: str) -> str:
    """Make a compact RS256 token, as a host does for ``installed`` and ``uninstalled``."""
    return jwt.encode(dict(claims), private_key, algorithm="RS256", headers={"kid": key_id})


def session_key(secret: Secret) -> bytes:
    """Derive the key of our session tokens from a tenant's shared secret.

    Another key than the shared secret, so that a session token is no host token and a host token no session token.
    """
    return hmac.digest(secret.reveal().encode(), _SESSION_KEY_LABEL, "sha256")


def audience_matches(audience: Iterable[str], allowed: Collection[str]) -> bool:
    """Tell whether any entry of ``aud`` is one of the allowed base URLs.

    One trailing slash is ignored, and the case of scheme and host; the rest must be equal.

    :param allowed: base URLs as :func:`atlassian_connect.protocol.urls.normal_base_url` writes them.
    """
    return any(normal_base_url(entry) in allowed for entry in audience)


def _malformed() -> AuthenticationError:
    return AuthenticationError("What was sent as a token is none.", reason="malformed_token")


def _decode_segment(segment: bytes) -> bytes:
    # The alphabet was checked before: a2b_base64 would silently skip foreign characters.
    return a2b_base64(segment.translate(_TO_STANDARD_ALPHABET) + b"=" * (-len(segment) % 4))


@lru_cache(maxsize=64)  # hosts write the same few headers all day
def _header(segment: bytes) -> tuple[str, str | None]:
    header = json.loads(_decode_segment(segment))
    if type(header) is not dict or not isinstance(header.get("alg"), str) or "crit" in header:
        raise ValueError("not a JWT header that we can honour")
    key_id = header.get("kid")
    return header["alg"], key_id if isinstance(key_id, str) else None


def _checked_claims(claims: Mapping[str, Any], now: float, leeway: float) -> Claims:
    expires_at = _time(claims, "exp")
    if expires_at is None:
        raise AuthenticationError("The token never expires: exp is missing.", reason="missing_exp")
    if now > expires_at + leeway:
        raise AuthenticationError(f"The token expired {now - expires_at:.0f} s ago.", reason="expired")
    not_before = _time(claims, "nbf")
    if not_before is not None and now < not_before - leeway:
        raise AuthenticationError("The token is not valid yet (nbf).", reason="not_yet_valid")
    issued_at = _time(claims, "iat")
    if issued_at is not None and issued_at > now + leeway:
        raise AuthenticationError(
            f"The token was issued {issued_at - now:.0f} s in the future: one of the clocks is wrong.",
            reason="not_yet_valid",
        )
    issuer, subject, qsh, context = claims.get("iss"), claims.get("sub"), claims.get("qsh"), claims.get("context")
    if not isinstance(issuer, str) or not issuer:
        raise AuthenticationError("The token has no issuer.", reason="malformed_claims")
    if not (subject is None or isinstance(subject, str)) or not (qsh is None or isinstance(qsh, str)):
        raise AuthenticationError("sub or qsh is not a string.", reason="malformed_claims")
    if context is None:
        context = {}
    elif not isinstance(context, dict):
        raise AuthenticationError("context is not an object.", reason="malformed_claims")
    audience = claims.get("aud")
    return Claims(
        issuer,
        subject or None,
        () if audience is None else _audience(audience),
        issued_at,
        expires_at,
        qsh,
        context,
    )


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    # A bool is an int in Python; NaN and infinity fail the comparison.
    if isinstance(value, int | float) and not isinstance(value, bool) and -(2**53) < value < 2**53:
        return value
    raise AuthenticationError(f"{name} is not a number of seconds.", reason="malformed_claims")


def _audience(audience: Any) -> tuple[str, ...]:
    if isinstance(audience, str):
        return (audience,)
    if isinstance(audience, list) and all(isinstance(entry, str) for entry in audience):
        return tuple(audience)
    raise AuthenticationError("aud is neither a string nor a list of strings.", reason="malformed_claims")
