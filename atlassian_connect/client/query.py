"""Query parameters as callers write them → the pairs that are sent and signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

__all__ = ["Params", "query_pairs"]

_Scalar: TypeAlias = str | int | float | None
#: A mapping or pairs of names and values. A value may be a list: the name is then repeated.
Params: TypeAlias = Mapping[str, "_Scalar | Iterable[_Scalar]"] | Iterable[tuple[str, "_Scalar | Iterable[_Scalar]"]]


def query_pairs(params: Params | None) -> list[tuple[str, str]]:
    """Flatten parameters into decoded pairs, in the order given.

    ``None`` is left out; booleans become ``true`` and ``false``, which is what hosts read (``True`` is not).

    :raises TypeError: a value is neither text, number, boolean nor a list of those, or a name is no text.
    """
    if params is None:
        return []
    if isinstance(params, str | bytes):
        raise TypeError("params is a mapping or a list of pairs; a query that is already encoded belongs into the URL.")
    pairs: list[tuple[str, str]] = []
    for name, value in params.items() if isinstance(params, Mapping) else params:
        if not isinstance(name, str):
            raise TypeError(f"The name of a parameter is a string, not {name!r}.")
        if value is None or isinstance(value, str | int | float):
            values: Iterable[_Scalar] = (value,)
        elif isinstance(value, Iterable) and not isinstance(value, bytes | Mapping):
            values = value
        else:
            raise TypeError(f"Parameter {name!r} has a value of type {type(value).__name__}; make it a string.")
        pairs += [(name, _text(name, entry)) for entry in values if entry is not None]
    return pairs


def _text(name: str, value: _Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str.__str__(value)  # the text itself, also of an enum that is a str
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    raise TypeError(f"Parameter {name!r} has a value of type {type(value).__name__}; make it a string.")
