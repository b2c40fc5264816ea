"""Tunnels: programs that give a port of this machine a public https address.

Sources: *Quick tunnels*, https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/do-more-with-tunnels/trycloudflare/,
and *ngrok agent CLI*, https://ngrok.com/docs/agent/cli/. What they print was read in logs that people published:
cloudflared frames the address in a box of ``INF |  https://….trycloudflare.com  |``, ngrok with ``--log-format logfmt``
writes ``msg="started tunnel" … url=https://….ngrok-free.app``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

from ..redaction import redact
from .processes import DevLoopError, ended, inherited

__all__ = ["TUNNELS", "Tunnel", "TunnelProgram"]

_START_SECONDS: Final = 30.0
_LAST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class TunnelProgram:
    """A program that makes tunnels.

    :ivar arguments: with ``{port}``.
    :ivar address: finds the address in a line that it prints, as its first group.
    :ivar home: where it comes from.
    """

    name: str
    arguments: tuple[str, ...]
    address: re.Pattern[str]
    home: str


#: What ``--tunnel`` takes.
TUNNELS: Final[Mapping[str, TunnelProgram]] = {
    one.name: one
    for one in (
        TunnelProgram(
            "cloudflared",
            ("tunnel", "--no-autoupdate", "--url", "http://127.0.0.1:{port}"),
            # The service that hands out the names has one below the same domain; errors print it.
            re.compile(r"(https://(?!api\.)[a-z0-9-]+\.trycloudflare\.com)(?=[\s|]|$)"),
            "https://github.com/cloudflare/cloudflared",
        ),
        TunnelProgram(
            "ngrok",
            ("http", "{port}", "--log", "stdout", "--log-format", "logfmt"),
            re.compile(r'msg="started tunnel".*\burl=(https://[^\s"]+)'),
            "https://ngrok.com/download",
        ),
    )
}


class Tunnel:
    """A tunnel to a port, open until :meth:`stop`.

    :param name: one of :data:`TUNNELS`.
    :param seconds: how long the program may take to print its address.
    :ivar url: the public address.
    :raises DevLoopError: the program is not installed, ended, or printed no address.
    """

    def __init__(self, name: str, port: int, *, environ: Mapping[str, str], seconds: float = _START_SECONDS) -> None:
        program = TUNNELS[name]
        path = shutil.which(name, path=environ.get("PATH"))
        if path is None:
            raise DevLoopError(
                f"{name} is not installed; it comes from {program.home}. For another tunnel give its address: --url."
            )
        self.name = name
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._address = program.address
        self._found = Event()
        self.url = ""
        self._process = subprocess.Popen(  # noqa: S603 - no shell
            [path, *(argument.format(port=port) for argument in program.arguments)],
            env=inherited(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C does not close it before the app was uninstalled
        )
        self._reader = Thread(target=self._read, name=f"{name} output", daemon=True)
        self._reader.start()
        try:
            self._await_address(seconds)
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self._process.poll() is None

    @property
    def last_words(self) -> str:
        """What it printed last, in one line."""
        return redact(" / ".join(self._last))

    def stop(self) -> None:
        """Close the tunnel. Nothing happens when it is closed."""
        ended(self._process, group=True)
        self._reader.join()

    def _await_address(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._found.wait(0.05):
            if not self.alive:
                self._reader.join()
                if self._found.is_set():
                    break
                raise DevLoopError(f"{self.name} ended without an address. It said: {self.last_words or 'nothing'}")
            if time.monotonic() > deadline:
                raise DevLoopError(
                    f"{self.name} printed no address in {seconds:.0f} seconds. It said: {self.last_words or 'nothing'}"
                )

    def _read(self) -> None:
        """Read to the end, or the program would wait for us some day."""
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        with self._process.stdout as output:
            for raw in output:
                line = raw.decode("utf-8", "replace").strip()
                if line:
                    self._last.append(line[:300])
                found = None if self.url else self._address.search(line)
                if found:
                    self.url = found[1].rstrip("/")
                    self._found.set()
