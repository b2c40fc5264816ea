"""What a sandbox keeps of Jira besides :mod:`.values`: work that was logged, who watches and votes, filters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Involvement", "SavedFilter", "Worklog"]


@dataclass(frozen=True, slots=True)
class Worklog:
    """Work that somebody logged on an issue.

    :ivar started: when the work was begun, in seconds since the epoch, as ``created`` and ``updated``.
    :ivar seconds: how long it took.
    :ivar comment: in Atlassian Document Format; None for none.
    """

    id: str
    issue_id: str
    author: str
    started: float
    seconds: int
    comment: dict[str, Any] | None = field(hash=False)
    created: float
    updated: float
    updated_by: str


@dataclass(frozen=True, slots=True)
class Involvement:
    """Somebody watches an issue, or voted for it.

    :ivar kind: ``watch`` or ``vote``.
    """

    kind: str
    issue_id: str
    account_id: str


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A query that somebody saved.

    :ivar shares: whom it is shared with, as REST writes it: ``{"type": "authenticated"}`` and so on. Empty: nobody.
    :ivar favourite_of: account ids.
    """

    id: str
    name: str
    owner: str
    jql: str
    description: str = ""
    shares: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    favourite_of: tuple[str, ...] = ()
