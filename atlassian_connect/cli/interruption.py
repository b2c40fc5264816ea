"""Ctrl-C that lets come to its end what has begun."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

__all__ = ["Interruption"]


class Interruption:
    """Notes a first Ctrl-C, for the work to ask for between its steps. A second one interrupts as ever."""

    def __init__(self) -> None:
        self.came = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take Ctrl-C for the block. Only the main thread can; elsewhere nothing changes."""
        if current_thread() is not main_thread():
            yield
            return
        former = signal.getsignal(signal.SIGINT)

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            self.came = True
            signal.signal(signal.SIGINT, former)

        signal.signal(signal.SIGINT, on_signal)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, former)
