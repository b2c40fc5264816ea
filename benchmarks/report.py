"""Results as a table for people and as JSON for programs."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count
from typing import Any

_PACKAGES = (
    "flask", "werkzeug", "sqlalchemy", "psycopg", "pyjwt", "cryptography", "atlassian-jwt", "gunicorn", "granian",
    "jsonschema",
)  # fmt: skip


@dataclass
class Report:
    """One table.

    :ivar rows: one mapping per row, all with the same keys: the columns.
    :ivar claims: sentences about what the rows show, each with whether it held in this run.
    """

    title: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    claims: list[tuple[str, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Write the table the way a terminal, and Markdown, shows it."""
        lines = [f"## {self.title}", ""]
        if self.rows:
            lines += [*_table(self.rows), ""]
        lines += [f"- {'holds' if holds else 'MISSED'}: {claim}" for claim, holds in self.claims]
        lines += [f"- {note}" for note in self.notes]
        return "\n".join(lines) + "\n"


def machine() -> dict[str, str]:
    """What the figures depend on."""
    facts = {"python": platform.python_version(), "system": platform.system(), "cores": str(cpu_count())}
    for name in _PACKAGES:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    columns = list(rows[0])
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    widths = [max(len(column), *(len(row[i]) for row in cells)) for i, column in enumerate(columns)]
    numeric = [all(isinstance(row[column], int | float | None) for row in rows) for column in columns]

    def line(values: Sequence[str]) -> str:
        padded = (
            value.rjust(width) if right else value.ljust(width)
            for value, width, right in zip(values, widths, numeric, strict=True)
        )
        return "| " + " | ".join(padded) + " |"

    rule = (
        "|" + "|".join("-" * (w + 1) + (":" if right else "-") for w, right in zip(widths, numeric, strict=True)) + "|"
    )
    return [line(columns), rule, *(line(row) for row in cells)]


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 20 else f"{value:.0f}"
    return str(value)
