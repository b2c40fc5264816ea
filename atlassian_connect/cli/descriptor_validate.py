"""``flask connect descriptor validate``: what hosts would say of any descriptor, this app's or not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from ..client import Transport
from ..errors import ConnectError
from ..protocol.descriptor import Problem
from ..protocol.descriptor_text import check_descriptor_text
from ..types import Product
from .output import as_json, one_line, printable

__all__ = ["problem_lines", "read_source", "validate_command"]

_TIMEOUT_SECONDS: Final = 10.0
_MAX_BYTES: Final = 2 * 1024 * 1024
_MAX_LINE: Final = 600  # a name may be as long as the file


@click.command("validate")
@click.argument("source", metavar="FILE|URL")
@click.option(
    "--product", type=click.Choice(["jira", "confluence"]), help="Check it for this product; default: either."
)
@click.option("--json", "json_", is_flag=True, help="For programs.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings, too.")
def validate_command(source: str, product: Product | None, json_: bool, strict: bool) -> None:
    """Check the descriptor in FILE or at URL; - reads standard input. Exit 1 when hosts would refuse it.

    It may be any app's, and a template: what is filled in later is not judged.
    """
    is_url = _is_url(source)
    _, problems = check_descriptor_text(read_source(source), product, served=is_url)
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    if json_:
        facts = {"source": source, "errors": errors, "warnings": warnings}
        click.echo(as_json({**facts, "problems": [asdict(problem) for problem in problems]}))
    else:
        for line in problem_lines(problems):
            click.echo(line)
    if errors or (strict and warnings):
        click.get_current_context().exit(1)


def read_source(source: str) -> bytes:
    """Read a file, a URL or, for ``-``, standard input.

    A URL is called without credentials and redirects are not followed, as hosts do.

    :raises click.ClickException: it cannot be read, or is no descriptor by its size.
    """
    if _is_url(source):
        text = _fetched(source)
    elif source == "-":
        text = sys.stdin.buffer.read(_MAX_BYTES + 1)
    else:
        try:
            with Path(source).open("rb") as file:
                text = file.read(_MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            hint = error.strerror if isinstance(error, OSError) else None
            raise click.FileError(source, hint=hint) from error
    if len(text) > _MAX_BYTES:
        raise click.ClickException(f"{source} has more than {_MAX_BYTES} bytes; that is no descriptor.")
    return text


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _fetched(url: str) -> bytes:
    try:
        has_user = "@" in urlsplit(url).netloc
    except ValueError as error:
        raise click.ClickException("That is no URL.") from error
    if has_user:
        raise click.ClickException("Hosts read descriptors without credentials; leave them out of the URL.")
    try:
        status, body = Transport().fetch(url, timeout=_TIMEOUT_SECONDS, max_bytes=_MAX_BYTES)
    except (ConnectError, ValueError) as error:
        raise click.ClickException(one_line(error)) from error
    if status != 200:
        raise click.ClickException(f"{url} answered with status {status}.")
    return body


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """Write problems for people, a line each, errors first."""
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    return [_line(problem) for problem in ordered] or ["No problems found."]


def _line(problem: Problem) -> str:
    text = printable(f"{problem.severity}: {problem}")
    return text if len(text) <= _MAX_LINE else text[: _MAX_LINE - 1] + "…"
