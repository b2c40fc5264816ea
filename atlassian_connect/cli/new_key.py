"""``python -m atlassian_connect.cli.new_key``: a key for an app that cannot start without one."""

from __future__ import annotations

import click

from ..tenants import new_encryption_key

if __name__ == "__main__":
    click.echo(new_encryption_key())
