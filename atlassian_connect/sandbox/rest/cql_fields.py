"""What CQL can ask about: the things that can be found, the values of each field, and comparing them.

Source: *Advanced searching using CQL*, https://developer.atlassian.com/cloud/confluence/advanced-searching-using-cql/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["DATES", "EXACT", "ORDERS", "TEXTS", "Entry", "Test", "exact_test", "text_test"]

_WORDS = re.compile(r"\w+\*?")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found.

    :ivar id: of attachments with ``att`` before it.
    :ivar people: who wrote its first and its latest version.
    :ivar ancestors: ids of the pages above, the nearest last.
    :ivar container: id of what a comment or file is on; empty otherwise.
    :ivar text: its words without the title.
    :ivar value: what it stands for in the store.
    """

    id: str
    type: str
    title: str
    space_key: str
    space_type: str
    creator: str
    people: frozenset[str]
    created: float
    modified: float
    ancestors: tuple[str, ...]
    container: str
    labels: frozenset[str]
    macros: frozenset[str]
    text: str
    value: Any


#: Whether an entry is meant.
Test = Callable[[Entry], bool]

#: Field → the values of an entry; one of them has to be meant.
EXACT: Final[dict[str, Callable[[Entry], Iterable[str]]]] = {
    "space": lambda one: (one.space_key,),
    "space.key": lambda one: (one.space_key,),
    "space.type": lambda one: (one.space_type,),
    "id": lambda one: (one.id,),
    "content": lambda one: (one.id,),
    "content.type": lambda one: (one.type,),
    "type": lambda one: (one.type,),
    "parent": lambda one: one.ancestors[-1:],
    "ancestor": lambda one: one.ancestors,
    "container": lambda one: (one.container,),
    "creator": lambda one: (one.creator,),
    "contributor": lambda one: one.people,
    "label": lambda one: one.labels,
    "macro": lambda one: one.macros,
    "title": lambda one: (one.title,),
}
TEXTS: Final[dict[str, Callable[[Entry], str]]] = {
    "title": lambda one: one.title,
    "text": lambda one: f"{one.title} {one.text}",
    "sitesearch": lambda one: f"{one.title} {one.text} {' '.join(one.labels)}",
}
DATES: Final[dict[str, Callable[[Entry], float]]] = {
    "lastmodified": lambda one: one.modified,
    "created": lambda one: one.created,
}
ORDERS: Final[dict[str, Callable[[Entry], Any]]] = {
    **DATES,
    "title": lambda one: one.title.lower(),
    "id": lambda one: int(one.id.removeprefix("att")),
    "space": lambda one: one.space_key,
    "type": lambda one: one.type,
    "creator": lambda one: one.creator,
}


def exact_test(read: Callable[[Entry], Iterable[str]], wanted: set[str], *, negative: bool) -> Test:
    """Whether one of the values is wanted, in any case of its letters; or none, if ``negative``."""
    folded = {value.lower() for value in wanted}
    return lambda one: any(value.lower() in folded for value in read(one)) is not negative


def text_test(read: Callable[[Entry], str], wanted: str, *, negative: bool) -> Test:
    """Whether a text has all the wanted words; or not, if ``negative``. A word that ends in ``*`` is a beginning."""
    parts = [word.lower() for word in _WORDS.findall(wanted)]

    def found(one: Entry) -> bool:
        words = {word.lower() for word in re.findall(r"\w+", read(one))}
        return all(
            any(word.startswith(part[:-1]) for word in words) if part.endswith("*") else part in words for part in parts
        )

    return lambda one: found(one) is not negative
