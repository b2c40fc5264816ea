"""``flask connect secrets``: the keys that shared secrets are encrypted with."""

from __future__ import annotations

import click

from ..tenants import new_encryption_key
from ..web.context import current_state
from .output import ConnectGroup

__all__ = ["secrets_group"]

secrets_group = ConnectGroup("secrets", help="Encryption of shared secrets at rest.")


@secrets_group.command("new-key", with_appcontext=False)
def new_key_command() -> None:
    """Print a new key for ATLASSIAN_CONNECT_ENCRYPTION_KEYS. Needs no app, since one without a key does not start."""
    click.echo(new_encryption_key())


@secrets_group.command("rotate")
def rotate_command() -> None:
    """Encrypt every stored secret with the first key."""
    count = current_state().store.rotate_secrets()
    click.echo(f"{count} {'secret is' if count == 1 else 'secrets are'} encrypted with the first key now.")
    click.echo("The other keys can go once every process runs with the new setting. Backups still need them.")
