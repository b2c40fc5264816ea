"""Sending an event to an app."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from ...errors import UrlNotAllowedError
from ..deliveries import Delivery
from ..http import Answer
from ..module_urls import join
from .events import Event
from .variables import variables_of
from .wanted import wanted

if TYPE_CHECKING:
    from ..installation import Installation

__all__ = ["deliver"]

_logger = logging.getLogger(__name__)


def deliver(
    installation: Installation, event: Event, *, identifier: str | None = None, retry: int | None = None
) -> list[Answer]:
    """Deliver an event to everything of one app that wants it. See :meth:`Installation.deliver`."""
    site = installation.site
    if installation.state != "enabled" or "READ" not in installation.scopes:
        return []
    if event.containers & installation.blocked:
        return []  # dropped for good: it is not sent later either
    answers = []
    for one in wanted(installation, event):
        try:
            target = join(installation.app_base_url, one.url, variables_of(event.body))
        except UrlNotAllowedError as error:
            _logger.warning("Webhook %s of %s cannot be delivered: %s", event.name, installation.app_key, error)
            continue
        delivery = Delivery(
            installation=installation,
            event=event.name,
            source=one.source,
            target=target,
            body=b"" if one.body is None else json.dumps(one.body).encode(),
            account_id=event.account_id,
            identifier=(identifier or site.ids.uuid()) if site.product == "jira" else "",
            trace=event.trace,
            containers=event.containers,
            retry=retry,
        )
        answer = site.deliveries.send(delivery)
        if answer is not None:
            answers.append(answer)
    return answers
