"""The app's state, and who the current request comes from."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from flask import Flask, Request, current_app, has_request_context, request
from werkzeug.local import LocalProxy

from ..client import HostClient, RetryPolicy, SealedTokens, Transport, UserTokens, authorization_server
from ..client.access import AccessObserver, AccessWatch
from ..client.data_policy import DataPolicy, DataPolicyCache
from ..client.licence import LicenceCache
from ..client.permissions import PermissionCache
from ..client.redis_cache import RedisTokenCache
from ..dynamic import DynamicModules, SyncResult
from ..dynamic.fleet import DEFAULT_JOBS, TenantSync, sync_tenants
from ..errors import ConfigurationError, NotAuthenticatedError
from ..inbound import Authenticator, InboundRequest, Principal
from ..protocol.descriptor import descriptor_bytes, host_called_paths, host_called_patterns
from ..protocol.tokens import TokenKind
from ..registry import Registry
from ..settings import ConnectSettings
from ..signals import tenant_forgotten
from ..tenants import SqlTenantStore, SyncRecords, Tenant, TenantCache, TenantStore
from .background import Background

__all__ = [
    "EXTENSION",
    "ConnectState",
    "authenticate",
    "current_account_id",
    "current_context",
    "current_principal",
    "current_state",
    "current_tenant",
    "inbound_request",
    "principal_of",
    "state_of",
]

EXTENSION = "atlassian_connect"
_PRINCIPAL = "_atlassian_connect_principal"
_VARIABLE = re.compile(r"<[^>]*>")


@dataclass(frozen=True, kw_only=True)
class ConnectState:
    """Everything the extension keeps for one app, in ``app.extensions["atlassian_connect"]``.

    :ivar document: builds the descriptor; called at the first use: views may be declared after ``init_app``.
    :ivar sync_records: how the last sync of each tenant's dynamic modules went.
    :ivar access: what was called, and warned about.
    :ivar policies: what administrators block, as hosts told lately.
    :ivar clock: seconds since the epoch.
    """

    app: Flask
    settings: ConnectSettings
    app_key: str
    registry: Registry
    store: TenantStore
    tenants: TenantCache
    authenticator: Authenticator
    transport: Transport
    background: Background
    dynamic: DynamicModules
    sync_records: SyncRecords
    access: AccessWatch
    policies: DataPolicyCache
    document: Callable[[], dict[str, Any]]
    clock: Callable[[], float] = time.time

    @cached_property
    def descriptor(self) -> dict[str, Any]:
        """The descriptor, as it is served."""
        return self.document()

    @cached_property
    def called_paths(self) -> frozenset[str]:
        """Paths that hosts call with a token, as the descriptor names them; without trailing slash.

        Those with the base URL's path too: where no proxy takes it off, that is what arrives.
        """
        paths = {path.rstrip("/") for path in host_called_paths(self.descriptor)}
        return frozenset(paths | {self.settings.base_path + path for path in paths})

    @cached_property
    def called_endpoints(self) -> frozenset[str]:
        """Endpoints that have one of these paths, or one with the same variables: their other URLs lead there too."""
        patterns = {path.rstrip("/") for path in host_called_patterns(self.descriptor)}
        called = self.called_paths | patterns | {self.settings.base_path + path for path in patterns}
        rules = self.app.url_map.iter_rules()
        return frozenset(rule.endpoint for rule in rules if _VARIABLE.sub("{}", rule.rule.rstrip("/")) in called)

    @cached_property
    def descriptor_bytes(self) -> bytes:
        """The bytes it is served as: the same from the first request to the last."""
        return descriptor_bytes(self.descriptor)

    @cached_property
    def permission_cache(self) -> PermissionCache:
        """What users may do, as hosts said moments ago."""
        return PermissionCache(self.settings.permission_cache_seconds)

    @cached_property
    def licences(self) -> LicenceCache:
        """What hosts said about licences."""
        settings = self.settings
        return LicenceCache(settings.licence_cache_seconds, grace_seconds=settings.licence_grace_seconds)

    def __post_init__(self) -> None:
        _ = self.user_tokens  # a token cache that cannot be used is said before anything is served

    @cached_property
    def user_tokens(self) -> UserTokens:
        """Access tokens of the users that the app acts as."""
        settings = self.settings
        return UserTokens(
            self.transport,
            server=lambda base: authorization_server(
                base,
                environments=settings.environments,
                override=settings.authorization_server,
                sandbox_url=settings.sandbox_url,
            ),
            timeout=(min(5.0, settings.request_timeout_seconds), settings.request_timeout_seconds),
            retry_policy=RetryPolicy(budget_seconds=settings.retry_budget_seconds),
            shared=self._shared_tokens(),
            clock=self.clock,
        )

    def _shared_tokens(self) -> SealedTokens | None:
        if self.settings.token_cache_url is None or not isinstance(self.store, SqlTenantStore):
            return None
        box = self.store.box
        cache = RedisTokenCache(self.settings.token_cache_url)
        return SealedTokens(cache, encrypt=box.encrypt, decrypt=box.decrypt)

    def client(self, tenant: Tenant) -> HostClient:
        """Make the client for one tenant's host."""
        policy = DataPolicy(lambda: self._client(tenant), tenant, cache=self.policies)
        return self._client(tenant, observer=AccessObserver(tenant.product, self.access, policy), data_policy=policy)

    def _client(self, tenant: Tenant, **watched: Any) -> HostClient:
        return HostClient(
            tenant,
            transport=self.transport,
            timeout=(min(5.0, self.settings.request_timeout_seconds), self.settings.request_timeout_seconds),
            token_lifetime_seconds=self.settings.token_lifetime_seconds,
            clock=self.clock,
            retry_policy=RetryPolicy(budget_seconds=self.settings.retry_budget_seconds),
            user_tokens=self.user_tokens,
            **watched,
        )

    def syncable_tenants(self) -> Iterator[Tenant]:
        """Go through the tenants whose hosts take our calls: installed, enabled, and the last one of their site."""
        return filter(_is_syncable, self.store.tenants(installed=True))

    def sync_all(
        self, *, jobs: int = DEFAULT_JOBS, dry_run: bool = False, stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[TenantSync]:
        """Sync the dynamic modules of all of them: see :func:`.dynamic.fleet.sync_tenants`."""

        def sync(tenant: Tenant) -> SyncResult | None:
            current = self.store.get(tenant.client_key)  # since it was listed, it may have gone or have another secret
            if current is None or not _is_syncable(current):
                return None
            return self.dynamic.sync(current, dry_run=dry_run)

        if self.sync_records.database.shares_one_connection:
            jobs = 0  # threads would find themselves in each other's transactions
        return sync_tenants(sync, self.syncable_tenants(), jobs=jobs, stopped=stopped)

    def forget(self, client_key: str) -> bool:
        """Delete a tenant and everything that is kept for it, then say so. False when it was gone already."""
        found = self.store.forget(client_key)
        self.tenants.drop(client_key)
        self.user_tokens.drop_tenant(client_key)
        self.policies.clear(client_key)
        self.licences.drop(client_key)
        if found:
            tenant_forgotten.send(self.app, client_key=client_key)
        return found


def _is_syncable(tenant: Tenant) -> bool:
    return tenant.installed and tenant.enabled and tenant.superseded_by is None


def state_of(app: Flask) -> ConnectState:
    """Return the state of an app.

    :raises ConfigurationError: ``init_app`` was not called for it.
    """
    state = app.extensions.get(EXTENSION)
    if not isinstance(state, ConnectState):
        raise ConfigurationError("AtlassianConnect is not set up for this app: call connect.init_app(app).")
    return state


def current_state() -> ConnectState:
    """Return the state of the current app. Errors are those of :func:`state_of`; also needs an app context."""
    return state_of(current_app)


def inbound_request(http: Request) -> InboundRequest:
    """Take the values that the rules look at out of a Flask request."""
    environ = http.environ
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    path = environ.get("PATH_INFO", "")
    if not path.isascii():
        path = path.encode("latin-1").decode("utf-8", "surrogateescape")
    query = environ.get("QUERY_STRING", "")
    if not query.isascii():
        query = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in query.encode("latin-1"))
    is_form = environ["REQUEST_METHOD"] in ("POST", "PUT") and http.mimetype == "application/x-www-form-urlencoded"
    return InboundRequest(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=query,
        authorization=environ.get("HTTP_AUTHORIZATION"),
        # The origin form only: a server that was sent an absolute URL leaves the decoded path to go by.
        raw_path=raw.partition("?")[0] if raw and raw[0] == "/" else None,
        mount=environ.get("SCRIPT_NAME", ""),
        form=(lambda: list(http.form.items(multi=True))) if is_form else None,
    )


