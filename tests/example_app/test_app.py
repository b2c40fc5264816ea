from __future__ import annotations

from typing import Any

import pytest

from atlassian_connect.errors import ConfigurationError
from atlassian_connect.protocol.descriptor import check_descriptor
from example_app import create_app


@pytest.fixture
def database_url() -> str:
    return "sqlite://"


def test_environment_wins_over_defaults_and_config_over_both(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLASSIAN_CONNECT_BASE_URL", "https://from.environment.example")
    monkeypatch.setenv("ATLASSIAN_CONNECT_TOKEN_LIFETIME_SECONDS", "99")
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at-all.sqlite")

    app = create_app(config)
    settings = app.extensions["atlassian_connect"].settings
    assert settings.base_url == "http://localhost:5000"
    assert settings.token_lifetime_seconds == 99
    assert app.config["SQLALCHEMY_DATABASE_URI"] == "sqlite://"

    del config["ATLASSIAN_CONNECT_BASE_URL"]
    assert create_app(config).extensions["atlassian_connect"].settings.base_url == "https://from.environment.example"


def test_needs_a_key_outside_of_debug_and_testing() -> None:
    with pytest.raises(ConfigurationError, match="ENCRYPTION_KEYS"):
        create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"})


def test_descriptor_is_one_that_hosts_take(config: dict[str, Any]) -> None:
    app = create_app({**config, "ATLASSIAN_CONNECT_BASE_URL": "https://stale.example.com"})

    document = app.test_client().get("/atlassian-connect.json").json

    assert check_descriptor(document) == []
    assert document["scopes"] == ["READ", "WRITE"]
    assert document["links"]["self"] == "https://stale.example.com/atlassian-connect.json"
    assert [page["key"] for page in document["modules"]["generalPages"]] == ["stale-pages"]
    assert {webhook["event"] for webhook in document["modules"]["webhooks"]} == {
        "page_updated",
        "page_trashed",
        "page_removed",
        "jira:issue_updated",
        "jira:issue_deleted",
        "app_access_to_objects_blocked",
        "app_access_to_objects_in_container_blocked",
        "app_policy_changed",
    }


def test_has_an_icon_for_its_pages_modules_and_browsers(config: dict[str, Any]) -> None:
    client = create_app(config).test_client()

    page = client.get("/atlassian-connect.json").json["modules"]["generalPages"][0]
    for url in (page["icon"]["url"], "/favicon.ico"):
        with client.get(url) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml"), url
