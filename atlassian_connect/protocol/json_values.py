"""Values that are the same in this process and on the wire."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from ..errors import DescriptorError

__all__ = ["plain_json"]

#: Deeper than anything a host knows, and far from what makes encoders and comparisons give up.
_MAX_DEPTH: Final = 64
_MAX_BITS: Final = 1024


def plain_json(value: Any, *, path: str = "", depth: int = 0) -> Any:
    """Copy a value as JSON has it: mappings become dicts, tuples lists.

    Names have to be strings: encoders write others as strings, or fail when half of the work is done.

    :param path: where the value stands, for messages.
    :param depth: in how many others it stands; 64 are allowed.
    :raises DescriptorError: it is no JSON, or nested too deeply; the path says where.
    """
    if isinstance(value, str):
        return _text(value, path)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        is_number = math.isfinite(value) if isinstance(value, float) else value.bit_length() <= _MAX_BITS
        return value if is_number else _refuse("This is no number of JSON.", path)
    if not isinstance(value, Mapping | list | tuple):
        _refuse(f"A {type(value).__name__} cannot be written as JSON.", path)
    if depth == _MAX_DEPTH:
        _refuse(f"JSON that is nested more than {_MAX_DEPTH} deep is not taken.", path.partition(".")[0])
    if not isinstance(value, Mapping):
        return [plain_json(entry, path=f"{path}[{index}]", depth=depth + 1) for index, entry in enumerate(value)]
    for name in value:
        if not isinstance(name, str):
            _refuse(f"A {type(name).__name__} cannot be a name in JSON; names are strings.", path)
    prefix = f"{path}." if path else ""
    return {_text(name, path): plain_json(entry, path=prefix + name, depth=depth + 1) for name, entry in value.items()}


def _text(text: str, path: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        _refuse("This is no text of Unicode, and cannot be written as JSON.", path)
    return text


def _refuse(fault: str, path: str) -> Any:
    raise DescriptorError(fault, path=path)
