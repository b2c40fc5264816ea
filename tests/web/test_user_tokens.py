"""The app's clients act as users by its settings."""

from __future__ import annotations

import pytest

from atlassian_connect import AtlassianConnect
from atlassian_connect.errors import ConfigurationError
from atlassian_connect.protocol.urls import parse_base_url
from atlassian_connect.web.context import state_of

JIRA = parse_base_url("https://a.atlassian.net")


def state(make_app, **config):
    return state_of(make_app(AtlassianConnect(), **config))


def test_the_authorization_server_is_that_of_the_environment(make_app):
    server = state(make_app, ATLASSIAN_CONNECT_SANDBOX_URL="http://localhost:2990").user_tokens._server

    assert server(JIRA) == "https://oauth-2-authorization-server.services.atlassian.com"
    assert server(parse_base_url("http://localhost:2990/wiki")) == "http://localhost:2990"


def test_the_authorization_server_can_be_set(make_app):
    tokens = state(make_app, ATLASSIAN_CONNECT_AUTHORIZATION_SERVER="https://auth.example.com").user_tokens

    assert tokens._server(JIRA) == "https://auth.example.com"


def test_all_clients_of_an_app_share_tokens(make_app):
    connect = state(make_app)

    assert connect.user_tokens is connect.user_tokens
    assert connect.user_tokens._shared is None


def test_a_shared_cache_is_connected_when_it_is_needed(make_app):
    tokens = state(make_app, ATLASSIAN_CONNECT_TOKEN_CACHE_URL="unix:///nowhere").user_tokens

    assert tokens._shared.get("key", now=0) is None


def test_a_shared_cache_without_its_package_is_told_at_the_start(make_app, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "redis", None)

    with pytest.raises(ConfigurationError, match="redis"):
        state(make_app, ATLASSIAN_CONNECT_TOKEN_CACHE_URL="redis://localhost")
