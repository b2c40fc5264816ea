"""Who sends this request? Request values + tenants + keys + clock → :class:`Principal`.

No Flask here: what the rules need of a request is given as values.

Source: *Understanding JWT for Connect apps*, "Decoding and verifying a JWT token",
https://developer.atlassian.com/cloud/confluence/understanding-jwt-for-connect-apps/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, unquote_to_bytes

from .errors import AuthenticationError, InvalidRequestError, QshMismatchError
from .keys import KeyProvider
from .protocol.lifecycle import LifecyclePayload, is_client_key
from .protocol.qsh import (
    CONTEXT_QSH,
    canonical_request,
    encode_query,
    query_string_hash,
    same_hash,
    strip_base_path,
)
from .protocol.tokens import (
    Claims,
    TokenKind,
    UnverifiedToken,
    audience_matches,
    bearer_of,
    session_key,
    sign_hs256,
    unverified,
    verify_hs256,
    verify_rs256,
)
from .protocol.urls import normal_base_url, parse_base_url
from .settings import ConnectSettings
from .tenants import Tenant, TenantCache

__all__ = ["Authenticator", "InboundRequest", "Principal"]

_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-._~/!$'()*+,;=:@]*").fullmatch


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a verified request comes from.

    :ivar account_id: the user; None for anonymous visitors and for the host itself.
    :ivar context: where the user is, as the token says; empty in most page tokens.
    :ivar kind: which kind of token proved it.
    """

    tenant: Tenant
    account_id: str | None
    context: Mapping[str, Any]
    kind: TokenKind


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """What of a request the rules look at.

    :ivar path: decoded path below the place where the app is mounted (``PATH_INFO``).
    :ivar raw_path: path as it came over the wire, mount point included; None when the server does not tell.
    :ivar mount: where the app is mounted (``SCRIPT_NAME``).
    :ivar query: raw query string without ``?``.
    :ivar authorization: the header, None when absent.
    :ivar form: reads the fields of a urlencoded body of POST or PUT; None for other requests.
    """

    method: str
    path: str
    query: str = ""
    authorization: str | None = None
    raw_path: str | None = None
    mount: str = ""
    form: Callable[[], Sequence[tuple[str, str]]] | None = None

    def token(self) -> str:
        """Return the one token of the request.

        :raises AuthenticationError: there is none (``missing_token``), or several that differ
            (``conflicting_tokens``).
        """
        found = {
            unquote(value)
            for part in self.query.split("&")
            for name, _, value in (part.partition("="),)
            if name == "jwt" or ("%" in name and unquote_plus(name) == "jwt")
        }
        header = bearer_of(self.authorization)
        if header is not None:
            found.add(header)
        if not found and self.form is not None:
            found = {value for name, value in self.form() if name == "jwt"}
        if len(found) > 1:
            raise AuthenticationError("The request carries several tokens that differ.", reason="conflicting_tokens")
        if not found:
            raise AuthenticationError("The request carries no token.", reason="missing_token")
        return found.pop()

    def paths(self, base_path: str) -> Iterator[str]:
        """The forms in which the sender may have hashed the path, likeliest first.

        All of them decode to the path that was routed, so whichever matches, the token was made for this view.
        """
        encoded = self.path
        if not _PLAIN_PATH(encoded):
            encoded = quote(encoded, safe="/!$'()*+,;=:@-._~", errors="surrogateescape")
        yield self._below(encoded, base_path)
        if self.raw_path is not None:
            decoded = (self.mount + self.path).encode("utf-8", "surrogateescape")
            if unquote_to_bytes(self.raw_path) == decoded:
                raw = self.raw_path.removeprefix(self.mount)
                if raw != encoded:
                    yield self._below(raw, base_path)
        if encoded != self.path and not {"?", "#"} & set(self.path):
            yield self._below(self.path, base_path)

    def _below(self, path: str, base_path: str) -> str:
        # Where nothing took the base path off on the way here, the app itself still sees it.
        return strip_base_path(path, base_path) if base_path and not self.mount else path

    def queries(self) -> Iterator[str]:
        """The query, then what a host may hash when it posts a form: the fields, alone or with the query."""
        yield self.query
        if self.form is not None:
            fields = encode_query(self.form())
            if fields:
                yield f"{self.query}&{fields}" if self.query else fields


