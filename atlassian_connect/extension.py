"""``AtlassianConnect``: wiring only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakSet

from flask import Flask, current_app, has_app_context

from .cli import connect_group
from .client import HostClient, Transport
from .client.access import AccessWatch
from .client.call_counts import CalledOperation, called_operations
from .client.data_policy import DataPolicyCache
from .dynamic import DynamicModules, SyncResult
from .dynamic.fleet import DEFAULT_JOBS, TenantSync
from .errors import ConfigurationError, UnknownTenantError
from .inbound import Authenticator
from .keys import KeyProvider
from .protocol.install_keys import MAX_KEY_BYTES
from .protocol.modules import Module
from .protocol.translations import missing_texts
from .protocol.urls import parse_base_url
from .redaction import TokenRedactor
from .registry import ModuleDeclaration, WebhookDeclaration
from .settings import ConnectSettings, load_settings
from .signals import dynamic_modules_synced
from .tenants import (
    Database,
    SecretBox,
    SqlTenantStore,
    SyncLocks,
    SyncRecords,
    Tenant,
    TenantCache,
    TenantStore,
    tenant_itself,
)
from .tenants.development import development_keys
from .tenants.settings import TenantSettings
from .types import Product
from .web.background import Background, ThreadedBackground
from .web.call_file import call_counts
from .web.context import EXTENSION, ConnectState, current_state, state_of
from .web.descriptor_check import problem_logger
from .web.document import DescriptorSource, module_keys, read_source
from .web.responses import install_response_handling
from .web.routes import add_module_route, add_routes, add_webhook_route, guard_descriptor_urls, runtime_check
from .web.shortcuts import Shortcuts
from .web.templating import helpers

__all__ = ["AtlassianConnect"]

_log = logging.getLogger("atlassian_connect")
_KEY_SERVER_TIMEOUT_SECONDS = 5.0
_redactor = TokenRedactor()


class AtlassianConnect(Shortcuts):
    """Makes a Flask app an app for Jira Cloud and Confluence Cloud.

    ::

        db = SQLAlchemy()
        connect = AtlassianConnect()

        def create_app():
            app = Flask(__name__)
            app.config.from_prefixed_env()
            db.init_app(app)
            connect.init_app(app)
            return app

    Settings are listed in :class:`~atlassian_connect.settings.ConnectSettings`; keyword arguments here are defaults,
    ``app.config["ATLASSIAN_CONNECT_…"]`` wins. Tenants are kept in the app's Flask-SQLAlchemy ``db``.

    :param app: the same as calling :meth:`init_app` with it.
    :param transport: sends requests to hosts; default: over the network.
    :param background: runs what must not keep a host waiting; default: some daemon threads.
    :param clock: seconds since the epoch, for tokens and for what is stored.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        transport: Transport | None = None,
        background: Background | None = None,
        clock: Callable[[], float] = time.time,
        **defaults: Any,
    ) -> None:
        super().__init__()
        self._transport = transport
        self._background = background
        self._clock = clock
        self._defaults = defaults
        self._apps: WeakSet[Flask] = WeakSet()
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Set an app up: settings, routes, error handler, template helpers, commands.

        :raises ConfigurationError: a setting is missing or wrong, or this is the second call for the app.
        :raises DescriptorError: the descriptor would be refused by a host.
        """
        if EXTENSION in app.extensions:
            raise ConfigurationError(
                "This app is set up already. Call init_app once: either AtlassianConnect(app) or connect.init_app(app)."
            )
        settings = load_settings(app.config, self._defaults)
        source = read_source(app, settings, self._registry)
        state = self._state(app, source)
        app.extensions[EXTENSION] = state
        self._apps.add(app)
        document = state.document()  # what is wrong with the descriptor is an error now, not when a host asks for it
        for locale, keys in missing_texts(document, source.texts).items():
            _log.warning("the translations for %s lack %s", locale, ", ".join(keys))
        add_routes(app, source)
        install_response_handling(app)
        app.before_request_funcs.setdefault(None, []).append(lambda: guard_descriptor_urls(app))
        app.before_request_funcs[None].append(problem_logger(app))
        app.context_processor(helpers)
        app.cli.add_command(connect_group)
        ours = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == _log.name]
        for name in (*ours, "werkzeug"):  # each of them, since a filter does not count for the loggers below
            logging.getLogger(name).addFilter(_redactor)

    # --- for views, jobs and commands ---------------------------------------------------------------------------------

    @property
    def dynamic(self) -> DynamicModules:
        """Dynamic modules of the current app's tenants."""
        return current_state().dynamic

    def client(self, tenant: Tenant) -> HostClient:
        """Make a client for a tenant's host, which signs every request as the app.

        :param tenant: a tenant, or :data:`.current_tenant`.
        """
        return current_state().client(tenant_itself(tenant))

    def tenant(self, client_key: str) -> Tenant:
        """Return a tenant by its client key, installed or not, as the store has it now.

        :raises UnknownTenantError: there is none.
        """
        tenant = current_state().store.get(client_key)
        if tenant is None:
            raise UnknownTenantError(client_key)
        return tenant

    def tenants(self, *, installed: bool | None = True, product: Product | None = None) -> Iterator[Tenant]:
        """Go through the tenants, in batches, ordered by client key.

        :param installed: True: installed ones, False: uninstalled ones, None: all.
        """
        return current_state().store.tenants(installed=installed, product=product)

    def sync_all(self, *, jobs: int = DEFAULT_JOBS, dry_run: bool = False) -> Iterator[TenantSync]:
        """Sync the dynamic modules of every tenant that has the app installed and enabled.

        Gives each tenant with its :class:`~atlassian_connect.dynamic.SyncResult`, or with the error that it ended in,
        as soon as it is done, in no particular order. What is not taken from the iterator is not synced. The app's
        code runs in threads, each time in an app context of its own.

        :param jobs: how many at once.
        :param dry_run: find out what would be done, and do nothing.
        """
        return current_state().sync_all(jobs=jobs, dry_run=dry_run)

    def settings_of(self, tenant: Tenant) -> TenantSettings:
        """Return what the app keeps for a tenant: a mapping from names to JSON values, written at once."""
        return TenantSettings(current_state().store, tenant.client_key)

    def forget(self, tenant: Tenant) -> bool:
        """Delete a tenant and everything that is kept for it here. Receivers of ``tenant_forgotten`` delete the rest.

        :return: False when it was gone already.
        """
        return current_state().forget(tenant.client_key)

    def access_report(self) -> list[CalledOperation]:
        """Tell which operations of hosts this process has called, the most frequent first.

        For all processes together: ``ATLASSIAN_CONNECT_ACCESS_REPORT`` and ``flask connect access report``.
        """
        access = current_state().access
        return called_operations(access.counts.totals(), access.scopes)

    # --- wiring -------------------------------------------------------------------------------------------------------

    def _is_set_up(self) -> bool:
        return bool(self._apps)

    def _state(self, app: Flask, source: DescriptorSource) -> ConnectState:
        settings = source.settings
        transport = self._transport or Transport()
        database = Database(app)
        store: TenantStore = SqlTenantStore(database, SecretBox(_encryption_keys(app, settings)))
        sync_records = SyncRecords(database)
        tenants = TenantCache(store, seconds=settings.tenant_cache_seconds)
        keys = KeyProvider(
            settings,
            lambda url: transport.fetch(url, timeout=_KEY_SERVER_TIMEOUT_SECONDS, max_bytes=MAX_KEY_BYTES),
        )
        return ConnectState(
            app=app,
            settings=settings,
            app_key=source.app_key,
            registry=source.registry,
            store=store,
            tenants=tenants,
            authenticator=Authenticator(
                settings, tenants, keys, app_key=source.app_key, audiences=source.audiences, clock=self._clock
            ),
            transport=transport,
            background=self._background or ThreadedBackground(),
            dynamic=self._dynamic(app, source, SyncLocks(database, app_key=source.app_key), sync_records),
            sync_records=sync_records,
            access=AccessWatch(source.scopes, strict=settings.strict_scopes, counts=call_counts(app, settings)),
            policies=DataPolicyCache(settings.data_policy_cache_seconds),
            document=source.document,
            clock=self._clock,
        )

    def _dynamic(self, app: Flask, source: DescriptorSource, locks: SyncLocks, records: SyncRecords) -> DynamicModules:
        def client_for(tenant: Tenant) -> HostClient:
            return state_of(app).client(tenant)

        def declared(tenant: Tenant) -> list[Module]:
            with _context_of(app):
                return source.registry.dynamic_modules(tenant, source.settings.url_prefix)

        def synced(tenant: Tenant, result: SyncResult) -> None:
            with _context_of(app):
                dynamic_modules_synced.send(app, tenant=tenant, result=result)

        return DynamicModules(
            client_for=client_for,
            declared=declared,
            static_keys=lambda: module_keys(state_of(app).descriptor),
            synced=synced,
            check=runtime_check(app, parse_base_url(source.settings.base_url)),
            lock=lambda tenant: locks.holding(tenant.client_key),
            record=lambda tenant, outcome: records.put(tenant.client_key, outcome),
            last=lambda tenant: records.get(tenant.client_key),
            clock=self._clock,
        )

    def _declared_module(self, declaration: ModuleDeclaration) -> None:
        for app in self._apps:
            add_module_route(app, state_of(app).settings, declaration)
            state_of(app).document()

    def _declared_webhook(self, declaration: WebhookDeclaration) -> None:
        for app in self._apps:
            add_webhook_route(app, state_of(app).settings, self._registry, declaration)
            state_of(app).document()


def _context_of(app: Flask) -> AbstractContextManager[Any]:
    """Give the app's code a context: the one it is in, or one of its own.

    The latter ends before a host is called, so that many syncs at once, which wait for their hosts most of the time,
    do not keep a database connection each.
    """
    inside = has_app_context() and current_app._get_current_object() is app  # type: ignore[attr-defined]  # a proxy
    return nullcontext() if inside else app.app_context()


def _encryption_keys(app: Flask, settings: ConnectSettings) -> tuple[str, ...]:
    if settings.encryption_keys:
        return settings.encryption_keys
    if app.testing or app.debug:
        return development_keys(Path(app.instance_path), in_memory=app.testing)
    raise ConfigurationError(
        "ATLASSIAN_CONNECT_ENCRYPTION_KEYS is missing: tenants' shared secrets are encrypted with it. Make one with"
        " `python -m atlassian_connect.cli.new_key` and keep it outside of the database. Only apps in debug or"
        " testing mode make their own."
    )