def authenticate(state: ConnectState, accepts: Collection[TokenKind]) -> Principal:
    """Verify the current request and remember whom it comes from. Errors are those of ``Authenticator``."""
    http = request._get_current_object()  # type: ignore[attr-defined]  # a proxy
    principal = state.authenticator.authenticate(inbound_request(http), accepts)
    setattr(http, _PRINCIPAL, principal)
    return principal


def principal_of(http: Request) -> Principal | None:
    """Whom a request comes from; None when it was not verified."""
    return getattr(http, _PRINCIPAL, None)


def current_principal() -> Principal | None:
    """Whom the current request comes from; None outside a verified request."""
    return principal_of(request) if has_request_context() else None


def _tenant() -> Tenant:
    return _needed("current_tenant").tenant


def _account_id() -> str | None:
    return _needed("current_account_id").account_id


def _context() -> Mapping[str, Any]:
    return _needed("current_context").context


def _needed(what: str) -> Principal:
    principal = current_principal()
    if principal is None:
        raise NotAuthenticatedError(what)
    return principal


#: The tenant that the current request comes from. Raises NotAuthenticatedError outside a verified request.
current_tenant: Tenant = cast(Tenant, LocalProxy(_tenant))
#: Account id of the user; the proxy is falsy, and equal to None, for anonymous visitors. Raises NotAuthenticatedError
#: outside a verified request.
current_account_id: str | None = cast("str | None", LocalProxy(_account_id))
#: Where the user is: the ``context`` claim of the token. Raises NotAuthenticatedError outside a verified request.
current_context: Mapping[str, Any] = cast("Mapping[str, Any]", LocalProxy(_context))
