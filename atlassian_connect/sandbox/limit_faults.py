"""Faults about rate limits: requests that are refused, and answers that tell of a limit.

Sources: *Rate limiting*, https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ and
https://developer.atlassian.com/cloud/confluence/rate-limiting/; the structured headers are those of
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final, Literal

from .fault_kinds import Exchange, Fault, Outcome

__all__ = ["Announced", "HeaderStyle", "RateLimited"]

#: How a 429 says when to come again. ``seconds`` and ``date``: ``Retry-After``; ``x-ratelimit``: ``X-RateLimit-*`` with
#: a reset time; ``structured``: ``RateLimit`` and ``RateLimit-Policy``; ``beta``: headers that only tell of limits to
#: come; ``none``: not at all.
HeaderStyle = Literal["seconds", "date", "x-ratelimit", "structured", "beta", "none"]

_JSON: Final = ("Content-Type", "application/json;charset=UTF-8")


@dataclass(frozen=True, slots=True)
class RateLimited(Fault):
    """429, and the request is not executed.

    :ivar seconds: until it may be sent again.
    :ivar style: which headers say so.
    :ivar reason: ``RateLimit-Reason``; empty for no such header. None: Jira's burst limit, and no header for
        Confluence, which names its quotas only.
    :ivar limit: the capacity that the headers name.
    """

    seconds: int = 1
    style: HeaderStyle = "seconds"
    reason: str | None = None
    limit: int = 100

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        reason = self.reason
        if reason is None:
            reason = "jira-burst-based" if exchange.product == "jira" else ""
        headers = [("RateLimit-Reason", reason)] if reason else []
        headers += _limit_headers(
            self.style,
            exchange.now,
            seconds=self.seconds,
            limit=self.limit,
            remaining=0,
            policy="tenant-app-quota" if "tenant" in reason else reason if "burst" in reason else "global-app-quota",
        )
        return Outcome(429, (_JSON, *headers), b'{"message": "Rate limit exceeded."}')


@dataclass(frozen=True, slots=True)
class Announced(Fault):
    """Good answers with headers about limits.

    :ivar style: of the headers; ``beta`` says what would be, and nobody should wait for it.
    :ivar remaining: of ``limit``.
    :ivar seconds: until the limit is reset.
    """

    style: HeaderStyle = "x-ratelimit"
    limit: int = 100
    remaining: int = 10
    seconds: int = 60
    policy: str = "global-app-quota"

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        outcome = exchange.run()
        more = _limit_headers(
            self.style,
            exchange.now,
            seconds=self.seconds,
            limit=self.limit,
            remaining=self.remaining,
            policy=self.policy,
        )
        return replace(outcome, headers=(*outcome.headers, *more))


def _limit_headers(
    style: HeaderStyle, now: float, *, seconds: int, limit: int, remaining: int, policy: str
) -> list[tuple[str, str]]:
    if style == "seconds":
        return [("Retry-After", str(seconds))]
    if style == "date":
        return [("Retry-After", format_datetime(datetime.fromtimestamp(int(now) + seconds, UTC), usegmt=True))]
    near = "true" if remaining * 5 < limit else "false"
    reset = datetime.fromtimestamp(int(now) + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    plain = [("Limit", str(limit)), ("Remaining", str(remaining)), ("Reset", reset), ("NearLimit", near)]
    structured = [
        ("RateLimit-Policy", f'"{policy}";q={limit};w={1 if "burst" in policy else 3600}'),
        ("RateLimit", f'"{policy}";r={remaining};t={seconds}'),
    ]
    if style == "x-ratelimit":
        return [(f"X-RateLimit-{name}", value) for name, value in plain]
    if style == "structured":
        return structured
    if style == "beta":
        return [
            ("Beta-Retry-After", str(seconds)),
            *((f"X-Beta-RateLimit-{name}", value) for name, value in plain),
            *((f"Beta-{name}", value) for name, value in structured),
        ]
    return []
