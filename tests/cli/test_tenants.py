from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from atlassian_connect import AtlassianConnect, Tenant
from atlassian_connect.signals import tenant_forgotten
from atlassian_connect.tenants import metadata
from atlassian_connect.web.context import ConnectState

from .conftest import CLIENT_KEY, Run, store_tenant


def test_list_without_tenants_says_so(run: Run) -> None:
    assert "--all" in run("tenants", "list").output
    assert run("tenants", "list", "--all").output == "No tenants.\n"


def test_list_shows_installed_tenants(run: Run, state: ConnectState, tenant: Tenant) -> None:
    store_tenant(state, "jira-1", baseUrl="https://example.atlassian.net", productType="jira")
    with state.app.app_context():
        state.store.uninstall("jira-1", now=datetime.now(UTC))

    assert run("tenants", "list").stdout.splitlines()[0].split() == [
        *("CLIENT", "KEY", "PRODUCT", "STATUS", "INSTALLED", "BASE", "URL")
    ]
    assert "jira-1" not in run("tenants", "list").output
    assert "uninstalled" in run("tenants", "list", "--all").output
    assert CLIENT_KEY not in run("tenants", "list", "--all", "--product", "jira").output


def test_list_as_json_has_every_fact_but_the_secret(run: Run, tenant: Tenant) -> None:
    [facts] = json.loads(run("tenants", "list", "--json").stdout)

    assert facts["client_key"] == CLIENT_KEY
    assert facts["base_url"] == "https://example.atlassian.net/wiki"
    assert datetime.fromisoformat(facts["installed_at"]).tzinfo is not None
    assert "shared_secret" not in facts


def test_show_names_the_settings_and_not_their_values(run: Run, state: ConnectState, tenant: Tenant) -> None:
    with state.app.app_context():
        state.store.put_setting(CLIENT_KEY, "days", 42)
        state.store.put_setting(CLIENT_KEY, "api_token", "value-of-a-setting")

    shown = run("tenants", "show", CLIENT_KEY).output
    assert "api_token, days" in shown
    assert "value-of-a-setting" not in shown
    assert json.loads(run("tenants", "show", CLIENT_KEY, "--json").stdout)["settings"] == ["api_token", "days"]


def test_show_keeps_control_characters_from_the_terminal(run: Run, state: ConnectState) -> None:
    store_tenant(state, description="Site\x1b[2Jname")

    assert "\x1b" not in run("tenants", "show", CLIENT_KEY).output
    assert "\x1b" not in run("tenants", "show", CLIENT_KEY, "--json").output


@pytest.mark.parametrize("args", [("show",), ("forget", "--yes")])
def test_unknown_tenant_is_one_line_and_exit_1(run: Run, args: tuple[str, ...]) -> None:
    result = run("tenants", args[0], "nobody", *args[1:], exit_code=1)

    assert result.stderr == "Error: There is no tenant with client key 'nobody'.\n"


def test_forget_asks_first(run: Run, state: ConnectState, tenant: Tenant) -> None:
    result = run("tenants", "forget", CLIENT_KEY, exit_code=1, stdin="n\n")

    assert "Delete tenant client-key-1 (https://example.atlassian.net/wiki)" in result.output
    with state.app.app_context():
        assert state.store.get(CLIENT_KEY) is not None


@pytest.mark.parametrize(("args", "stdin"), [((), "y\n"), (("--yes",), None)])
def test_forget_deletes_row_settings_and_cache_and_tells(
    run: Run, state: ConnectState, tenant: Tenant, args: tuple[str, ...], stdin: str | None
) -> None:
    told: list[tuple[Flask, str]] = []

    def receiver(sender: Flask, client_key: str) -> None:
        told.append((sender, client_key))

    with state.app.app_context():
        state.store.put_setting(CLIENT_KEY, "days", 42)
        state.tenants.get(CLIENT_KEY)

    with tenant_forgotten.connected_to(receiver):
        run("tenants", "forget", CLIENT_KEY, *args, stdin=stdin)

    assert told == [(state.app, CLIENT_KEY)]
    with state.app.app_context():
        assert state.tenants.get(CLIENT_KEY) == (None, True)
        assert state.store.settings(CLIENT_KEY) == {}


def test_forget_warns_while_the_app_is_installed(run: Run, state: ConnectState, tenant: Tenant) -> None:
    assert "has the app installed" in run("tenants", "forget", CLIENT_KEY, stdin="n\n", exit_code=1).stderr
    with state.app.app_context():
        state.store.uninstall(CLIENT_KEY, now=datetime.now(UTC))
    assert run("tenants", "forget", CLIENT_KEY, "--yes").stderr == ""


def test_missing_tables_are_one_line_that_names_the_remedy(run: Run, app: Flask) -> None:
    with app.app_context():
        metadata.drop_all(app.extensions["sqlalchemy"].engine)

    assert "flask db upgrade" in run("tenants", "list", exit_code=1).stderr


def test_secret_that_cannot_be_decrypted_is_one_line(run: Run, app: Flask, tenant: Tenant, state: ConnectState) -> None:
    with app.app_context():
        state.store.forget(CLIENT_KEY)
        store_tenant(state)
        session = app.extensions["sqlalchemy"].session
        session.execute(text("UPDATE atlassian_connect_tenant SET shared_secret = 'gAAAA'"))
        session.commit()

    assert "ATLASSIAN_CONNECT_ENCRYPTION_KEYS" in run("tenants", "list", exit_code=1).stderr


def test_each_app_has_the_commands(make_app: Any) -> None:
    for _ in range(2):
        app = make_app(AtlassianConnect())
        assert app.test_cli_runner().invoke(args=["connect", "tenants", "list"]).exit_code == 0
