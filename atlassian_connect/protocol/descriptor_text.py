"""A descriptor as text: reading JSON that may be no descriptor, or no JSON at all."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from ..types import Product
from .descriptor import check_descriptor
from .problems import Problem, error, warning

__all__ = ["check_descriptor_text"]

_BOM: Final = b"\xef\xbb\xbf"
_LAST_COMMA: Final = re.compile(r",\s*[}\]]").match
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys stood there twice."""

    twice: tuple[str, ...] = ()


def check_descriptor_text(
    text: bytes, product: Product | None = None, *, served: bool = False
) -> tuple[Any, list[Problem]]:
    """Read a descriptor and check it as :func:`.check_descriptor` does. Never raises, whatever the bytes are.

    :return: the document, None when it is no JSON; and what is wrong.
    """
    problems: list[Problem] = []
    if text.startswith(_BOM):
        problems.append(warning("", "Begins with a byte order mark.", "Save it as UTF-8 without one."))
    try:
        document = json.loads(_decoded(text), object_pairs_hook=_object, parse_constant=_no_constant)
    except RecursionError:
        return None, [*problems, error("", "Is nested too deeply.")]
    except json.JSONDecodeError as caught:
        place = f"line {caught.lineno}, column {caught.colno}"
        return None, [*problems, error("", f"Is not JSON: {caught.msg} at {place}.", _hint(caught.doc, caught.pos))]
    except ValueError as caught:  # no UTF-8, NaN, a number of thousands of digits
        return None, [*problems, error("", f"Is not JSON: {caught}")]
    problems += _duplicates(document)
    problems += check_descriptor(document, product, served=served)
    return document, problems


def _decoded(text: bytes) -> str:
    if text.startswith(_UTF16):
        raise ValueError("it is UTF-16. Save it as UTF-8.")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as caught:
        line = text.count(b"\n", 0, caught.start) + 1
        column = caught.start - text.rfind(b"\n", 0, caught.start)
        raise ValueError(f"byte {column} of line {line} is not UTF-8.") from caught


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    read = _Object(pairs)
    if len(read) != len(pairs):
        read.twice = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return read


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON.")


def _hint(text: str, position: int) -> str:
    """Say what people write that JSON does not have, when it stands where reading stopped."""
    before = text[:position].rstrip()
    comma = position if text.startswith(",", position) else len(before) - 1
    if text.startswith(("//", "/*", "#"), position):
        return "JSON has no comments: leave it out."
    if comma >= 0 and _LAST_COMMA(text, comma):
        return "Leave the comma after the last entry out."
    if text.startswith("'", position):
        return "Write double quotes."
    if any(mark in text for mark in ("{{", "${", "<%", "{%")):
        return "It looks like a template; check what it becomes."
    return "" if text.strip() else "It is empty."


def _duplicates(document: Any) -> Iterator[Problem]:
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Object):
            for name in value.twice:
                where = f"{path}.{name}" if path else name
                yield warning(where, "Stands in its object more than once; the last one counts.", "Leave one.")
            waiting += [(f"{path}.{name}" if path else name, below) for name, below in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", below) for index, below in enumerate(value)]
