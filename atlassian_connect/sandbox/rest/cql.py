"""A useful part of CQL, over pages.

Clauses, joined by ``AND``::

    space = DS               space != DS              space in (DS, ENG)         space not in (DS)
    space.key, id, content, type and creator likewise; whatever is no page is not there
    title = "Exact title"    title ~ "some words"     text ~ "words"             title !~ words
    lastmodified < "2026-01-31"    lastmodified >= now("-4w")    created likewise; units are y w d h m

and ``ORDER BY lastmodified | created | title | id | space`` with ``asc`` or ``desc``. A word matches the beginning of a
word of the text when it ends in ``*``. Anything else is an error that names the clause.

Source: *Advanced searching using CQL*, https://developer.atlassian.com/cloud/confluence/advanced-searching-using-cql/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..store.content import Page, Space
from .query_tokens import COMPARISONS, Token, moment, tokens

__all__ = ["Cql", "CqlError", "parse_cql"]

_Read = Callable[[Page, Space], str]
_Test = Callable[[Page, Space], bool]

_MAX_LENGTH: Final = 4000
_WORDS = re.compile(r"\w+\*?")

_EXACT: Final[dict[str, _Read]] = {
    "space": lambda page, space: space.key,
    "space.key": lambda page, space: space.key,
    "id": lambda page, space: page.id,
    "content": lambda page, space: page.id,
    "type": lambda page, space: "page",
    "creator": lambda page, space: page.author,
    "title": lambda page, space: page.title,
}
_TEXTS: Final[dict[str, _Read]] = {
    "title": lambda page, space: page.title,
    "text": lambda page, space: f"{page.title} {re.sub(r'<[^>]*>', ' ', page.body)}",
    "sitesearch": lambda page, space: f"{page.title} {re.sub(r'<[^>]*>', ' ', page.body)}",
}
_DATES: Final[dict[str, Callable[[Page], float]]] = {
    "lastmodified": lambda page: page.modified,
    "created": lambda page: page.created,
}
_ORDERS: Final[dict[str, Callable[[Page, Space], Any]]] = {
    "lastmodified": lambda page, space: page.modified,
    "created": lambda page, space: page.created,
    "title": lambda page, space: page.title.lower(),
    "id": lambda page, space: int(page.id),
    "space": lambda page, space: space.key,
}


class CqlError(ValueError):
    """The query is no CQL, or uses a part of it that the sandbox does not have."""


@dataclass(frozen=True, slots=True)
class Cql:
    """A query that was understood."""

    tests: tuple[_Test, ...]
    order: tuple[tuple[str, bool], ...]  # field, descending; the first counts most

    def run(self, pages: Iterable[Page], spaces: Mapping[str, Space]) -> list[Page]:
        """The pages that are found, in order.

        :param spaces: by id.
        """
        found = [page for page in pages if all(test(page, spaces[page.space_id]) for test in self.tests)]
        for field, descending in reversed(self.order):
            found.sort(key=lambda page: _ORDERS[field](page, spaces[page.space_id]), reverse=descending)
        return found


def parse_cql(text: str, *, now: float) -> Cql:
    """Read a query.

    :param now: what relative dates count from, seconds since the epoch.
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
    return _Parser(words, now).query()


class _Parser:
    def __init__(self, words: list[Token], now: float) -> None:
        self._words, self._now, self._next, self._start = words, now, 0, 0

    def query(self) -> Cql:
        tests: list[_Test] = []
        if not self._is_next("order"):
            tests.append(self._clause())
            while self._is_next("and"):
                self._take()
                tests.append(self._clause())
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
        return Cql(tuple(tests), tuple(order))

    def _clause(self) -> _Test:
        self._start = self._next
        field, operator = self._take().text.lower(), self._take().text.lower()
        if operator == "not":
            self._expect("in")
            operator = "not in"
        if field in _DATES and operator in COMPARISONS:
            return self._date(_DATES[field], operator)
        if field in _TEXTS and operator in ("~", "!~"):
            return _text_test(_TEXTS[field], self._value(), negative=operator == "!~")
        if field in _EXACT and operator in ("=", "!="):
            return _exact_test(_EXACT[field], {self._value()}, negative=operator == "!=")
        if field in _EXACT and operator in ("in", "not in"):
            return _exact_test(_EXACT[field], self._list(), negative=operator == "not in")
        raise self._unsupported()

    def _date(self, read: Callable[[Page], float], operator: str) -> _Test:
        token = self._take()
        if token.is_word("now") and self._is_next("("):
            self._take()
            text = "+0d" if self._is_next(")") else self._take().text
            self._expect(")")
        else:
            text = token.text
        limit, compare = moment(text, self._now), COMPARISONS[operator]
        if limit is None:
            raise self._unsupported()
        return lambda page, space: compare(read(page), limit)

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
        end = next((index for index, word in enumerate(rest) if index and word.is_word("and", "order")), len(rest))
        return CqlError(f"The sandbox's CQL does not have the clause '{' '.join(map(str, rest[:end]))[:200]}'.")


def _exact_test(read: _Read, wanted: set[str], *, negative: bool) -> _Test:
    folded = {value.lower() for value in wanted}
    return lambda page, space: (read(page, space).lower() in folded) is not negative


def _text_test(read: _Read, wanted: str, *, negative: bool) -> _Test:
    parts = [word.lower() for word in _WORDS.findall(wanted)]

    def found(page: Page, space: Space) -> bool:
        words = [word.lower() for word in re.findall(r"\w+", read(page, space))]
        return all(
            any(word.startswith(part[:-1]) if part.endswith("*") else word == part for word in words) for part in parts
        )

    return lambda page, space: found(page, space) is not negative
