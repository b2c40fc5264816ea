"""Checked by mypy, never run: what decorators do to the types of what they decorate."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, assert_type

from flask import Flask

from atlassian_connect import (
    AtlassianConnect,
    Module,
    Tenant,
    WebhookEvent,
    current_account_id,
    current_licence,
    current_tenant,
)
from atlassian_connect.client import VersionedProperty
from atlassian_connect.types import Json

connect = AtlassianConnect(clock_leeway_seconds=10)


@connect.general_page("page", name="Page")
def page(number: int) -> str:
    return str(number)


@connect.module("webPanels", "panel", location="l", name={"value": "Panel"})
def panel() -> tuple[str, int]:
    return "", 200


@connect.dynamic_module("webPanels", "dynamic", location="l", name="D", when=lambda tenant: tenant.enabled)
def dynamic() -> str:
    return ""


@connect.webhook("page_updated")
def on_page(event: WebhookEvent) -> None:
    assert_type(event.tenant, Tenant)


@connect.on_installed
def installed(tenant: Tenant) -> None: ...


@connect.dynamic_modules
def modules(tenant: Tenant) -> Iterator[Module]:
    yield Module("webPanels", {})


@connect.require
def bare(number: int) -> str:
    return ""


@connect.require(context_token=True)
def called(number: int) -> str:
    return ""


@connect.require(context_token=True)
@connect.authorize_jira(global_=["ADMINISTER"], project=["ADMINISTER_PROJECTS"])
def administered(number: int, *, name: str = "") -> tuple[str, int]:
    return "", number


@connect.authorize_confluence(content="read")
async def read(number: int) -> str:
    return ""


assert_type(administered(1, name="a"), tuple[str, int])
reading: Callable[[int], Coroutine[Any, Any, str]] = read
assert_type(page(1), str)
assert_type(panel(), tuple[str, int])
assert_type(dynamic(), str)
assert_type(bare(1), str)
assert_type(called(1), str)
registered: Callable[[WebhookEvent], None] = on_page
callback: Callable[[Tenant], None] = installed
assert_type(current_tenant, Tenant)
assert_type(current_account_id, str | None)
assert_type(current_licence.active, bool)


def jobs(app: Flask) -> None:
    with app.app_context():
        for tenant in connect.tenants(product="jira"):
            assert_type(connect.settings_of(tenant).get("days"), Json | None)
            client = connect.client(tenant)
            assert_type(client.app_properties.get("key"), Json | None)
            assert_type(client.app_properties.get("key", 1), Json | int)
            assert_type(client.space_properties(1).put("key", {"a": 1}), VersionedProperty)
            assert_type(client.permissions.check_jira(None, global_=["ADMINISTER"]).allowed, bool)
            assert_type(client.wait_for_task("1").progress, int)
            assert_type(client.get("/rest/api/3/myself").status_code, int)
