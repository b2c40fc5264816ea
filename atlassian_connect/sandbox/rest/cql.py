"""A useful part of CQL, over pages, blog posts, comments and files.

Clauses, joined by ``AND`` and ``OR``, turned round by ``NOT``, grouped by parentheses::

    space = DS               space != DS              space in (DS, ENG)         space not in (DS)
    title = "Exact title"    title ~ "some words"     text ~ "words"             title !~ words
    lastmodified < "2026-01-31"    lastmodified >= now("-4w")    created >= startOfMonth("-1M")

=========================================  ==========================================================================
``space``, ``space.key``, ``space.type``   key of the space, its type
``id``, ``content``, ``parent``,           ids; ``ancestor`` is any page above, ``container`` what a comment or file is
``ancestor``, ``container``                on
``type``                                   ``page``, ``blogpost``, ``comment``, ``attachment``, a type of custom content
``creator``, ``contributor``               account ids; ``currentUser()``
``label``, ``macro``                       names
``title``, ``text``, ``siteSearch``        words
``created``, ``lastmodified``              dates: ``2026-01-31``, ``now("-4w")``, ``startOfDay()`` and its like
=========================================  ==========================================================================

``ORDER BY lastmodified | created | title | id | space | type | creator`` with ``asc`` or ``desc``. A word matches the
beginning of a word of the text when it ends in ``*``. Anything else is an error that names the clause.

Source: *Advanced searching using CQL*, https://developer.atlassian.com/cloud/confluence/advanced-searching-using-cql/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .query_tokens import COMPARISONS, Token, moment, tokens

__all__ = ["Cql", "CqlError", "Entry", "parse_cql"]

_MAX_LENGTH: Final = 4000
_MAX_DEPTH: Final = 50
_WORDS = re.compile(r"\w+\*?")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found.

    :ivar id: of attachments with ``att`` before it.
    :ivar people: who wrote a version of it.
    :ivar ancestors: ids of the pages above, the nearest last.
    :ivar container: id of what a comment or file is on; empty otherwise.
    :ivar text: its words without the title.
    :ivar value: what it stands for in the store.
    """

    id: str
    type: str
    title: str
    space_key: str
    space_type: str
    creator: str
    people: frozenset[str]
    created: float
    modified: float
    ancestors: tuple[str, ...]
    container: str
    labels: frozenset[str]
    macros: frozenset[str]
    text: str
    value: Any


_Test = Callable[[Entry], bool]

#: Field → the values of an entry; one of them has to be meant.
_EXACT: Final[dict[str, Callable[[Entry], Iterable[str]]]] = {
    "space": lambda one: (one.space_key,),
    "space.key": lambda one: (one.space_key,),
    "space.type": lambda one: (one.space_type,),
    "id": lambda one: (one.id,),
    "content": lambda one: (one.id,),
    "content.type": lambda one: (one.type,),
    "type": lambda one: (one.type,),
    "parent": lambda one: one.ancestors[-1:],
    "ancestor": lambda one: one.ancestors,
    "container": lambda one: (one.container,),
    "creator": lambda one: (one.creator,),
    "contributor": lambda one: one.people,
    "label": lambda one: one.labels,
    "macro": lambda one: one.macros,
    "title": lambda one: (one.title,),
}
_TEXTS: Final[dict[str, Callable[[Entry], str]]] = {
    "title": lambda one: one.title,
    "text": lambda one: f"{one.title} {one.text}",
    "sitesearch": lambda one: f"{one.title} {one.text} {' '.join(one.labels)}",
}
_DATES: Final[dict[str, Callable[[Entry], float]]] = {
    "lastmodified": lambda one: one.modified,
    "created": lambda one: one.created,
}
_ORDERS: Final[dict[str, Callable[[Entry], Any]]] = {
    **_DATES,
    "title": lambda one: one.title.lower(),
    "id": lambda one: int(one.id.removeprefix("att")),
    "space": lambda one: one.space_key,
    "type": lambda one: one.type,
    "creator": lambda one: one.creator,
}
_UNITS: Final = ("day", "week", "month", "year")
_OFFSET = re.compile(r"([+-]?\d{1,5})([yMwdhm]?)").fullmatch


