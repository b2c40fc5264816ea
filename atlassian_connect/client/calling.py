"""A whole call: wait for used-up points, send as often as it takes, judge the answer, tell how it went.

Source: *Rate limiting*, https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (the points of an hour are
counted for all calls of an app or a tenant, so after one refusal the others wait too).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import requests

from ..errors import HostError, HostResponseError, RateLimitedError
from .auth import AnonymousAuth
from .bodies import BODILESS
from .calls import CallObserver, RequestOptions, remember_call, was_remembered
from .exchange import Exchange, bare, next_url, origin_of, redirect_of
from .messages import MAX_ERROR_BYTES, error_of
from .rate_limits import RateLimit, rate_limit_of
from .retry import Attempts, at_most
from .transport import Timeout, read_at_most

__all__ = ["call", "observed"]


def call(
    exchange: Exchange, attempts: Attempts, *, client_key: str, timeout: Timeout, check: bool
) -> requests.Response:
    """Make a call. Errors are those of :meth:`.HostClient.request`."""
    counted = not isinstance(exchange.auth, AnonymousAuth)  # points are the app's
    pools = exchange.transport.quota_pools
    try:
        if counted:
            _wait_for_points(exchange, attempts, client_key)
        outcome = attempts.run(lambda seconds: exchange.attempt(at_most(timeout, seconds)))
        if not isinstance(outcome, requests.Response):
            raise outcome
        if counted and outcome.status_code == 429 and exchange.on_host:
            limit = rate_limit_of(outcome.headers, now=attempts.clock())
            if limit is not None:
                pools.note(client_key, limit, now=attempts.clock())
        remember_call(outcome, attempts)
        if check:
            _check(outcome, unread=exchange.stream, redirect_is_error=exchange.allow_redirects)
    except RateLimitedError as error:
        limit = error.rate_limit
        if error.response is not None:
            limit = rate_limit_of(error.response.headers, now=attempts.clock())
        if not was_remembered(error):
            _explain(error, attempts, limit)
        raise
    except HostError as error:
        if not was_remembered(error):  # threads that wait for one token share its error
            remember_call(error, attempts)
        raise
    return outcome


def observed(
    observer: CallObserver,
    exchange: Exchange,
    options: RequestOptions,
    made: Callable[[], requests.Response],
) -> requests.Response:
    """Make a call before somebody's eyes."""
    observer.before(exchange.method, exchange.target, options)
    try:
        response = made()
    except HostError as error:
        other = observer.after(exchange.method, exchange.target, error)
        if other is None or other is error:
            raise
        raise other from error
    observer.after(exchange.method, exchange.target, response)
    return response


def _wait_for_points(exchange: Exchange, attempts: Attempts, client_key: str) -> None:
    known = exchange.transport.quota_pools.used_up(client_key, now=attempts.clock())
    if known is None:
        return
    seconds, limit = known
    if seconds < attempts.remaining and attempts.may_repeat:
        attempts.pause(seconds)
        return
    error = RateLimitedError(
        status=429,
        message=f"not sent: an earlier answer said that {limit.reason} is used up for {seconds:.0f} s",
        method=exchange.method,
        url=bare(exchange.target.url),
    )
    error.rate_limit = limit
    error.retry_after = seconds
    raise error


def _explain(error: RateLimitedError, attempts: Attempts, limit: RateLimit | None) -> None:
    error.rate_limit = limit
    error.attempts = attempts.count
    if error.retry_after is None and limit is not None:
        error.retry_after = limit.seconds_to_wait(attempts.clock())
    again = "" if error.retry_after is None else f"; the host wants to see the next call in {error.retry_after:.0f} s"
    error.add_note(f"Sent {attempts.count} times, waited {sum(attempts.waits):.1f} s{again}.")
    remember_call(error, attempts, limit=limit)


def _check(response: requests.Response, *, unread: bool, redirect_is_error: bool) -> None:
    status, method, url = response.status_code, response.request.method or "", bare(response.request.url or "")
    if redirect_is_error and method not in BODILESS and status != 303 and redirect_of(response):
        response.close()
        message = f"redirects to {origin_of(next_url(response))}; only GET and HEAD are followed, so nothing was done"
        raise HostResponseError(status=status, message=message, method=method, url=url, response=response)
    if status >= 400:
        body = b""
        with suppress(HostError):  # the status counts, even when its explanation breaks off
            body = read_at_most(response, MAX_ERROR_BYTES) if unread else response.content
        raise error_of(response, body, method=method, url=url)
