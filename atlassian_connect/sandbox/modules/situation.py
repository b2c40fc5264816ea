"""Who looks at what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Situation"]

_NAMES: Final = {
    "page": ("page.id", "content.id"),
    "space": ("space.key", "space.id"),
    "issue": ("issue.key", "issue.id"),
    "project": ("project.key", "project.id"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Who looks, and at what. Everything is optional: a navigation bar has a viewer only.

    :ivar account_id: of the viewer; None for an anonymous visitor.
    :ivar page: id of a page, blog post or custom content.
    :ivar space: key or id; found by the page when it is None.
    :ivar issue: key or id.
    :ivar project: key or id; found by the issue when it is None.
    :ivar profile: account id of the user whose profile is looked at.
    :ivar values: further context variables by name, e.g. ``{"macro.id": "…", "dashboardItem.id": "10001"}``. The
        ``ac.`` parameters of a page's own URL belong here too.
    """

    account_id: str | None
    page: str | None = None
    space: str | None = None
    issue: str | None = None
    project: str | None = None
    profile: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def named(cls, account_id: str | None, values: Mapping[str, str]) -> Situation:
        """Where a viewer says to be: context variables by name, e.g. those of an address."""
        known = {what: next((values[one] for one in names if values.get(one)), None) for what, names in _NAMES.items()}
        return cls(account_id=account_id, **known, values=values)