class CqlError(ValueError):
    """The query is no CQL, or uses a part of it that the sandbox does not have."""


@dataclass(frozen=True, slots=True)
class Cql:
    """A query that was understood.

    :ivar order: fields, and whether it is descending; the first counts most.
    """

    test: _Test
    order: tuple[tuple[str, bool], ...]

    def run(self, entries: Iterable[Entry]) -> list[Entry]:
        """What is found, in order."""
        found = [one for one in entries if self.test(one)]
        for field, descending in reversed(self.order):
            found.sort(key=_ORDERS[field], reverse=descending)
        return found


def parse_cql(text: str, *, now: float, account_id: str | None = None) -> Cql:
    """Read a query.

    :param now: what relative dates count from, seconds since the epoch.
    :param account_id: of who asks, for ``currentUser()``.
    :raises CqlError: see there.
    """
    if len(text) > _MAX_LENGTH:
        raise CqlError(f"The CQL query is longer than {_MAX_LENGTH} characters.")
    try:
        words = tokens(text)
    except ValueError as error:
        raise CqlError(f"Could not parse cql : {error}") from None
    if not words:
        raise CqlError("Could not parse cql : the query is empty.")
    return _Parser(words, now, account_id).query()


class _Parser:
    def __init__(self, words: list[Token], now: float, account_id: str | None) -> None:
        self._words, self._now, self._account_id = words, now, account_id
        self._next = self._start = self._depth = 0

    def query(self) -> Cql:
        test: _Test = lambda one: True  # noqa: E731 - a value, as the others are
        if not self._is_next("order"):
            test = self._either()
        order: list[tuple[str, bool]] = []
        if self._is_next("order"):
            self._start = self._next
            self._take()
            self._expect("by")
            order.append(self._order())
            while self._is_next(","):
                self._take()
                order.append(self._order())
        if self._next < len(self._words):
            self._start = self._next
            raise self._unsupported()
        return Cql(test, tuple(order))

    def _either(self) -> _Test:
        tests = [self._all()]
        while self._is_next("or"):
            self._take()
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda one: any(test(one) for test in tests)

    def _all(self) -> _Test:
        tests = [self._one()]
        while self._is_next("and"):
            self._take()
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda one: all(test(one) for test in tests)

    def _one(self) -> _Test:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise CqlError("Could not parse cql : the query is nested too deep.")
        if self._is_next("not"):
            self._take()
            inner = self._one()
            test: _Test = lambda one: not inner(one)  # noqa: E731 - the same
        elif self._is_next("("):
            self._take()
            test = self._either()
            self._expect(")")
        else:
            test = self._clause()
        self._depth -= 1
        return test

    def _clause(self) -> _Test:
        self._start = self._next
        field, operator = self._take().text.lower(), self._take().text.lower()
        if operator == "not":
            self._expect("in")
            operator = "not in"
        if field in _DATES and operator in (*COMPARISONS, "="):
            return self._date(_DATES[field], operator)
        if field in _TEXTS and operator in ("~", "!~"):
            return _text_test(_TEXTS[field], self._value(), negative=operator == "!~")
        if field in _EXACT and operator in ("=", "!="):
            return _exact_test(_EXACT[field], {self._value()}, negative=operator == "!=")
        if field in _EXACT and operator in ("in", "not in"):
            return _exact_test(_EXACT[field], self._list(), negative=operator == "not in")
        raise self._unsupported()

    def _date(self, read: Callable[[Entry], float], operator: str) -> _Test:
        token = self._take()
        limit = self._date_of(token.text) if not token.quoted and self._is_next("(") else moment(token.text, self._now)
        if limit is None:
            raise self._unsupported()
        if operator == "=":
            return lambda one: limit <= read(one) < limit + 86_400
        return lambda one: COMPARISONS[operator](read(one), limit)

    def _date_of(self, name: str) -> float | None:
        """A function that tells a date: ``now("-4w")``, ``startOfDay()``, ``endOfMonth("+1M")``."""
        self._take()
        text = "" if self._is_next(")") else self._take().text
        self._expect(")")
        begins, unit = name[:7].lower() == "startof", name[7 if name[:1] in "sS" else 5 :].lower()
        if name.lower() == "now":
            return moment(text or "+0d", self._now)
        if unit not in _UNITS or not (begins or name[:5].lower() == "endof"):
            return None
        return _bound(self._now, unit, text, ends=not begins)

    def _list(self) -> set[str]:
        self._expect("(")
        values = {self._value()}
        while self._is_next(","):
            self._take()
            values.add(self._value())
        self._expect(")")
        return values

    def _value(self) -> str:
        token = self._take()
        if token.is_word("currentuser") and self._is_next("("):
            self._take()
            self._expect(")")
            return self._account_id or ""
        if (not token.quoted and not re.fullmatch(r"[^=<>!~(),]+", token.text)) or self._is_next("("):
            raise self._unsupported()
        return token.text

    def _order(self) -> tuple[str, bool]:
        field = self._take().text.lower()
        if field not in _ORDERS:
            raise self._unsupported()
        return field, self._is_next("asc", "desc") and self._take().text.lower() == "desc"

    def _is_next(self, *words: str) -> bool:
        return self._next < len(self._words) and self._words[self._next].is_word(*words)

    def _expect(self, word: str) -> None:
        if not self._take().is_word(word):
            raise self._unsupported()

    def _take(self) -> Token:
        if self._next >= len(self._words):
            raise CqlError("Could not parse cql : the query ends too early.")
        self._next += 1
        return self._words[self._next - 1]

    def _unsupported(self) -> CqlError:
        rest = self._words[self._start :]
        joints = ("and", "or", "order")
        end = next((index for index, word in enumerate(rest) if index and word.is_word(*joints)), len(rest))
        return CqlError(f"The sandbox's CQL does not have the clause '{' '.join(map(str, rest[:end]))[:200]}'.")


