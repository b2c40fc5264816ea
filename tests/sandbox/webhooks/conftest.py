from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from atlassian_connect.sandbox import Installation, Sandbox

from ..connect_app import ConnectApp

Subscribe = Callable[..., Installation]


@pytest.fixture
def subscribe(sandbox: Sandbox, app: ConnectApp, descriptor_url: str) -> Subscribe:
    """Installs the app with these events, each at a URL of its own; ``more`` is added to all of them."""

    def install(product: str, *events: str, url: str = "", **more: Any) -> Installation:
        app.descriptor["modules"]["webhooks"] = [
            {"event": event, "url": url or f"/hooks/{event.replace(':', '-')}", **more} for event in events
        ]
        site = sandbox.jira if product == "jira" else sandbox.confluence
        installation = site.install(descriptor_url)
        app.received.clear()
        return installation

    return install
