"""Settings are read once, typed, and a mistake names the key."""

from __future__ import annotations

import dataclasses
import traceback

import pytest

from atlassian_connect import AtlassianConnect
from atlassian_connect.errors import ConfigurationError
from atlassian_connect.settings import ConnectSettings, load_settings

BASE = {"ATLASSIAN_CONNECT_BASE_URL": "https://app.example.com"}


def load(defaults=None, **config):
    return load_settings({**BASE, **{f"ATLASSIAN_CONNECT_{k.upper()}": v for k, v in config.items()}}, defaults or {})


def test_the_config_wins_over_what_the_constructor_was_given():
    settings = load({"token_lifetime_seconds": 60, "clock_leeway_seconds": 5}, token_lifetime_seconds=120)

    assert settings.token_lifetime_seconds == 120
    assert settings.clock_leeway_seconds == 5


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        load().base_url = "https://other.example.com"


def test_the_default_hosts_are_atlassians_production_and_nothing_else():
    assert [pattern.text for pattern in load().allowed_hosts] == [
        "*.atlassian.net",
        "*.jira.com",
        "*.atlassian-us-gov-mod.net",
    ]
    assert load().environments == ("production", "fedramp"), "Atlassian's staging clouds must be asked for"


@pytest.mark.parametrize("missing", [{}, {"ATLASSIAN_CONNECT_BASE_URL": ""}])
def test_a_missing_base_url_is_named(missing):
    with pytest.raises(ConfigurationError, match="ATLASSIAN_CONNECT_BASE_URL is missing"):
        load_settings(missing, {})


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://app.example.com/", "https://app.example.com"),
        ("https://App.Example.com/base/", "https://app.example.com/base"),
        ("http://localhost:5000", "http://localhost:5000"),
    ],
)
def test_base_urls(given, read):
    assert load(base_url=given).base_url == read


def test_the_base_path():
    assert load(base_url="https://app.example.com/base").base_path == "/base"
    assert load().base_path == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_url", "http://app.example.com"),
        ("base_url", "app.example.com"),
        ("base_url", 7),
        ("base_ur", "https://app.example.com"),
        ("clock_leeway_seconds", 61),
        ("clock_leeway_seconds", "a while"),
        ("clock_leeway_seconds", float("nan")),
        ("token_lifetime_seconds", 3600),
        ("token_lifetime_seconds", True),
        ("tenant_cache_seconds", -1),
        ("tenant_cache_seconds", 3600),
        ("allowed_hosts", ["http://evil.example.com"]),
        ("allowed_hosts", ["*"]),
        ("allowed_hosts", 7),
        ("install_key_servers", "http://keys.example.com"),
        ("install_key_id_pattern", "("),
        ("environments", ["prod"]),
        ("sandbox_url", "http://sandbox.example.com"),
        ("sandbox_url", "http://localhost:2990/path"),
        ("url_prefix", "connect"),
        ("descriptor", 7),
        ("sync_after_install", "maybe"),
        ("sync_after_install", 2),
        ("allowed_audiences", "ftp://x"),
        ("authorization_server", "http://auth.example.com"),
        ("authorization_server", "https://auth.example.com/oauth2"),
        ("token_cache_url", "localhost:6379"),
        ("token_cache_url", 6379),
        ("retry_budget_seconds", "-1"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_key(key, value):
    with pytest.raises(ConfigurationError, match=f"ATLASSIAN_CONNECT_{key.upper()}"):
        load(**{key: value})


def test_strings_from_the_environment_are_converted():
    settings = load(
        tenant_cache_seconds="0",
        token_lifetime_seconds="90",
        sync_after_install="false",
        allowed_hosts="*.atlassian.net, http://localhost:2990",
        encryption_keys="a,b",
    )

    assert settings.tenant_cache_seconds == 0
    assert settings.token_lifetime_seconds == 90
    assert settings.sync_after_install is False
    assert [pattern.text for pattern in settings.allowed_hosts] == ["*.atlassian.net", "http://localhost:2990"]
    assert settings.encryption_keys == ("a", "b")


def test_a_sandbox_is_allowed_beside_the_others():
    settings = load(sandbox_url="http://localhost:2990/")

    assert settings.sandbox_url == "http://localhost:2990"
    assert settings.allowed_hosts[-1].text == "http://localhost:2990"
    assert settings.allowed_hosts[0].text == "*.atlassian.net"


def test_an_authorization_server_is_an_origin():
    assert load(authorization_server="https://auth.example.com/").authorization_server == "https://auth.example.com"
    assert load(authorization_server="http://localhost:2990").authorization_server == "http://localhost:2990"
    assert load(authorization_server="").authorization_server is None


def test_the_password_of_a_token_cache_does_not_show_in_a_repr():
    settings = load(token_cache_url="rediss://user:very-secret@cache.example.com/0")

    assert settings.token_cache_url == "rediss://user:very-secret@cache.example.com/0"
    assert "very-secret" not in repr(settings)
    assert load(token_cache_url="").token_cache_url is None


def test_the_encryption_keys_do_not_show_in_a_repr():
    assert "very-secret-key" not in repr(load(encryption_keys=["very-secret-key"]))


@pytest.mark.parametrize("keys", [b"geheim", [b"geheim"], {"key": "geheim"}, ["geheim", 1]])
def test_encryption_keys_that_cannot_be_used_do_not_show_in_the_error(keys):
    with pytest.raises(ConfigurationError, match="ENCRYPTION_KEYS: Keys are strings") as refused:
        load(encryption_keys=keys)

    assert "geheim" not in "".join(traceback.format_exception(refused.value))


def test_outside_of_debug_and_testing_an_encryption_key_is_needed(make_app):
    with pytest.raises(ConfigurationError, match="ATLASSIAN_CONNECT_ENCRYPTION_KEYS is missing"):
        make_app(AtlassianConnect(), TESTING=False, DEBUG=False, ATLASSIAN_CONNECT_ENCRYPTION_KEYS=None)


def test_every_field_has_a_reader_or_is_plain():
    plain = {"app_key", "descriptor_values", "host_script_url"}
    from atlassian_connect.settings import _READ

    assert {field.name for field in dataclasses.fields(ConnectSettings)} == set(_READ) | plain
