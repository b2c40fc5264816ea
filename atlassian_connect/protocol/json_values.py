"""Values that are the same in this process and on the wire."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from ..errors import DescriptorError

__all__ = ["OBJECT", "object_or_empty", "plain_json"]

#: For ``isinstance``: what JSON calls an object. Nearly all are dicts, and to ask an abstract class takes longer.
OBJECT: Final = (dict, Mapping)

#: Deeper than anything a host knows, and far from what makes encoders and comparisons give up.
_MAX_DEPTH: Final = 64
_MAX_BITS: Final = 1024
_NO_NUMBER: Final = "This is no number of JSON."


def object_or_empty(value: object) -> Mapping[str, Any]:
    """Take what is no object for one without fields."""
    return value if isinstance(value, OBJECT) else {}


def plain_json(value: Any, *, path: str = "", depth: int = 0) -> Any:
    """Copy a value as JSON has it: mappings become dicts, tuples lists.

    Names have to be strings: encoders write others as strings, or fail when half of the work is done.

    :param path: where the value stands, for messages.
    :param depth: in how many others it stands; 64 are allowed.
    :raises DescriptorError: it is no JSON, or nested too deeply; the path says where.
    """
    if isinstance(value, str):
        return _text(value, path)
    if value is None:
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _MAX_BITS else _refuse(_NO_NUMBER, path)
    if isinstance(value, float):
        return value if math.isfinite(value) else _refuse(_NO_NUMBER, path)
    is_object = isinstance(value, OBJECT)
    if not is_object and not isinstance(value, list | tuple):
        _refuse(f"A {type(value).__name__} cannot be written as JSON.", path)
    if depth == _MAX_DEPTH:
        _refuse(f"JSON that is nested more than {_MAX_DEPTH} deep is not taken.", path.partition(".")[0])
    if not is_object:
        return [plain_json(entry, path=f"{path}[{index}]", depth=depth + 1) for index, entry in enumerate(value)]
    prefix = f"{path}." if path else ""
    plain: dict[str, Any] = {}
    for name, entry in value.items():
        if not isinstance(name, str):
            _refuse(f"A {type(name).__name__} cannot be a name in JSON; names are strings.", path)
        plain[_text(name, path)] = plain_json(entry, path=prefix + name, depth=depth + 1)
    return plain


def _text(text: str, path: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            _refuse("This is no text of Unicode, and cannot be written as JSON.", path)
    return text


def _refuse(fault: str, path: str) -> Any:
    raise DescriptorError(fault, path=path)
