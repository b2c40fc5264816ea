"""Starting and ending the programs of the loop."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from typing import Final

from ..errors import ConnectError
from .credentials import VARIABLES

__all__ = ["DevLoopError", "ended", "inherited", "sparing_interrupts"]

_GRACE_SECONDS: Final = 5.0


class DevLoopError(ConnectError):
    """The loop cannot start or go on; the message says what to do."""


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program of the loop: all but the credentials."""
    return {name: value for name, value in environ.items() if name not in VARIABLES}


@contextmanager
def sparing_interrupts() -> Iterator[None]:
    """Programs that are started in the block do not end by Ctrl-C.

    The terminal sends it to all of them, and the app must still hear that it was uninstalled. It keeps the terminal,
    so that ``breakpoint()`` works in it.
    """
    if current_thread() is not main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited by what is started
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def ended(process: subprocess.Popen[bytes], *, group: bool = False) -> None:
    """End a program, by force if it does not end by itself.

    :param group: with the programs that it started, where it has a session of its own.
    """
    if process.poll() is None:
        _signal(process, signal.SIGTERM, group=group)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    if process.poll() is None or group:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM), group=group)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals, *, group: bool) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if group and hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        elif process.poll() is None:
            process.send_signal(number)
