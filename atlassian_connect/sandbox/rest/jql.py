"""A useful part of JQL.

Clauses, joined by ``AND``, ``OR``, ``NOT`` and parentheses::

    project = OPS          status != Done       key in (OPS-1, WEB-2)      assignee not in (currentUser(), empty)
    resolution is EMPTY    labels is not EMPTY  resolution = Unresolved    reporter in membersOf("administrators")
    summary ~ "backup"     text ~ disk          description !~ "old"       cf[10100] = 3
    issue in riskIssues(high), a function of an app, which gives the JQL for it (:mod:`..jql_functions`)
    updated <= -30d        created > "2026-01-31"  resolved >= startOfMonth(-1)  due = "2026-12-01"
    issue.property[mood].of.day = "good"               watcher = currentUser()    votes > 2    timespent >= 2h

and ``ORDER BY`` any of the fields, with ``ASC`` or ``DESC``. Anything else is an error that names the clause.

Source: *Advanced search reference*, https://support.atlassian.com/jira-software-cloud/docs/jql-fields/
"""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..jql_functions import Evaluate, FunctionCall, JqlFunctionError
from ..store.values import Issue
from .jira_basics import read_duration
from .jql_fields import DATES, TEXTS, Asked, is_text, known_fields, number_reader, property_value, sort_key, values_of
from .jql_reader import JqlError, JqlReader, read_tokens
from .jql_values import unknown_value
from .query_tokens import COMPARISONS, Token

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["Jql", "JqlError", "parse_jql"]

_Test = Callable[[Issue], bool]

_MAX_LENGTH: Final = 4000
_MAX_DEPTH: Final = 30
_PROPERTY: Final = re.compile(r"issue\.property\[([^\]]+)\](?:\.([\w.\-]+))?", re.IGNORECASE).fullmatch
_ALL_COMPARISONS: Final = {**COMPARISONS, "=": operators.eq, "!=": operators.ne}


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
            found.sort(key=sort_key(self.asked, field), reverse=descending)
        return found


def parse_jql(
    text: str,
    *,
    now: float,
    bounded: bool = True,
    strict: bool = False,
    site: Site | None = None,
    me: str | None = None,
    functions: Evaluate | None = None,
) -> Jql:
    """Read a query.

    :param now: what relative dates count from, seconds since the epoch.
    :param bounded: refuse a query without any clause, as the search of today's Jira does.
    :param strict: refuse values that do not exist for their fields, or not for whoever asks.
    :param site: where to look up what issues do not carry themselves: parents, comments, properties, custom fields.
    :param me: account id of whoever asks.
    :param functions: asks apps what their functions stand for; None: there are none.
    :raises JqlError: see there.
    """
    if len(text) > _MAX_LENGTH:
        raise JqlError(f"The JQL query is longer than {_MAX_LENGTH} characters.")
    query = _Parser(read_tokens(text), now, Asked(site, me), strict=strict, functions=functions).query()
    if bounded and query.test is None:
        raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return query


