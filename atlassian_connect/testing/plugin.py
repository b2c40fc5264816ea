"""The pytest plugin: installed with the package, found by its entry point."""

from __future__ import annotations

import pytest
from flask import Flask

from .host import SandboxHost

__all__ = ["connect_sandbox"]


@pytest.fixture
def connect_sandbox(app: Flask) -> SandboxHost:
    """A Jira and a Confluence in process, joined with the fixture ``app``."""
    return SandboxHost(app)
