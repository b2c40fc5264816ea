"""Helpers for tests of apps: a site in process that installs the app, signs what it sends and checks what it gets.

::

    def test_page(connect_sandbox):
        installation = connect_sandbox.install("confluence")

        answer = installation.open("hello")

        assert answer.status == 200

``connect_sandbox`` needs a fixture ``app`` of the test-suite: the Flask app, set up with ``AtlassianConnect`` and with
its tables created. ``connect_live`` is for tests with a browser: it serves a sandbox, and apps that a test gives it.
"""

from .host import DeferredBackground, SandboxHost
from .live import LiveHost

__all__ = ["DeferredBackground", "LiveHost", "SandboxHost"]
