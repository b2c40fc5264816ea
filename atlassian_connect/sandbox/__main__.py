"""``python -m atlassian_connect.sandbox``: a Jira and a Confluence on this machine, for apps of any framework."""

from __future__ import annotations

from typing import Any

import click

from ..sandbox_options import sandbox_options
from .running import answers_over_network, install_until_interrupted, start_sandbox

__all__ = ["main"]


@click.command("sandbox")
@sandbox_options
@click.option("--install", "urls", metavar="URL", multiple=True, help="Install the app of this descriptor.")
def main(urls: tuple[str, ...], product: str | None, **options: Any) -> None:
    """Run a Jira and a Confluence on this machine until Ctrl-C."""
    server = start_sandbox(**options)
    sites = [site for site in server.sandbox.sites if product in (None, site.product)]
    install_until_interrupted(server, sites, list(urls), answers_over_network)


if __name__ == "__main__":
    main(prog_name="python -m atlassian_connect.sandbox")
