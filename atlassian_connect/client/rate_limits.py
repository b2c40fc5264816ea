"""What a response says about limits, as one value; which pools of points are used up.

Sources: *Rate limiting*, https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ and
https://developer.atlassian.com/cloud/confluence/rate-limiting/; ``Retry-After``: RFC 9110, section 10.2.3; structured
headers: RFC 9651; ``RateLimit`` and ``RateLimit-Policy``: draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from cachetools import LRUCache

__all__ = ["LimitPolicy", "QuotaPools", "RateLimit", "rate_limit_of"]

_NAME = r'(?:"(?:[^"\\]|\\["\\])*+"|[A-Za-z*][A-Za-z0-9!#$%&\'*+.^_`|~:/-]*+)'
_VALUE = r"-?[0-9.]++|\"(?:[^\"\\]|\\[\"\\])*+\"|[A-Za-z*:?][^\s,;\"]*+"
_PARAMETER = rf";[ ]*+([a-z*][a-z0-9_.*-]*+)(?:=({_VALUE}))?+"
_ENTRY = re.compile(rf"[ \t]*+({_NAME})((?:[ ]*+{_PARAMETER})*+)[ \t]*+(?:,|\Z)")
_MAX_ENTRIES = 20
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?").fullmatch
_COUNT = re.compile(r"[0-9]{1,15}").fullmatch
#: Points are counted by the hour; whatever a header says, a pool is taken for used up no longer than this.
_MAX_POOL_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """One entry of ``RateLimit`` and ``RateLimit-Policy``. What they do not say is None.

    :ivar name: e.g. ``global-app-quota``, ``tenant-app-quota``, ``jira-burst-based``.
    :ivar quota: what may be used per window (``q``).
    :ivar window_seconds: (``w``).
    :ivar remaining: what is left of it (``r``).
    :ivar reset_seconds: when it is full again (``t``), counted from the response.
    """

    name: str
    quota: int | None = None
    window_seconds: int | None = None
    remaining: int | None = None
    reset_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What one response says about limits. What it does not say is None.

    :ivar reason: which limit was hit, e.g. ``jira-burst-based``, ``confluence-quota-tenant-based``; on a 429 only.
    :ivar limit: capacity of the limit that is closest to its end.
    :ivar remaining: what is left of it.
    :ivar reset_at: when it is full again.
    :ivar near_limit: less than a fifth is left, says the host.
    :ivar retry_after: seconds to stay away, at least.
    :ivar policies: every limit that the structured headers name.
    :ivar beta: what the ``Beta-`` headers announce: limits that will count one day and do not count yet. Nothing waits
        for them.
    """

    reason: str | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None
    near_limit: bool = False
    retry_after: float | None = None
    policies: tuple[LimitPolicy, ...] = ()
    beta: RateLimit | None = None

    @property
    def name(self) -> str | None:
        """Which limit the numbers are about: the reason, or the policy that is closest to its end."""
        tightest = _tightest(self.policies)
        return self.reason or (tightest.name if tightest else None)

    @property
    def is_quota(self) -> bool:
        """Whether the points of the hour are used up: waiting a moment does not help."""
        return self.reason is not None and "-quota-" in self.reason

    def seconds_to_wait(self, now: float) -> float | None:
        """How long to stay away at least: ``Retry-After``, for used up points else the time of the reset.

        :param now: seconds since the epoch.
        """
        if self.retry_after is not None or not self.is_quota or self.reset_at is None:
            return self.retry_after
        return max(0.0, self.reset_at.timestamp() - now)


def rate_limit_of(headers: Mapping[str, str], *, now: float) -> RateLimit | None:
    """Read the headers about limits; None when there are none. A header that cannot be read is left out.

    :param headers: looked up in any case, as ``requests`` keeps them.
    :param now: seconds since the epoch; dates are compared with it when the host sends no ``Date`` of its own.
    """
    found = _read(headers, now, retry_after="Retry-After", prefix="X-RateLimit-", structured="")
    beta = _read(headers, now, retry_after="Beta-Retry-After", prefix="X-Beta-RateLimit-", structured="Beta-")
    reason = headers.get("RateLimit-Reason", "").strip()[:100]
    result = replace(found, reason=reason or None, beta=None if beta == RateLimit() else beta)
    return None if result == RateLimit() else result