def _bound(now: float, unit: str, text: str, *, ends: bool) -> float | None:
    """The first moment of a day, week (from Sunday), month or year, or of the one after it. UTC."""
    match = _OFFSET(text or "0")
    if match is None:
        return None
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    steps = int(match[1]) if match[2] in ("", {"day": "d", "week": "w", "month": "M", "year": "y"}[unit]) else 0
    if match[2] and not steps and int(match[1]):
        today += timedelta(seconds=moment(match[0], 0.0) or 0.0) if match[2] != "M" else timedelta()
    steps += ends
    try:
        if unit == "day":
            return (today + timedelta(days=steps)).timestamp()
        if unit == "week":
            return (today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=steps)).timestamp()
        months = today.year * 12 + (today.month - 1 if unit == "month" else 0) + steps * (1 if unit == "month" else 12)
        return today.replace(year=months // 12, month=months % 12 + 1, day=1).timestamp()
    except (ValueError, OverflowError):
        return None


def _exact_test(read: Callable[[Entry], Iterable[str]], wanted: set[str], *, negative: bool) -> _Test:
    folded = {value.lower() for value in wanted}
    return lambda one: any(value.lower() in folded for value in read(one)) is not negative


def _text_test(read: Callable[[Entry], str], wanted: str, *, negative: bool) -> _Test:
    parts = [word.lower() for word in _WORDS.findall(wanted)]

    def found(one: Entry) -> bool:
        words = {word.lower() for word in re.findall(r"\w+", read(one))}
        return all(
            any(word.startswith(part[:-1]) for word in words) if part.endswith("*") else part in words for part in parts
        )

    return lambda one: found(one) is not negative
