"""When a call is tried again, and how long it waits before.

Sources: *Rate limiting*, https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (back-off from five
seconds, doubled to at most thirty, at most four repetitions; ``Retry-After`` is the minimum); safe methods: RFC 9110,
section 9.2.1; full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import requests
from tenacity import RetryCallState, Retrying, retry_if_result, wait_random_exponential

from ..errors import HostUnreachableError
from .rate_limits import rate_limit_of
from .transport import Timeout

__all__ = ["SAFE_METHODS", "Attempts", "Outcome", "RetryPolicy", "at_most"]

#: Methods that change nothing, so a host may get them twice.
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: Server errors that pass: a gateway without a host behind it, a host that is busy. A 500 is a host's bug, and stays.
_PASSING: Final = frozenset({502, 503, 504})
_MAX_CAUSES: Final = 10

#: How one attempt ends: with an answer, whatever its status, or without one.
Outcome: TypeAlias = requests.Response | HostUnreachableError


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """When calls are tried again.

    :ivar budget_seconds: for one call with all its attempts and waits. No wait reaches beyond it and no attempt begins
        after it; an attempt that has begun ends by its own timeout, the first one at the latest.
    :ivar attempts: sent at most, the first one included.
    :ivar limited_wait_seconds: after a 429 without ``Retry-After``: the longest first wait. It doubles each time.
    :ivar failed_wait_seconds: the same after a connection failure or a 502, 503, 504.
    :ivar longest_wait_seconds: where the doubling ends. ``Retry-After`` may ask for more.
    :ivar sleep: waits.
    :ivar timer: seconds that only grow, for the budget.
    """

    budget_seconds: float = 30.0
    attempts: int = 5
    limited_wait_seconds: float = 5.0
    failed_wait_seconds: float = 1.0
    longest_wait_seconds: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    timer: Callable[[], float] = time.monotonic


class Attempts:
    """The attempts of one call.

    :param budget: seconds, in place of the policy's.
    :param again_after_failure: the host may get it twice: tried again when it is not known whether it was executed. A
        429 says that it was not, so then any method is tried again.
    :param may_repeat: False when the caller wants a single attempt, or the body cannot be sent again.
    :param clock: seconds since the epoch, to compare dates with.
    :ivar count: attempts so far.
    :ivar waits: seconds waited so far, in order.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        budget: float | None = None,
        again_after_failure: bool,
        may_repeat: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._policy = policy
        self._budget = policy.budget_seconds if budget is None else budget
        self._again_after_failure = again_after_failure
        self.may_repeat = may_repeat
        self.clock = clock
        self._deadline = policy.timer() + self._budget
        self.count = 0
        self.waits: list[float] = []

    @property
    def remaining(self) -> float:
        """Seconds that are left of the budget."""
        return self._deadline - self._policy.timer()

    def pause(self, seconds: float) -> None:
        """Wait, and remember it."""
        self.waits.append(seconds)
        self._policy.sleep(seconds)

    def run(self, send: Callable[[float | None], Outcome]) -> Outcome:
        """Send until there is an answer to give back, or no use in going on; then return the last outcome.

        :param send: makes one attempt. Its argument is how many seconds it may take, None for as long as it likes.
            What it raises ends the call.
        """
        outcome = self._attempt(send)
        if not self._worth_repeating(outcome):  # nearly always; spares building what follows
            return outcome
        first = [outcome]
        retrying = Retrying(
            retry=retry_if_result(self._worth_repeating),
            wait=self._wait,
            stop=self._over,
            before_sleep=_close,
            sleep=self.pause,
            retry_error_callback=_outcome,
        )
        return retrying(lambda: first.pop() if first else self._attempt(send))

    def _attempt(self, send: Callable[[float | None], Outcome]) -> Outcome:
        self.count += 1
        return send(None if self.count == 1 else max(self.remaining, 1.0))

    def _worth_repeating(self, outcome: Outcome) -> bool:
        if not self.may_repeat:
            return False
        if isinstance(outcome, HostUnreachableError):
            return self._again_after_failure and not _is_untrusted(outcome)
        return outcome.status_code == 429 or (self._again_after_failure and outcome.status_code in _PASSING)

    def _wait(self, state: RetryCallState) -> float:
        outcome, now, least = _outcome(state), self.clock(), None
        first = self._policy.failed_wait_seconds
        if isinstance(outcome, requests.Response):
            limit = rate_limit_of(outcome.headers, now=now)
            least = limit.seconds_to_wait(now) if limit else None
            if least is None and limit is not None and limit.is_quota:
                return math.inf  # the points of the hour are used up, and nobody says until when
            if outcome.status_code == 429:
                first = self._policy.limited_wait_seconds
        jitter = wait_random_exponential(multiplier=first, max=self._policy.longest_wait_seconds)(state)
        wanted = jitter if least is None else least + min(jitter, 0.3 * least)
        # Leave the attempt some time, without coming earlier than the host wants.
        latest = self.remaining - min(1.0, 0.1 * self._budget)
        return max(least or 0.0, min(wanted, latest))

    def _over(self, state: RetryCallState) -> bool:
        return state.attempt_number >= self._policy.attempts or state.upcoming_sleep >= self.remaining


def at_most(timeout: Timeout, seconds: float | None) -> Timeout:
    """Cut a timeout, where there is a bound."""
    if seconds is None:
        return timeout
    if isinstance(timeout, tuple):
        return min(timeout[0], seconds), min(timeout[1], seconds)
    return min(timeout, seconds)


def _outcome(state: RetryCallState) -> Outcome:
    if state.outcome is None:
        raise AssertionError("Asked before the attempt has ended.")
    outcome: Outcome = state.outcome.result()
    return outcome


def _close(state: RetryCallState) -> None:
    outcome = _outcome(state)
    if isinstance(outcome, requests.Response):
        outcome.close()


def _is_untrusted(error: BaseException) -> bool:
    """Whether a certificate was refused: the next attempt would see the same one."""
    found: object = error
    for _ in range(_MAX_CAUSES):
        if isinstance(found, ssl.SSLCertVerificationError):
            return True
        if not isinstance(found, BaseException):
            return False
        found = found.__cause__ or getattr(found, "reason", None) or next(iter(found.args), None)
    return False
