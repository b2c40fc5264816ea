"""The pytest plugin: installed with the package, found by its entry point."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from .host import SandboxHost
from .live import LiveHost

__all__ = ["connect_live", "connect_sandbox"]


@pytest.fixture
def connect_live() -> Iterator[LiveHost]:
    """A Jira and a Confluence on a port of this machine, for tests with a browser."""
    with LiveHost() as host:
        yield host


@pytest.fixture
def connect_sandbox(app: Flask) -> SandboxHost:
    """A Jira and a Confluence in process, joined with the fixture ``app``."""
    return SandboxHost(app)
