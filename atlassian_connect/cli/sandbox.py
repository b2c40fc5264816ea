"""``flask connect sandbox``: a Jira and a Confluence on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click
from flask.cli import with_appcontext

from ..errors import HostError
from ..sandbox_options import sandbox_options
from ..types import Product
from ..web.context import ConnectState, current_state

if TYPE_CHECKING:
    from ..sandbox import SandboxServer

__all__ = ["answers_at", "descriptor_location", "sandbox_command", "settings_advice", "start_sandbox"]

_PROBE_SECONDS: Final = 2.0


def descriptor_location(state: ConnectState) -> str:
    """Where the app serves its descriptor."""
    return state.settings.base_url + state.settings.descriptor_url


def settings_advice(state: ConnectState, origin: str) -> list[str]:
    """Say which setting the app lacks to trust a sandbox at ``origin``. Empty: none."""
    if state.settings.sandbox_url == origin:
        return []
    now = f"it is {state.settings.sandbox_url} now" if state.settings.sandbox_url else "it is not set"
    return [f"The app refuses installs from here until it runs with ATLASSIAN_CONNECT_SANDBOX_URL={origin} ({now})."]


def answers_at(state: ConnectState) -> Callable[[str], bool]:
    """Make the probe for installs: any answer will do, the site looks closer."""

    def answers(url: str) -> bool:
        try:
            state.transport.fetch(url, timeout=_PROBE_SECONDS, max_bytes=1)
        except HostError:
            return False
        return True

    return answers


def start_sandbox(port: int, **options: Any) -> SandboxServer:
    """Start a sandbox in the background and say where it is. See :func:`atlassian_connect.sandbox.running`."""
    from ..sandbox.running import start_sandbox  # noqa: PLC0415  # a second program: not loaded with every app

    return start_sandbox(port, **options)


@click.command("sandbox")
@sandbox_options
@click.option("--install", "urls", metavar="URL", multiple=True, help="Install the app of this descriptor instead.")
@click.option("--no-install", is_flag=True, help="Install nothing.")
@with_appcontext
def sandbox_command(urls: tuple[str, ...], no_install: bool, product: Product | None, **options: Any) -> None:
    """Run a Jira and a Confluence on this machine, until Ctrl-C.

    This app is installed there as soon as it answers. It runs beside it, in another terminal, with ATLASSIAN_CONNECT_SANDBOX_URL=http://localhost:2990.
    """
    from ..sandbox.running import install_until_interrupted  # noqa: PLC0415  # see above

    state = current_state()
    server = start_sandbox(**options)
    for line in settings_advice(state, server.url) if not urls else []:
        click.echo(line, err=True)
    sites = [site for site in server.sandbox.sites if product in (None, site.product)]
    pending = [] if no_install else list(urls or (descriptor_location(state),))
    install_until_interrupted(server, sites, pending, answers_at(state))
