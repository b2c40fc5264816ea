"""What Jira's REST writes everywhere: users and times.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ..people import Person, jira_user

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["jira_time", "read_duration", "user_json", "written_duration"]

_MINUTE, _HOUR = 60, 3_600
#: A day has 8 hours of work, a week 5 days.
_UNITS: Final = {"w": 5 * 8 * _HOUR, "d": 8 * _HOUR, "h": _HOUR, "m": _MINUTE}
_DURATION: Final = re.compile(r"(?:\d{1,6}[wdhm])(?:\s*\d{1,6}[wdhm])*", re.ASCII).fullmatch


def user_json(account_id: str, site: Site) -> dict[str, Any]:
    """A user, also one that is no longer known."""
    return jira_user(site.person(account_id) or Person(account_id, account_id), site.base_url)


def jira_time(seconds: float) -> str:
    """A time as Jira writes it."""
    return (
        datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds * 1000) % 1000:03d}+0000"
    )


def read_duration(text: str) -> int | None:
    """Read ``1w 2d 3h 4m``, or a number of minutes, as seconds. None: it is neither."""
    text = text.strip()
    if re.fullmatch(r"\d{1,6}", text, re.ASCII):
        return int(text) * _MINUTE
    if not _DURATION(text):
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([wdhm])", text))


def written_duration(seconds: int) -> str:
    """Seconds as ``1w 2d 3h 4m``. What is less than a minute is left out."""
    parts = []
    for unit, length in _UNITS.items():
        count, seconds = divmod(seconds, length)
        parts += [f"{count}{unit}"] if count else []
    return " ".join(parts) or "0m"
