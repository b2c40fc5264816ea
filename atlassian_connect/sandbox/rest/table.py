"""Which operation a request is for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, Rule

from .operations import Operation

__all__ = ["OperationTable"]


class OperationTable:
    """The operations of one product, found by method and path.

    It knows nothing of a sandbox, so all of a process share it: to compile four hundred rules takes a tenth of a
    second, which every test with a sandbox of its own would pay.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._operations = tuple(operations)

    @cached_property
    def _rules(self) -> MapAdapter:
        rules = [
            Rule(operation.rule, methods=[operation.method], endpoint=number)
            for number, operation in enumerate(self._operations)
        ]
        return Map(rules, merge_slashes=False, strict_slashes=False).bind("sandbox")

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Tell the operation of a request and the values in its path, or None where there is no such operation.

        :param method: upper-case; ``HEAD`` finds what ``GET`` does.
        :param path: below the base URL of the site, decoded.
        """
        try:
            number, values = self._rules.match(path, method=method)
        except (NotFound, MethodNotAllowed):
            return None
        return self._operations[number], dict(values)
