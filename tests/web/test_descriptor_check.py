"""The descriptor's problems are logged in debug mode, once, and never else."""

from __future__ import annotations

import logging

import pytest

from atlassian_connect import AtlassianConnect

TEMPLATE = {"key": "com.example.app", "name": "App", "scopes": ["READ"], "nmae": "typo"}


@pytest.mark.parametrize("debug", [True, False])
def test_problems_are_logged_once_and_in_debug_mode_only(make_app, caplog, debug):
    app = make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR=TEMPLATE)
    app.debug = debug

    with caplog.at_level(logging.WARNING, "atlassian_connect.web"):
        for _ in range(3):
            app.test_client().get("/atlassian-connect.json")

    lines = [record.getMessage() for record in caplog.records if "nmae" in record.getMessage()]
    expected = ["Descriptor: nmae: Is not a field of the descriptor. Did you mean name?"]
    assert lines == (expected if debug else [])
