"""The time of a sandbox that is a program of its own: it begins where one wants, goes on, and can be moved forward."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Final

__all__ = ["MovableClock", "instant"]

_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LAST: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()


class MovableClock:
    """Seconds since the epoch, as fast as those of the machine. Safe to use from any thread.

    :param start: what it says now; None for the time of the machine.
    :param machine: the clock that it goes with.
    :ivar machine: likewise.
    :raises ValueError: ``start`` is not between the years 2000 and 2200.
    """

    def __init__(self, start: float | None = None, *, machine: Callable[[], float] = time.time) -> None:
        self.machine = machine
        self._lock = Lock()
        self._ahead = 0.0 if start is None else _checked(start) - machine()

    def __call__(self) -> float:
        """What time it is."""
        return self.machine() + self._ahead

    def advance(self, seconds: float) -> float:
        """Move it forward, and return what it says then.

        :raises ValueError: ``seconds`` is negative or no number, or leads beyond the year 2200.
        """
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError("A clock goes forward only: give a number of seconds.")
        with self._lock:
            _checked(self() + seconds)
            self._ahead += seconds
        return self()


def instant(text: str) -> float:
    """Read a time as ISO 8601 writes it, ``2026-03-31T09:00:00+02:00``; in UTC where it names no zone.

    :return: seconds since the epoch.
    :raises ValueError: it is none, or not between the years 2000 and 2200.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time as ISO 8601 writes it, such as 2026-03-31T09:00:00Z.") from None
    return _checked((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def _checked(seconds: float) -> float:
    if not _FIRST <= seconds < _LAST:
        raise ValueError("The clock of a sandbox is between the years 2000 and 2200.")
    return seconds
