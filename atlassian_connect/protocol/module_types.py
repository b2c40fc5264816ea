"""The catalogue of module types and webhook events: what is known of each, per product.

Sources: *Modules*, https://developer.atlassian.com/cloud/jira/platform/modules/ and the same for Confluence. The tables
are ``data/modules.csv`` and ``data/webhook_events.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from ..types import Product

__all__ = ["ModuleType", "catalogue_rows", "known_events", "module_types"]

_KNOWN: Final = {"y": True, "n": False}  # anything else: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleType:
    """What is known of a type: of one product, or of both taken together.

    :ivar products: ``jira``, ``confluence`` or both.
    :ivar container: ``array``; ``object`` for the types a descriptor has one of, such as ``configurePage``.
    :ivar required: fields without which a host refuses the module.
    :ivar url_fields: dotted paths of the URLs that the host calls, the main one first; ``[]`` is each of a list.
    :ivar link_fields: dotted paths of the URLs that browsers open or load, such as icons.
    :ivar has_key: False for webhooks alone.
    :ivar conditions: whether hosts look at its conditions; None: not known.
    :ivar dynamic: whether it can be registered at runtime; None: not known.
    :ivar status: ``retired`` types are shown no more, ``deprecated`` ones still are.
    :ivar notes: what else is to know, in words.
    """

    name: str
    products: frozenset[str]
    container: Literal["array", "object", "unknown"]
    required: frozenset[str]
    url_fields: tuple[str, ...]
    link_fields: tuple[str, ...]
    has_key: bool
    has_name: bool
    conditions: bool | None
    dynamic: bool | None
    status: Literal["current", "deprecated", "retired"]
    notes: str

    @property
    def is_list(self) -> bool:
        """Whether a descriptor has a list of them."""
        return self.container == "array"

    @property
    def deprecated(self) -> bool:
        """Whether new apps should leave it alone."""
        return self.status != "current"


@cache
def module_types(product: Product | None = None) -> Mapping[str, ModuleType]:
    """The catalogue: type name → :class:`ModuleType`. A type that is missing here may exist all the same.

    :param product: None: both products taken together. A field is required then when both require it, and what one
        product is known to do counts as done.
    """
    types: dict[str, ModuleType] = {}
    for row in catalogue_rows("modules.csv"):
        if product in (None, row["product"]):
            read, known = _type_of(row), types.get(row["type"])
            types[read.name] = _merged(known, read) if known else read
    return types


def _type_of(row: Mapping[str, str]) -> ModuleType:
    container = row["container"]
    status = row["status"]
    return ModuleType(
        name=row["type"],
        products=frozenset({row["product"]}),
        container="array" if container == "array" else "object" if container == "object" else "unknown",
        required=frozenset(_listed(row["required"])),
        url_fields=_listed(row["url_fields"]),
        link_fields=_listed(row["link_fields"]),
        has_key=row["key"] == "y",
        has_name=row["name"] == "y",
        conditions=_KNOWN.get(row["conditions"]),
        dynamic=_KNOWN.get(row["dynamic"]),
        status="retired" if status == "retired" else "deprecated" if status == "deprecated" else "current",
        notes=row["notes"],
    )


def _merged(one: ModuleType, other: ModuleType) -> ModuleType:
    return replace(
        one,
        products=one.products | other.products,
        required=one.required & other.required,
        url_fields=tuple(dict.fromkeys(one.url_fields + other.url_fields)),
        link_fields=tuple(dict.fromkeys(one.link_fields + other.link_fields)),
        conditions=_either(one.conditions, other.conditions),
        dynamic=_either(one.dynamic, other.dynamic),
        status=one.status if one.status == other.status else "current",
        notes=one.notes or other.notes,
    )


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one is True or other is True:
        return True
    return False if one is False and other is False else None


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split(";")))


@cache
def known_events() -> Mapping[str, frozenset[str]]:
    """Webhook events that are known: event → products. Hosts take any name and never send an unknown one."""
    events: dict[str, frozenset[str]] = {}
    for row in catalogue_rows("webhook_events.csv"):
        events[row["event"]] = events.get(row["event"], frozenset()) | {row["product"]}
    return events


def catalogue_rows(name: str) -> Iterator[dict[str, str]]:
    """Read one of the tables that come with the package, such as ``modules.csv``."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
