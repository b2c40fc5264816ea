"""Checked by mypy, never run: what decorators do to the types of what they decorate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import assert_type

from flask import Flask

from atlassian_connect import (
    AtlassianConnect,
    Module,
    Tenant,
    WebhookEvent,
    current_account_id,
    current_tenant,
)
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


assert_type(page(1), str)
assert_type(panel(), tuple[str, int])
assert_type(dynamic(), str)
assert_type(bare(1), str)
assert_type(called(1), str)
registered: Callable[[WebhookEvent], None] = on_page
callback: Callable[[Tenant], None] = installed
assert_type(current_tenant, Tenant)
assert_type(current_account_id, str | None)


def jobs(app: Flask) -> None:
    with app.app_context():
        for tenant in connect.tenants(product="jira"):
            assert_type(connect.settings_of(tenant).get("days"), Json | None)
            assert_type(connect.client(tenant).get("/rest/api/3/myself").status_code, int)
