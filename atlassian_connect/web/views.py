"""The endpoints that hosts call: descriptor, lifecycle, webhooks."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import Flask, Request, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from ..errors import HostUnauthorizedError, InvalidRequestError, PayloadTooLargeError, StorageError
from ..protocol.lifecycle import (
    MAX_LIFECYCLE_BYTES,
    LifecycleEvent,
    LifecyclePayload,
    parse_json_object,
    parse_payload,
)
from ..protocol.tokens import TokenKind
from ..registry import WebhookDeclaration, WebhookEvent
from ..signals import tenant_disabled, tenant_enabled, tenant_installed, tenant_uninstalled
from ..tenants import Tenant
from .blocked import ACCESS_EVENTS
from .context import ConnectState, authenticate, inbound_request, state_of
from .guards import GUARD

__all__ = ["descriptor_view", "lifecycle_view", "webhook_view"]

_log = logging.getLogger("atlassian_connect.lifecycle")
_HOST_TOKEN = frozenset({TokenKind.REQUEST})
_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,255}").fullmatch
#: A host takes our calls only after it has the answer to `installed`; the first tries may come too early.
_SYNC_RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
_SIGNALS = {
    LifecycleEvent.UNINSTALLED: tenant_uninstalled,
    LifecycleEvent.ENABLED: tenant_enabled,
    LifecycleEvent.DISABLED: tenant_disabled,
}


def descriptor_view(app: Flask) -> Callable[[], ResponseReturnValue]:
    """Serve the descriptor: the same bytes every time."""
    return public_json(lambda: state_of(app).descriptor_bytes)


def public_json(content: Callable[[], bytes]) -> Callable[[], ResponseReturnValue]:
    """Serve JSON that hosts fetch without a token, with an ETag."""

    def document() -> ResponseReturnValue:
        response = Response(content(), mimetype="application/json")
        response.add_etag()
        response.headers["Cache-Control"] = "no-cache"
        return response.make_conditional(request)

    setattr(document, GUARD, frozenset())
    return document


def lifecycle_view(app: Flask, event: LifecycleEvent) -> Callable[[], ResponseReturnValue]:
    """Take one of the four lifecycle callbacks."""

    def lifecycle() -> ResponseReturnValue:
        state = state_of(app)
        payload = parse_payload(event, _body(request, MAX_LIFECYCLE_BYTES))
        if event is LifecycleEvent.INSTALLED:
            _installed(state, payload)
        elif event is LifecycleEvent.UNINSTALLED:
            _uninstalled(state, payload)
        else:
            _switched(state, event, payload)
        return Response(status=204)

    setattr(lifecycle, GUARD, frozenset())  # it checks for itself, by another rule than pages
    return lifecycle


def _installed(state: ConnectState, payload: LifecyclePayload) -> None:
    state.authenticator.authenticate_install(inbound_request(request), payload)
    tenant, decision = state.store.install(payload, app_key=state.app_key, now=_now(state))
    state.tenants.drop(tenant.client_key)
    _log.info("tenant %s at %s: %s", tenant.client_key, tenant.base_url, decision.change.value)
    if decision.superseded:
        _log.warning(
            "%s had other tenants before (%s): the data of a site was probably replaced. They are kept apart.",
            tenant.base_url,
            ", ".join(decision.superseded),
        )
    _tell(
        state,
        LifecycleEvent.INSTALLED,
        tenant,
        lambda: tenant_installed.send(state.app, tenant=tenant, change=decision.change),
    )
    _sync_later(state, tenant)


def _uninstalled(state: ConnectState, payload: LifecyclePayload) -> None:
    state.authenticator.authenticate_install(inbound_request(request), payload)
    tenant = state.store.uninstall(payload.client_key, now=_now(state))
    state.tenants.drop(payload.client_key)
    if tenant is None:
        return  # unknown, or uninstalled before: nothing to do, and nothing to tell twice
    _log.info("tenant %s at %s: uninstalled", tenant.client_key, tenant.base_url)
    _tell_change(state, LifecycleEvent.UNINSTALLED, tenant)


def _switched(state: ConnectState, event: LifecycleEvent, payload: LifecyclePayload) -> None:
    principal = authenticate(state, _HOST_TOKEN)
    if payload.client_key != principal.tenant.client_key:
        raise InvalidRequestError("clientKey is not the tenant that signed the request.")
    tenant = state.store.switch(payload.client_key, enabled=event is LifecycleEvent.ENABLED, now=_now(state))
    state.tenants.drop(payload.client_key)
    if tenant is None:
        return  # uninstalled in the meantime, and that stays so
    _tell_change(state, event, tenant)
    if event is LifecycleEvent.ENABLED:
        _sync_later(state, tenant)


def _tell_change(state: ConnectState, event: LifecycleEvent, tenant: Tenant) -> None:
    _tell(state, event, tenant, lambda: _SIGNALS[event].send(state.app, tenant=tenant))


def _tell(state: ConnectState, event: LifecycleEvent, tenant: Tenant, send: Callable[[], object]) -> None:
    """Run the app's callbacks, then send the signal. The change is stored: what raises here is logged, no more."""
    for callback in state.registry.callbacks[event]:
        try:
            state.app.ensure_sync(callback)(tenant)
        except Exception:
            name = getattr(callback, "__qualname__", repr(callback))
            _log.exception("on_%s callback %s failed for tenant %s", event.value, name, tenant.client_key)
    try:
        send()
    except Exception:
        _log.exception("a receiver of the %s signal failed for tenant %s", event.value, tenant.client_key)


