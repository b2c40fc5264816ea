"""A useful part of JQL.

Clauses, joined by ``AND``::

    project = OPS            project != OPS           project in (OPS, WEB)      project not in (OPS)
    key = OPS-1              key in (OPS-1, WEB-2)    status and statusCategory and issuetype likewise
    updated <= -30d          updated > "2026-01-31"   created likewise; relative units are w d h m
    resolution = EMPTY       resolution is not EMPTY  resolution = Unresolved    assignee likewise

and ``ORDER BY updated | created | key | project | status`` with ``ASC`` or ``DESC``. Anything else is an error that
names the clause.

Source: *Advanced search reference*, https://support.atlassian.com/jira-software-cloud/docs/jql-fields/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from ..store.content import Issue
from .query_tokens import COMPARISONS, Token, moment, tokens

__all__ = ["Jql", "JqlError", "parse_jql"]

_Test = Callable[[Issue], bool]

_EMPTY: Final = frozenset({"empty", "null"})
_MAX_LENGTH: Final = 4000

_FIELDS: Final[dict[str, Callable[[Issue], str | None]]] = {
    "project": lambda issue: issue.project_key,
    "key": lambda issue: issue.key,
    "issuekey": lambda issue: issue.key,
    "id": lambda issue: issue.id,
    "issuetype": lambda issue: issue.issue_type,
    "status": lambda issue: issue.status,
    "statuscategory": lambda issue: issue.status,
    "resolution": lambda issue: issue.resolution,
    "assignee": lambda issue: issue.assignee,
}
_DATES: Final[dict[str, Callable[[Issue], float]]] = {
    "updated": lambda issue: issue.updated,
    "updateddate": lambda issue: issue.updated,
    "created": lambda issue: issue.created,
    "createddate": lambda issue: issue.created,
}


class JqlError(ValueError):
    """The query is no JQL, or uses a part of it that the sandbox does not have."""


@dataclass(frozen=True, slots=True)
class Jql:
    """A query that was understood."""

    tests: tuple[_Test, ...]
    order: tuple[tuple[str, bool], ...]  # field, descending; the first counts most

    def matches(self, issue: Issue) -> bool:
        """Whether an issue is found."""
        return all(test(issue) for test in self.tests)

    def run(self, issues: Iterable[Issue]) -> list[Issue]:
        """The issues that are found, in order. Without ``ORDER BY``: the latest created first."""
        found = sorted((issue for issue in issues if self.matches(issue)), key=lambda issue: -int(issue.id))
        for field, descending in reversed(self.order):
            found.sort(key=lambda issue: _sort_value(issue, field), reverse=descending)
        return found


def parse_jql(text: str, *, now: float, bounded: bool = True) -> Jql:
    """Read a query.

    :param now: what relative dates count from, seconds since the epoch.
    :param bounded: refuse a query without any clause, as the search of today's Jira does.
    :raises JqlError: see there.
    """
    if len(text) > _MAX_LENGTH:
        raise JqlError(f"The JQL query is longer than {_MAX_LENGTH} characters.")
    parser = _Parser(_read(text), now)
    query = parser.query()
    if bounded and not query.tests:
        raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return query


def _read(text: str) -> list[Token]:
    try:
        return tokens(text)
    except ValueError as error:
        raise JqlError(f"Error in the JQL Query: {error}") from None


class _Parser:
    def __init__(self, tokens: list[Token], now: float) -> None:
        self._tokens, self._now, self._next, self._start = tokens, now, 0, 0

    def query(self) -> Jql:
        tests: list[_Test] = []
        if self._peek() and not self._peek_word("order"):
            tests.append(self._clause())
            while self._peek() and not self._peek_word("order"):
                if not self._peek_word("and"):
                    self._start = self._next
                    raise self._unsupported()
                self._take()
                tests.append(self._clause())
        return Jql(tuple(tests), self._order())

    def _clause(self) -> _Test:
        self._start = self._next
        field = self._take().text.lower()
        operator = self._take().text.lower()
        if operator in ("is", "not") and self._peek_word("not", "in"):
            operator += f" {self._take().text.lower()}"
        if field in _DATES and operator in COMPARISONS:
            return self._date_test(_DATES[field], operator)
        if field not in _FIELDS:
            raise self._unsupported()
        read = _FIELDS[field]
        if operator in ("=", "!=", "is", "is not"):
            wanted = [self._value()]
        elif operator in ("in", "not in"):
            wanted = self._list()
        else:
            raise self._unsupported()
        if operator in ("is", "is not") and wanted[0] is not None:
            raise self._unsupported()
        negative = operator in ("!=", "is not", "not in")
        unresolved = field == "resolution"
        values = {None if value is None or (unresolved and value == "unresolved") else value for value in wanted}

        def test(issue: Issue) -> bool:
            value = read(issue)
            found = (value if value is None else value.lower()) in values
            # As in Jira, `!=` and `not in` do not find issues where the field is empty.
            return not found and (value is not None or None in values) if negative else found

        return test

    def _date_test(self, read: Callable[[Issue], float], operator: str) -> _Test:
        token, compare = self._take(), COMPARISONS[operator]
        limit = moment(token.text, self._now)
        if limit is None:
            raise self._unsupported()
        return lambda issue: compare(read(issue), limit)

    def _list(self) -> list[str | None]:
        if not self._take().is_word("("):
            raise self._unsupported()
        values = [self._value()]
        while not self._peek_word(")"):
            if not self._take().is_word(","):
                raise self._unsupported()
            values.append(self._value())
        self._take()
        return values

    def _value(self) -> str | None:
        token = self._take()
        if not token.quoted and not re.fullmatch(r"[^=<>!~(),]+", token.text):
            raise self._unsupported()
        if self._peek_word("("):  # a function such as currentUser()
            raise self._unsupported()
        return None if not token.quoted and token.text.lower() in _EMPTY else token.text.lower()

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._peek():
            return ()
        self._start = self._next
        self._take()
        if not self._peek_word("by"):
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
        field = self._take().text.lower()
        if field not in _FIELDS and field not in _DATES:
            raise self._unsupported()
        return field, self._peek_word("asc", "desc") and self._take().text.lower() == "desc"

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
        end = next((index for index, token in enumerate(rest) if index and token.is_word("and", "order")), len(rest))
        clause = " ".join(f'"{token.text}"' if token.quoted else token.text for token in rest[:end])
        return JqlError(f"The sandbox's JQL does not have the clause '{clause[:200]}'.")


def _sort_value(issue: Issue, field: str) -> Any:
    if field in _DATES:
        return _DATES[field](issue)
    if field in ("key", "issuekey"):
        project, _, number = issue.key.rpartition("-")
        return project, int(number)
    return _FIELDS[field](issue) or ""
