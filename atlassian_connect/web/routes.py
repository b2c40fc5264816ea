"""What the app answers to: the routes of the framework and of what is declared, and the guard of all the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from flask import Flask, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from ..dynamic.urls import check_urls
from ..protocol.descriptor import descriptor_bytes
from ..protocol.lifecycle import LifecycleEvent
from ..protocol.modules import Module
from ..protocol.tokens import TokenKind
from ..protocol.urls import BaseUrl
from ..registry import ModuleDeclaration, Registry, WebhookDeclaration, route_of
from ..settings import ConnectSettings
from .context import authenticate, state_of
from .document import DescriptorSource, lifecycle_paths, translation_paths
from .guards import guarded, is_guarded, shell
from .views import descriptor_view, lifecycle_view, public_json, webhook_view

__all__ = ["add_module_route", "add_routes", "add_webhook_route", "guard_descriptor_urls", "runtime_check"]

_log = logging.getLogger("atlassian_connect.dynamic")
_HOST_TOKEN = frozenset({TokenKind.REQUEST})


def add_routes(app: Flask, source: DescriptorSource) -> None:
    """Route the descriptor, its translations, the lifecycle, and all that is declared so far."""
    settings, registry = source.settings, source.registry
    app.add_url_rule(settings.descriptor_url, "atlassian_connect.descriptor", descriptor_view(app), methods=["GET"])
    for locale, path in translation_paths(settings, source.texts).items():
        view = public_json(partial(descriptor_bytes, source.texts[locale]))
        app.add_url_rule(path, f"atlassian_connect.translations.{locale}", view, methods=["GET"])
    paths = {**lifecycle_paths(settings), **source.template.get("lifecycle", {})}
    for event in LifecycleEvent:
        url = "/" + str(paths[event.value]).lstrip("/")
        app.add_url_rule(
            route_of(url, where=f"lifecycle.{event.value}"),
            f"atlassian_connect.{event.value}",
            lifecycle_view(app, event),
            methods=["POST"],
        )
    for declaration in registry.modules:
        add_module_route(app, settings, declaration)
    for webhook in registry.webhooks:
        add_webhook_route(app, settings, registry, webhook)


def add_module_route(app: Flask, settings: ConnectSettings, declaration: ModuleDeclaration) -> None:
    """Route the view of a module, guarded unless it is a shell."""
    if declaration.view is None:
        return
    view = shell(declaration.view) if declaration.is_shell else guarded(declaration.view, _HOST_TOKEN)
    app.add_url_rule(
        route_of(declaration.url_below(settings.url_prefix), where=f"module {declaration.key!r}"),
        f"atlassian_connect.module.{declaration.key}",
        view,
        methods=list(declaration.methods),
    )


def add_webhook_route(
    app: Flask, settings: ConnectSettings, registry: Registry, declaration: WebhookDeclaration
) -> None:
    """Route a webhook, once for all handlers that share its URL."""
    rule = route_of(declaration.url_below(settings.url_prefix))
    same = [webhook for webhook in registry.webhooks if route_of(webhook.url_below(settings.url_prefix)) == rule]
    endpoint = f"atlassian_connect.webhook.{rule}"
    view = webhook_view(app, same)
    if endpoint in app.view_functions:
        app.view_functions[endpoint] = view  # a further handler of the same event
    else:
        app.add_url_rule(rule, endpoint, view, methods=["POST"])


def guard_descriptor_urls(app: Flask) -> None:
    """Closed by default: what the descriptor names is verified, even when its route forgot to say so."""
    rule = request.url_rule
    if rule is None or is_guarded(app.view_functions.get(rule.endpoint)):
        return
    state = state_of(app)
    if rule.endpoint in state.called_endpoints or request.path.rstrip("/") in state.called_paths:
        authenticate(state, _HOST_TOKEN)


def runtime_check(app: Flask, base: BaseUrl) -> Callable[[Module, str], None]:
    """Make the check of modules that are registered at runtime: the app answers at their URLs, and lets no stranger in.

    No guard comes by itself there, since what is registered by one process is called at another.

    :return: called with a module and its path; raises DescriptorError when a URL leads elsewhere or nowhere, and warns
        in the log, once a route, when anybody may open it.
    """
    told: set[str] = set()

    def check(module: Module, where: str) -> None:
        def serves(path: str) -> bool:
            served, endpoint = _routed(app, path)
            is_shell = module.definition.get("cacheable") is True
            if endpoint is not None and endpoint not in told and not is_shell and _is_open(app, endpoint):
                told.add(endpoint)
                _log.warning(
                    "dynamic module %s leads to %s, where everybody gets in: put @connect.require() on that route",
                    module.key,
                    path,
                )
            return served

        check_urls(module, where, base=base, serves=serves)

    return check


def _routed(app: Flask, path: str) -> tuple[bool, str | None]:
    """Whether the app has a route for a path, by any method; and the endpoint, where it is found."""
    endpoint: str | None = None
    routes = app.url_map.bind("localhost")
    for method in ("GET", "POST"):
        try:
            endpoint, _ = routes.match(path, method=method)
        except MethodNotAllowed:
            continue
        except RequestRedirect:
            return True, None
        except NotFound:
            return False, None
        return True, endpoint
    return True, None


def _is_open(app: Flask, endpoint: str) -> bool:
    return not is_guarded(app.view_functions.get(endpoint)) and endpoint not in state_of(app).called_endpoints