def _sync_later(state: ConnectState, tenant: Tenant) -> None:
    """Bring the dynamic modules in line once the host has our answer."""
    if not state.settings.sync_after_install or not state.registry.has_dynamic_modules:
        return

    def sync() -> None:
        with state.app.app_context():
            for delay in (*_SYNC_RETRY_SECONDS, None):
                current = state.store.get(tenant.client_key)
                if current is None or not current.installed:
                    return
                try:
                    state.dynamic.sync(current)
                    return
                except HostUnauthorizedError:
                    if delay is None:
                        raise
                time.sleep(delay)

    state.background.submit(f"syncing the dynamic modules of tenant {tenant.client_key}", sync)


# --- webhooks ---------------------------------------------------------------------------------------------------------


def webhook_view(app: Flask, declarations: Sequence[WebhookDeclaration]) -> Callable[..., ResponseReturnValue]:
    """Take deliveries of one URL and hand them to its handlers, in the order of declaration."""
    event_name = declarations[0].event

    def webhook(**_variables: str) -> ResponseReturnValue:
        state = state_of(app)
        try:
            return _deliver(state, event_name, declarations)
        except StorageError as error:
            error.status = 503  # Jira repeats on it; a 401 or 404 would lose the event for good
            raise

    setattr(webhook, GUARD, _HOST_TOKEN)
    return webhook


def _deliver(state: ConnectState, event_name: str, declarations: Sequence[WebhookDeclaration]) -> ResponseReturnValue:
    principal = authenticate(state, _HOST_TOKEN)
    body = _body(request, state.settings.max_webhook_bytes)
    tenant = principal.tenant
    identifier = request.headers.get("X-Atlassian-Webhook-Identifier")
    if identifier is not None and not _IDENTIFIER(identifier):
        raise InvalidRequestError("X-Atlassian-Webhook-Identifier does not have the form of one.")
    retry = request.headers.get("X-Atlassian-Webhook-Retry", "0")
    event = WebhookEvent(
        name=event_name,
        tenant=tenant,
        body=parse_json_object(body) if body.strip() else {},
        account_id=principal.account_id,
        identifier=identifier,
        retry=int(retry) if retry.isascii() and retry.isdigit() and len(retry) < 6 else 0,
        trace=request.headers.get("X-Atlassian-Webhook-Trace"),
    )
    if event_name in ACCESS_EVENTS:
        state.policies.clear(tenant.client_key)
    if identifier is not None and state.store.was_handled(tenant.client_key, identifier):
        _log.info("webhook %s %s of tenant %s was handled before", event_name, identifier, tenant.client_key)
        return Response(status=204)
    for declaration in declarations:
        state.app.ensure_sync(declaration.handler)(event)
    if identifier is not None:
        # Only now: a delivery whose handler failed must be handled when the host repeats it.
        state.store.mark_handled(tenant.client_key, identifier, now=_now(state))
    return Response(status=204)


def _body(http: Request, limit: int) -> bytes:
    http.max_content_length = limit
    try:
        return http.get_data()
    except RequestEntityTooLarge as error:
        raise PayloadTooLargeError(f"The body is longer than {limit} bytes.") from error
    except ClientDisconnected as error:
        raise InvalidRequestError("The body ended early.") from error


def _now(state: ConnectState) -> datetime:
    return datetime.fromtimestamp(state.clock(), UTC)
