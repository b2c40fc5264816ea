from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Sandbox

from .browser import Browser


@pytest.fixture
def browser(sandbox: Sandbox) -> Browser:
    sandbox.bridge = None  # frames stand in the page as they are
    return Browser(sandbox)