class _Parser(JqlReader):
    def __init__(
        self, tokens: list[Token], now: float, asked: Asked, *, strict: bool, functions: Evaluate | None
    ) -> None:
        super().__init__(tokens, now, asked)
        self._strict, self._functions = strict, functions

    def query(self) -> Jql:
        test = self._either(0) if self.peek() and not self.peek_word("order") else None
        return Jql(test, self._order(), self.asked)

    # --- how clauses are joined ---------------------------------------------------------------------------------------

    def _either(self, depth: int) -> _Test:
        if depth > _MAX_DEPTH:
            raise JqlError(f"Error in the JQL Query: it is nested more than {_MAX_DEPTH} deep.")
        tests = [self._both(depth)]
        while self.peek_word("or", "||"):
            self.take()
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda issue: any(test(issue) for test in tests)

    def _both(self, depth: int) -> _Test:
        tests = [self._negated(depth)]
        while self.peek_word("and", "&&"):
            self.take()
            tests.append(self._negated(depth))
        if self.peek() and not self.peek_word("or", "||", "order", ")"):
            self.begin()
            raise self.unsupported()
        return tests[0] if len(tests) == 1 else lambda issue: all(test(issue) for test in tests)

    def _negated(self, depth: int) -> _Test:
        if self.peek_word("not"):
            self.take()
            test = self._negated(depth + 1) if depth <= _MAX_DEPTH else self._either(depth)
            return lambda issue: not test(issue)
        if self.peek_word("("):
            self.take()
            test = self._either(depth + 1)
            if not self.take().is_word(")"):
                raise self.unsupported()
            return test
        return self._clause()

    # --- one clause ---------------------------------------------------------------------------------------------------

    def _clause(self) -> _Test:
        self.begin()
        name, operator = self.take().text, self.take().text.lower()
        if operator in ("is", "not") and self.peek_word("not", "in"):
            operator += f" {self.take().text.lower()}"
        found = _PROPERTY(name)
        if found:
            return self._property_test(found[1].strip("\"'"), found[2] or "", operator)
        field = known_fields(self.asked, name)
        if field is None:
            raise self.unsupported()
        called = self.function() if self._functions is not None else None
        if called is not None:
            return self._test_of_app(FunctionCall(called[0], field, operator, called[1]))
        if field in DATES:
            return self._date_test(field, operator)
        number = number_reader(self.asked, field)
        if number is not None and operator in _ALL_COMPARISONS and not self.peek_word("empty", "null"):
            return self._number_test(number, operator)
        if operator in ("~", "!~"):
            if not is_text(self.asked, field):
                raise JqlError(f"The operator '{operator}' is not supported by the '{name}' field.")
            return self._text_test(field, operator)
        if field in TEXTS and operator not in ("is", "is not"):
            raise self.unsupported()
        wanted = self._wanted(operator)
        unknown = unknown_value(self.asked, field, wanted) if self._strict else None
        if unknown is not None:
            raise JqlError(f"The value '{self.spelt(unknown)[:200]}' does not exist for the field '{name}'.")
        if field == "resolution":
            wanted = {None if value == "unresolved" else value for value in wanted}
        asked, negative = self.asked, operator in ("!=", "is not", "not in")

        def test(issue: Issue) -> bool:
            values = values_of(asked, field, issue)
            is_one = not wanted.isdisjoint(values) if values else None in wanted
            # As in Jira, `!=` and `not in` do not find issues where the field is empty.
            return not is_one and (bool(values) or None in wanted) if negative else is_one

        return test

    def _test_of_app(self, call: FunctionCall) -> _Test:
        """The test of the JQL that an app gives in the place of a clause with its function."""
        try:
            jql = self._functions(call) if self._functions else None
        except JqlFunctionError as error:
            raise JqlError(str(error)) from error
        if jql is None:
            raise self.unsupported()
        try:
            test = parse_jql(jql, now=self._now, site=self.asked.site, me=self.asked.me).test
        except JqlError as error:
            raise JqlError(f"The JQL that the app of {call.name} gives for it cannot be used: {error}") from error
        return test or (lambda issue: True)

    def _wanted(self, operator: str) -> set[str | None]:
        if operator in ("=", "!=", "is", "is not"):
            wanted = set(self.value())
        elif operator in ("in", "not in"):
            wanted = self.list_of_values()
        else:
            raise self.unsupported()
        if operator in ("is", "is not") and wanted != {None}:
            raise self.unsupported()
        return wanted

    def _text_test(self, field: str, operator: str) -> _Test:
        read, asked = TEXTS.get(field), self.asked
        words = self.take().text.lower().replace("*", "").split()

        def test(issue: Issue) -> bool:
            text = read(asked, issue).lower() if read else " ".join(values_of(asked, field, issue))
            return all(word.strip('"') in text for word in words) == (operator == "~")

        return test

    def _date_test(self, field: str, operator: str) -> _Test:
        read = DATES[field]
        if operator in ("is", "is not") or (operator in ("=", "!=") and self.peek_word("empty", "null")):
            if self.value() != [None]:
                raise self.unsupported()
            return lambda issue: (read(issue) is None) == (operator in ("is", "="))
        if operator not in _ALL_COMPARISONS:
            raise self.unsupported()
        limit, compare = self.moment(), _ALL_COMPARISONS[operator]
        return lambda issue: (value := read(issue)) is not None and compare(value, limit)

    def _number_test(self, read: Callable[[Issue], float | None], operator: str) -> _Test:
        limit, compare = self._number(), _ALL_COMPARISONS[operator]
        return lambda issue: (value := read(issue)) is not None and compare(value, limit)

    def _number(self) -> float:
        text = self.take().text
        seconds = read_duration(text) if text[-1:] in ("w", "d", "h", "m") else None
        try:
            return float(text) if seconds is None else seconds
        except ValueError:
            raise self.unsupported() from None

    def _property_test(self, key: str, path: str, operator: str) -> _Test:
        asked = self.asked
        if operator in COMPARISONS:
            limit, compare = self._number(), COMPARISONS[operator]
            return lambda issue: (
                isinstance(value := property_value(asked, key, path, issue), int | float) and compare(value, limit)
            )
        wanted, negative = self._wanted(operator), operator in ("!=", "is not", "not in")

        def test(issue: Issue) -> bool:
            value = property_value(asked, key, path, issue)
            values = {None if one is None else _written(one) for one in (value if isinstance(value, list) else [value])}
            return wanted.isdisjoint(values) == negative and not (negative and None not in wanted and value is None)

        return test

    # --- order --------------------------------------------------------------------------------------------------------

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self.peek():
            return ()
        self.begin()
        if not self.take().is_word("order") or not self.peek_word("by"):
            raise self.unsupported()
        self.take()
        order = [self._order_field()]
        while self.peek_word(","):
            self.take()
            order.append(self._order_field())
        if self.peek():
            raise self.unsupported()
        return tuple(order)

    def _order_field(self) -> tuple[str, bool]:
        field = known_fields(self.asked, self.take().text)
        if field is None:
            raise self.unsupported()
        return field, self.peek_word("asc", "desc") and self.take().text.lower() == "desc"


def _written(value: Any) -> str:
    return str(value).lower() if not isinstance(value, bool) else ("true" if value else "false")
