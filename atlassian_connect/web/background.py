"""Work that must not keep a host waiting: done by a few daemon threads after the response."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from queue import Full, Queue
from threading import Lock, Thread
from typing import Protocol

__all__ = ["Background", "ThreadedBackground"]

_log = logging.getLogger(__name__)


class Background(Protocol):
    """Runs jobs some time later."""

    def submit(self, name: str, job: Callable[[], None]) -> None:
        """Run ``job`` later. What it raises is logged with ``name`` and goes no further."""


class ThreadedBackground:
    """Runs jobs in daemon threads of this process, which start with the first job.

    A job that is still waiting when the process ends is lost: use it for what the next event repeats.

    :param threads: how many jobs run at once.
    :param size: how many may wait; more are dropped with a log line.
    """

    def __init__(self, *, threads: int = 4, size: int = 10_000) -> None:
        self._threads = threads
        self._jobs: Queue[tuple[str, Callable[[], None]]] = Queue(size)
        self._lock = Lock()
        self._started_in: int | None = None

    def submit(self, name: str, job: Callable[[], None]) -> None:
        """Run ``job`` in one of the threads."""
        with self._lock:
            if self._started_in != os.getpid():  # threads do not survive a fork
                self._started_in = os.getpid()
                for number in range(self._threads):
                    Thread(target=self._work, name=f"atlassian-connect-{number}", daemon=True).start()
        try:
            self._jobs.put_nowait((name, job))
        except Full:
            _log.error("too many jobs are waiting; %s is dropped", name)

    def join(self) -> None:
        """Wait until every job that was submitted has run."""
        self._jobs.join()

    def _work(self) -> None:
        while True:
            name, job = self._jobs.get()
            try:
                job()
            except Exception:
                _log.exception("%s failed", name)
            finally:
                self._jobs.task_done()
