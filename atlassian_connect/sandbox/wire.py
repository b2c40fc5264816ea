"""Sending to apps, with every request logged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..types import Product
from .hiding import message
from .http import Answer, AppUnreachableError, Transport
from .log import Crossing, CrossingLog, mask_url
from .token_header import token_header

__all__ = ["CONNECT_VERSION", "GOOD_STATUSES", "TIMEOUT_SECONDS", "Wire"]

#: Sent as ``Atlassian-Connect-Version`` and ``cv``.
CONNECT_VERSION: Final = "1001.0.0-SANDBOX"
#: How long an app may take to answer.
TIMEOUT_SECONDS: Final = 10.0
#: The answers to lifecycle callbacks and webhooks that count as success.
GOOD_STATUSES: Final = frozenset({200, 201, 204})

_logger = logging.getLogger(__name__)


class Wire:
    """The way to the apps: a transport, clocks and the log.

    :ivar clock: the sandbox's time, seconds since the epoch.
    :ivar token_clock: the time that tokens of both sides are made and read by: apps have to have it, too.
    """

    def __init__(
        self, transport: Transport, clock: Callable[[], float], token_clock: Callable[[], float], log: CrossingLog
    ) -> None:
        self.transport = transport
        self.clock = clock
        self.token_clock = token_clock
        self.log = log

    def send(
        self,
        method: str,
        url: str,
        *,
        product: Product,
        note: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        claims: Mapping[str, Any] | None = None,
        canonical: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """Send and log.

        :param timeout: seconds.
        :raises AppUnreachableError: no answer; logged without a status.
        """
        sent_at, status, answered = self.clock(), None, None
        try:
            answer = self.transport.send(method, url, headers=headers or {}, body=body, timeout=timeout)
            status, answered = answer.status, message(answer.headers.items(), answer.body)
            return answer
        except AppUnreachableError as error:
            _logger.warning("%s: %s", note, error)
            raise
        finally:
            self.log.add(
                Crossing(
                    time=sent_at,
                    direction="host→app",
                    product=product,
                    method=method,
                    url=mask_url(url),
                    status=status,
                    claims=claims,
                    canonical=canonical,
                    note=note,
                    token=token_header((headers or {}).get("Authorization"), url) if claims else None,
                    request=message((headers or {}).items(), body),
                    answer=answered,
                )
            )
