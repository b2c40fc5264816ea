"""A browser, a sandbox as a server, and apps on origins of their own. Nothing that a page asks for leaves the machine.

Without a Chromium, or without the AP bridge, these tests are skipped and say why; with ``REQUIRE_BROWSER=1`` they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest

from atlassian_connect.sandbox import Sandbox, SandboxServer
from atlassian_connect.sandbox.bridge import BridgeUnavailableError, fetch_bridge

from .framed_app import FramedApp
from .host_pages import add_host_pages

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def missing(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def bridge():
    try:
        return fetch_bridge()
    except BridgeUnavailableError as error:
        missing(str(error))


# For this folder only: while it is there, its event loop is in the way of tests that run one.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        missing("playwright is not installed")
    with sync_playwright() as playwright:
        system = shutil.which("chromium") or shutil.which("chromium-browser")
        try:
            browser = playwright.chromium.launch(executable_path=system, args=_FLAGS)
        except Error as error:
            missing(f"no Chromium starts: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@contextmanager
def local_context(chromium: Any) -> Iterator[Any]:
    """A fresh profile. It fails the test when a page asks for something that is not on this machine."""
    context = chromium.new_context(viewport={"width": 1200, "height": 800})
    left: list[str] = []

    def check(route):
        if urlsplit(route.request.url).hostname in _LOOPBACK:
            route.continue_()
        else:
            left.append(route.request.url)
            route.abort()

    context.route("**/*", check)
    context.set_default_timeout(60_000)  # on a machine that has much else to do
    yield context
    context.close()
    assert left == []


@pytest.fixture
def context(chromium) -> Iterator[Any]:
    with local_context(chromium) as context:
        yield context


@pytest.fixture
def cdn(context, sandbox) -> str:
    """The address of ``all.js`` that apps have written into their pages. The sandbox's own answers there."""
    address = "https://connect-cdn.atl-paas.net/all.js"

    def answer(route):
        route.fulfill(response=context.request.get(f"{sandbox.origin}/atlassian-connect/all.js"))

    context.route(address, answer)
    return address


@pytest.fixture
def page(context):
    """A page that fails the test when a script of the host breaks."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.errors = errors
    yield page
    assert page.errors == []


@pytest.fixture
def sandbox(bridge) -> Iterator[Sandbox]:
    """A sandbox that is served; its origin is ``sandbox.origin``."""
    sandbox = Sandbox(seed=7)
    sandbox.bridge = bridge
    add_host_pages(sandbox)
    with SandboxServer(sandbox, port=0):
        yield sandbox


@pytest.fixture
def serve_app() -> Iterator[Callable[..., FramedApp]]:
    """Serves one more app; parameters are those of :class:`FramedApp`."""
    served: list[FramedApp] = []

    def serve(**more: Any) -> FramedApp:
        served.append(FramedApp(**more).start())
        return served[-1]

    yield serve
    for app in served:
        app.stop()


@pytest.fixture
def app(serve_app) -> FramedApp:
    return serve_app()
