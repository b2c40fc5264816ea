"""Access tokens of users: which are known, and how the host's authorization server gives others.

Sources: *User impersonation for Connect apps*,
https://developer.atlassian.com/cloud/confluence/user-impersonation-for-connect-apps/; *OAuth 2.0 JWT bearer token
authorization grant type*, https://developer.atlassian.com/cloud/jira/platform/oauth-2-jwt-bearer-token-authorization-grant-type/;
RFC 7523, section 2.1; errors: RFC 6749, section 5.2.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from typing import Any, Final
from urllib.parse import urlencode

import requests

from ..errors import (
    HostError,
    HostUnreachableError,
    ImpersonationError,
)
from ..protocol.install_keys import ENVIRONMENTS, environment_of
from ..protocol.tokens import sign_hs256
from ..protocol.urls import BaseUrl
from ..secret import Secret
from ..tenants.tenant import Tenant
from .messages import error_of, host_message
from .retry import Attempts, Outcome, RetryPolicy, at_most
from .token_cache import AccessToken, ProcessTokens, SealedTokens
from .transport import Timeout, Transport, package_agent, prepare, read_at_most

__all__ = ["UserTokens", "authorization_server"]

#: From ``iat`` to ``exp`` of an assertion. Longer ones are refused.
_ASSERTION_SECONDS: Final = 60
#: Tokens are given up so long before they expire; short-lived ones at half of their time.
_EARLY_SECONDS: Final = 30.0
#: For how long a token counts whose lifetime the server does not say.
_UNKNOWN_LIFETIME: Final = 60.0
_MAX_ANSWER_BYTES: Final = 65_536
_GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,16384}").fullmatch  # RFC 6750, section 2.1
_OLD_INSTALLATION: Final = (
    "The app may not act as users here. Usual causes: the descriptor lacks the scope ACT_AS_USER, an administrator has"
    " not approved the version that asks for it, or the OAuth client id is of an earlier installation: install again."
)
_REASONS: Final = {
    "unauthorized_client": ("not_authorized", _OLD_INSTALLATION),
    "invalid_client": ("not_authorized", _OLD_INSTALLATION),
    "access_denied": (
        "unknown_user",
        "The user cannot be impersonated: deactivated, or without access to the product.",
    ),
    "invalid_grant": (
        "unknown_user",
        "The user does not exist on this host, is deactivated or has no access to the product. If it is the same for"
        " every user: the shared secret is of an earlier installation, or this machine's clock is off.",
    ),
    "invalid_scope": ("bad_scope", "The app does not have one of these scopes, or there is no such scope."),
    "invalid_request": (
        "bad_assertion",
        "The authorization server does not understand the request. Usual causes: this machine's clock is off, or the"
        " tenant's base URL is not the one that the host delivered.",
    ),
}


def authorization_server(
    base: BaseUrl, *, environments: Iterable[str], override: str | None = None, sandbox_url: str | None = None
) -> str:
    """Find the server that issues tokens for a host: what is configured, the sandbox itself, or its cloud's.

    :param environments: names of the clouds that are enabled.
    :param override: asked for every host.
    :param sandbox_url: origin of a sandbox, which is its own authorization server.
    """
    if override:
        return override
    if sandbox_url and base.origin == sandbox_url:
        return sandbox_url
    return (environment_of(base, environments) or ENVIRONMENTS["production"]).authorization_server


class UserTokens:
    """Access tokens of users, for all tenants of an app. Threads share it: many waiters make one request.

    :param server: which authorization server a host has.
    :param max_entries: tokens kept in this process.
    :param shared: tokens that other processes see too.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        server: Callable[[BaseUrl], str] = lambda base: authorization_server(
            base, environments=("production", "fedramp")
        ),
        timeout: Timeout = (5, 30),
        retry_policy: RetryPolicy | None = None,
        max_entries: int = 1000,
        shared: SealedTokens | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport = transport
        self._server = server
        self._timeout = timeout
        self._retry_policy = retry_policy or RetryPolicy()
        self._known = ProcessTokens(max_entries=max_entries, clock=clock)
        self._shared = shared
        self._clock = clock
        self._lock = threading.Lock()
        self._flights: dict[tuple[int, str], Future[AccessToken]] = {}

    def token(self, tenant: Tenant, account_id: str, scopes: Collection[str] | None) -> Secret:
        """Return a token that is still fresh, and fetch one when none is known.

        :param scopes: upper case; None for all that the app has.
        :raises ImpersonationError: the host does not let the app act as this user; ``reason`` says why.
        :raises HostError: the authorization server cannot be reached, fails or limits us.
        """
        if not tenant.oauth_client_id:
            raise ImpersonationError(
                "The host has not delivered an OAuth client id for this tenant, so the app cannot act as a user."
                " Hosts deliver it when the descriptor has the scope ACT_AS_USER: add it, and install again.",
                reason="no_client_id",
            )
        server = self._server(tenant.base)
        key = _key(tenant, server, account_id, scopes)
        known = self._known.get(key)
        if known is None:
            known = self._fetched_once(key, lambda: self._obtained(key, tenant, server, account_id, scopes))
        return known.value

    def drop(self, tenant: Tenant, account_id: str, scopes: Collection[str] | None, token: Secret) -> None:
        """Forget a token that a host has refused. One that has taken its place stays."""
        key = _key(tenant, self._server(tenant.base), account_id, scopes)
        self._known.drop(key, token)
        if self._shared is not None:
            self._shared.drop(key, token, now=self._clock())

    def drop_tenant(self, client_key: str) -> None:
        """Forget all tokens of a tenant in this process. A new shared secret makes the old ones unreachable anyway."""
        self._known.drop_tenant(client_key)

    def _fetched_once(self, key: str, fetch: Callable[[], AccessToken]) -> AccessToken:
        flight = os.getpid(), key  # a fork inherits flights without the threads that would land them
        with self._lock:
            waiting = self._flights.get(flight)
            if waiting is None:
                mine = self._flights[flight] = Future()
        if waiting is not None:
            return waiting.result()
        try:
            # Between our look and our turn, another thread's flight may have landed.
            token = self._known.get(key) or fetch()
        except BaseException as error:
            # An interrupt is for the thread that it hit.
            mine.set_exception(
                error if isinstance(error, Exception) else HostError("Fetching a token was interrupted.")
            )
            raise
        else:
            mine.set_result(token)
            return token
        finally:
            with self._lock:
                del self._flights[flight]

    def _obtained(
        self, key: str, tenant: Tenant, server: str, account_id: str, scopes: Collection[str] | None
    ) -> AccessToken:
        token = self._shared.get(key, now=self._clock()) if self._shared is not None else None
        if token is None:
            token = self._fetched(tenant, server, account_id, scopes)
            if self._shared is not None:
                self._shared.set(key, token, now=self._clock())
        self._known.set(key, tenant.client_key, token)
        return token

    def _fetched(self, tenant: Tenant, server: str, account_id: str, scopes: Collection[str] | None) -> AccessToken:
        attempts = Attempts(self._retry_policy, again_after_failure=True, clock=self._clock)
        outcome = attempts.run(lambda seconds: self._asked(tenant, server, account_id, scopes, seconds))
        if not isinstance(outcome, requests.Response):
            raise outcome
        if outcome.status_code != 200:
            raise _error(outcome, f"{server}/oauth2/token")
        return _token(outcome.content, self._clock())

    def _asked(
        self, tenant: Tenant, server: str, account_id: str, scopes: Collection[str] | None, seconds: float | None
    ) -> Outcome:
        request = self._request(tenant, server, account_id, scopes)
        try:
            response = self._transport.send(request, timeout=at_most(self._timeout, seconds), stream=True)
            read_at_most(response, _MAX_ANSWER_BYTES)  # which is then its content
        except HostUnreachableError as error:
            return error
        finally:
            request.body = None  # an assertion is a credential, and errors carry the request
        return response

    def _request(
        self, tenant: Tenant, server: str, account_id: str, scopes: Collection[str] | None
    ) -> requests.PreparedRequest:
        form = {"grant_type": _GRANT_TYPE, "assertion": self._assertion(tenant, server, account_id)}
        if scopes is not None:
            form["scope"] = " ".join(scopes)
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": package_agent(),
        }
        return prepare(requests.Request("POST", f"{server}/oauth2/token", headers=headers, data=urlencode(form)))

    def _assertion(self, tenant: Tenant, server: str, account_id: str) -> str:
        issued_at = int(self._clock())
        claims = {
            "iss": f"urn:atlassian:connect:clientid:{tenant.oauth_client_id}",
            "sub": f"urn:atlassian:connect:useraccountid:{account_id}",
            "tnt": tenant.base_url,
            "aud": server,
            "iat": issued_at,
            "exp": issued_at + _ASSERTION_SECONDS,
        }
        return sign_hs256(claims, tenant.shared_secret)


