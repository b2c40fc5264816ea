"""The app in a process of its own, by ``flask run``; and what of its files changed.

The loop restarts it, not Flask's reloader: so it knows which answer is the new one's, an app that does not even load
shows its error once, and a changed descriptor template counts as a change, which it does not for the reloader.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from .processes import DevLoopError, ended, inherited, sparing_interrupts

__all__ = ["AppServer", "snapshot", "usable_port"]

_SUFFIXES: Final = (".py", ".json", ".toml", ".env")
_SKIPPED: Final = frozenset({"__pycache__", "node_modules", "instance"})


class AppServer:
    """The app on a port of this machine. The output goes where ours goes.

    :param app: as in ``flask --app``; None where Flask finds it by itself.
    :param settings: what the app's environment has besides ours.
    """

    def __init__(self, app: str | None, *, port: int, environ: Mapping[str, str], settings: Mapping[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        chosen = ["--app", app] if app else []
        self._command = [
            *(sys.executable, "-m", "flask", *chosen, "--debug"),
            *("run", "--host", "127.0.0.1", "--port", str(port), "--no-reload"),
        ]
        # The files of variables were read before us; read again, they would bring back what is left out here.
        self._environ = {**inherited(environ), **settings, "FLASK_SKIP_DOTENV": "1"}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def exit_code(self) -> int | None:
        """Of a process that ended by itself. None: it runs, or it was never started."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the app, again if it runs."""
        self.stop()
        with sparing_interrupts():
            self._process = subprocess.Popen(self._command, env=self._environ)  # noqa: S603 - no shell

    def stop(self) -> None:
        """End the app. Nothing happens when it does not run."""
        if self._process is not None:
            ended(self._process)
            self._process = None


def usable_port(port: int) -> int:
    """Return a port of this machine that nobody listens on.

    :param port: 0 for any.
    :raises DevLoopError: another program has it.
    """
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            hint = " On macOS, AirPlay Receiver listens on 5000." if port == 5000 else ""
            raise DevLoopError(
                f"Port {port} is taken by another program. Stop it, or give the app another port: --port.{hint}"
            ) from error
        return int(probe.getsockname()[1])


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """When the app's files changed last, and how long they are: code, descriptors, variables.

    Not looked at: hidden folders, virtual environments, the instance folder.
    """
    return dict(_files(str(folder)))


def _files(folder: str) -> Iterator[tuple[str, tuple[int, int]]]:
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError:
        return  # it went away while we looked
    if any(entry.name == "pyvenv.cfg" for entry in entries):
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    yield from _files(entry.path)
            elif entry.name.endswith(_SUFFIXES):
                facts = entry.stat()
                yield entry.path, (facts.st_mtime_ns, facts.st_size)
        except OSError:
            continue
