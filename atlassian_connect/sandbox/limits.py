"""Rate limits, when they are switched on: a quota of points per app and hour, and a burst limit per endpoint.

They follow what the products publish: one point per request, one more per object that a list reads; a token bucket per
tenant, method and endpoint. A request beyond them is not executed and answers 429 with the documented headers. What the
sandbox counts is simpler than what sites count: every answer to a GET costs two points, every write one.

Sources: *Rate limiting*, https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ and
https://developer.atlassian.com/cloud/confluence/rate-limiting/
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Final

from ..types import Product

__all__ = ["RateLimits", "Verdict"]

_HOUR: Final = 3600
_MAX_BUCKETS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limits say about a request.

    :ivar headers: for the answer, whatever it is.
    """

    allowed: bool
    headers: dict[str, str]


class RateLimits:
    """The limits of one site. Safe to use from any thread.

    :param clock: seconds since the epoch.
    :param points: per app and hour, which begins at the full hour in UTC.
    :param per_second: requests per app, method and endpoint; as many may come at once.
    """

    def __init__(
        self, clock: Callable[[], float], product: Product, *, points: int = 65_000, per_second: int = 100
    ) -> None:
        if points < 1 or per_second < 1:
            raise ValueError("A rate limit is at least 1.")
        self.points = points
        self.per_second = per_second
        self._clock = clock
        self._product = product
        self._lock = Lock()
        self._spent: dict[str, tuple[int, int]] = {}  # per client key: the hour, and the points of it
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}  # tokens left, and when that was

    def take(self, client_key: str, method: str, endpoint: str) -> Verdict:
        """Count a request.

        :param endpoint: the path with names in the place of ids, as the operations write it.
        """
        now = self._clock()
        with self._lock:
            wait = self._from_bucket((client_key, method, endpoint), now)
            if wait:
                return Verdict(False, self._refused(now, math.ceil(wait), burst=True))
            hour = int(now // _HOUR)
            known_hour, spent = self._spent.get(client_key, (hour, 0))
            spent = spent if known_hour == hour else 0
            cost = 2 if method in ("GET", "HEAD") else 1
            if spent + cost > self.points:
                return Verdict(False, self._refused(now, (hour + 1) * _HOUR - int(now), burst=False))
            self._spent[client_key] = (hour, spent + cost)
        return Verdict(True, self._headers(now, self.points - spent - cost))

    def _from_bucket(self, key: tuple[str, str, str], now: float) -> float:
        """Take one token. Returns the seconds until there is one; 0 when there was."""
        left, then = self._buckets.get(key, (float(self.per_second), now))
        left = min(float(self.per_second), left + max(0.0, now - then) * self.per_second)
        if left < 1:
            return (1 - left) / self.per_second
        if len(self._buckets) >= _MAX_BUCKETS:
            self._buckets.clear()
        self._buckets[key] = (left - 1, now)
        return 0.0

    def _headers(self, now: float, remaining: int) -> dict[str, str]:
        end = (int(now // _HOUR) + 1) * _HOUR
        headers = {
            "X-RateLimit-Limit": str(self.points),
            "X-RateLimit-Remaining": str(remaining),
            "RateLimit-Policy": f'"tenant-app-quota";q={self.points};w={_HOUR}',
            "RateLimit": f'"tenant-app-quota";r={remaining};t={end - int(now)}',
        }
        if remaining * 5 < self.points:
            headers["X-RateLimit-NearLimit"] = "true"
        return headers

    def _refused(self, now: float, seconds: int, *, burst: bool) -> dict[str, str]:
        reset = datetime.fromtimestamp(int(now) + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {"Retry-After": str(seconds), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
        headers["X-RateLimit-Limit"] = str(self.per_second if burst else self.points)
        if burst:
            # Confluence names its quotas only.
            return headers | ({"RateLimit-Reason": "jira-burst-based"} if self._product == "jira" else {})
        return headers | {
            "RateLimit-Reason": f"{self._product}-quota-tenant-based",
            "RateLimit-Policy": f'"tenant-app-quota";q={self.points};w={_HOUR}',
            "RateLimit": f'"tenant-app-quota";r=0;t={seconds}',
        }
