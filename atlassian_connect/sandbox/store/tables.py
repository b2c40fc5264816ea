"""How frozen dataclasses become rows: one class is one table, one field one column.

Text, integers, floats and bytes are stored as they are, everything else as JSON. A float is a point in time, in seconds
since the epoch. The tables themselves are listed in :mod:`.schema`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["Table"]

T = TypeVar("T")

_SQL_TYPES: Final[dict[object, str]] = {str: "TEXT", int: "INTEGER", float: "REAL", bool: "INTEGER", bytes: "BLOB"}


class Table(Generic[T]):
    """One table.

    :param row: a dataclass, whose fields are the columns.
    :param key: columns of the primary key; by default the first.
    :param indexes: columns that are searched by, each list one index.
    :param cached: keep rows that were read by their key; for small tables that are read all the time.
    """

    def __init__(
        self,
        name: str,
        row: type[T],
        *,
        key: Sequence[str] = (),
        indexes: Sequence[Sequence[str]] = (),
        cached: bool = False,
    ) -> None:
        hints = get_type_hints(row)
        self.name = name
        self.cached = cached
        self.columns: Final = tuple(field.name for field in fields(row))  # type: ignore[arg-type]  # a dataclass
        kinds = {column: _kind(hints[column]) for column in self.columns}
        self.times: Final = tuple(column for column, kind in kinds.items() if kind is float)
        key = tuple(key) or self.columns[:1]
        listed, marks = ", ".join(f'"{column}"' for column in self.columns), ", ".join("?" * len(self.columns))
        wanted = " AND ".join(f'"{column}" = ?' for column in key)
        changed = ", ".join(f'"{column}" = excluded."{column}"' for column in self.columns if column not in key)
        # The names are those of classes and their fields, never input.
        self.select: Final = f"SELECT {listed} FROM {name}"  # noqa: S608 - names of ours
        self.select_one: Final = f"{self.select} WHERE {wanted}"
        self.count: Final = f"SELECT count(*) FROM {name}"  # noqa: S608 - names of ours
        self.delete: Final = f"DELETE FROM {name}"  # noqa: S608 - names of ours
        self.insert: Final = f"INSERT INTO {name} ({listed}) VALUES ({marks})"  # noqa: S608 - names of ours
        self.upsert: Final = f"{self.insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
        typed = ", ".join(f'"{column}" {_SQL_TYPES.get(kind, "TEXT")}' for column, kind in kinds.items())
        self.definitions: Final = (
            f"CREATE TABLE {name} ({typed}, PRIMARY KEY ({', '.join(key)}))",
            *(f"CREATE INDEX {name}_{'_'.join(index)} ON {name} ({', '.join(index)})" for index in indexes),
        )
        self._row: Callable[..., T] = row
        self._encoded = tuple(column for column, kind in kinds.items() if kind not in _SQL_TYPES)
        self._decoders = tuple(
            (number, _decoder(hints[column], kinds[column]))
            for number, column in enumerate(self.columns)
            if kinds[column] is bool or kinds[column] not in _SQL_TYPES
        )

    def write(self, row: T) -> list[object]:
        """The values of a row's columns."""
        return [
            json.dumps(getattr(row, column), separators=(",", ":")) if column in self._encoded else getattr(row, column)
            for column in self.columns
        ]

    def read(self, values: Sequence[Any]) -> T:
        """The row of its columns' values."""
        if self._decoders:
            values = list(values)
            for number, decode in self._decoders:
                values[number] = decode(values[number])
        return self._row(*values)

    def where(self, equal: Mapping[str, object]) -> tuple[str, list[object]]:
        """The condition that columns have some values, and these. None is a value as any other.

        :raises ValueError: the table has no such column.
        """
        unknown = equal.keys() - set(self.columns)
        if unknown:
            raise ValueError(f"{self.name} has no column {', '.join(sorted(unknown))}.")
        return (" WHERE " if equal else "") + " AND ".join(f'"{column}" IS ?' for column in equal), list(equal.values())


def _kind(hint: Any) -> object:
    """The type of a column, without ``| None``."""
    if get_origin(hint) in (Union, UnionType):
        inner = [one for one in get_args(hint) if one is not NoneType]
        return inner[0] if len(inner) == 1 and inner[0] in _SQL_TYPES else object
    return str if _is_text(hint) else hint


def _is_text(hint: Any) -> bool:
    return all(isinstance(one, str) for one in get_args(hint)) if get_args(hint) else hint is str


def _decoder(hint: Any, kind: object) -> Callable[[Any], Any]:
    if kind is bool:
        return bool
    return _tuple_of if get_origin(hint) is tuple else json.loads


def _tuple_of(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text))