def _read(headers: Mapping[str, str], now: float, *, retry_after: str, prefix: str, structured: str) -> RateLimit:
    policies = _policies(headers.get(f"{structured}RateLimit-Policy", ""), headers.get(f"{structured}RateLimit", ""))
    tightest = _tightest(policies)
    limit, remaining = _count(headers.get(f"{prefix}Limit")), _count(headers.get(f"{prefix}Remaining"))
    reset_at = _date(headers.get(f"{prefix}Reset"))
    if limit is None and remaining is None and tightest is not None:
        limit, remaining = tightest.quota, tightest.remaining
    if reset_at is None and tightest is not None and tightest.reset_seconds is not None:
        reset_at = _at(now + tightest.reset_seconds)
    return RateLimit(
        limit=limit,
        remaining=remaining,
        reset_at=reset_at,
        near_limit=headers.get(f"{prefix}NearLimit", "").strip().lower() == "true",
        retry_after=_wait(headers.get(retry_after), headers.get("Date"), now),
        policies=policies,
    )


def _wait(value: str | None, date: str | None, now: float) -> float | None:
    """Read ``Retry-After``: seconds, or a date, which is compared with the host's own clock when that is known."""
    text = (value or "").strip()
    if _SECONDS(text):
        return float(text)
    until, host_now = _http_date(text), _http_date(date or "")
    if until is None:
        return None
    return max(0.0, until.timestamp() - (now if host_now is None else host_now.timestamp()))


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _date(text: str | None) -> datetime | None:
    """Read ISO 8601, or seconds since the epoch, which some gateways write in its place."""
    text = (text or "").strip()[:100]
    if _COUNT(text):
        return _at(int(text))
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _at(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and _COUNT(text := text.strip()) else None


def _policies(policy: str, state: str) -> tuple[LimitPolicy, ...]:
    quotas, states = _entries(policy), _entries(state)
    return tuple(
        LimitPolicy(
            name,
            quota=quotas.get(name, {}).get("q"),
            window_seconds=quotas.get(name, {}).get("w"),
            remaining=states.get(name, {}).get("r"),
            reset_seconds=states.get(name, {}).get("t"),
        )
        for name in dict.fromkeys([*quotas, *states])
    )


def _entries(header: str) -> dict[str, dict[str, int]]:
    """Read a list of ``"name";key=number``. One wrong entry spoils the header, as the standard wants."""
    entries: dict[str, dict[str, int]] = {}
    position = 0
    while position < len(header):
        found = _ENTRY.match(header, position)
        if found is None or len(entries) == _MAX_ENTRIES:
            return {}
        name = re.sub(r"\\(.)", r"\1", found[1].strip('"'))
        parameters = re.findall(_PARAMETER, found[2])
        entries[name] = {key: int(value) for key, value in parameters if _COUNT(value)}
        position = found.end()
    return entries


def _tightest(policies: tuple[LimitPolicy, ...]) -> LimitPolicy | None:
    def left(policy: LimitPolicy) -> tuple[bool, float]:
        if policy.remaining is None:
            return True, 0.0
        return False, policy.remaining / policy.quota if policy.quota else float(policy.remaining)

    return min(policies, key=left, default=None)


class QuotaPools:
    """Remembers which pools of points are used up, so that no further call is spent on finding out. Threads share it.

    The points of one pool count for all tenants (``*-quota-global-based``), those of another for one tenant.
    """

    def __init__(self) -> None:
        self._until: LRUCache[str, tuple[float, RateLimit]] = LRUCache(10_000)
        self._lock = threading.Lock()

    def used_up(self, client_key: str, *, now: float) -> tuple[float, RateLimit] | None:
        """Return the seconds until calls for a tenant make sense again, and the limit that says so."""
        with self._lock:
            if not self._until:
                return None
            known = [entry for pool in ("", client_key) if (entry := self._until.get(pool)) and entry[0] > now]
        if not known:
            return None
        until, limit = max(known, key=lambda entry: entry[0])
        return until - now, limit

    def note(self, client_key: str, limit: RateLimit, *, now: float) -> None:
        """Take in what a 429 said; only used up points count."""
        seconds = limit.seconds_to_wait(now) if limit.is_quota else None
        if seconds:
            pool = "" if limit.reason and "-global-" in limit.reason else client_key
            with self._lock:
                self._until[pool] = now + min(seconds, _MAX_POOL_SECONDS), limit
