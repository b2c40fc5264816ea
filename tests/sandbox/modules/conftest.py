from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from atlassian_connect.sandbox import Installation, Sandbox

from ..connect_app import ConnectApp

Install = Callable[..., Installation]


@pytest.fixture
def install(sandbox: Sandbox, app: ConnectApp, descriptor_url: str) -> Install:
    """Installs the app with these modules: ``install("jira", webItems=[…])``."""

    def with_modules(product: str = "jira", **modules: Any) -> Installation:
        app.descriptor["modules"] = modules
        site = sandbox.jira if product == "jira" else sandbox.confluence
        return site.install(descriptor_url)

    return with_modules
