"""``flask connect new``: a small app to start from."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from ..scaffold import NewApp, write_app
from ..types import Product

__all__ = ["new_command"]


@click.command("new")
@click.argument("name")
@click.option("--key", default="", help="Key of the descriptor, unique among all apps. Default: NAME.")
@click.option("--product", type=click.Choice([*get_args(Product), "both"]), default="both", show_default=True)
@click.option(
    "--directory", type=click.Path(file_okay=False, path_type=Path), help="Where to write it. Default: a folder NAME."
)
def new_command(name: str, key: str, product: str, directory: Path | None) -> None:
    """Write a small working app into a folder NAME.

    It comes with tests. Nothing is overwritten.
    """
    products = frozenset(one for one in get_args(Product) if product in (one, "both"))
    folder = Path(name) if directory is None else directory
    written = write_app(folder, NewApp(name, key, products))
    click.echo(f"Wrote {len(written)} files. Next:\n\n    cd {folder}\n    make test\n    make run")
