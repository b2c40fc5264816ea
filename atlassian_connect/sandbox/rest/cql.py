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
from typing import Final

from .cql_fields import DATES, EXACT, ORDERS, TEXTS, Entry, Test, exact_test, text_test
from .query_tokens import COMPARISONS, Token, moment, moment_of, tokens

__all__ = ["Cql", "CqlError", "parse_cql"]

_MAX_LENGTH: Final = 4000
_MAX_DEPTH: Final = 50
#: Types that real sites find and the sandbox does not: to find none would look like an answer.
_NOT_FOUND: Final = frozenset({"space", "user"})


class CqlError(ValueError):
    """The query is no CQL, or uses a part of it that the sandbox does not have."""


@dataclass(frozen=True, slots=True)
class Cql:
    """A query that was understood.

    :ivar order: fields, and whether it is descending; the first counts most.
    """

    test: Test
    order: tuple[tuple[str, bool], ...]

    def run(self, entries: Iterable[Entry]) -> list[Entry]:
        """What is found, in order."""
        found = [one for one in entries if self.test(one)]
        for field, descending in reversed(self.order):
            found.sort(key=ORDERS[field], reverse=descending)
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
        test: Test = lambda one: True  # noqa: E731 - a value, as the others are
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

    def _either(self) -> Test:
        tests = [self._all()]
        while self._is_next("or"):
            self._take()
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda one: any(test(one) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._is_next("and"):
            self._take()
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda one: all(test(one) for test in tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise CqlError("Could not parse cql : the query is nested too deep.")
        if self._is_next("not"):
            self._take()
            inner = self._one()
            test: Test = lambda one: not inner(one)  # noqa: E731 - the same
        elif self._is_next("("):
            self._take()
            test = self._either()
            self._expect(")")
        else:
            test = self._clause()
        self._depth -= 1
        return test

    def _clause(self) -> Test:
        self._start = self._next
        field, operator = self._take().text.lower(), self._take().text.lower()
        if operator == "not":
            self._expect("in")
            operator = "not in"
        if field in DATES and operator in (*COMPARISONS, "="):
            return self._date(DATES[field], operator)
        if field in TEXTS and operator in ("~", "!~"):
            return text_test(TEXTS[field], self._value(), negative=operator == "!~")
        if field in EXACT and operator in ("=", "!=", "in", "not in"):
            wanted = {self._value()} if operator in ("=", "!=") else self._list()
            if field == "type" and not wanted.isdisjoint(_NOT_FOUND):
                raise self._unsupported()
            return exact_test(EXACT[field], wanted, negative=operator in ("!=", "not in"))
        raise self._unsupported()

    def _date(self, read: Callable[[Entry], float], operator: str) -> Test:
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
        if name.lower() == "now":
            return moment(text or "+0d", self._now)
        return moment_of(name, text, self._now)

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
        if field not in ORDERS:
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
