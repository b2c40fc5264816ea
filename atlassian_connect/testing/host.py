"""A sandbox and an app, joined without a port."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from ..protocol.install_keys import ENVIRONMENTS, FALLBACK_KEY_SERVER
from ..protocol.urls import parse_base_url
from ..sandbox import Installation, Sandbox, Site, WsgiTransport
from ..sandbox.deliveries import Delivery
from ..tenants import Tenant
from ..types import Product
from ..web.context import EXTENSION, ConnectState, state_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["DeferredBackground", "SandboxHost"]

DEFAULT_ORIGIN = "https://sandbox.atlassian.net"


class DeferredBackground:
    """Keeps background jobs until :meth:`run` is called, in the calling thread. What they raise reaches the test."""

    def __init__(self) -> None:
        self._jobs: list[Callable[[], None]] = []

    def submit(self, name: str, job: Callable[[], None]) -> None:
        """Keep a job."""
        self._jobs.append(job)

    def drop(self) -> None:
        """Forget the jobs that wait."""
        self._jobs.clear()

    def run(self) -> int:
        """Run what has come together, and what that brings about. Returns how many jobs ran."""
        count = 0
        while self._jobs:
            self._jobs.pop(0)()
            count += 1
        return count


class SandboxHost:
    """A site in process, for one app.

    The app keeps its settings: the site is one that the default list of hosts allows, and the addresses of the real key
    servers and authorization servers lead to the sandbox.

    :param app: set up with ``AtlassianConnect``; its transport and background are replaced for the test.
    :param origin: of the site.
    :param clock: seconds since the epoch; default: the app's.
    """

    def __init__(
        self, app: Flask, *, origin: str = DEFAULT_ORIGIN, clock: Callable[[], float] | None = None, seed: int = 1
    ) -> None:
        state = state_of(app)
        self.app = app
        self.background = DeferredBackground()
        self.app_base_url = state.settings.base_url
        app_origin = parse_base_url(self.app_base_url).origin
        self.sandbox = Sandbox(
            origin,
            transport=WsgiTransport({app_origin: app.wsgi_app}),
            clock=clock or state.clock,
            seed=seed,
        )
        state.transport.mount(origin, self.sandbox.wsgi_app)
        for server in _key_servers():
            state.transport.mount(server, _below("/install-keys", self.sandbox.wsgi_app, origin))
        for environment in ENVIRONMENTS.values():
            state.transport.mount(environment.authorization_server, _below("", self.sandbox.wsgi_app, origin))
            self.sandbox.oauth.audiences.add(environment.authorization_server)
        app.extensions[EXTENSION] = dataclasses.replace(state, background=self.background)

    @property
    def state(self) -> ConnectState:
        """The extension's state for the app."""
        return state_of(self.app)

    def site(self, product: Product) -> Site:
        """Return the Jira or the Confluence of the site: two tenants on one origin."""
        return self.sandbox.jira if product == "jira" else self.sandbox.confluence

    def install(self, product: Product = "confluence", **kwargs: Any) -> Installation:
        """Install the app, as an administrator does by the URL of its descriptor, and let background jobs finish."""
        url = self.app_base_url + self.state.settings.descriptor_url
        installation = self.site(product).install(url, **kwargs)
        self.settle()
        return installation

    def settle(self) -> int:
        """Run the background jobs, such as syncing dynamic modules. Returns how many there were."""
        return self.background.run()

    def webhooks(self, event: str | None = None) -> list[Delivery]:
        """The webhooks that the site sent, oldest first: their ``body`` (``json()``), ``attempts`` and ``outcome``.

        :param event: only this one, e.g. ``page_updated``.
        """
        return self.sandbox.deliveries.all(event)

    def retry_webhooks(self) -> int:
        """Make the next retry of all webhooks that wait for one, without waiting. Returns how many there were."""
        return self.sandbox.deliveries.run_waiting()

    def reset(self) -> None:
        """Put the site back as it was at first: its samples, no installations. The app keeps what it has stored."""
        self.sandbox.reset()
        self.background.drop()

    def tenant(self, installation: Installation) -> Tenant | None:
        """Return the app's record of an installation, as the store has it."""
        return self.state.store.get(installation.client_key)


def _key_servers() -> list[str]:
    servers = [server for environment in ENVIRONMENTS.values() for server in environment.key_servers]
    return list(dict.fromkeys([*servers, FALLBACK_KEY_SERVER]))


def _below(prefix: str, application: WSGIApplication, origin: str) -> WSGIApplication:
    """Serve one folder of an application as if it were the root of another origin."""
    host = parse_base_url(origin)

    def served(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        inner = {**environ, "PATH_INFO": prefix + environ.get("PATH_INFO", ""), "HTTP_HOST": _host_header(host.origin)}
        for name in ("RAW_URI", "REQUEST_URI"):
            inner[name] = prefix + str(environ.get(name, ""))
        return application(inner, start_response)

    return served


def _host_header(origin: str) -> str:
    return origin.partition("://")[2]
