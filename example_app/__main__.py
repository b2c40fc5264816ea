"""``python -m example_app``, which is ``make run``: a local host, the app, and the story of the two.

Both servers stay up afterwards, until Ctrl-C. With ``--once`` it ends: 0 when every step came out right, else 1.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from atlassian_connect.errors import ConnectError
from atlassian_connect.sandbox import InstallError, PortInUseError, Sandbox, SandboxServer
from atlassian_connect.sandbox.bridge import ensure_bridge

from .servers import StartError, app_running, environment, refuse_taken_port, tail
from .story import Story
from .teller import StoryError, Teller

_PORT = click.IntRange(1, 65535)  # not 0, any free one: each program has to know the other's before it starts


@click.command()
@click.option("--once", is_flag=True, help="Tell the story and exit.")
@click.option("--port", type=_PORT, default=5000, show_default=True, help="Port of the app.")
@click.option("--sandbox-port", type=_PORT, default=2990, show_default=True, help="Port of the sandbox.")
@click.option("--no-color", is_flag=True, help="Plain text; NO_COLOR does the same.")
@click.pass_context
def main(context: click.Context, *, once: bool, port: int, sandbox_port: int, no_color: bool) -> None:
    """Run the example app against a local Atlassian host, and show what happens between them."""
    context.color = False if no_color or os.environ.get("NO_COLOR") else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        for number in (port, sandbox_port):
            refuse_taken_port(number)
        with TemporaryDirectory(prefix="stale-pages-") as folder:
            run(Path(folder), app_url=f"http://localhost:{port}", port=port, sandbox_port=sandbox_port, once=once)
    except (StartError, PortInUseError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        click.echo("\nStopped.")
        sys.exit(130)


def run(folder: Path, *, app_url: str, port: int, sandbox_port: int, once: bool) -> None:
    sandbox = Sandbox(f"http://localhost:{sandbox_port}")
    if not once:  # a browser is going to look
        sandbox.bridge = sandbox.bridge or ensure_bridge()
    env = environment(folder, app_url=app_url, sandbox_url=sandbox.origin)
    click.echo(f"sandbox: {sandbox.origin}   app: {app_url}")
    with SandboxServer(sandbox), app_running(folder, port=port, env=env) as process:
        teller = Teller(lambda: sandbox.log)
        try:
            Story(sandbox, app_url, teller).tell()
        except (StoryError, InstallError, ConnectError) as error:
            click.echo(f"\nThe end of the app's log:\n{tail(folder / 'app.log')}", err=True)
            fail(f"Step {teller.number} failed. {error}")
        click.secho(f"\nAll {teller.number} steps came out right.", fg="green", bold=True)
        if not once:
            stay(process, folder, told(sandbox, app_url))


def told(sandbox: Sandbox, app_url: str) -> str:
    """Where to look."""
    page = "plugins/servlet/ac/stale-pages/stale-pages"
    without = "" if sandbox.bridge else "\n   Its frames come without AP: the bridge could not be fetched, see above."
    return (
        "Both stay up. Open in a browser:\n"
        f"   Confluence   {sandbox.confluence.base_url}/\n"
        f"   Jira         {sandbox.jira.base_url}/jira\n"
        f"   The app      {sandbox.confluence.base_url}/{page}\n"
        f"   Manage apps  {sandbox.origin}/sandbox/apps/confluence\n"
        f"   Everything   {sandbox.origin}/sandbox/{without}\n"
        f"The app's own server is {app_url}."
    )


def stay(process: subprocess.Popen[bytes], folder: Path, text: str) -> None:
    try:  # from here on Ctrl-C is the end that was announced
        click.echo(f"\n{text}\nThe app's log is {folder / 'app.log'}. Ctrl-C ends both.")
        while process.poll() is None:
            time.sleep(0.2)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one shall not disturb the first
        click.echo("\nStopping both.")
        return
    fail(f"The app ended by itself:\n{tail(folder / 'app.log')}")


def fail(message: str) -> None:
    click.secho(message, fg="red", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m example_app")
