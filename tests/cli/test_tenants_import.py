"""``flask connect tenants import``: tenants of an app that was made with something else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from atlassian_connect import Tenant
from atlassian_connect.protocol.lifecycle import LifecycleEvent, parse_payload
from atlassian_connect.sandbox import Installation
from atlassian_connect.signals import tenant_installed
from atlassian_connect.testing import SandboxHost
from atlassian_connect.web.context import ConnectState

from .conftest import CLIENT_KEY, SECRET, Run


def body(client_key: str = CLIENT_KEY, **changes: Any) -> dict[str, Any]:
    """What another framework kept of an ``installed``; None leaves a field out."""
    kept = {
        "key": "com.example.app",
        "clientKey": client_key,
        "publicKey": "unused",
        "sharedSecret": SECRET,
        "serverVersion": "6452",
        "baseUrl": "https://example.atlassian.net/wiki",
        "productType": "confluence",
        "eventType": "installed",
        **changes,
    }
    return {name: value for name, value in kept.items() if value is not None}


def stored(state: ConnectState) -> dict[str, Tenant]:
    with state.app.app_context():
        return {tenant.client_key: tenant for tenant in state.store.tenants(installed=None)}


@pytest.fixture
def old(app: Flask, host: SandboxHost, state: ConnectState) -> Installation:
    """An installation that the app of before took: the host has it, this app has not."""
    installation = host.install("confluence")
    with app.app_context():
        state.forget(installation.client_key)
    return installation


def test_an_imported_tenant_opens_pages_and_is_called(
    app: Flask, host: SandboxHost, old: Installation, run: Run, state: ConnectState
) -> None:
    assert old.shared_secret is not None
    kept = body(old.client_key, key=state.app_key, sharedSecret=old.shared_secret.reveal(), baseUrl=old.site.base_url)
    token = old.context_token()

    def asked() -> int:
        return app.test_client().get("/api/context", headers={"Authorization": f"JWT {token}"}).status_code

    before = asked()
    result = run("tenants", "import", "-", stdin=json.dumps([kept]))

    assert result.output == "1 tenant imported, 0 known already.\n"
    assert old.shared_secret.reveal() not in result.output
    assert (before, asked()) == (401, 200)
    assert run("modules", "sync", old.client_key).exit_code == 0


def test_bodies_may_stand_in_a_list_or_in_lines(run: Run, state: ConnectState, tmp_path: Path) -> None:
    lines, listed = tmp_path / "lines.jsonl", tmp_path / "list.json"
    lines.write_text("\ufeff" + "\n\n".join(json.dumps(body(key)) for key in ("one", "two")), encoding="utf-8")
    listed.write_text(json.dumps([body("three", key=None, productType=None, eventType="enabled")]))

    assert run("tenants", "import", str(lines)).output == "2 tenants imported, 0 known already.\n"
    assert run("tenants", "import", str(listed)).output == "1 tenant imported, 0 known already.\n"
    assert set(stored(state)) == {"one", "two", "three"}
    assert stored(state)["three"].product == "confluence"


def test_known_tenants_stay_as_they_are(run: Run, state: ConnectState, tenant: Tenant) -> None:
    older = body(
        tenant.client_key, sharedSecret="an older secret, which ended", baseUrl="https://old.atlassian.net/wiki"
    )

    result = run("tenants", "import", "-", stdin=json.dumps([older, body("new")]))

    assert result.output == "1 tenant imported, 1 known already.\n"
    assert stored(state)[tenant.client_key] == tenant


def test_a_dry_run_stores_nothing(run: Run, state: ConnectState, tenant: Tenant) -> None:
    result = run("tenants", "import", "-", "--dry-run", stdin=json.dumps([body(tenant.client_key), body("new")]))

    assert result.output == "1 tenant to import, 1 known already. Nothing was changed.\n"
    assert set(stored(state)) == {tenant.client_key}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (json.dumps([body("fine"), body(sharedSecret=None)]), "[1]: sharedSecret is missing."),
        (json.dumps([body("fine"), body("fine")]), "[1]: clientKey stands in the file twice."),
        (json.dumps([body("fine"), "text"]), "[1]: Is no object."),
        (
            json.dumps([body("fine"), body(key="another-app")]),
            "[1]: key is another app's; this one is com.example.app.",
        ),
        (
            json.dumps([body("fine"), body(baseUrl="https://evil.example.com")]),
            "[1]: baseUrl: https://evil.example.com is not in ATLASSIAN_CONNECT_ALLOWED_HOSTS.",
        ),
        (f"{json.dumps(body('fine'))}\nno JSON {SECRET}", "line 2 is not JSON."),
        (f'[{json.dumps(body("fine"))}, {{"sharedSecret": "{SECRET}"', "The file is not JSON."),
        ("[" * 100_000, "The file is not JSON."),
    ],
)
def test_one_that_is_wrong_is_told_and_nothing_is_stored(run: Run, state: ConnectState, wrong: str, said: str) -> None:
    result = run("tenants", "import", "-", exit_code=1, stdin=wrong)

    assert result.stderr.startswith(f"Error: {said}")
    assert stored(state) == {}


def test_the_tenant_of_another_app_in_the_same_tables_is_told(run: Run, state: ConnectState) -> None:
    other = parse_payload(LifecycleEvent.INSTALLED, json.dumps(body(key="another-app")).encode())
    with state.app.app_context():
        state.store.install(other, app_key="another-app", now=datetime.now(UTC))

    result = run("tenants", "import", "-", exit_code=1, stdin=json.dumps([body("fine"), body()]))

    assert result.stderr.startswith("Error: [1]: clientKey is a tenant of the app another-app here, and")
    assert set(stored(state)) == {CLIENT_KEY}


def test_a_file_that_is_no_text_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "dump"
    file.write_bytes(b"\x80PGDMP")

    assert run("tenants", "import", str(file), exit_code=1).stderr == "Error: The file is not UTF-8.\n"
    run("tenants", "import", str(tmp_path / "missing"), exit_code=2)


def test_an_import_is_no_install(app: Flask, run: Run) -> None:
    told = []

    def note(_sender: Flask, **facts: Any) -> None:
        told.append(facts)

    with tenant_installed.connected_to(note, sender=app):
        run("tenants", "import", "-", stdin=json.dumps([body()]))

    assert told == []
