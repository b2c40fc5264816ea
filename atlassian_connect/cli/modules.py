"""``flask connect modules``: a tenant's dynamic modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ..dynamic import SyncResult
from ..protocol.modules import DYNAMIC_MODULE_LIMIT, Module
from ..protocol.sync_plan import SyncPlan
from ..web.context import current_state
from .output import ConnectGroup, as_json, as_table, tenant_of

__all__ = ["modules_group"]

modules_group = ConnectGroup("modules", help="Modules that are registered at runtime, for one tenant.")


@modules_group.command("list")
@click.argument("client_key")
@click.option("--json", "json_", is_flag=True, help="As the host wrote them.")
def list_command(client_key: str, json_: bool) -> None:
    """List what the tenant's host has."""
    tenant = tenant_of(client_key)
    modules = current_state().dynamic.list(tenant)
    if json_:
        click.echo(as_json([{"type": module.type, **module.definition} for module in modules]))
    elif modules:
        click.echo(as_table(["type", "key", "name"], [(m.type, m.key or "-", _name(m)) for m in modules]))
        click.echo(f"{len(modules)} of at most {DYNAMIC_MODULE_LIMIT}.")
    else:
        click.echo(f"{tenant.base_url} has no dynamic modules of this app.")


@modules_group.command("sync")
@click.argument("client_key")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def sync_command(client_key: str, dry_run: bool) -> None:
    """Make the host's modules equal to what the app declares."""
    tenant, dynamic = tenant_of(client_key), current_state().dynamic
    if dry_run:
        _echo_changes(_of_plan(dynamic.plan(tenant)))
        click.echo("Nothing was changed.")
        return
    _echo_changes(dynamic.sync(tenant))


@modules_group.command("remove")
@click.argument("client_key")
@click.argument("keys", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dynamic module of the tenant.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_command(client_key: str, keys: tuple[str, ...], everything: bool, yes: bool) -> None:
    """Remove modules by KEY. The next sync brings back what the app declares."""
    if bool(keys) == everything:
        raise click.UsageError("Name the keys to remove, or give --all.")
    tenant, dynamic = tenant_of(client_key), current_state().dynamic
    if not yes:
        what = "all dynamic modules" if everything else ", ".join(keys)
        click.confirm(f"Remove {what} from {tenant.base_url}?", abort=True)
    removed = dynamic.remove_all(tenant) if everything else list(keys)
    if not everything:
        dynamic.remove(tenant, *keys)
    click.echo(f"Removed: {', '.join(removed)}." if removed else "There was nothing to remove.")


def _name(module: Module) -> str:
    name = module.definition.get("name")
    value = name.get("value") if isinstance(name, Mapping) else name
    return value if isinstance(value, str) else "-"


def _of_plan(plan: SyncPlan) -> SyncResult:
    return SyncResult(
        added=tuple(module.key for module in plan.add),
        changed=tuple(module.key for module in plan.change),
        removed=plan.remove,
        unchanged=plan.keep,
    )


def _echo_changes(result: SyncResult) -> None:
    changes: dict[str, Any] = {
        "add": result.added,
        "change": result.changed,
        "remove": result.removed,
        "keep": result.unchanged,
    }
    for word, keys in changes.items():
        if keys:
            click.echo(f"{word.ljust(6)}  {', '.join(keys)}")
    if result.is_empty:
        click.echo("The host has what it should have.")
