"""Modules: what a descriptor offers to a host, statically or registered at runtime.

Sources: *Modules*, https://developer.atlassian.com/cloud/confluence/modules/ and the same for Jira; *Connect dynamic
modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/. The table of types is ``data/modules.csv``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ..errors import DescriptorError

__all__ = [
    "DYNAMIC_MODULE_LIMIT",
    "Module",
    "ModuleType",
    "catalogue_rows",
    "check_module",
    "check_module_key",
    "flatten_modules",
    "group_modules",
    "known_events",
    "module_types",
    "name_object",
    "set_path",
    "value_at",
]

#: A tenant can have this many dynamic modules of one app.
DYNAMIC_MODULE_LIMIT: Final = 100

_MODULE_KEY = re.compile(r"[a-zA-Z0-9-]{1,100}").fullmatch
_TYPE_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*").fullmatch
#: Types that hosts take without a key.
_KEYLESS: Final = frozenset({"webhooks"})


@dataclass(frozen=True, slots=True)
class ModuleType:
    """One row of the catalogue, both products taken together.

    :ivar products: ``jira``, ``confluence`` or both.
    :ivar is_list: False for the types a descriptor has one object of, such as ``configurePage``.
    :ivar required: fields without which a host refuses the module.
    :ivar url_fields: dotted paths of the URLs that the host calls, the main one first.
    """

    name: str
    products: frozenset[str]
    is_list: bool
    required: frozenset[str]
    url_fields: tuple[str, ...]
    deprecated: bool


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its type and its JSON.

    :ivar type: e.g. ``webPanels``.
    :ivar definition: the JSON object of the descriptor, ``key`` included.
    """

    type: str
    definition: Mapping[str, Any] = field(hash=False)

    @property
    def key(self) -> str:
        """The module key; empty for a webhook without one."""
        key = self.definition.get("key", "")
        return key if isinstance(key, str) else ""


@cache
def module_types() -> Mapping[str, ModuleType]:
    """The catalogue: type name → :class:`ModuleType`. A type that is missing here may exist all the same."""
    types: dict[str, ModuleType] = {}
    for row in catalogue_rows("modules.csv"):
        known = types.get(row["type"])
        required = frozenset(filter(None, row["required"].split(";")))
        urls = tuple(filter(None, row["url_fields"].split(";")))
        types[row["type"]] = ModuleType(
            name=row["type"],
            products=frozenset({row["product"]}) | (known.products if known else frozenset()),
            is_list=row["container"] == "array",
            required=required & known.required if known else required,
            url_fields=known.url_fields if known else urls,
            deprecated=row["deprecated"] == "y",
        )
    return types


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


def check_module_key(key: object, *, path: str = "") -> str:
    """Return the key when it is one.

    :raises DescriptorError: anything but 1 to 100 letters, digits and dashes.
    """
    if not isinstance(key, str) or not _MODULE_KEY(key):
        raise DescriptorError(
            f"{key!r} is no module key: use letters, digits and dashes, at most 100 of them.", path=path
        )
    return key


def check_module(module: Module, *, path: str = "", keyless: bool = True) -> None:
    """Check one module against the catalogue. An unknown type passes: hosts add types faster than catalogues.

    :param path: where the module stands, for messages.
    :param keyless: False for dynamic modules: a module without a key could never be removed again.
    :raises DescriptorError: bad type name or key, a required field missing or empty, a URL that is no string.
    """
    if not _TYPE_NAME(module.type):
        raise DescriptorError(f"{module.type!r} is no module type.", path=path)
    if not isinstance(module.definition, Mapping):
        raise DescriptorError("A module is a JSON object.", path=path)
    if "key" in module.definition or not keyless or module.type not in _KEYLESS:
        if "key" not in module.definition:
            raise DescriptorError("key is missing.", path=path)
        check_module_key(module.definition["key"], path=f"{path}.key" if path else "key")
    known = module_types().get(module.type)
    if known is None:
        return
    for name in sorted(known.required):
        if module.definition.get(name) in (None, "", {}, []):
            raise DescriptorError(f"{name} is required in {module.type}.", path=f"{path}.{name}" if path else name)
    text = module.definition.get("name")
    if text is not None and not (isinstance(text, Mapping) and isinstance(text.get("value"), str)):
        raise DescriptorError('name must be {"value": "…"}.', path=f"{path}.name" if path else "name")
    for url_field in known.url_fields:
        url = value_at(module.definition, url_field)
        if url is not None and not isinstance(url, str):
            raise DescriptorError("A URL is a string.", path=f"{path}.{url_field}" if path else url_field)


def name_object(name: str | Mapping[str, Any]) -> dict[str, Any]:
    """Write a translatable text as hosts want it: ``"Poll"`` becomes ``{"value": "Poll"}``."""
    return {"value": name} if isinstance(name, str) else dict(name)


def value_at(definition: Mapping[str, Any], dotted: str) -> Any:
    """Read ``target.url`` and the like. None when any part is missing."""
    value: Any = definition
    for part in dotted.removesuffix("[]").split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def set_path(definition: dict[str, Any], dotted: str, value: Any) -> None:
    """Write ``target.url`` and the like, making the objects in between."""
    *parents, last = dotted.split(".")
    for part in parents:
        definition = definition.setdefault(part, {})
    definition[last] = value


# --- the shape that crosses the wire: {type: [module, …]} -------------------------------------------------------------


def flatten_modules(modules: Mapping[str, Any]) -> list[Module]:
    """Turn a ``modules`` object into a list. Accepts single objects, and the ``modules`` wrapper that some hosts use.

    Whatever is no object is left out: this reads what a host sends.
    """
    if set(modules) == {"modules"} and isinstance(modules["modules"], Mapping):
        modules = modules["modules"]
    found: list[Module] = []
    for type_name, entries in modules.items():
        listed = entries if isinstance(entries, Sequence) and not isinstance(entries, str) else [entries]
        found.extend(Module(type_name, entry) for entry in listed if isinstance(entry, Mapping))
    return found


def group_modules(modules: Iterable[Module]) -> dict[str, list[dict[str, Any]]]:
    """Turn a list into the body of a registration: ``{type: [module, …]}``, always lists, in the order given."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for module in modules:
        grouped.setdefault(module.type, []).append(dict(module.definition))
    return grouped
