"""What the app answers to: the routes of the framework and of what is declared, and the guard of all the others."""

from __future__ import annotations

from functools import partial

from flask import Flask, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from ..protocol.descriptor import descriptor_bytes
from ..protocol.lifecycle import LifecycleEvent
from ..protocol.tokens import TokenKind
from ..registry import ModuleDeclaration, Registry, WebhookDeclaration, route_of
from ..settings import ConnectSettings
from .context import authenticate, state_of
from .document import DescriptorSource, lifecycle_paths, translation_paths
from .guards import guarded, is_guarded, shell
from .views import descriptor_view, lifecycle_view, public_json, webhook_view

__all__ = ["add_module_route", "add_routes", "add_webhook_route", "guard_descriptor_urls", "serves"]

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


def serves(app: Flask, path: str) -> bool:
    """Whether the app has a route for a path, by any method."""
    try:
        app.url_map.bind("localhost").match(path, method="GET")
    except (MethodNotAllowed, RequestRedirect):
        return True
    except NotFound:
        return False
    return True
