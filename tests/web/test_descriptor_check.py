"""The descriptor's problems are logged in debug mode, once, and never else."""

from __future__ import annotations

import logging

import pytest

from atlassian_connect import AtlassianConnect
from atlassian_connect.web.context import state_of
from atlassian_connect.web.descriptor_check import descriptor_problems

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


def test_dynamic_modules_are_looked_at_where_they_are_declared(make_app):
    connect = AtlassianConnect()
    with pytest.warns(UserWarning, match="user_is_loged_in"):
        connect.add_dynamic_module(
            "webPanels",
            "side",
            lambda: "",
            name="Side",
            location="l",
            url="/side?i={issuekey}",
            conditions=[{"condition": "user_is_loged_in"}],
        )

    warnings = {problem.path: problem.message for problem in descriptor_problems(state_of(make_app(connect)))}

    assert "{issuekey}" in warnings["dynamic module 'side'.url"]
    assert "user_is_loged_in" in warnings["dynamic module 'side'.conditions[0].condition"]
