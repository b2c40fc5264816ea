"""Long-running tasks. They take a while of the sandbox's clock, and do their work when it is over. They live in
memory: a task is a promise of the process, and ends with it.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-tasks/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-long-running-task/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import RLock
from typing import Any, Final

from ...types import Product

__all__ = ["DEFAULT_SECONDS", "Task", "Tasks"]

DEFAULT_SECONDS: Final = 3.0
_FIRST_ID: Final = 30_001


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands.

    :ivar account_id: who started it.
    :ivar started: seconds since the epoch; as is ``updated``.
    :ivar progress: 0 to 100.
    :ivar result: what the work returned, once it is finished.
    :ivar failure: why it failed; None when it did not.
    """

    id: str
    product: Product
    description: str
    account_id: str
    started: float
    updated: float
    progress: int
    result: Any = None
    failure: str | None = None

    @property
    def finished(self) -> bool:
        """Whether it came to an end, good or bad."""
        return self.progress == 100


class Tasks:
    """The tasks of a sandbox.

    :param clock: seconds since the epoch.
    :ivar seconds: how long a task takes that is started from now on.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.seconds = DEFAULT_SECONDS
        self._clock = clock
        self._ids = count(_FIRST_ID)
        self._lock = RLock()
        self._running: dict[str, tuple[Task, float, Callable[[], Any]]] = {}
        self._finished: dict[str, Task] = {}
        self._failures: list[str] = []

    def clear(self) -> None:
        """Forget all tasks, and what was to fail."""
        with self._lock:
            self.seconds, self._ids = DEFAULT_SECONDS, count(_FIRST_ID)
            self._running.clear()
            self._finished.clear()
            self._failures.clear()

    def fail_next(self, message: str) -> None:
        """Let the next task that is started fail when its time is over."""
        with self._lock:
            self._failures.append(message)

    def start(self, product: Product, description: str, account_id: str, work: Callable[[], Any]) -> Task:
        """Start a task.

        :param work: done once, when the time is over and somebody asks. What it returns is the result.
        """
        with self._lock:
            now = self._clock()
            failure = self._failures.pop(0) if self._failures else None
            task = Task(str(next(self._ids)), product, description, account_id, now, now, 0, failure=failure)
            self._running[task.id] = task, now + self.seconds, work
            return task

    def get(self, product: Product, task_id: str, account_id: str) -> Task:
        """Look at a task of one's own.

        :raises KeyError: there is none.
        """
        with self._lock:
            task = self._finished.get(task_id) or self._advanced(task_id)
        if (task.product, task.account_id) != (product, account_id):
            raise KeyError(task_id)
        return task

    def _advanced(self, task_id: str) -> Task:
        task, end, work = self._running[task_id]
        now = self._clock()
        if now < end:
            share = (now - task.started) / (end - task.started)
            return _at(task, now, progress=min(99, max(0, int(100 * share))), failure=None)
        del self._running[task_id]
        result, failure = None, task.failure
        try:
            result = work() if failure is None else None
        except (KeyError, ValueError) as error:  # what it was about has changed since
            failure = str(error)
        self._finished[task_id] = _at(task, end, progress=100, failure=failure, result=result)
        return self._finished[task_id]


def _at(task: Task, now: float, *, progress: int, failure: str | None, result: Any = None) -> Task:
    return Task(task.id, task.product, task.description, task.account_id, task.started, now, progress, result, failure)
