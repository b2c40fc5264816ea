"""A webhook on its way to an app, and the attempts to deliver it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..protocol.urls import Target
from .hiding import hide_text
from .json_text import shown_json
from .wire import GOOD_STATUSES

if TYPE_CHECKING:
    from .installation import Installation

__all__ = ["Attempt", "Delivery", "Outcome"]

Outcome = Literal["delivered", "waiting", "failed"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that a webhook was sent.

    :ivar time: seconds since the epoch.
    :ivar status: of the answer; None without one.
    :ivar retry: Jira's retry count; None on a first attempt.
    :ivar by_hand: somebody sent it again.
    :ivar headers: as they were sent, the token left out.
    :ivar answer: the beginning of the answer's body.
    """

    time: float
    status: int | None
    retry: int | None
    by_hand: bool
    headers: Mapping[str, str]
    answer: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the app took it."""
        return self.status in GOOD_STATUSES


@dataclass(slots=True)
class Delivery:
    """A webhook on its way to one app.

    :ivar number: of this sandbox, from 1.
    :ivar source: what asked for it: ``descriptor``, ``dynamic module``, or ``registration 1000``.
    :ivar target: the URL, its variables filled.
    :ivar body: empty where the module has ``excludeBody``.
    :ivar identifier: Jira's, the same on every retry; empty for Confluence.
    :ivar trace: Jira's echo of the header of the causing request.
    :ivar containers: keys of the spaces or projects it is about.
    :ivar attempts: the first one first.
    :ivar due: when it is tried again; None: not by itself.
    :ivar under_way: how many attempts are being made.
    """

    installation: Installation
    event: str
    source: str
    target: Target
    body: bytes
    account_id: str | None = None
    identifier: str = ""
    trace: str | None = None
    containers: frozenset[str] = frozenset()
    number: int = 0
    retry: int | None = None
    attempts: list[Attempt] = field(default_factory=list)
    due: float | None = None
    under_way: int = 0

    @property
    def product(self) -> str:
        """Of the site that sends it."""
        return self.installation.site.product

    @property
    def outcome(self) -> Outcome:
        """What came of it so far: ``waiting`` for an answer or for a retry. What somebody sent again and was taken
        counts as delivered.
        """
        if any(attempt.succeeded for attempt in self.attempts):
            return "delivered"
        return "failed" if self.due is None and not self.under_way else "waiting"

    def json(self) -> Any:
        """The body read as JSON. None without one."""
        return json.loads(self.body) if self.body else None

    @property
    def shown(self) -> str:
        """The body for people, with nothing secret in it."""
        return hide_text(shown_json(self.json())) if self.body else ""
