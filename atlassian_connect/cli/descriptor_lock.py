"""``flask connect descriptor lock`` and ``diff``: what changed in the descriptor, and what that means at a site."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
from flask.cli import with_appcontext

from ..errors import DescriptorError, HostError, UrlNotAllowedError
from ..protocol.changes import EFFECTS, Change, Effect
from ..protocol.descriptor import descriptor_bytes
from ..protocol.descriptor_diff import diff_descriptors, without_base_url
from ..protocol.json_values import plain_json
from ..web.context import ConnectState, current_state
from .output import as_json, one_line, printable

__all__ = ["diff_command", "lock_bytes", "lock_command"]

LOCK_FILE: Final = "connect-lock.json"

_MAX_BYTES: Final = 4 * 1024 * 1024
_TIMEOUT_SECONDS: Final = 15.0
_MAX_SHOWN: Final = 160
#: What a CI job can fail on → the effects it stands for.
_FAILURES: Final[Mapping[str, frozenset[str]]] = {
    "approval": frozenset({"approval", "new_app"}),
    "conflict": frozenset({"conflict"}),
    "breaks": frozenset({"breaks"}),
    "any": frozenset(EFFECTS),
}
_WORDS: Final[Mapping[Effect, str]] = {
    "new_app": "another app",
    "approval": "needs approval",
    "conflict": "dynamic modules lost",
    "breaks": "breaks something",
    "silent": "silent update",
}
_FILE = click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=LOCK_FILE,
    show_default=True,
    help="The lock file.",
)


def lock_bytes(state: ConnectState) -> bytes:
    """Write what is locked: the served document, without its base URL, and the keys of declared dynamic modules.

    In the document's own order, since another order is another version to the Marketplace.
    """
    keys = sorted(known.key for known in state.registry.modules if known.dynamic)
    return descriptor_bytes({"descriptor": without_base_url(state.descriptor), "dynamicModules": keys})


@click.command("lock")
@_FILE
@with_appcontext
def lock_command(path: Path) -> None:
    """Write the served descriptor to a file, for `diff`.

    The file belongs in version control.
    """
    written = lock_bytes(current_state())
    try:
        if path.is_file() and path.read_bytes() == written:
            click.echo(f"{path} is up to date.")
            return
        path.write_bytes(written)
    except OSError as error:
        raise click.FileError(str(path), hint=error.strerror) from error
    click.echo(f"Wrote {path}.")


@click.command("diff")
@_FILE
@click.option("--against", metavar="FILE|URL", help="Compare with this descriptor instead of the lock file.")
@click.option("--tenants", is_flag=True, help="Also look up which dynamic modules tenants have registered.")
@click.option("--json", "json_output", is_flag=True, help="For programs.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when anything changed; the same as --fail-on any.")
@click.option(
    "--fail-on", type=click.Choice(list(_FAILURES)), multiple=True, help="Exit 1 on changes of this kind; repeatable."
)
@with_appcontext
def diff_command(
    *, path: Path, against: str | None, tenants: bool, json_output: bool, exit_code: bool, fail_on: Sequence[str]
) -> None:
    """Say what changed since `lock`, and what that means at sites.

    Base URLs are left out, since they differ between environments; those of regions are compared.
    """
    state = current_state()
    old, once_dynamic = _read(state, against or str(path), locked=against is None)
    changes = diff_descriptors(
        without_base_url(old),
        without_base_url(state.descriptor),
        dynamic_keys=_dynamic_keys(state, once_dynamic, tenants=tenants),
    )
    click.echo(as_json([asdict(change) for change in changes]) if json_output else _report(changes))
    wanted = {"any", *fail_on} if exit_code else set(fail_on)
    if any(change.effect in _FAILURES[name] for change in changes for name in wanted):
        click.get_current_context().exit(1)


def _dynamic_keys(state: ConnectState, once: Iterable[str], *, tenants: bool) -> dict[str, str]:
    """Keys of dynamic modules → who has them, in words. What is known of tenants counts most."""
    keys = dict.fromkeys(once, "was dynamic when the descriptor was locked")
    keys |= {known.key: "is declared as dynamic" for known in state.registry.modules if known.dynamic}
    if tenants:
        registered: Counter[str] = Counter()
        for _, outcome in state.sync_records.beside(state.store.tenants(installed=True)):
            registered.update(outcome.registered if outcome else ())
        keys |= {key: f"is registered at {count} tenant{'s' * (count > 1)}" for key, count in registered.items()}
    return keys


def _read(state: ConnectState, source: str, *, locked: bool) -> tuple[dict[str, Any], list[str]]:
    """Read a lock file or a plain descriptor: the document, and the keys that were dynamic then."""
    text = _fetch(state, source) if source.startswith(("https://", "http://")) else _open(source, locked=locked)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{source} is not valid JSON: {error}") from error
    keys: Any = []
    if isinstance(document, dict) and "descriptor" in document:
        document, keys = document["descriptor"], document.get("dynamicModules", [])
    if not isinstance(document, dict) or not isinstance(keys, list):
        raise click.ClickException(f"{source} is neither a lock file nor a descriptor.")
    try:
        return plain_json(document), [key for key in keys if isinstance(key, str)]
    except DescriptorError as error:
        raise click.ClickException(f"{source}: {one_line(error)}") from error


def _open(source: str, *, locked: bool) -> bytes:
    try:
        return Path(source).read_bytes()
    except FileNotFoundError as error:
        hint = " Write it with `flask connect descriptor lock`." if locked else ""
        raise click.ClickException(f"There is no {source}.{hint}") from error
    except OSError as error:
        raise click.FileError(source, hint=error.strerror) from error


def _fetch(state: ConnectState, url: str) -> bytes:
    try:
        status, body = state.transport.fetch(url, timeout=_TIMEOUT_SECONDS, max_bytes=_MAX_BYTES)
    except (HostError, UrlNotAllowedError) as error:
        raise click.ClickException(f"{url}: {one_line(error)}") from error
    if status != 200:
        raise click.ClickException(f"{url} answers with {status}.")
    return body


def _report(changes: Sequence[Change]) -> str:
    if not changes:
        return "Nothing changed."
    lines: list[str] = []
    for change in changes:
        lines.append(f"{_WORDS[change.effect]}: {change.path or 'descriptor'}")
        lines.append(f"  {change.sentence}")
        lines.extend(
            f"  {sign} {_shown(value)}" for sign, value in (("-", change.old), ("+", change.new)) if value is not None
        )
    counts = Counter(change.effect for change in changes)
    parts = [f"{counts[effect]} × {_WORDS[effect]}" for effect in reversed(EFFECTS) if counts[effect]]
    return "\n".join(
        map(printable, [*lines, "", f"{len(changes)} change{'s' * (len(changes) > 1)}: {', '.join(parts)}."])
    )


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"