def _key(tenant: Tenant, server: str, account_id: str, scopes: Collection[str] | None) -> str:
    """Name a token by all it depends on. Keyed by the secret: a new one is another key, and nobody can guess one."""
    facts = [tenant.client_key, tenant.oauth_client_id, tenant.base_url, server, account_id, scopes and list(scopes)]
    return hmac.new(tenant.shared_secret.reveal().encode(), json.dumps(facts).encode(), hashlib.sha256).hexdigest()


def _token(body: bytes, now: float) -> AccessToken:
    document = _object(body)
    token, lifetime = document.get("access_token"), document.get("expires_in")
    kind = document.get("token_type", "Bearer")
    if not isinstance(token, str) or not _TOKEN(token) or not isinstance(kind, str) or kind.lower() != "bearer":
        raise ImpersonationError("The authorization server answered something that is no token.", reason="bad_answer")
    if isinstance(lifetime, str) and lifetime.isascii() and lifetime.isdigit():
        lifetime = int(lifetime[:9])
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float) or not 0 < lifetime < 10**9:
        lifetime = _UNKNOWN_LIFETIME
    return AccessToken(Secret(token), now + lifetime - min(_EARLY_SECONDS, lifetime / 2))


def _error(response: requests.Response, url: str) -> HostError:
    body = response.content
    code = _object(body).get("error")
    if isinstance(code, str) and code in _REASONS and response.status_code < 500:
        reason, advice = _REASONS[code]
        return ImpersonationError(f"{advice} The server says: {host_message(body)}", reason=reason, error=code)
    return error_of(response, body, method="POST", url=url)


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
