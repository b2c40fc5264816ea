"""Which REST operations an app really calls: counted by operation, never by id, in bounded memory."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, get_args

from ..protocol.access import AccessRule, rule
from ..protocol.scopes import effective_scopes
from ..types import Product

__all__ = [
    "MAX_OPERATIONS",
    "OTHERS",
    "PRODUCTS",
    "CallCount",
    "CallCounts",
    "CalledOperation",
    "called_operations",
    "lacks_scope",
]

_log = logging.getLogger("atlassian_connect.access")

#: Further operations are counted together, as :data:`OTHERS`.
MAX_OPERATIONS: Final = 500
OTHERS: Final = "(others)"

#: Both of them.
PRODUCTS: Final[tuple[Product, ...]] = get_args(Product)
#: Product and operation, e.g. ``("jira", "GET /rest/api/3/issue/{issueIdOrKey}")``.
_Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CallCount:
    """How often one operation was called.

    :ivar refused: answers 403 and 404.
    :ivar blocked: those of them that the data policy explains.
    """

    calls: int = 0
    refused: int = 0
    blocked: int = 0

    def __add__(self, other: CallCount) -> CallCount:
        return CallCount(self.calls + other.calls, self.refused + other.refused, self.blocked + other.blocked)


@dataclass(frozen=True, slots=True)
class CalledOperation:
    """One line of the report.

    :ivar operation: as in the catalogue; for what is not in it the beginning of the path, without ids.
    :ivar rule: what is known about it; of unknown effect when it is not in the catalogue.
    :ivar missing_scope: the scope that the descriptor lacks for it; None when it lacks none.
    """

    product: str
    operation: str
    count: CallCount
    rule: AccessRule
    missing_scope: str | None


class CallCounts:
    """Counts calls. Threads share it.

    :param save: takes what came together since it was last called; called in the thread that counts, at most once in
        ``every`` seconds. None: nothing is saved.
    :param clock: any seconds that only grow.
    """

    def __init__(
        self,
        *,
        save: Callable[[Mapping[_Key, CallCount]], None] | None = None,
        every: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._save = save
        self._every = every
        self._clock = clock
        self._lock = threading.Lock()
        self._totals: dict[_Key, CallCount] = {}
        self._unsaved: dict[_Key, CallCount] = {}
        self._saved_at = clock()
        self._process = os.getpid()

    def add(self, found: AccessRule, path: str, count: CallCount) -> None:
        """Count for one operation."""
        key = (found.product, found.operation or f"{found.method} {_beginning(path)}")
        with self._lock:
            if os.getpid() != self._process:  # a forked worker: what came before is the parent's to save
                self._unsaved, self._process = {}, os.getpid()
            _add(self._totals, key, count)
            if self._save is None:
                return
            _add(self._unsaved, key, count)
            due = self._clock() - self._saved_at >= self._every
        if due:
            self.flush()

    def totals(self) -> dict[_Key, CallCount]:
        """What this process has counted."""
        with self._lock:
            return dict(self._totals)

    def flush(self) -> None:
        """Save what is not saved yet. What cannot be saved is kept for the next time, and logged."""
        if self._save is None:
            return
        with self._lock:
            if os.getpid() != self._process:
                return
            taken, self._unsaved, self._saved_at = self._unsaved, {}, self._clock()
        try:
            if taken:
                self._save(taken)
        except Exception as error:
            _log.warning("the report of calls to hosts cannot be written now: %s", error)
            with self._lock:
                for key, count in taken.items():
                    _add(self._unsaved, key, count)


def called_operations(counts: Mapping[_Key, CallCount], scopes: Iterable[str]) -> list[CalledOperation]:
    """Say what is known about what was called, the most frequent first.

    :param scopes: of the descriptor.
    """
    asked = list(scopes)
    granted = {product: effective_scopes(product, asked) for product in PRODUCTS}
    called: list[CalledOperation] = []
    for (product, operation), count in sorted(counts.items(), key=lambda item: (-item[1].calls, item[0])):
        method, _, path = operation.partition(" ")
        known: Product = "jira" if product == "jira" else "confluence"
        found = rule(method, path, product=known)
        lacks = found.scope if lacks_scope(found, granted[known]) else None
        called.append(CalledOperation(product, operation, count, found, lacks))
    return called


def lacks_scope(found: AccessRule, granted: frozenset[str]) -> bool:
    """Tell whether an operation needs a scope that an app does not have. Not known: no."""
    return found.scope not in (None, "NONE") and found.scope not in granted


def _add(counts: dict[_Key, CallCount], key: _Key, count: CallCount) -> None:
    if key not in counts and len(counts) >= MAX_OPERATIONS:
        key = (key[0], OTHERS)
    counts[key] = counts.get(key, CallCount()) + count


def _beginning(path: str) -> str:
    """``/rest/agile/1.0/…``: enough to tell which API it is, and no id."""
    segments = path.strip("/").split("/")
    kept = segments[:3] if segments[0] in ("rest", "api") else segments[:1]
    return f"/{'/'.join(kept)}"[:80] + ("/…" if len(segments) > len(kept) else "")
