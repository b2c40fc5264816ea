"""A useful part of JQL.

Clauses, joined by ``AND``, ``OR``, ``NOT`` and parentheses::

    project = OPS          status != Done       key in (OPS-1, WEB-2)      assignee not in (currentUser(), empty)
    resolution is EMPTY    labels is not EMPTY  resolution = Unresolved    reporter in membersOf("administrators")
    summary ~ "backup"     text ~ disk          description !~ "old"       cf[10100] = 3
    updated <= -30d        created > "2026-01-31"  resolved >= startOfMonth(-1)  issue.property[mood].of.day = "good"

and ``ORDER BY`` any of the fields, with ``ASC`` or ``DESC``. Anything else is an error that names the clause.

Source: *Advanced search reference*, https://support.atlassian.com/jira-software-cloud/docs/jql-fields/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..store.values import Issue
from .jql_fields import DATES, ORDERS, TEXTS, Asked, known_fields, property_value, values_of
from .query_tokens import COMPARISONS, Token, moment, moment_of, tokens

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["Jql", "JqlError", "parse_jql"]

_Test = Callable[[Issue], bool]

_EMPTY: Final = frozenset({"empty", "null"})
_MAX_LENGTH: Final = 4000
_MAX_DEPTH: Final = 30
_PROPERTY: Final = re.compile(r"issue\.property\[([^\]]+)\](?:\.([\w.\-]+))?", re.IGNORECASE).fullmatch
_CLAUSE_ENDS: Final = ("and", "or", "order", ")")


class JqlError(ValueError):
    """The query is no JQL, or uses a part of it that the sandbox does not have."""


@dataclass(frozen=True, slots=True)
class Jql:
    """A query that was understood.

    :ivar test: None: every issue is found.
    :ivar order: name of a field, and whether descending; the first counts most.
    """

    test: _Test | None
    order: tuple[tuple[str, bool], ...]
    asked: Asked

    def matches(self, issue: Issue) -> bool:
        """Whether an issue is found."""
        return self.test is None or self.test(issue)

    def run(self, issues: Iterable[Issue]) -> list[Issue]:
        """The issues that are found, in order. Without ``ORDER BY``: the latest created first."""
        found = sorted((issue for issue in issues if self.matches(issue)), key=lambda issue: -int(issue.id))
        for field, descending in reversed(self.order):
            found.sort(key=lambda issue: self._sort_value(issue, field), reverse=descending)
        return found

    def _sort_value(self, issue: Issue, field: str) -> Any:
        return ORDERS[field](issue) if field in ORDERS else values_of(self.asked, field, issue)


def parse_jql(text: str, *, now: float, bounded: bool = True, site: Site | None = None, me: str | None = None) -> Jql:
    """Read a query.

    :param now: what relative dates count from, seconds since the epoch.
    :param bounded: refuse a query without any clause, as the search of today's Jira does.
    :param site: where to look up what issues do not carry themselves: parents, comments, properties, custom fields.
    :param me: account id of whoever asks.
    :raises JqlError: see there.
    """
    if len(text) > _MAX_LENGTH:
        raise JqlError(f"The JQL query is longer than {_MAX_LENGTH} characters.")
    query = _Parser(_read(text), now, Asked(site, me)).query()
    if bounded and query.test is None:
        raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return query


def _read(text: str) -> list[Token]:
    try:
        return tokens(text)
    except ValueError as error:
        raise JqlError(f"Error in the JQL Query: {error}") from None


class _Parser:
    def __init__(self, tokens: list[Token], now: float, asked: Asked) -> None:
        self._tokens, self._now, self._asked = tokens, now, asked
        self._next, self._start = 0, 0

    def query(self) -> Jql:
        test = self._either(0) if self._peek() and not self._peek_word("order") else None
        return Jql(test, self._order(), self._asked)

    # --- how clauses are joined ---------------------------------------------------------------------------------------

    def _either(self, depth: int) -> _Test:
        if depth > _MAX_DEPTH:
            raise JqlError(f"Error in the JQL Query: it is nested more than {_MAX_DEPTH} deep.")
        tests = [self._both(depth)]
        while self._peek_word("or", "||"):
            self._take()
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda issue: any(test(issue) for test in tests)

    def _both(self, depth: int) -> _Test:
        tests = [self._negated(depth)]
        while self._peek_word("and", "&&"):
            self._take()
            tests.append(self._negated(depth))
        if self._peek() and not self._peek_word("or", "||", "order", ")"):
            self._start = self._next
            raise self._unsupported()
        return tests[0] if len(tests) == 1 else lambda issue: all(test(issue) for test in tests)

    def _negated(self, depth: int) -> _Test:
        if self._peek_word("not"):
            self._take()
            test = self._negated(depth + 1) if depth <= _MAX_DEPTH else self._either(depth)
            return lambda issue: not test(issue)
        if self._peek_word("("):
            self._take()
            test = self._either(depth + 1)
            if not self._take().is_word(")"):
                raise self._unsupported()
            return test
        return self._clause()

    # --- one clause ---------------------------------------------------------------------------------------------------

    def _clause(self) -> _Test:
        self._start = self._next
        name, operator = self._take().text, self._take().text.lower()
        if operator in ("is", "not") and self._peek_word("not", "in"):
            operator += f" {self._take().text.lower()}"
        found = _PROPERTY(name)
        if found:
            return self._property_test(found[1].strip("\"'"), found[2] or "", operator)
        field = known_fields(self._asked, name)
        if field is None:
            raise self._unsupported()
        if field in DATES:
            return self._date_test(field, operator)
        if operator in ("~", "!~"):
            return self._text_test(field, operator)
        if field in TEXTS and operator not in ("is", "is not"):
            raise self._unsupported()
        wanted = self._wanted(operator)
        if field == "resolution":
            wanted = {None if value == "unresolved" else value for value in wanted}
        asked, negative = self._asked, operator in ("!=", "is not", "not in")

        def test(issue: Issue) -> bool:
            values = values_of(asked, field, issue)
            is_one = not wanted.isdisjoint(values) if values else None in wanted
            # As in Jira, `!=` and `not in` do not find issues where the field is empty.
            return not is_one and (bool(values) or None in wanted) if negative else is_one

        return test

    def _wanted(self, operator: str) -> set[str | None]:
        if operator in ("=", "!=", "is", "is not"):
            wanted = set(self._value())
        elif operator in ("in", "not in"):
            wanted = self._list()
        else:
            raise self._unsupported()
        if operator in ("is", "is not") and wanted != {None}:
            raise self._unsupported()
        return wanted

    def _text_test(self, field: str, operator: str) -> _Test:
        read, asked = TEXTS.get(field), self._asked
        words = self._take().text.lower().replace("*", "").split()

        def test(issue: Issue) -> bool:
            text = read(asked, issue).lower() if read else " ".join(values_of(asked, field, issue))
            return all(word.strip('"') in text for word in words) == (operator == "~")

        return test

    def _date_test(self, field: str, operator: str) -> _Test:
        read = DATES[field]
        if operator in ("is", "is not"):
            if self._value() != [None]:
                raise self._unsupported()
            return lambda issue: (read(issue) is None) == (operator == "is")
        if operator not in COMPARISONS:
            raise self._unsupported()
        limit, compare = self._moment(), COMPARISONS[operator]
        return lambda issue: (value := read(issue)) is not None and compare(value, limit)

    def _property_test(self, key: str, path: str, operator: str) -> _Test:
        asked = self._asked
        if operator in COMPARISONS:
            text, compare = self._take().text, COMPARISONS[operator]
            try:
                limit = float(text)
            except ValueError:
                raise self._unsupported() from None
            return lambda issue: (
                isinstance(value := property_value(asked, key, path, issue), int | float) and compare(value, limit)
            )
        wanted, negative = self._wanted(operator), operator in ("!=", "is not", "not in")

        def test(issue: Issue) -> bool:
            value = property_value(asked, key, path, issue)
            values = {None if one is None else _written(one) for one in (value if isinstance(value, list) else [value])}
            return wanted.isdisjoint(values) == negative and not (negative and None not in wanted and value is None)

        return test

    # --- values -------------------------------------------------------------------------------------------------------

    def _moment(self) -> float:
        token = self._take()
        if self._peek_word("(") and not token.quoted:
            limit = moment_of(token.text, " ".join(self._arguments()), self._now)
        else:
            limit = moment(token.text, self._now)
        if limit is None:
            raise self._unsupported()
        return limit

    def _list(self) -> set[str | None]:
        if not self._peek_word("("):  # a function that gives several
            token, after = self._peek(), self._next + 1
            if token is None or after >= len(self._tokens) or not self._tokens[after].is_word("("):
                self._take()
                raise self._unsupported()
            return set(self._value())
        self._take()
        values = set(self._value())
        while not self._peek_word(")"):
            if not self._take().is_word(","):
                raise self._unsupported()
            values |= set(self._value())
        self._take()
        return values

    def _value(self) -> list[str | None]:
        """One value, or those that a function stands for."""
        token = self._take()
        if not token.quoted and not re.fullmatch(r"[^=<>!~(),]+", token.text):
            raise self._unsupported()
        if not token.quoted and self._peek_word("("):
            return self._function(token.text.lower(), self._arguments())
        return [None if not token.quoted and token.text.lower() in _EMPTY else token.text.lower()]

    def _arguments(self) -> list[str]:
        self._take()
        arguments: list[str] = []
        while not (token := self._take()).is_word(")"):
            if not token.is_word(","):
                arguments.append(token.text)
        return arguments

    def _function(self, name: str, arguments: list[str]) -> list[str | None]:
        if name == "currentuser" and not arguments:
            return [(self._asked.me or "nobody").lower()]
        if name == "membersof" and len(arguments) == 1 and self._asked.site is not None:
            members = self._asked.site.users.groups().get(arguments[0], [])
            return [one.account_id.lower() for one in members]
        raise self._unsupported()

    # --- order --------------------------------------------------------------------------------------------------------

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._peek():
            return ()
        self._start = self._next
        if not self._take().is_word("order") or not self._peek_word("by"):
            raise self._unsupported()
        self._take()
        order = [self._order_field()]
        while self._peek_word(","):
            self._take()
            order.append(self._order_field())
        if self._peek():
            raise self._unsupported()
        return tuple(order)

    def _order_field(self) -> tuple[str, bool]:
        field = known_fields(self._asked, self._take().text)
        if field is None:
            raise self._unsupported()
        return field, self._peek_word("asc", "desc") and self._take().text.lower() == "desc"

    # --- tokens -------------------------------------------------------------------------------------------------------

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _peek_word(self, *words: str) -> bool:
        token = self._peek()
        return token is not None and token.is_word(*words)

    def _take(self) -> Token:
        token = self._peek()
        if token is None:
            raise JqlError("Error in the JQL Query: the query ends too early.")
        self._next += 1
        return token

    def _unsupported(self) -> JqlError:
        rest = self._tokens[self._start :]
        end = next((index for index, token in enumerate(rest) if index and token.is_word(*_CLAUSE_ENDS)), len(rest))
        clause = " ".join(f'"{token.text}"' if token.quoted else token.text for token in rest[:end])
        return JqlError(f"The sandbox's JQL does not have the clause '{clause[:200]}'.")


def _written(value: Any) -> str:
    return str(value).lower() if not isinstance(value, bool) else ("true" if value else "false")
