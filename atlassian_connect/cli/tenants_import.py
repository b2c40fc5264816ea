"""``flask connect tenants import``: tenants of an app that was made with something else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

import click
from flask.cli import with_appcontext

from ..errors import InvalidRequestError
from ..protocol.lifecycle import LifecycleEvent, LifecyclePayload, parse_payload
from ..protocol.urls import parse_base_url
from ..web.context import ConnectState, current_state

__all__ = ["import_command", "import_tenants", "read_installs"]


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Check the file, and store nothing.")
@with_appcontext
def import_command(file: BinaryIO, dry_run: bool) -> None:
    """Take over tenants of an app that was made with something else.

    FILE has the JSON bodies of their `installed`, as hosts sent them: a list, or one per line; - reads standard input.
    Needed are clientKey, sharedSecret and baseUrl. Tenants that are known here stay as they are. When one is wrong,
    nothing is stored.
    """
    state = current_state()
    installs = read_installs(state, file.read())
    if dry_run:
        known = sum(state.store.get(install.client_key) is not None for install in installs)
        click.echo(f"{_count(len(installs) - known)} to import, {known} known already. Nothing was changed.")
        return
    imported = import_tenants(state, installs)
    click.echo(f"{_count(imported)} imported, {len(installs) - imported} known already.")


def read_installs(state: ConnectState, document: bytes) -> list[LifecyclePayload]:
    """Read and check what the app is to believe from now on.

    :raises InvalidRequestError: with the place of the first one that is wrong.
    """
    installs: dict[str, LifecyclePayload] = {}
    for place, record in _records(document):
        try:
            install = _install(state, record)
            if install.client_key in installs:
                raise InvalidRequestError("clientKey stands in the file twice.")
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{place}: {error}") from error
        installs[install.client_key] = install
    return list(installs.values())


def import_tenants(state: ConnectState, installs: Sequence[LifecyclePayload]) -> int:
    """Store those whose client key is not known. Returns how many that were.

    No callback is called and no signal sent: these sites installed the app long ago.
    """
    now = datetime.now(UTC)
    return sum(state.store.adopt(install, app_key=state.app_key, now=now) for install in installs)


def _records(document: bytes) -> Iterator[tuple[str, Any]]:
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequestError("The file is not UTF-8.") from error
    if text.lstrip().startswith("["):
        for index, record in enumerate(_json(text, "The file")):
            yield f"[{index}]", record
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield f"line {number}", _json(line, f"line {number}")


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(
            f"{place} is not JSON. Wanted is a list of objects, or an object per line."
        ) from error


def _install(state: ConnectState, record: object) -> LifecyclePayload:
    if not isinstance(record, dict):
        raise InvalidRequestError("Is no object.")
    # Programs kept the body of whichever event came last, or without its name.
    body = json.dumps({**record, "eventType": LifecycleEvent.INSTALLED}).encode()
    install = parse_payload(LifecycleEvent.INSTALLED, body)
    if install.app_key not in (None, state.app_key):
        raise InvalidRequestError(f"key is another app's; this one is {state.app_key}.")
    host = parse_base_url(install.base_url)
    if not any(pattern.matches(host) for pattern in state.settings.allowed_hosts):
        raise InvalidRequestError(f"baseUrl: {host.origin} is not in ATLASSIAN_CONNECT_ALLOWED_HOSTS.")
    known = state.store.get(install.client_key)
    if known is not None and known.app_key != state.app_key:
        raise InvalidRequestError(f"clientKey is a tenant of the app {known.app_key} here, and apps share no tables.")
    return install


def _count(tenants: int) -> str:
    return "1 tenant" if tenants == 1 else f"{tenants} tenants"
