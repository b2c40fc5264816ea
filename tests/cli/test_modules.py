from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from flask import Flask

from atlassian_connect import AtlassianConnect
from atlassian_connect.sandbox import Installation
from atlassian_connect.testing import SandboxHost
from atlassian_connect.web.context import ConnectState, state_of

from .conftest import SECRET, Run

PANEL = {"key": "panel", "name": {"value": "Panel"}, "location": "atl.general", "url": "/connect/poll"}


@pytest.fixture
def connect() -> AtlassianConnect:
    connect = AtlassianConnect()

    @connect.dynamic_module("dynamicContentMacros", "poll", name="Poll")
    def poll() -> str:
        return "poll"

    return connect


@pytest.fixture
def installed(host: SandboxHost) -> Installation:
    """The app on Confluence, with what it declares registered."""
    return host.install("confluence", shared_secret=SECRET)


def test_list_shows_what_the_host_has(run: Run, installed: Installation) -> None:
    output = run("modules", "list", installed.client_key).stdout

    assert "dynamicContentMacros  poll  Poll" in output
    assert "1 of at most 100." in output
    listed = json.loads(run("modules", "list", installed.client_key, "--json").stdout)
    assert [module["key"] for module in listed["dynamicContentMacros"]] == ["poll"]


def test_a_field_called_type_is_not_taken_for_the_type_of_the_module(run: Run, installed: Installation) -> None:
    """Issue fields have one."""
    installed.register_modules({"webPanels": [{**PANEL, "type": "single_select"}]})

    listed = json.loads(run("modules", "list", installed.client_key, "--json").stdout)

    assert [module["type"] for module in listed["webPanels"]] == ["single_select"]


def test_what_a_host_lists_does_not_steer_a_terminal(run: Run, installed: Installation) -> None:
    name = "\x1b]0;title\x07\x9b31m\u202e"
    installed.register_modules({"webPanels": [{**PANEL, "name": {"value": name}}]})

    for options in ((), ("--json",)):
        output = run("modules", "list", installed.client_key, *options).stdout
        assert all(character.isprintable() or character == "\n" for character in output)
    assert json.loads(output)["webPanels"][0]["name"]["value"] == name


def test_sync_makes_the_hosts_modules_equal_to_the_declared_ones(run: Run, installed: Installation) -> None:
    installed.remove_modules()
    installed.register_modules({"webPanels": [PANEL]})

    dry = run("modules", "sync", installed.client_key, "--dry-run").stdout
    assert dry.splitlines() == ["add     poll", "remove  panel", "Nothing was changed."]
    assert [module.key for module in installed.dynamic_modules] == ["panel"]

    assert run("modules", "sync", installed.client_key).stdout.splitlines() == ["add     poll", "remove  panel"]
    assert [module.key for module in installed.dynamic_modules] == ["poll"]
    assert run("modules", "sync", installed.client_key).stdout.splitlines() == [
        "keep    poll",
        "The host has what it should have.",
    ]


def test_remove_needs_keys_or_all(run: Run, installed: Installation) -> None:
    assert "--all" in run("modules", "remove", installed.client_key, exit_code=2).stderr
    assert "--all" in run("modules", "remove", installed.client_key, "poll", "--all", exit_code=2).stderr


def test_remove_asks_and_removes_what_is_named(run: Run, installed: Installation) -> None:
    installed.register_modules({"webPanels": [PANEL]})

    run("modules", "remove", installed.client_key, "panel", stdin="n\n", exit_code=1)
    assert len(installed.dynamic_modules) == 2
    assert "Removed: panel." in run("modules", "remove", installed.client_key, "panel", stdin="y\n").stdout
    assert "Removed: poll." in run("modules", "remove", installed.client_key, "--all", "--yes").stdout
    assert "nothing" in run("modules", "remove", installed.client_key, "--all", "--yes").stdout
    assert "has no dynamic modules" in run("modules", "list", installed.client_key).stdout


def test_the_hosts_own_message_is_shown(run: Run, app: Flask, installed: Installation) -> None:
    """A host that refuses says why; here its administrator has disabled the app."""
    installed.disable()

    error = run("modules", "list", installed.client_key, exit_code=1).stderr

    assert error.startswith("Error: GET https://sandbox.atlassian.net/wiki/rest/atlassian-connect/1/app/module/dynamic")
    assert "answered 401" in error
    assert error.count("\n") == 1


def test_uninstalled_tenant_is_not_called(run: Run, state: ConnectState, installed: Installation) -> None:
    with state.app.app_context():
        state.store.uninstall(installed.client_key, now=datetime.now(UTC))

    assert "has uninstalled the app" in run("modules", "sync", installed.client_key, exit_code=1).stderr


def test_bad_declaration_is_one_line(run: Run, app: Flask, host: SandboxHost, installed: Installation) -> None:
    state_of(app).registry.add_generator(lambda tenant: [("webPanels", {"key": "no location"})])

    assert "no module key" in run("modules", "sync", installed.client_key, exit_code=1).stderr
