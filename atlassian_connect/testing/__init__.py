"""Helpers for tests of apps: a site in process that installs the app, signs what it sends and checks what it gets.

::

    def test_page(connect_sandbox):
        installation = connect_sandbox.install("confluence")

        answer = installation.open("hello")

        assert answer.status == 200

The fixtures need a fixture ``app`` of the test-suite: the Flask app, set up with ``AtlassianConnect`` and with its
tables created.
"""

from .host import DeferredBackground, SandboxHost

__all__ = ["DeferredBackground", "SandboxHost"]
