"""``flask connect tenants``: who installed the app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from ..tenants import Tenant
from ..types import Product
from ..web.context import ConnectState, current_state
from .output import ConnectGroup, as_json, as_table, printable, tenant_of
from .tenants_import import import_command

__all__ = ["listed", "shown", "tenants_group"]

tenants_group = ConnectGroup("tenants", help="Who installed the app. Shared secrets are never shown.")


def listed(state: ConnectState, *, product: Product | None, everybody: bool) -> Iterator[Tenant]:
    """The tenants in the order of their client keys.

    :param everybody: those that have uninstalled too.
    """
    return state.store.tenants(installed=None if everybody else True, product=product)


def shown(state: ConnectState, tenant: Tenant) -> Mapping[str, Any]:
    """What is known of a tenant, and the names of its settings; their values are the app's business."""
    return {**tenant.public_facts(), "settings": sorted(state.store.settings(tenant.client_key))}


def status_of(tenant: Tenant) -> str:
    """One word: enabled, disabled or uninstalled."""
    if not tenant.installed:
        return "uninstalled"
    return "enabled" if tenant.enabled else "disabled"


@tenants_group.command("list")
@click.option("--product", type=click.Choice(["jira", "confluence"]), help="Only tenants of one product.")
@click.option("--all", "everybody", is_flag=True, help="Those that have uninstalled too.")
@click.option("--json", "json_", is_flag=True, help="All facts, as a JSON list.")
def list_command(product: Product | None, everybody: bool, json_: bool) -> None:
    """List the tenants."""
    tenants = list(listed(current_state(), product=product, everybody=everybody))
    if json_:
        click.echo(as_json([tenant.public_facts() for tenant in tenants]))
    elif tenants:
        rows = [(t.client_key, t.product, status_of(t), _time(t.installed_at), t.base_url) for t in tenants]
        click.echo(as_table(["client key", "product", "status", "installed", "base url"], rows))
    else:
        click.echo("No tenants." if everybody else "No tenant has the app installed; --all lists those that had.")


@tenants_group.command("show")
@click.argument("client_key")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def show_command(client_key: str, json_: bool) -> None:
    """Show what is kept of one tenant."""
    facts = shown(current_state(), tenant_of(client_key))
    if json_:
        click.echo(as_json(facts))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name.ljust(width)}  {_text(value)}")


@tenants_group.command("forget")
@click.argument("client_key")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_command(client_key: str, yes: bool) -> None:
    """Delete a tenant and all that is kept for it here."""
    state = current_state()
    tenant = tenant_of(client_key)
    if tenant.installed:
        click.echo(
            f"{tenant.base_url} has the app installed. It is not told; what it sends will be refused until somebody"
            " installs the app there again.",
            err=True,
        )
    if not yes:
        click.confirm(f"Delete tenant {client_key} ({tenant.base_url}) and everything kept for it?", abort=True)
    if not state.forget(client_key):
        click.echo("It was gone already.")
        return
    click.echo(f"Tenant {client_key} is deleted.")
    if tenant.installed and state.settings.tenant_cache_seconds:
        click.echo(f"Running processes may know it for another {state.settings.tenant_cache_seconds:g} s.")


tenants_group.add_command(import_command)


def _time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return printable(", ".join(value)) or "-"
    return printable(str(value))
