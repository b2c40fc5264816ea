"""A small part of Jira expressions: enough for what conditions of real apps ask, such as
``issue.issueType.name == 'Story' || ['Bug', 'Task'].includes(issue.issueType.name)``.

There are literals, lists, properties, ``includes``, comparisons, ``&&``, ``||``, ``!`` and parentheses. Everything else
is refused, never guessed.

Source: *Jira expressions*, https://developer.atlassian.com/cloud/jira/software/jira-expressions/
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

__all__ = ["ExpressionError", "evaluate_expression"]

_MAX_LENGTH: Final = 1000
_MAX_DEPTH: Final = 40
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>==|!=|<=|>=|&&|\|\||[<>!().,\[\]]))"
)
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_END: Final = ("end", "")
_Value: TypeAlias = Callable[[], Any]


class ExpressionError(ValueError):
    """The expression has something in it that is not known here, or is not there."""


def evaluate_expression(expression: str, variables: Mapping[str, Any]) -> Any:
    """Work out an expression.

    :param variables: e.g. ``{"issue": {"key": "OPS-1"}, "user": None}``; objects are mappings.
    :raises ExpressionError: it is too long, is not understood, or names what is not there.
    """
    if len(expression) > _MAX_LENGTH:
        raise ExpressionError(f"An expression has at most {_MAX_LENGTH} characters.")
    reader = _Reader(_tokens(expression), variables)
    value = reader.either(0)
    if reader.next() != _END:
        raise ExpressionError("There is something after the expression.")
    return value()


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, position, end = [], 0, len(expression.rstrip())
    while position < end:
        match = _TOKEN.match(expression, position)
        if match is None:
            raise ExpressionError(f"{expression[position : position + 10]!r} is not understood here.")
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        position = match.end()
    return [*tokens, _END]


class _Reader:
    """Reads, from the loosest operator to the tightest, and gives what works the value out when it is called."""

    def __init__(self, tokens: list[tuple[str, str]], variables: Mapping[str, Any]) -> None:
        self._tokens = tokens
        self._variables = variables
        self._at = 0

    def next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take(self, *signs: str) -> str | None:
        kind, text = self._tokens[self._at]
        if kind == "sign" and text in signs:
            self._at += 1
            return text
        return None

    def _expect(self, sign: str) -> None:
        if self._take(sign) is None:
            raise ExpressionError(f"{sign!r} is missing.")

    def either(self, depth: int) -> _Value:
        if depth > _MAX_DEPTH:
            raise ExpressionError(f"An expression is nested at most {_MAX_DEPTH} deep here.")
        parts = [self._both(depth)]
        while self._take("||"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else lambda: any(_boolean(part()) for part in parts)

    def _both(self, depth: int) -> _Value:
        parts = [self._compared(depth)]
        while self._take("&&"):
            parts.append(self._compared(depth))
        return parts[0] if len(parts) == 1 else lambda: all(_boolean(part()) for part in parts)

    def _compared(self, depth: int) -> _Value:
        one = self._negated(depth)
        sign = self._take(*_COMPARISONS)
        if sign is None:
            return one
        compare, other = _COMPARISONS[sign], self._negated(depth)
        return lambda: compare(one(), other())

    def _negated(self, depth: int) -> _Value:
        turns = 0
        while self._take("!"):
            turns += 1
        value = self._member(depth)
        return value if not turns else lambda: _boolean(value()) == (turns % 2 == 0)

    def _member(self, depth: int) -> _Value:
        value = self._primary(depth)
        while self._take("."):
            kind, name = self.next()
            if kind != "name":
                raise ExpressionError("A property has a name.")
            if self._take("("):
                if name != "includes":
                    raise ExpressionError(f"{name}() is not known here.")
                value = partial(_includes, value, self.either(depth + 1))
                self._expect(")")
            else:
                value = partial(_property, value, name)
        return value

    def _primary(self, depth: int) -> _Value:
        kind, text = self.next()
        if kind == "number":
            return partial(float if "." in text else int, text)
        if kind == "text":
            return partial(re.sub, r"\\(.)", r"\1", text[1:-1])
        if kind == "name" and text in _CONSTANTS:
            return lambda: _CONSTANTS[text]
        if kind == "name" and text in self._variables:
            return lambda: self._variables[text]
        if (kind, text) == ("sign", "("):
            value = self.either(depth + 1)
            self._expect(")")
            return value
        if (kind, text) == ("sign", "["):
            return self._list(depth)
        raise ExpressionError(f"{text or 'The end'} is not understood here.")

    def _list(self, depth: int) -> _Value:
        parts: list[_Value] = []
        while not self._take("]"):
            if parts:
                self._expect(",")
            parts.append(self.either(depth + 1))
        return lambda: [part() for part in parts]


def _property(of: _Value, name: str) -> Any:
    value = of()
    if isinstance(value, Mapping) and name in value:
        return value[name]
    if name == "length" and isinstance(value, list | str):
        return len(value)
    raise ExpressionError(f"{name} is not known here.")


def _includes(of: _Value, wanted: _Value) -> bool:
    value, one = of(), wanted()
    if isinstance(value, list):
        return any(_same(one, other) for other in value)
    if isinstance(value, str) and isinstance(one, str):
        return one in value
    raise ExpressionError("Only lists include values, and texts texts.")


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _in_order(compare: Callable[[Any, Any], bool], one: Any, other: Any) -> bool:
    if not (_is_number(one) and _is_number(other)):
        raise ExpressionError("Only numbers have an order here.")
    return compare(one, other)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError("Only true and false can be combined.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": _same,
    "!=": lambda one, other: not _same(one, other),
    "<": partial(_in_order, operator.lt),
    "<=": partial(_in_order, operator.le),
    ">": partial(_in_order, operator.gt),
    ">=": partial(_in_order, operator.ge),
}
