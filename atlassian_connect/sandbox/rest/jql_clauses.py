"""The clauses of JQL: what each of them asks about an issue."""

from __future__ import annotations

import operator as operators
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ..jql_functions import Evaluate, FunctionCall, JqlFunctionError
from ..saved_filters import find_filter
from ..store.values import Issue
from .jira_basics import read_duration
from .jql_fields import DATES, TEXTS, Asked, is_text, known_fields, number_reader, property_value, values_of
from .jql_reader import JqlError, JqlReader
from .jql_values import unknown_value
from .query_tokens import COMPARISONS, Token

__all__ = ["JqlClauses", "Test", "Within"]

#: Whether an issue is found.
Test: TypeAlias = Callable[[Issue], bool]

_PROPERTY: Final = re.compile(r"issue\.property\[([^\]]+)\](?:\.([\w.\-]+))?", re.IGNORECASE).fullmatch
_ALL_COMPARISONS: Final = {**COMPARISONS, "=": operators.eq, "!=": operators.ne}
_MAX_FILTERS: Final = 50
_FILTERS: Final = frozenset({"filter", "request", "savedfilter", "searchrequest"})


@dataclass(frozen=True, slots=True)
class Within:
    """The filters around a query.

    :ivar used: ids of all that were read for the whole query, each as often as it was.
    """

    ids: frozenset[str] = frozenset()
    used: list[str] = field(default_factory=list)


class JqlClauses(JqlReader, ABC):
    """Reads single clauses.

    :param strict: refuse values that do not exist for their fields.
    :param functions: asks apps what their functions stand for.
    :param within: the filters that this query is of.
    """

    def __init__(
        self,
        tokens: list[Token],
        now: float,
        asked: Asked,
        *,
        strict: bool = False,
        functions: Evaluate | None = None,
        within: Within | None = None,
    ) -> None:
        super().__init__(tokens, now, asked)
        self._strict, self._functions, self._within = strict, functions, within or Within()

    @abstractmethod
    def nested(self, jql: str, *, functions: Evaluate | None, within: Within) -> Test | None:
        """Read a query inside of this one. None: it has no clause."""

    def clause(self) -> Test:
        """Read one clause.

        :raises JqlError: it is none that the sandbox has.
        """
        self.begin()
        name, operator = self.take().text, self.take().text.lower()
        if operator in ("is", "not") and self.peek_word("not", "in"):
            operator += f" {self.take().text.lower()}"
        found = _PROPERTY(name)
        if found:
            return self._property_test(found[1].strip("\"'"), found[2] or "", operator)
        if name.lower() in _FILTERS:
            return self._filter_test(operator)
        field = known_fields(self.asked, name)
        if field is None:
            raise self.unsupported()
        called = self.function() if self._functions is not None else None
        if called is not None:
            return self._test_of_app(FunctionCall(called[0], field, operator, called[1]))
        return self._field_test(name, field, operator)

    def _field_test(self, name: str, field: str, operator: str) -> Test:
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
        return self._value_test(name, field, operator)

    def _value_test(self, name: str, field: str, operator: str) -> Test:
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

    def _test_of_app(self, call: FunctionCall) -> Test:
        """The test of the JQL that an app gives in the place of a clause with its function."""
        try:
            jql = self._functions(call) if self._functions else None
        except JqlFunctionError as error:
            raise JqlError(str(error)) from error
        if jql is None:
            raise self.unsupported()
        try:
            test = self.nested(jql, functions=None, within=self._within)
            if test is None:
                raise JqlError("it has no clause.")
            return test
        except JqlError as error:
            raise JqlError(f"The JQL that the app of {call.name} gives for it cannot be used: {error}") from error

    def _filter_test(self, operator: str) -> Test:
        """Whether saved filters find an issue."""
        tests = [self._saved(value) for value in sorted(self._wanted(operator), key=str)]
        negative = operator in ("!=", "not in")
        return lambda issue: any(test(issue) for test in tests) != negative

    def _saved(self, value: str | None) -> Test:
        site, me = self.asked.site, self.asked.me
        saved = find_filter(site, me, value) if site is not None and value is not None else None
        if saved is None:
            raise JqlError(f"The value '{self.spelt(value or 'empty')[:200]}' does not exist for the field 'filter'.")
        if saved.id in self._within.ids:
            raise JqlError(f"The filter '{saved.name}' is part of itself: it causes a cyclical reference.")
        within = Within(self._within.ids | {saved.id}, self._within.used)
        within.used.append(saved.id)
        if len(within.used) > _MAX_FILTERS:
            raise JqlError(f"The query names more than {_MAX_FILTERS} filters, with those that they name themselves.")
        test = self.nested(saved.jql, functions=self._functions, within=within)
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

    def _text_test(self, field: str, operator: str) -> Test:
        read, asked = TEXTS.get(field), self.asked
        words = self.take().text.lower().replace("*", "").split()

        def test(issue: Issue) -> bool:
            text = read(asked, issue).lower() if read else " ".join(values_of(asked, field, issue))
            return all(word.strip('"') in text for word in words) == (operator == "~")

        return test

    def _date_test(self, field: str, operator: str) -> Test:
        read = DATES[field]
        if operator in ("is", "is not") or (operator in ("=", "!=") and self.peek_word("empty", "null")):
            if self.value() != [None]:
                raise self.unsupported()
            return lambda issue: (read(issue) is None) == (operator in ("is", "="))
        if operator not in _ALL_COMPARISONS:
            raise self.unsupported()
        limit, compare = self.moment(), _ALL_COMPARISONS[operator]
        return lambda issue: (value := read(issue)) is not None and compare(value, limit)

    def _number_test(self, read: Callable[[Issue], float | None], operator: str) -> Test:
        limit, compare = self._number(), _ALL_COMPARISONS[operator]
        return lambda issue: (value := read(issue)) is not None and compare(value, limit)

    def _number(self) -> float:
        text = self.take().text
        seconds = read_duration(text) if text[-1:] in ("w", "d", "h", "m") else None
        try:
            return float(text) if seconds is None else seconds
        except ValueError:
            raise self.unsupported() from None

    def _property_test(self, key: str, path: str, operator: str) -> Test:
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


def _written(value: Any) -> str:
    return str(value).lower() if not isinstance(value, bool) else ("true" if value else "false")
