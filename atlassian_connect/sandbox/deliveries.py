"""Deliveries of webhooks: what was sent, what came back, and what is tried again.

Jira tries again up to five times, 5 to 15 minutes apart, after 408, 409, 425, 429, any 5xx, and no answer. Confluence
never does. The waits are of the sandbox's clock: a test moves its clock and calls :meth:`Deliveries.run_due`; a server
calls it all the time.

Source: *Webhooks*, https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Final

from .delivery import Attempt, Delivery, Outcome
from .hiding import shown_body, shown_headers
from .http import Answer

if TYPE_CHECKING:
    from .kept_deliveries import KeptDeliveries

__all__ = ["DELIVERIES_KEPT", "MAX_RETRIES", "Attempt", "Deliveries", "Delivery", "Outcome"]

#: So many deliveries are kept: the latest, and older ones that wait for a retry.
DELIVERIES_KEPT: Final = 500
MAX_RETRIES: Final = 5
_RETRIED: Final = frozenset({408, 409, 425, 429})
_FAILED_SECONDS: Final = 72 * 3600
_EXCERPT: Final = 2000

_logger = logging.getLogger(__name__)


class Deliveries:
    """The latest deliveries of both sites, and those that wait. Safe to use from any thread.

    :param clock: seconds since the epoch.
    :param number: draws a fresh identifier.
    :ivar first_wait: seconds before the first retry; the fifth comes after three times as much.
    """

    def __init__(self, clock: Callable[[], float], identifier: Callable[[], str]) -> None:
        self.first_wait = 300.0
        self._clock = clock
        self._identifier = identifier
        self._lock = Lock()
        self._kept: list[Delivery] = []
        self._numbers = count(1)
        self._rows: KeptDeliveries | None = None

    def keep_in(self, rows: KeptDeliveries) -> None:
        """Go on from a data file, and keep everything there from now on."""
        with self._lock:
            self._rows = rows
            self._kept.extend(rows.load())
            self._numbers = count(self._kept[-1].number + 1 if self._kept else 1)

    # --- looking ------------------------------------------------------------------------------------------------------

    def all(self, event: str | None = None, *, app_key: str | None = None) -> list[Delivery]:
        """What is kept, the oldest first.

        :param event: only this one.
        :param app_key: of one app only.
        """
        with self._lock:
            kept = list(self._kept)
        return [
            one
            for one in kept
            if event in (None, one.event) and (app_key is None or one.installation.app_key == app_key)
        ]

    def get(self, number: int) -> Delivery:
        """:raises KeyError: it is not there, or not any more."""
        for delivery in self.all():
            if delivery.number == number:
                return delivery
        raise KeyError(number)

    def failed(self, client_key: str, *, after: float | None = None) -> list[Delivery]:
        """What Jira gave up on for an app in the last 72 hours, by the time of the last attempt, oldest first.

        :param after: seconds since the epoch; only what failed later.
        """
        since = self._clock() - _FAILED_SECONDS if after is None else max(after, self._clock() - _FAILED_SECONDS)
        lost = [
            one
            for one in self.all()
            if one.installation.client_key == client_key and one.outcome == "failed" and one.attempts
        ]
        lost.sort(key=lambda one: one.attempts[-1].time)
        return [one for one in lost if one.attempts[-1].time > since]

    def clear(self) -> None:
        """Forget everything; what waits is not sent any more."""
        with self._lock:
            self._kept.clear()
            self._numbers = count(1)

    # --- sending ------------------------------------------------------------------------------------------------------

    def send(self, delivery: Delivery) -> Answer | None:
        """Keep a delivery and make its first attempt. None: no answer."""
        with self._lock:
            delivery.number = next(self._numbers)
            delivery.under_way += 1
            self._kept.append(delivery)
            gone = self._forget_one()
        if gone is not None and self._rows is not None:
            self._rows.forget(gone.number)
        return self._attempt(delivery, delivery.retry, delivery.identifier)

    def _forget_one(self) -> Delivery | None:
        """Make room: for that the oldest goes whose outcome is known, as long as there is one."""
        if len(self._kept) <= DELIVERIES_KEPT:
            return None
        done = (number for number, one in enumerate(self._kept) if one.outcome != "waiting")
        return self._kept.pop(next(done, 0))

    def _write(self, delivery: Delivery) -> None:
        """Write one to the data file, unless it was forgotten meanwhile. Not under the lock: who holds the database's
        may want this one.
        """
        with self._lock:
            is_kept = any(one is delivery for one in self._kept)
        if is_kept and self._rows is not None:
            self._rows.save(delivery)

    def send_again(self, number: int) -> Delivery:
        """Make one more attempt now, as somebody asks for it. It has an identifier of its own, so no app skips it.

        :raises KeyError: there is no such delivery.
        :raises ValueError: the app is not enabled.
        """
        delivery = self.get(number)
        if delivery.installation.state != "enabled":
            raise ValueError(f"{delivery.installation.app_key} is {delivery.installation.state}: it gets no webhooks.")
        identifier = self._identifier() if delivery.identifier else ""
        with self._lock:
            delivery.under_way += 1
        self._attempt(delivery, None, identifier, by_hand=True)
        return delivery

    def run_due(self) -> int:
        """Make the retries whose time has come. Returns how many attempts that were."""
        return self._run(self._clock())

    def run_waiting(self) -> int:
        """Make the next retry of everything that waits, whatever the time. Returns how many attempts that were."""
        return self._run(None)

    def _run(self, until: float | None) -> int:
        with self._lock:
            ready = [one for one in self._kept if one.due is not None and (until is None or one.due <= until)]
        ready.sort(key=lambda one: one.due or 0.0)
        return sum(self._retry(delivery) for delivery in ready)

    def _retry(self, delivery: Delivery) -> bool:
        """Make the next retry, unless somebody else does, or the app may not know any more. Tells whether it did."""
        installation = delivery.installation
        with self._lock:
            if delivery.due is None:
                return False
            delivery.due = None
            wanted = installation.state == "enabled" and not delivery.containers & installation.blocked
            delivery.under_way += wanted
        if not wanted:
            self._write(delivery)
            _logger.info("%s of %s is not tried again.", delivery.event, installation.app_key)
            return False
        made = max((attempt.retry or 0 for attempt in delivery.attempts), default=0)
        self._attempt(delivery, made + 1, delivery.identifier)
        return True

    def _attempt(
        self, delivery: Delivery, retry: int | None, identifier: str, *, by_hand: bool = False
    ) -> Answer | None:
        headers = _headers(delivery, retry, identifier)
        note = f"webhook {delivery.event}"
        note += " (sent again by hand)" if by_hand else f" (retry {retry})" if retry is not None else ""
        time, answer = self._clock(), None
        try:
            answer = delivery.installation.post(
                delivery.target, delivery.body, note=note, account_id=delivery.account_id, headers=headers
            )
        finally:  # an app in this process may raise: that is no answer either
            self._note(delivery, time, retry, headers, answer, by_hand=by_hand)
        return answer

    def _note(
        self,
        delivery: Delivery,
        time: float,
        retry: int | None,
        headers: Mapping[str, str],
        answer: Answer | None,
        *,
        by_hand: bool,
    ) -> None:
        attempt = Attempt(
            time=time,
            status=answer.status if answer else None,
            retry=retry,
            by_hand=by_hand,
            headers=dict(shown_headers(headers.items())),
            answer=shown_body(answer.headers.get("Content-Type", ""), answer.body, _EXCERPT) if answer else "",
        )
        with self._lock:
            delivery.attempts.append(attempt)
            delivery.under_way -= 1
            if not by_hand:
                delivery.due = self._next(delivery, attempt)
        self._write(delivery)

    def _next(self, delivery: Delivery, attempt: Attempt) -> float | None:
        status, made = attempt.status, attempt.retry or 0
        worth_it = status is None or status in _RETRIED or status >= 500
        if delivery.product != "jira" or not worth_it or made >= MAX_RETRIES:
            return None
        return self._clock() + self.first_wait * (1 + made / 2)


def _headers(delivery: Delivery, retry: int | None, identifier: str) -> dict[str, str]:
    if delivery.product != "jira":
        return {}
    headers = {"X-Atlassian-Webhook-Identifier": identifier, "X-Atlassian-Webhook-Flow": "Primary"}
    if retry is not None:
        headers["X-Atlassian-Webhook-Retry"] = str(retry)
    if delivery.trace is not None:
        headers["X-Atlassian-Webhook-Trace"] = delivery.trace
    return headers
