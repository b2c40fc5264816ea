"""Running a sandbox as a program: its options, and installing apps once they answer.

``flask connect sandbox`` runs it for one app, ``python -m atlassian_connect.sandbox`` without any.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import click

from .bridge.package import ensure_bridge
from .clock import MovableClock, instant
from .host import Sandbox
from .http import AppUnreachableError, NetworkTransport
from .lifecycle import InstallError
from .server import PortInUseError, SandboxServer, origin_at
from .site import Site

__all__ = ["answers_over_network", "install_until_interrupted", "install_where_ready", "start_sandbox"]

_PROBE_SECONDS: Final = 2.0
_WAIT_SECONDS: Final = 0.5


def start_sandbox(
    port: int,
    *,
    host: str = "127.0.0.1",
    seed: int | None = None,
    data: str | None = None,
    bridge: bool = True,
    rate_limits: bool | None = None,
    clock: str | None = None,
    retry_wait: float = 10.0,
    control: bool = False,
) -> SandboxServer:
    """Start a sandbox in the background and say where it is.

    :param port: 0 takes any free one.
    :param clock: what time it is on the sites, as :func:`.clock.instant` reads it; None for the time of the machine.
        Tokens have that of the machine in any case, as the apps have.
    :param rate_limits: None leaves the limits as the file has them, which are none at first.
    :raises click.ClickException: the port is taken, the address is not this machine's, the file cannot be used, or
        ``clock`` is no time.
    """
    origin = origin_at(host, port or 2990)
    try:
        time = MovableClock(None if clock is None else instant(clock))
        sandbox = Sandbox(origin, clock=time, token_clock=time.machine, seed=seed, data=data)
    except ValueError as error:
        raise _failed(error) from error
    sandbox.bridge = (sandbox.bridge or ensure_bridge()) if bridge else None
    sandbox.deliveries.first_wait = retry_wait
    sandbox.control_token = secrets.token_urlsafe(32) if control else None
    sandbox.limited_at_first = bool(rate_limits)
    for site in sandbox.sites if rate_limits is not None else ():
        if rate_limits:
            site.limit_rate()
        else:
            site.limits = None
    try:
        server = SandboxServer(sandbox, host=host, port=port).start()
    except (PortInUseError, ValueError) as error:
        sandbox.close()
        raise _failed(error) from error
    click.echo(f"Sandbox     {server.url}/sandbox/")
    for site in sandbox.sites:
        click.echo(f"{site.name.ljust(11)} {site.base_url}")
    for site in sandbox.sites:  # what a file has kept, and nobody thinks of any more
        for active in site.faults.active:
            click.echo(f"Fault       {site.name}: {active!r}")
    if sandbox.control_token is not None:
        click.echo(f"Control     {sandbox.control_token}")
    return server


def install_where_ready(
    sites: Iterable[Site], pending: list[str], answers: Callable[[str], bool]
) -> Iterator[tuple[bool, str]]:
    """Install the apps that answer by now, and take them off the list.

    :param pending: URLs of descriptors.
    :param answers: whether something listens at a URL.
    :return: per app and site, whether it worked, and a line that says what happened.
    """
    for url in [url for url in pending if answers(url)]:
        pending.remove(url)
        for site in sites:
            try:
                installation = site.install(url)
            except InstallError as error:
                yield False, f"{site.name} did not install {url}: {_one_line(error)}"
            else:
                yield True, f"{site.name} installed {installation.app_key}; client key {installation.client_key}"


def answers_over_network(url: str) -> bool:
    """Whether something answers at a URL; whatever it says, the site looks closer."""
    try:
        NetworkTransport().send("GET", url, headers={}, body=b"", timeout=_PROBE_SECONDS)
    except AppUnreachableError:
        return False
    return True


def install_until_interrupted(
    server: SandboxServer, sites: list[Site], pending: list[str], answers: Callable[[str], bool]
) -> None:
    """Install what answers, until Ctrl-C; then stop the server and let go of the file."""
    has_asked, again = False, f"{server.url}/sandbox/"
    try:
        while True:
            for worked, line in install_where_ready(sites, pending, answers):
                click.echo(line if worked else f"{line} Try again at {again}.", err=not worked)
            if pending and not has_asked:
                has_asked = True
                click.echo(
                    f"Waiting for {', '.join(pending)}; start the app in another terminal, e.g. with `flask run`."
                )
            time.sleep(_WAIT_SECONDS)
    except KeyboardInterrupt:
        click.echo("Stopped.")
    finally:
        server.shutdown()
        server.sandbox.close()


def _failed(error: Exception) -> click.ClickException:
    return click.ClickException(_one_line(error))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
