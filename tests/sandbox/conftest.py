from __future__ import annotations

import time

import pytest

from atlassian_connect.sandbox import Installation, Sandbox, WsgiTransport

from .connect_app import ConnectApp, HostCaller, wsgi_sender

APP_URL = "http://app.localhost:5000/base"


class Clock:
    """Real time, plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transport() -> WsgiTransport:
    """Reaches whatever a test mounts."""
    return WsgiTransport()


@pytest.fixture
def sandbox(transport: WsgiTransport, clock: Clock) -> Sandbox:
    return Sandbox(transport=transport, clock=clock, seed=7)


@pytest.fixture
def app(sandbox: Sandbox, transport: WsgiTransport) -> ConnectApp:
    send = wsgi_sender(sandbox.wsgi_app)

    def fetch_key(key_id: str) -> bytes:
        response = send("GET", f"{sandbox.key_server_url}/{key_id}", {}, b"")
        assert response.status_code == 200
        return response.data

    app = ConnectApp(APP_URL, fetch_key)
    transport.mount("http://app.localhost:5000", app.wsgi)
    return app


@pytest.fixture
def host(sandbox: Sandbox, app: ConnectApp) -> HostCaller:
    """The app's way to the host."""
    return HostCaller(app, wsgi_sender(sandbox.wsgi_app))


@pytest.fixture
def descriptor_url() -> str:
    return f"{APP_URL}/atlassian-connect.json"


@pytest.fixture
def jira_app(sandbox: Sandbox, app: ConnectApp, descriptor_url: str) -> Installation:
    return sandbox.jira.install(descriptor_url)


@pytest.fixture
def confluence_app(sandbox: Sandbox, app: ConnectApp, descriptor_url: str) -> Installation:
    return sandbox.confluence.install(descriptor_url)
