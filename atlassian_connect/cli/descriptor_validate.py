"""``flask connect descriptor validate``: what hosts would say of any descriptor, this app's or not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import BinaryIO

import click

from ..protocol.descriptor import Problem, check_descriptor
from .output import printable

__all__ = ["problem_lines", "validate_command"]


@click.command("validate")
@click.argument("source", metavar="FILE", type=click.File("rb"))
def validate_command(source: BinaryIO) -> None:
    """Check the descriptor in FILE: exit 1 when hosts would refuse it. ``-`` reads standard input."""
    try:
        document = json.loads(source.read())
    except ValueError as error:
        raise click.ClickException(f"Not JSON: {error}") from error
    if not isinstance(document, dict):
        raise click.ClickException("A descriptor is a JSON object.")
    problems = check_descriptor(document)
    for line in problem_lines(problems):
        click.echo(line)
    if any(problem.severity == "error" for problem in problems):
        click.get_current_context().exit(1)


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """Write problems for people, a line each."""
    return [printable(f"{problem.severity}: {problem}") for problem in problems] or ["No problems found."]
