"""The two servers of ``make run``: a sandbox in this process, the app in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from atlassian_connect.sandbox import AppUnreachableError, NetworkTransport
from atlassian_connect.tenants import new_encryption_key

_ROOT = Path(__file__).parent.parent
_START_SECONDS = 30


class StartError(Exception):
    """A server does not start. The text says what to do."""


def refuse_taken_port(port: int) -> None:
    """Check that nobody listens on a port of this machine.

    :raises StartError: somebody does.
    """
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return
    hint = " On macOS, AirPlay Receiver listens on 5000." if port == 5000 else ""
    raise StartError(
        f"Port {port} is taken by another program.{hint}\n"
        'Stop it, or choose other ports: make run ARGS="--port 5001 --sandbox-port 2991"'
    )


def environment(folder: Path, *, app_url: str, sandbox_url: str) -> dict[str, str]:
    """The environment of the app's process: ours, without what the developer has set for the real app."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ATLASSIAN_CONNECT_", "FLASK_")) and name != "DATABASE_URL"
    }
    return {
        **kept,
        "ATLASSIAN_CONNECT_BASE_URL": app_url,
        "ATLASSIAN_CONNECT_SANDBOX_URL": sandbox_url,
        "ATLASSIAN_CONNECT_ENCRYPTION_KEYS": new_encryption_key(),
        "DATABASE_URL": f"sqlite:///{folder / 'app.sqlite'}",
        "FLASK_SKIP_DOTENV": "1",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def app_running(folder: Path, *, port: int, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Make the tables, serve the app, and end it at the end.

    :param folder: for its log, ``app.log``.
    :raises StartError: it does not start.
    """
    log = folder / "app.log"
    flask = [sys.executable, "-m", "flask", "--app", "example_app"]
    with log.open("ab") as output:
        upgraded = subprocess.run(  # noqa: S603 - our own program, without a shell
            [*flask, "db", "upgrade"], check=False, cwd=_ROOT, env=env, stdout=output, stderr=output
        )
        if upgraded.returncode:
            raise StartError(f"The tables cannot be made:\n{tail(log)}")
        # A session of its own: Ctrl-C reaches this process only, which then ends the app in order.
        process = subprocess.Popen(  # noqa: S603 - the same
            [*flask, "run", "--port", str(port), "--no-reload", "--with-threads"],
            cwd=_ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_until_served(process, port, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _wait_until_served(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    network, deadline = NetworkTransport(), time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            url = f"http://localhost:{port}/atlassian-connect.json"
            if network.send("GET", url, headers={}, body=b"", timeout=2).status == 200:
                return
        except AppUnreachableError:
            time.sleep(0.05)
    raise StartError(f"The app does not start:\n{tail(log)}")
