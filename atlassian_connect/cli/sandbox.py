"""``flask connect sandbox``: a Jira and a Confluence on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import click
from flask.cli import with_appcontext

from ..errors import HostError
from ..types import Product
from ..web.context import ConnectState, current_state
from .output import one_line

if TYPE_CHECKING:
    from ..sandbox import SandboxServer, Site

__all__ = ["descriptor_location", "install_where_ready", "sandbox_command", "settings_advice", "start_sandbox"]

_PROBE_SECONDS: Final = 2.0
_WAIT_SECONDS: Final = 0.5


def descriptor_location(state: ConnectState) -> str:
    """Where the app serves its descriptor."""
    return state.settings.base_url + state.settings.descriptor_url


def settings_advice(state: ConnectState, origin: str) -> list[str]:
    """Say which setting the app lacks to trust a sandbox at ``origin``. Empty: none."""
    if state.settings.sandbox_url == origin:
        return []
    now = f"it is {state.settings.sandbox_url} now" if state.settings.sandbox_url else "it is not set"
    return [f"The app refuses installs from here until it runs with ATLASSIAN_CONNECT_SANDBOX_URL={origin} ({now})."]


def install_where_ready(
    sites: Iterable[Site], pending: list[str], answers: Callable[[str], bool]
) -> Iterator[tuple[bool, str]]:
    """Install the apps that answer by now, and take them off the list.

    :param pending: URLs of descriptors.
    :param answers: whether something listens at a URL.
    :return: per app and site, whether it worked, and a line that says what happened.
    """
    from ..sandbox import InstallError  # noqa: PLC0415  # a second program: not loaded with every app

    for url in [url for url in pending if answers(url)]:
        pending.remove(url)
        for site in sites:
            try:
                installation = site.install(url)
            except InstallError as error:
                yield False, f"{site.name} did not install {url}: {one_line(error)}"
            else:
                yield True, f"{site.name} installed {installation.app_key}; client key {installation.client_key}"


def answers_at(state: ConnectState) -> Callable[[str], bool]:
    """Make the probe for :func:`install_where_ready`: any answer will do, the site looks closer."""

    def answers(url: str) -> bool:
        try:
            state.transport.fetch(url, timeout=_PROBE_SECONDS, max_bytes=1)
        except HostError:
            return False
        return True

    return answers


def start_sandbox(port: int, *, host: str = "127.0.0.1") -> SandboxServer:
    """Start a sandbox in the background and say where it is.

    :param port: 0 takes any free one.
    :raises click.ClickException: the port is taken, or the address is not this machine's.
    """
    from ..sandbox import PortInUseError, Sandbox, SandboxServer  # noqa: PLC0415  # see above
    from ..sandbox.bridge import ensure_bridge  # noqa: PLC0415

    sandbox = Sandbox(f"http://localhost:{port}") if port else Sandbox()
    sandbox.bridge = sandbox.bridge or ensure_bridge()
    try:
        server = SandboxServer(sandbox, host=host, port=port).start()
    except (PortInUseError, ValueError) as error:
        raise click.ClickException(one_line(error)) from error
    click.echo(f"Sandbox     {server.url}/sandbox/")
    for site in sandbox.sites:
        click.echo(f"{site.name.ljust(11)} {site.base_url}")
    return server


@click.command("sandbox")
@click.option("--port", default=2990, show_default=True, help="0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; of this machine only.")
@click.option("--install", "urls", metavar="URL", multiple=True, help="Install the app of this descriptor instead.")
@click.option("--no-install", is_flag=True, help="Install nothing.")
@click.option("--product", type=click.Choice(["jira", "confluence"]), help="Install on one product only.")
@with_appcontext
def sandbox_command(port: int, host: str, urls: tuple[str, ...], no_install: bool, product: Product | None) -> None:
    """Run a Jira and a Confluence on this machine, with this app installed, until Ctrl-C.

    The app runs beside it, in another terminal, with ATLASSIAN_CONNECT_SANDBOX_URL=http://localhost:2990.
    """
    state = current_state()
    server = start_sandbox(port, host=host)
    sandbox = server.sandbox
    try:
        for line in settings_advice(state, server.url) if not urls else []:
            click.echo(line, err=True)
        sites = [site for site in sandbox.sites if product in (None, site.product)]
        pending = [] if no_install else list(urls or (descriptor_location(state),))
        _run(sites, pending, answers_at(state), again=f"{server.url}/sandbox/")
    except KeyboardInterrupt:
        click.echo("Stopped.")
    finally:
        server.shutdown()


def _run(sites: list[Site], pending: list[str], answers: Callable[[str], bool], *, again: str) -> None:
    """Install what answers, until interrupted.

    :param again: where to try what did not work.
    """
    has_asked = False
    while True:
        for worked, line in install_where_ready(sites, pending, answers):
            click.echo(line if worked else f"{line} Try again at {again}.", err=not worked)
        if pending and not has_asked:
            has_asked = True
            click.echo(f"Waiting for {', '.join(pending)}; start the app in another terminal, e.g. with `flask run`.")
        time.sleep(_WAIT_SECONDS)
