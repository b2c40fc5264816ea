"""Making and reading tokens by hand, for development: what the ``jwt`` commands print."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..errors import AuthenticationError, InvalidRequestError, TenantUninstalledError
from ..protocol.lifecycle import is_client_key
from ..protocol.qsh import CONTEXT_QSH, query_string_hash
from ..protocol.tokens import UnverifiedToken, bearer_of, session_key, sign_hs256, unverified, verify_hs256
from ..protocol.urls import parse_base_url, target_below
from ..secret import Secret
from ..tenants import Tenant
from ..web.context import ConnectState

__all__ = ["HOST_TOKEN_SECONDS", "Decoded", "decode", "kind_of", "sign_as_app", "sign_as_host", "time_text", "token_in"]

#: Lifetime of the tokens that hosts make.
HOST_TOKEN_SECONDS: Final = 900

_TIMES = ("iat", "nbf", "exp")


def sign_as_app(state: ConnectState, tenant: Tenant, method: str, url: str) -> str:
    """Sign one request to a tenant's host, with the claims that :class:`~atlassian_connect.client.HostClient` sends.

    :param url: below the tenant's base URL: a path, or absolute.
    :raises TenantUninstalledError: its secret is no longer used.
    :raises UrlNotAllowedError: the URL is not below the base URL.
    """
    target = target_below(tenant.base, url)
    now = int(state.clock())
    claims = {
        "iss": tenant.app_key,
        "iat": now,
        "exp": now + state.settings.token_lifetime_seconds,
        "qsh": _hash(method, target.path, target.query),
        "aud": [tenant.client_key],
    }
    return sign_hs256(claims, _secret(tenant))


def sign_as_host(
    state: ConnectState,
    tenant: Tenant,
    method: str | None = None,
    url: str | None = None,
    *,
    account_id: str | None = None,
) -> str:
    """Sign one request to this app as the tenant's host would.

    :param url: below the app's base URL. Without method and URL it is a context token, bound to no request.
    :param account_id: who looks at the page; None: nobody is logged in, or the host itself calls.

    Errors are those of :func:`sign_as_app`.
    """
    qsh = CONTEXT_QSH
    if method is not None and url is not None:
        target = target_below(parse_base_url(state.settings.base_url), url)
        qsh = _hash(method, target.path, target.query)
    now = int(state.clock())
    claims: dict[str, Any] = {"sub": account_id} if account_id else {}
    claims |= {"qsh": qsh, "iss": tenant.client_key, "context": {}, "exp": now + HOST_TOKEN_SECONDS, "iat": now}
    return sign_hs256(claims, _secret(tenant))


def _hash(method: str, path: str, query: str) -> str:
    try:
        return query_string_hash(method, path, query)
    except ValueError as error:
        raise InvalidRequestError(str(error)) from error


def _secret(tenant: Tenant) -> Secret:
    if not tenant.installed:
        raise TenantUninstalledError(tenant.client_key)
    return tenant.shared_secret


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a token says, and whether that is proven.

    :ivar header: the whole header.
    :ivar claims: the claims, proven or not.
    :ivar kind: what it is for, in words.
    :ivar signer: the tenant whose secret it was signed with; None: not proven.
    :ivar verdict: one sentence on the signature.
    """

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    kind: str
    signer: Tenant | None
    verdict: str


def decode(state: ConnectState, text: str) -> Decoded:
    """Take a token apart and look for the tenant that signed it. Its times are not judged.

    :raises AuthenticationError: it is no token.
    """
    token = unverified(token_in(text))
    signer, verdict = _signer(state, token)
    return Decoded(_header(token), token.claims, kind_of(token, state.app_key), signer, verdict)


def token_in(text: str) -> str:
    """Take the token out of what people paste: the bare token, ``JWT …`` or the whole header line."""
    text = text.strip()
    if text[:14].lower() == "authorization:":
        text = text[14:].strip()
    return (bearer_of(text) or text).strip()


def kind_of(token: UnverifiedToken, app_key: str) -> str:
    """Say what kind of token it is, going by what it claims."""
    if token.algorithm == "RS256":
        return "lifecycle token, signed by an install key; for installed and uninstalled only"
    qsh = token.claims.get("qsh")
    if token.unverified_issuer == app_key:
        return "session token of this app's pages" if qsh is None else "token of this app for a host"
    if qsh == CONTEXT_QSH:
        return "context token, bound to no request"
    return "token of a host, bound to one request" if qsh is not None else "token without qsh, accepted nowhere"


def _signer(state: ConnectState, token: UnverifiedToken) -> tuple[Tenant | None, str]:
    if token.algorithm != "HS256":
        return None, "NOT VERIFIED: only HS256 tokens are signed with a secret that is stored here."
    client_key = _client_key(state, token)
    tenant = state.store.get(client_key) if client_key is not None else None
    if tenant is None:
        return None, f"NOT VERIFIED: there is no tenant {client_key!r} here." if client_key else (
            "NOT VERIFIED: it names no tenant."
        )
    keys: tuple[tuple[str, Callable[[], Secret | bytes]], ...] = (
        ("shared secret", lambda: tenant.shared_secret),
        ("session key", lambda: session_key(tenant.shared_secret)),
    )
    for name, key in keys:
        if _fits(token, key()):
            gone = "" if tenant.installed else ", which has uninstalled the app"
            return tenant, f"Signed with the {name} of tenant {tenant.client_key} ({tenant.base_url}){gone}."
    return None, f"NOT VERIFIED: the signature does not fit the secret of tenant {tenant.client_key}."


def _client_key(state: ConnectState, token: UnverifiedToken) -> str | None:
    client_key: object = token.unverified_issuer
    if client_key == state.app_key:  # our own token: it names the tenant in aud
        audience = token.claims.get("aud")
        client_key = audience[0] if isinstance(audience, list) and audience else audience
    return client_key if isinstance(client_key, str) and is_client_key(client_key) else None


def _fits(token: UnverifiedToken, key: Secret | bytes) -> bool:
    try:
        verify_hs256(token, key, now=0)
    except AuthenticationError as error:
        return error.reason != "bad_signature"  # the signature is looked at before the claims are
    return True


def _header(token: UnverifiedToken) -> Mapping[str, Any]:
    segment = token.compact.partition(".")[0]
    header: Mapping[str, Any] = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return header


def time_text(value: object, now: float) -> str:
    """Write a claim that is a time: ``2026-11-21 19:08:25 UTC (in 840 s)``. Anything else comes back as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(value)
    try:
        moment = datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return repr(value)
    away = round(value - now)
    relative = "now" if away == 0 else f"in {away} s" if away > 0 else f"{-away} s ago"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC ({relative})"


def times_of(claims: Mapping[str, Any], now: float) -> list[tuple[str, str]]:
    """The claims that are times, readable."""
    return [(name, time_text(claims[name], now)) for name in _TIMES if name in claims]