class Authenticator:
    """Turns requests into principals, or raises.

    :param app_key: the app's own key.
    :param audiences: base URLs this app is reached by, for ``aud``.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        settings: ConnectSettings,
        tenants: TenantCache,
        keys: KeyProvider,
        *,
        app_key: str,
        audiences: Collection[str],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._tenants = tenants
        self._keys = keys
        self._app_key = app_key
        self._audiences = frozenset(normal_base_url(url) for url in audiences)
        self._clock = clock

    def authenticate(self, request: InboundRequest, accepts: Collection[TokenKind]) -> Principal:
        """Verify a request of an installed tenant.

        :param accepts: the kinds of token that this endpoint takes. A token of another kind is refused, however valid.
        :raises AuthenticationError: with a reason for the log.
        :raises StorageError: the tenant cannot be read.
        """
        token = unverified(request.token())
        if token.algorithm != "HS256":
            raise AuthenticationError(f"Expected HS256, got {token.algorithm[:20]!r}.", reason="algorithm")
        issuer = token.unverified_issuer
        if issuer == self._app_key:
            return self._session(token, accepts)
        claims, tenant = self._verified(token, issuer, lambda tenant: tenant.shared_secret)
        kind = TokenKind.CONTEXT if claims.qsh == CONTEXT_QSH else TokenKind.REQUEST
        if claims.qsh is None:
            raise AuthenticationError("The token is bound to no request: qsh is missing.", reason="missing_qsh")
        if kind not in accepts:
            raise AuthenticationError(f"This endpoint takes no {kind.value} tokens.", reason=f"{kind.value}_token")
        if claims.audience and not self._means_us(claims.audience, tenant):
            raise AuthenticationError("The token is for another audience.", reason="audience")
        if kind is TokenKind.REQUEST:
            self._check_qsh(claims.qsh, request)
        return Principal(tenant, claims.account_id, claims.context, kind)

    def authenticate_install(self, request: InboundRequest, payload: LifecyclePayload) -> Claims:
        """Verify ``installed`` or ``uninstalled``, which hosts sign with an install key.

        Nothing of the payload is stored or called before this returns; ``baseUrl`` only chooses a row of the table of
        key servers.

        Source: *Security for Connect apps*, "Signed install callback".

        :raises AuthenticationError: with a reason for the log.
        :raises InvalidRequestError: the body is for another app.
        :raises KeyServerError: the key cannot be fetched right now.
        """
        host = parse_base_url(payload.base_url)
        if not any(pattern.matches(host) for pattern in self._settings.allowed_hosts):
            raise AuthenticationError(
                f"{host.origin} is not in ATLASSIAN_CONNECT_ALLOWED_HOSTS.", reason="host_not_allowed"
            )
        token = unverified(request.token())
        if token.algorithm != "RS256":
            raise AuthenticationError(f"Expected RS256, got {token.algorithm[:20]!r}.", reason="algorithm")
        key = self._keys.get(token.key_id, host)
        claims = verify_rs256(token, key, now=self._clock(), leeway=self._settings.clock_leeway_seconds)
        if claims.issuer != payload.client_key:
            raise AuthenticationError("The signed iss is not the clientKey of the body.", reason="issuer")
        if not audience_matches(claims.audience, self._audiences):
            raise AuthenticationError(
                f"The audience {claims.audience!r} is not this app; its base URL is {self._settings.base_url}.",
                reason="audience",
            )
        if claims.qsh is None or claims.qsh == CONTEXT_QSH:
            raise AuthenticationError("The token is bound to no request.", reason="missing_qsh")
        self._check_qsh(claims.qsh, request)
        if payload.app_key is not None and payload.app_key != self._app_key:
            raise InvalidRequestError("key is the key of another app.")
        return claims

    def session_token(self, principal: Principal) -> str:
        """Make a token for calls from one of our own pages back to us.

        Signed with a key derived from the shared secret, so that it is neither a host's token nor good at a host.
        """
        now = int(self._clock())
        claims: dict[str, Any] = {
            "iss": self._app_key,
            "aud": [principal.tenant.client_key],
            "iat": now,
            "exp": now + self._settings.session_token_seconds,
        }
        if principal.account_id is not None:
            claims["sub"] = principal.account_id
        if principal.context:
            claims["context"] = dict(principal.context)
        return sign_hs256(claims, session_key(principal.tenant.shared_secret))

    def _session(self, token: UnverifiedToken, accepts: Collection[TokenKind]) -> Principal:
        if TokenKind.SESSION not in accepts:
            raise AuthenticationError("This endpoint takes no session tokens.", reason="session_token")
        audience = token.claims.get("aud")
        client_key = audience[0] if isinstance(audience, list) and len(audience) == 1 else None
        claims, tenant = self._verified(token, client_key, lambda tenant: session_key(tenant.shared_secret))
        if claims.qsh is not None:
            raise AuthenticationError("A session token has no qsh.", reason="malformed_claims")
        return Principal(tenant, claims.account_id, claims.context, TokenKind.SESSION)

    def _verified(
        self, token: UnverifiedToken, client_key: object, key_of: Callable[[Tenant], Any]
    ) -> tuple[Claims, Tenant]:
        if not isinstance(client_key, str) or not is_client_key(client_key):
            raise AuthenticationError("The token names no tenant.", reason="unknown_tenant")
        found, is_fresh = self._tenants.get(client_key)
        tenant = _trusted(found, client_key)
        now, leeway = self._clock(), self._settings.clock_leeway_seconds
        try:
            return verify_hs256(token, key_of(tenant), now=now, leeway=leeway), tenant
        except AuthenticationError as error:
            if is_fresh or error.reason != "bad_signature":
                raise
        # Another process may have stored a new secret since: a rotation must not refuse a good request.
        tenant = _trusted(self._tenants.read(client_key), client_key)
        return verify_hs256(token, key_of(tenant), now=now, leeway=leeway), tenant

    def _means_us(self, audience: Sequence[str], tenant: Tenant) -> bool:
        """Hosts leave ``aud`` out of HS256 tokens, or name the app or, like Atlassian's frameworks, the tenant."""
        named = {self._app_key, tenant.client_key}
        return any(entry in named for entry in audience) or audience_matches(audience, self._audiences)

    def _check_qsh(self, received: str, request: InboundRequest) -> None:
        expected = None
        try:
            for query in request.queries():
                for path in request.paths(self._settings.base_path):
                    if same_hash(received, query_string_hash(request.method, path, query)):
                        return
                    expected = expected or canonical_request(request.method, path, query)
        except ValueError as error:
            raise InvalidRequestError("The query has too many parameters.") from error
        raise QshMismatchError(expected=expected or "", received=received)


def _trusted(tenant: Tenant | None, client_key: str) -> Tenant:
    if tenant is None:
        raise AuthenticationError(f"There is no tenant {client_key!r}.", reason="unknown_tenant")
    if not tenant.installed:
        raise AuthenticationError(f"Tenant {client_key!r} has uninstalled the app.", reason="uninstalled_tenant")
    return tenant
