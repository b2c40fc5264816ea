"""The command group."""

from __future__ import annotations

import click

__all__ = ["connect_group"]


@click.group("connect")
def connect_group() -> None:
    """Jira and Confluence: tenants, modules, tokens, the sandbox."""
