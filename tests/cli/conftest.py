from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from atlassian_connect import Tenant
from atlassian_connect.protocol.lifecycle import LifecycleEvent, parse_payload
from atlassian_connect.testing import SandboxHost
from atlassian_connect.web.context import ConnectState, state_of

#: No output of any command has this, or what it becomes in a log.
SECRET = "s3cr3t-that-must-never-show-anywhere-0123456789"
CLIENT_KEY = "client-key-1"

Run = Callable[..., Result]
Outputs = list[str]


@pytest.fixture
def state(app: Flask) -> ConnectState:
    return state_of(app)


@pytest.fixture
def outputs() -> Iterator[Outputs]:
    """Everything that commands print in a test; at its end no secret may be among it."""
    printed: Outputs = []
    yield printed
    for text in printed:
        assert SECRET not in text


@pytest.fixture
def run(app: Flask, outputs: Outputs) -> Run:
    """Runs ``flask connect …`` and expects an exit code."""

    def run(*args: str, exit_code: int = 0, stdin: str | None = None) -> Result:
        result = app.test_cli_runner().invoke(args=["connect", *args], input=stdin)
        outputs.append(result.output)
        assert result.exit_code == exit_code, result.output
        assert exit_code == 0 or isinstance(result.exception, SystemExit), "a traceback is no answer"
        return result

    return run


def store_tenant(state: ConnectState, client_key: str = CLIENT_KEY, **changes: Any) -> Tenant:
    """Store a tenant as an authenticated ``installed`` does."""
    payload = {
        "key": state.app_key,
        "clientKey": client_key,
        "sharedSecret": SECRET,
        "baseUrl": "https://example.atlassian.net/wiki",
        "productType": "confluence",
        "description": "Atlassian Confluence",
        "eventType": "installed",
        **changes,
    }
    parsed = parse_payload(LifecycleEvent.INSTALLED, json.dumps(payload).encode())
    with state.app.app_context():
        tenant, _ = state.store.install(parsed, app_key=state.app_key, now=datetime.now(UTC))
    return tenant


@pytest.fixture
def tenant(state: ConnectState) -> Tenant:
    """A tenant on Confluence."""
    return store_tenant(state)


@pytest.fixture
def host(app: Flask) -> SandboxHost:
    """A host in process, which has the app not yet installed."""
    return SandboxHost(app)
