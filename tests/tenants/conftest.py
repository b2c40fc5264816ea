from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from atlassian_connect import AtlassianConnect
from atlassian_connect.protocol.lifecycle import LifecycleEvent, LifecyclePayload
from atlassian_connect.secret import Secret
from atlassian_connect.tenants import SqlTenantStore
from atlassian_connect.web.context import state_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def payload(client_key: str = "tenant-1", secret: str = "first secret", **fields: Any) -> LifecyclePayload:
    values: dict[str, Any] = {
        "event": LifecycleEvent.INSTALLED,
        "app_key": "com.example.app",
        "client_key": client_key,
        "base_url": "https://one.atlassian.net/wiki",
        "product": "confluence",
        "shared_secret": Secret(secret),
        "display_url": None,
        "help_center_url": None,
        "oauth_client_id": None,
        "description": None,
        "installation_id": None,
        "cloud_id": None,
        "entitlement_id": None,
        "entitlement_number": None,
    }
    return LifecyclePayload(**{**values, **fields})


@pytest.fixture
def store_app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    """An app on each kind of database."""
    return make_app(AtlassianConnect(), database_url)


@pytest.fixture
def store(store_app: Flask) -> SqlTenantStore:
    """The store of that app."""
    found = state_of(store_app).store
    assert isinstance(found, SqlTenantStore)
    return found
