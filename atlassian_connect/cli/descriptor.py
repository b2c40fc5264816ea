"""``flask connect descriptor``: what hosts get to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from flask.cli import with_appcontext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from ..protocol.descriptor import Problem, check_descriptor, host_called_paths
from ..web.context import ConnectState, current_state

__all__ = ["descriptor_command", "descriptor_problems"]


def descriptor_problems(state: ConnectState) -> list[Problem]:
    """Check the served document, and whether the app has a route for what it names."""
    document = state.descriptor
    routes = state.app.url_map.bind("localhost")
    return [
        *check_descriptor(document),
        *(
            Problem("warning", path, "The descriptor names this path, and the app has no route for it.")
            for path in sorted(host_called_paths(document))
            if not _is_routed(routes, path)
        ),
    ]


def _is_routed(routes: MapAdapter, path: str) -> bool:
    for method in ("GET", "POST"):
        try:
            routes.match(path, method=method)
        except HTTPException:
            continue
        return True
    return False


@click.command("descriptor")
@click.option("--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write to this file.")
@click.option("--check", is_flag=True, help="Check it instead: exit 1 when hosts would refuse it.")
@with_appcontext
def descriptor_command(output: Path | None, check: bool) -> None:
    """Print atlassian-connect.json, byte for byte as it is served."""
    state = current_state()
    if check:
        problems = descriptor_problems(state)
        click.echo(_report(problems))
        if any(problem.severity == "error" for problem in problems):
            click.get_current_context().exit(1)
        return
    if output is None:
        click.echo(state.descriptor_bytes, nl=False)
        return
    try:
        output.write_bytes(state.descriptor_bytes)
    except OSError as error:
        raise click.FileError(str(output), hint=error.strerror) from error
    click.echo(f"Wrote {output}.")


def _report(problems: Sequence[Problem]) -> str:
    if not problems:
        return "No problems found."
    return "\n".join(f"{problem.severity}: {problem}" for problem in problems)
