"""An app with all scopes on the Confluence site, and calls of its REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from atlassian_connect.sandbox import Installation, Sandbox
from atlassian_connect.sandbox.store.changes import Change

from ..connect_app import APP_KEY, ConnectApp, HostCaller
from ..test_oauth import token_for

Wiki = Callable[..., Any]


def good(response: Any, status: int = 200) -> Any:
    """What a call answered that was to succeed."""
    assert response.status_code == status, response.data
    return response.json if response.data else None


@pytest.fixture
def wiki_app(app: ConnectApp, sandbox: Sandbox, descriptor_url: str) -> Installation:
    app.descriptor["scopes"] = ["READ", "WRITE", "DELETE", "ACT_AS_USER"]
    return sandbox.confluence.install(descriptor_url)


@pytest.fixture
def wiki(host: HostCaller, wiki_app: Installation) -> Wiki:
    """Calls Confluence as the app."""
    return lambda method, path, body=None: host(method, path, body, product="confluence")


@pytest.fixture
def as_user(host: HostCaller, wiki_app: Installation) -> Callable[[str], Wiki]:
    """Calls Confluence as a user of an account id, whom the app impersonates."""

    def calls(account_id: str) -> Wiki:
        token = token_for(host, wiki_app, account_id)
        return lambda method, path, body=None: host.with_token(
            method, path, token, body, product="confluence", scheme="Bearer"
        )

    return calls


@pytest.fixture
def as_jira_user(host: HostCaller, sandbox: Sandbox) -> Callable[[str], Callable[..., Any]]:
    """Calls Jira as a user of an account id, whom the app impersonates; a test installs it with ``ACT_AS_USER``."""

    def calls(account_id: str) -> Callable[..., Any]:
        token = token_for(host, sandbox.jira.installation(APP_KEY), account_id)
        return lambda method, path, body=None: host.with_token(method, path, token, body, scheme="Bearer")

    return calls


@pytest.fixture
def told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of the changes that the store tells."""
    kinds: list[str] = []

    def listen(change: Change, later: object) -> None:
        kinds.append(change.kind)

    monkeypatch.setattr(sandbox.store.changes, "listener", listen)
    return kinds


@pytest.fixture
def space(sandbox: Sandbox):
    return sandbox.content.spaces()[0]
