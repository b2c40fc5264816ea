"""A useful part of JQL.

Clauses, joined by ``AND``, ``OR``, ``NOT`` and parentheses::

    project = OPS          status != Done       key in (OPS-1, WEB-2)      assignee not in (currentUser(), empty)
    resolution is EMPTY    labels is not EMPTY  resolution = Unresolved    reporter in membersOf("administrators")
    summary ~ "backup"     text ~ disk          description !~ "old"       cf[10100] = 3
    issue in riskIssues(high), a function of an app, which gives the JQL for it (:mod:`..jql_functions`)
    updated <= -30d        created > "2026-01-31"  resolved >= startOfMonth(-1)  due = "2026-12-01"
    filter = "My team"     watcher = currentUser()  votes > 2  timespent >= 2h  issue.property[mood].of.day = "good"

and ``ORDER BY`` any of the fields, with ``ASC`` or ``DESC``. Anything else is an error that names the clause.

Source: *Advanced search reference*, https://support.atlassian.com/jira-software-cloud/docs/jql-fields/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..jql_functions import Evaluate
from ..store.values import Issue
from .jql_clauses import JqlClauses, Test, Within
from .jql_fields import Asked, known_fields, sort_key
from .jql_reader import JqlError, read_tokens

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["Jql", "JqlError", "parse_jql"]

_MAX_LENGTH: Final = 4000
_MAX_DEPTH: Final = 30


@dataclass(frozen=True, slots=True)
class Jql:
    """A query that was understood.

    :ivar test: None: every issue is found.
    :ivar order: name of a field, and whether descending; the first counts most.
    """

    test: Test | None
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


class _Parser(JqlClauses):
    def query(self) -> Jql:
        test = self._either(0) if self.peek() and not self.peek_word("order") else None
        return Jql(test, self._order(), self.asked)

    # --- how clauses are joined ---------------------------------------------------------------------------------------

    def _either(self, depth: int) -> Test:
        if depth > _MAX_DEPTH:
            raise JqlError(f"Error in the JQL Query: it is nested more than {_MAX_DEPTH} deep.")
        tests = [self._both(depth)]
        while self.peek_word("or", "||"):
            self.take()
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda issue: any(test(issue) for test in tests)

    def _both(self, depth: int) -> Test:
        tests = [self._negated(depth)]
        while self.peek_word("and", "&&"):
            self.take()
            tests.append(self._negated(depth))
        if self.peek() and not self.peek_word("or", "||", "order", ")"):
            self.begin()
            raise self.unsupported()
        return tests[0] if len(tests) == 1 else lambda issue: all(test(issue) for test in tests)

    def _negated(self, depth: int) -> Test:
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
        return self.clause()

    # --- queries inside of this one -----------------------------------------------------------------------------------

    def nested(self, jql: str, *, functions: Evaluate | None, within: Within) -> Test | None:
        return _Parser(read_tokens(jql), self.now, self.asked, functions=functions, within=within).query().test

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
