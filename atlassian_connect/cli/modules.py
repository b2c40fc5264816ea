"""``flask connect modules``: a tenant's dynamic modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import click
from click.exceptions import Exit

from ..dynamic import SyncOutcome
from ..dynamic.fleet import DEFAULT_JOBS
from ..protocol.modules import DYNAMIC_MODULE_LIMIT, Module, group_modules
from ..tenants import Tenant
from ..web.context import ConnectState, current_state
from .interruption import Interruption
from .module_types import types_command
from .output import ConnectGroup, as_json, as_table, tenant_of
from .sync_report import FleetReport, changes_text, facts_of, status_facts, status_text

__all__ = ["modules_group"]

_INTERRUPTED = 130  # what shells make of SIGINT

modules_group = ConnectGroup("modules", help="Modules that are registered at runtime, for one tenant.")
modules_group.add_command(types_command)


@modules_group.command("list")
@click.argument("client_key")
@click.option("--json", "json_", is_flag=True, help="As the host wrote them: an object of types and lists.")
def list_command(client_key: str, json_: bool) -> None:
    """List what the tenant's host has."""
    tenant = tenant_of(client_key)
    modules = current_state().dynamic.list(tenant)
    if json_:
        click.echo(as_json(group_modules(modules)))
    elif modules:
        click.echo(as_table(["type", "key", "name"], [(m.type, m.key or "-", _name(m)) for m in modules]))
        click.echo(f"{len(modules)} of at most {DYNAMIC_MODULE_LIMIT}.")
    else:
        click.echo(f"{tenant.base_url} has no dynamic modules of this app.")


@modules_group.command("sync")
@click.argument("client_key", required=False)
@click.option("--all", "everybody", is_flag=True, help="Every tenant that has the app installed and enabled.")
@click.option("--jobs", type=click.IntRange(1, 64), default=DEFAULT_JOBS, show_default=True, help="Tenants at once.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def sync_command(client_key: str | None, everybody: bool, jobs: int, dry_run: bool, json_: bool) -> None:
    """Make hosts' modules equal to what the app declares.

    Exit code 1 says that something failed or was refused, 130 that Ctrl-C left tenants out.
    """
    if (client_key is None) != everybody:
        raise click.UsageError("Name the tenant to sync, or give --all.")
    if client_key is None:
        _sync_all(jobs=jobs, dry_run=dry_run, json_=json_)
        return
    tenant = tenant_of(client_key)
    result = current_state().dynamic.sync(tenant, dry_run=dry_run)
    if json_:
        click.echo(as_json(facts_of(tenant, result)))
    else:
        for line in changes_text(result):
            click.echo(line)
        if dry_run:
            click.echo("Nothing was changed.")
    _exit(not result.refused)


def _sync_all(*, jobs: int, dry_run: bool, json_: bool) -> None:
    state, report, interruption = current_state(), FleetReport(dry_run=dry_run), Interruption()
    with interruption.watched(), _progress(state) as done_one:
        for tenant, result in state.sync_all(jobs=jobs, dry_run=dry_run, stopped=lambda: interruption.came):
            report.add(tenant, result)
            done_one()
    report.stopped = interruption.came
    if json_:
        click.echo(as_json(report.facts()))
    else:
        for line in report.lines():
            click.echo(line)
    if report.stopped:
        raise Exit(_INTERRUPTED)
    _exit(report.is_fine)


@contextmanager
def _progress(state: ConnectState) -> Iterator[Callable[[], None]]:
    """Show a progress bar to people, beside what is printed; give a function that counts one tenant."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    length = sum(1 for _ in state.syncable_tenants())
    with click.progressbar(length=length, label="Syncing", file=sys.stderr, show_pos=True) as bar:
        yield lambda: bar.update(1)


@modules_group.command("status")
@click.argument("client_key", required=False)
@click.option("--strict", is_flag=True, help="Let tenants that were never synced count as failed.")
@click.option("--json", "json_", is_flag=True, help="As a JSON list.")
def status_command(client_key: str | None, strict: bool, json_: bool) -> None:
    """Show how the last sync of each tenant went.

    Exit code 1 says that one failed, or had modules refused.
    """
    state = current_state()
    tenants = state.syncable_tenants() if client_key is None else iter([tenant_of(client_key)])
    is_fine = True

    def standings() -> Iterator[tuple[Tenant, SyncOutcome | None]]:
        nonlocal is_fine
        for tenant, outcome in state.sync_records.beside(tenants):
            is_fine = is_fine and (not strict if outcome is None else outcome.ok)
            yield tenant, outcome

    if json_:
        click.echo(as_json([status_facts(*standing) for standing in standings()]))
    else:
        for line in status_text(standings()):
            click.echo(line)
    _exit(is_fine)


def _exit(is_fine: bool) -> None:
    if not is_fine:
        raise Exit(1)


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
