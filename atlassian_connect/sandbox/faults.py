"""What can go wrong with a host, to be switched on by tests: limits, outages, broken answers and broken connections.

::

    with sandbox.jira.faults.add(RateLimited(seconds=2), method="GET", path="/rest/api/3/search", times=1) as fault:
        ...
    assert fault.hits == 1

Several faults may concern one request: the one that was added first is the outermost.
"""

from __future__ import annotations

from threading import Event, Lock
from types import TracebackType
from typing import Any

from .fault_kinds import Broken, Dropped, EndlessPages, Exchange, Fault, Outcome, Redirected, Slow, Unavailable
from .kept_faults import KeptFaults
from .limit_faults import Announced, RateLimited
from .module_faults import DYNAMIC_MODULES, ModuleDefaults, ModuleRefused

__all__ = [
    "DYNAMIC_MODULES",
    "ActiveFault",
    "Announced",
    "Broken",
    "Dropped",
    "EndlessPages",
    "Exchange",
    "Fault",
    "Faults",
    "ModuleDefaults",
    "ModuleRefused",
    "Outcome",
    "RateLimited",
    "Redirected",
    "Slow",
    "Unavailable",
]


class ActiveFault:
    """A fault that is switched on. Leaving its ``with`` statement, or :meth:`remove`, switches it off.

    :ivar method: of the requests it concerns; None for all.
    :ivar path: how the path of the requests begins.
    :ivar times: how many requests; None for all until it is switched off.
    :ivar number: of its row in a data file; 0 without one.
    :ivar hits: how many requests it concerned so far.
    :ivar memory: what the fault keeps from one request to the next.
    """

    def __init__(self, faults: Faults, fault: Fault, method: str | None, path: str, times: int | None) -> None:
        self.fault = fault
        self.hits = 0
        self.memory: dict[str, Any] = {}
        self._faults = faults
        self.method = method.upper() if method else None
        self.path = path
        self.times = times
        self.number = 0
        self._gone = Event()
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"ActiveFault({self.fault!r}, {self.method or 'any method'} {self.path or '/'}, hits={self.hits})"

    def take(self, method: str, path: str) -> bool:
        """Whether it concerns a request; counts it then."""
        if self.method not in (None, method) or not path.startswith(self.path):
            return False
        with self._lock:
            if self._gone.is_set() or (self.times is not None and self.hits >= self.times):
                return False
            self.hits += 1
            self._faults.keep(self)
            return True

    def wait(self, seconds: float) -> None:
        """Let the time pass, real time, or less when the fault is switched off meanwhile."""
        self._gone.wait(seconds)

    def remove(self) -> None:
        """Switch it off; requests that it delays go on at once."""
        with self._lock:  # who has just counted a request has written that, too
            self._gone.set()
        self._faults.discard(self)

    def __enter__(self) -> ActiveFault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()


class Faults:
    """The faults of a site, in the order they were added.

    :param rows: where they outlive the process; None: nowhere.
    """

    def __init__(self, rows: KeptFaults | None = None) -> None:
        self._lock = Lock()
        self._rows = rows
        self._active: list[ActiveFault] = []
        for row, fault in rows.load() if rows else ():
            active = ActiveFault(self, fault, row.method, row.path, row.times)
            active.number, active.hits = row.number, row.hits
            self._active.append(active)

    @property
    def active(self) -> list[ActiveFault]:
        """Those that are switched on, used up ones included."""
        with self._lock:
            return list(self._active)

    def add(self, fault: Fault, *, method: str | None = None, path: str = "", times: int | None = None) -> ActiveFault:
        """Switch a fault on.

        :param method: of the requests it concerns; None for all.
        :param path: how their path begins, from the base URL of the site down, decoded: ``/rest/api/3/issue/OPS-1``.
        :param times: how many requests; None for all until it is switched off.
        """
        active = ActiveFault(self, fault, method, path, times)
        self.keep(active)  # first, or a request in between keeps it, too, as another one
        with self._lock:
            self._active.append(active)
        return active

    def keep(self, active: ActiveFault) -> None:
        """Write one to the data file, where there is one."""
        if self._rows is not None:
            self._rows.save(active)

    def taking(self, method: str, path: str) -> list[ActiveFault]:
        """The faults that concern a request. They count it."""
        return [active for active in self.active if active.take(method, path)] if self._active else []

    def discard(self, active: ActiveFault) -> None:
        """Forget one."""
        with self._lock:
            self._active = [one for one in self._active if one is not active]
        if self._rows is not None:
            self._rows.forget(active)

    def clear(self) -> None:
        """Switch all off."""
        for active in self.active:
            active.remove()
