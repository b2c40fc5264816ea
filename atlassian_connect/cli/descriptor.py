"""``flask connect descriptor``: what hosts get to read, and what they would say of it."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from ..web.context import current_state
from ..web.descriptor_check import descriptor_problems
from .descriptor_lock import diff_command, lock_command
from .descriptor_validate import problem_lines, validate_command
from .output import ConnectGroup

__all__ = ["descriptor_group"]

_OUTPUT = click.option(
    "--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write to this file."
)
_CHECK = click.option("--check", is_flag=True, help="Check it instead: exit 1 when hosts would refuse it.")


@click.group("descriptor", cls=ConnectGroup, invoke_without_command=True)
@_OUTPUT
@_CHECK
@click.pass_context
def descriptor_group(context: click.Context, output: Path | None, check: bool) -> None:
    """Print the descriptor, check it, compare it.

    Without a subcommand it is printed.
    """
    if context.invoked_subcommand is None:
        context.invoke(print_command, output=output, check=check)
    elif output or check:
        raise click.UsageError("--output and --check go after `print`, or without a subcommand.")


@descriptor_group.command("print", with_appcontext=False)
@_OUTPUT
@_CHECK
@with_appcontext
def print_command(output: Path | None, check: bool) -> None:
    """Print atlassian-connect.json, byte for byte as it is served."""
    state = current_state()
    if check:
        problems = descriptor_problems(state)
        for line in problem_lines(problems):
            click.echo(line)
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


descriptor_group.add_command(validate_command)
descriptor_group.add_command(lock_command)
descriptor_group.add_command(diff_command)
