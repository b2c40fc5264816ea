"""What all commands share: errors as one line, tables, JSON, looking a tenant up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from ..errors import ConnectError, UnknownTenantError
from ..redaction import redact
from ..tenants import Tenant
from ..web.context import current_state

__all__ = ["ConnectGroup", "as_json", "as_table", "one_line", "printable", "tenant_of"]


class ConnectGroup(AppGroup):
    """Shows this package's errors as one line on stderr, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except ConnectError as error:
            raise click.ClickException(one_line(error)) from error


def one_line(error: BaseException) -> str:
    """Write an error's text in one line, without anything that looks like a token or steers a terminal."""
    return printable(redact(" ".join(str(error).split()))) or type(error).__name__


def tenant_of(client_key: str) -> Tenant:
    """Read a tenant of the current app.

    :raises UnknownTenantError: there is none.
    """
    tenant = current_state().store.get(client_key)
    if tenant is None:
        raise UnknownTenantError(client_key)
    return tenant


def as_json(value: Any) -> str:
    """Write facts as JSON for people and programs. Points in time are ISO 8601, control characters escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1] for character in text
    )


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not for printing.")  # a Secret, above all


def as_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table with aligned columns."""
    lines = [[cell.upper() for cell in head], *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def printable(text: str) -> str:
    """Replace control characters: what a host sends must not steer a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)
