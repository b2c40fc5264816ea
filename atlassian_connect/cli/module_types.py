"""``flask connect modules types``: the catalogue of module types."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from ..protocol.module_types import ModuleType, module_types
from ..types import Product
from .output import as_json, as_table

__all__ = ["types_command"]

_WORDS = {True: "yes", False: "no", None: "unknown"}
_HEAD = ("type", "products", "container", "required", "conditions", "dynamic", "status", "notes")


@click.command("types")
@click.option("--product", type=click.Choice(["jira", "confluence"]), help="Only of this product; default: both.")
@click.option("--json", "json_", is_flag=True, help="For programs; says more of each type.")
def types_command(product: Product | None, json_: bool) -> None:
    """List the module types that are known. Hosts may have more."""
    known = [module_types(product)[name] for name in sorted(module_types(product))]
    if json_:
        click.echo(as_json([_facts(each) for each in known]))
    else:
        click.echo(as_table(_HEAD, map(_row, known)))


def _row(known: ModuleType) -> tuple[str, ...]:
    return (
        known.name,
        ", ".join(sorted(known.products)),
        known.container,
        ", ".join(sorted(known.required)),
        _WORDS[known.conditions],
        _WORDS[known.dynamic],
        known.status,
        known.notes,
    )


def _facts(known: ModuleType) -> dict[str, Any]:
    return {**asdict(known), "products": sorted(known.products), "required": sorted(known.required)}
