"""What the query languages of both products have in common: words, and dates.

Sources: *Advanced search reference*, https://support.atlassian.com/jira-software-cloud/docs/jql-fields/ and *Advanced
searching using CQL*, https://developer.atlassian.com/cloud/confluence/advanced-searching-using-cql/
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["COMPARISONS", "Token", "moment", "moment_of", "tokens"]

COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
}

_TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(<=|>=|!=|!~|[=<>~(),])|([^\s=<>!~(),"']+))""")
_RELATIVE = re.compile(r"([+-]?\d{1,6})([ywdhm])").fullmatch
_UNIT_SECONDS: Final = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60}
_BOUNDARY = re.compile(r"(start|end)of(day|week|month|year)").fullmatch
_OFFSET = re.compile(r"([+-]?\d{1,4})([ywdhm]|M)?").fullmatch
_DATE_FORMATS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, an operator, or a text in quotes."""

    text: str
    quoted: bool = False

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these, without quotes and in any case."""
        return not self.quoted and self.text.lower() in words

    def __str__(self) -> str:
        return f'"{self.text}"' if self.quoted else self.text


def tokens(text: str) -> list[Token]:
    """Cut a query into its tokens.

    :raises ValueError: a part of it is none, such as a text whose quote does not end.
    """
    found, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"cannot read {text[position:].strip()[:50]!r}.")
        position = match.end()
        quoted = match[1] if match[1] is not None else match[2]
        if quoted is not None:
            found.append(Token(re.sub(r"\\(.)", r"\1", quoted), quoted=True))
        else:
            found.append(Token(match[3] or match[4]))
    return found


def moment(text: str, now: float) -> float | None:
    """Read a date (UTC) or a distance from now such as ``-30d``. None: it is neither.

    :return: seconds since the epoch.
    """
    relative = _RELATIVE(text)
    if relative:
        return now + int(relative[1]) * _UNIT_SECONDS[relative[2]]
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


def moment_of(function: str, argument: str, now: float) -> float | None:
    """Work out ``now()``, ``startOfDay()``, ``endOfMonth("-1")`` and the like, in UTC. None: there is no such function.

    Weeks begin on Monday, as they do for the locale of most of the sandbox's people. An end is the last millisecond.

    :param function: its name, in any case.
    :param argument: a distance such as ``-1`` (of the function's own unit), ``+2w`` or ``-1M``; empty for none.
    :return: seconds since the epoch.
    """
    name = function.lower()
    if name == "now" and not argument:
        return now
    found, offset = _BOUNDARY(name), _OFFSET(argument or "0")
    if not found or not offset:
        return None
    own = {"day": "d", "week": "w", "month": "M", "year": "y"}[found[2]]
    try:
        start = _shifted(_start(datetime.fromtimestamp(now, UTC), found[2]), int(offset[1]), offset[2] or own)
        if found[1] == "end":
            start = _shifted(start, 1, own)
    except (ValueError, OverflowError):
        return None
    return start.timestamp() - (0.001 if found[1] == "end" else 0)


def _start(time: datetime, unit: str) -> datetime:
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1, month=1 if unit == "year" else day.month) if unit in ("month", "year") else day


def _shifted(time: datetime, count: int, unit: str) -> datetime:
    if unit in ("M", "y"):
        months = time.year * 12 + time.month - 1 + count * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        return time.replace(year=year, month=month, day=min(time.day, monthrange(year, month)[1]))
    return time + timedelta(seconds=count * _UNIT_SECONDS[unit])
