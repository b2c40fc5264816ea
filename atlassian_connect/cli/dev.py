"""``flask connect dev``: the app with reload, on development sites as it is now."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, get_args

import click
from flask.cli import ScriptInfo

from ..client import Transport
from ..client.plugin_manager import CredentialsRefusedError, DeveloperModeError, PluginManager, PluginManagerError
from ..devloop import (
    TUNNELS,
    AppServer,
    Credentials,
    DevLoop,
    Tunnel,
    find_credentials,
    usable_port,
    write_credentials,
)
from ..errors import UrlNotAllowedError
from ..protocol.urls import is_loopback, parse_base_url
from ..redaction import redact
from ..secret import Secret
from ..types import Product
from .output import one_line, printable
from .sandbox import start_sandbox

if TYPE_CHECKING:
    from ..sandbox import Sandbox

__all__ = ["dev_command"]

_PORT = click.IntRange(0, 65535)


def _default_file() -> str:
    return str(Path(click.get_app_dir("flask-atlassian-connect")) / "credentials.json")


@click.command("dev")
@click.option("--sandbox", "own_sandbox", is_flag=True, help="Start a sandbox and install the app there.")
@click.option("--sandbox-port", type=_PORT, default=2990, show_default=True, help="0 takes any free one.")
@click.option("--sandbox-data", metavar="FILE", help="Keep the sandbox in this file, for the next time.")
@click.option("--sandbox-url", metavar="URL", help="Install it on a sandbox that runs already.")
@click.option("--product", type=click.Choice(get_args(Product)), help="Install it on one product of the sandbox only.")
@click.option("--site", "sites", metavar="URL", multiple=True, help="A development site; with /wiki for Confluence.")
@click.option("--port", type=_PORT, default=5000, show_default=True, help="The app's; 0 takes any free one.")
@click.option("--tunnel", type=click.Choice(list(TUNNELS)), help="Open a tunnel to the app by this program.")
@click.option("--url", metavar="URL", help="Where sites reach the app, e.g. by a tunnel of your own.")
@click.option(
    "--descriptor", default="/atlassian-connect.json", show_default=True, help="Path that the app serves it at."
)
@click.option("--uninstall", is_flag=True, help="Uninstall the app at the end.")
@click.option(
    "--credentials",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_default_file,
    help="File with e-mail address and API token, without ATLASSIAN_EMAIL and ATLASSIAN_API_TOKEN.",
)
@click.option("--login", is_flag=True, help="Ask for e-mail address and API token, keep them in that file, and end.")
@click.pass_context
def dev_command(context: click.Context, /, file: Path, login: bool, **choices: Any) -> None:
    """Run the app and keep it installed on a sandbox or on development sites.

    It starts again when its files change, is installed again when its descriptor changes, and ends with Ctrl-C. It
    learns where it is reached by ATLASSIAN_CONNECT_BASE_URL, and of the sandbox by ATLASSIAN_CONNECT_SANDBOX_URL.
    """
    if login:
        _login(file)
        return
    chosen = _Choices(**choices)
    chosen.check()
    with ExitStack() as stack:
        stack.enter_context(_ended_as_by_ctrl_c())
        try:
            _start(stack, chosen, app=_app_of(context), file=file).run()
        except KeyboardInterrupt:
            _say("Stopping.")
    click.echo("Stopped.")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Choices:
    """What was given on the command line."""

    own_sandbox: bool
    sandbox_port: int
    sandbox_data: str | None
    sandbox_url: str | None
    product: Product | None
    sites: tuple[str, ...]
    port: int
    tunnel: str | None
    url: str | None
    descriptor: str
    uninstall: bool

    def check(self) -> None:
        """:raises click.UsageError: they do not go together."""
        if sum([self.own_sandbox, bool(self.sandbox_url), bool(self.sites)]) != 1:
            raise click.UsageError("Where to? Give --sandbox, or --sandbox-url URL, or one --site URL or more.")
        if self.tunnel and self.url:
            raise click.UsageError("--tunnel and --url both say where the app is reached. Give one.")
        if self.sites and not (self.tunnel or self.url):
            raise click.UsageError("A site reaches this machine through a tunnel: give --tunnel or --url.")
        if self.tunnel and not self.sites:
            raise click.UsageError("A sandbox is on this machine; it needs no tunnel.")
        if self.product and self.sites:
            raise click.UsageError("--product chooses of a sandbox. A --site is one product already.")
        if not self.descriptor.startswith("/"):
            raise click.UsageError("--descriptor is a path; it starts with a slash.")
        try:
            self._check_urls()
        except UrlNotAllowedError as error:
            raise click.UsageError(one_line(error)) from error

    def _check_urls(self) -> None:
        if self.sandbox_url and not is_loopback(parse_base_url(self.sandbox_url).host):
            raise click.UsageError("A sandbox is on this machine, such as http://localhost:2990.")
        if self.url:
            base = parse_base_url(self.url)
            if base.path:
                raise click.UsageError("--url is an address without a path.")
            if base.scheme != "https" and not is_loopback(base.host):
                raise click.UsageError("Hosts call apps over https only: --url must begin with https://.")


def _start(stack: ExitStack, chosen: _Choices, *, app: str | None, file: Path) -> DevLoop:
    """Start what the loop needs. The stack ends all of it, in the right order."""
    port = usable_port(chosen.port)
    managers, sandbox_url = _sites(stack, chosen, file)
    opened = Tunnel(chosen.tunnel, port, environ=os.environ) if chosen.tunnel else None
    if opened:
        stack.callback(opened.stop)
    base_url = opened.url if opened else (chosen.url or f"http://localhost:{port}").rstrip("/")
    settings = {"ATLASSIAN_CONNECT_BASE_URL": base_url}
    if sandbox_url:
        settings["ATLASSIAN_CONNECT_SANDBOX_URL"] = sandbox_url
    loop = DevLoop(
        AppServer(app, port=port, environ=os.environ, settings=settings),
        base_url=base_url,
        descriptor_path=chosen.descriptor,
        sites=managers,
        folder=Path.cwd(),
        say=_say,
        tunnel=opened,
    )
    stack.callback(loop.close)
    if chosen.uninstall:
        stack.callback(loop.uninstall)  # first of all: the app is still there to hear of it
    click.echo(f"App         {base_url}")
    return loop


def _sites(stack: ExitStack, chosen: _Choices, file: Path) -> tuple[list[PluginManager], str | None]:
    """Where the app is installed, and the origin of the sandbox if that is one."""
    if chosen.own_sandbox:
        server = start_sandbox(chosen.sandbox_port, data=chosen.sandbox_data)
        stack.callback(server.sandbox.close)
        stack.callback(server.shutdown)
        return _managers_of(server.sandbox, chosen.product), server.url
    credentials = find_credentials(os.environ, file)
    origin = parse_base_url(chosen.sandbox_url).origin if chosen.sandbox_url else None
    products = {"jira": f"{origin}", "confluence": f"{origin}/wiki"}
    of_sandbox = [url for product, url in products.items() if chosen.product in (None, product)]
    managers = [_manager(url, credentials) for url in (of_sandbox if origin else chosen.sites)]
    for manager in managers:
        _check_site(manager)
    return managers, origin


def _say(line: str) -> None:
    click.echo(f"connect: {printable(redact(line))}")
    sys.stdout.flush()  # the app's output comes in between


def _login(file: Path) -> None:
    email = click.prompt("E-mail address")
    token = click.prompt("API token (https://id.atlassian.com/manage-profile/security/api-tokens)", hide_input=True)
    write_credentials(file, Credentials(email, Secret(token)))
    click.echo(f"Kept in {file}, which nobody else can read.")


def _app_of(context: click.Context) -> str | None:
    """What was given as ``flask --app``."""
    info = context.find_object(ScriptInfo)
    return info.app_import_path if info else None


def _managers_of(sandbox: Sandbox, product: Product | None) -> list[PluginManager]:
    from ..sandbox import ADMIN  # noqa: PLC0415  # a second program: not loaded with every app

    credentials = Credentials(sandbox.users.get(ADMIN).email, sandbox.api_token)
    return [_manager(site.base_url, credentials) for site in sandbox.sites if product in (None, site.product)]


def _manager(url: str, credentials: Credentials) -> PluginManager:
    try:
        return PluginManager(url.rstrip("/"), credentials.email, credentials.token, transport=Transport())
    except ValueError as error:
        raise click.ClickException(one_line(error)) from error


def _check_site(manager: PluginManager) -> None:
    """Find out at once what would fail at the install; a site without this setting is not judged by it."""
    try:
        manager.check_developer_mode()
    except (CredentialsRefusedError, DeveloperModeError):
        raise
    except PluginManagerError as error:
        _say(one_line(error))


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Let a terminal that closes, or ``kill``, end the programs of the loop too."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    former = {name: signal.signal(getattr(signal, name), interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in former.items():
            signal.signal(getattr(signal, name), handler)
