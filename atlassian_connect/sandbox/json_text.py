"""Reading JSON that apps send, and writing it for people."""

from __future__ import annotations

import json
from contextlib import suppress
from math import isfinite
from typing import Any, NoReturn

__all__ = ["read_json", "shown_json"]


def read_json(raw: bytes) -> Any:
    """Read JSON as strictly as hosts do: UTF-8, no ``NaN``, no infinity, no halves of surrogate pairs.

    :raises ValueError: it is none, or is nested too deeply.
    """
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        if b"\\u" in raw:  # only an escape can smuggle in half a pair, which could not be written out again
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None
    return value


def shown_json(value: Any) -> str:
    """JSON for people, with a line per value; in one line what is nested too deeply for that."""
    for indent in (2, None):
        with suppress(RecursionError):
            return json.dumps(value, indent=indent, ensure_ascii=False)
    return "(nested too deeply to be shown)"


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is too large a number.")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON.")
