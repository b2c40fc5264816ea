"""Modules: what a descriptor offers to a host, statically or registered at runtime.

Sources: *Modules*, https://developer.atlassian.com/cloud/confluence/modules/ and the same for Jira; *Connect dynamic
modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/. The table of types is ``data/modules.csv``.
"""

from __future__ import annotations

import csv
import json
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
    "SyncPlan",
    "check_module",
    "check_module_key",
    "flatten_modules",
    "group_modules",
    "known_events",
    "module_types",
    "name_object",
    "plan_sync",
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
    for row in _rows("modules.csv"):
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
    for row in _rows("webhook_events.csv"):
        events[row["event"]] = events.get(row["event"], frozenset()) | {row["product"]}
    return events


def _rows(name: str) -> Iterator[dict[str, str]]:
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


# --- making the host's set equal to what is wanted --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What has to happen so that a host has what is wanted.

    :ivar add: to register, not there yet.
    :ivar change: there in another form: to remove and register again, since hosts have no update.
    :ivar remove: keys that nobody wants any more.
    :ivar keep: keys that are as they should be.
    """

    add: tuple[Module, ...]
    change: tuple[Module, ...]
    remove: tuple[str, ...]
    keep: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be done."""
        return not (self.add or self.change or self.remove)


def plan_sync(wanted: Sequence[Module], present: Sequence[Module]) -> SyncPlan:
    """Compare what an app declares with what a host lists, by key.

    A module counts as unchanged when the host has every field that is wanted; fields the host adds are its defaults.

    :raises DescriptorError: two wanted modules share a key, one is wrong in itself, or there are more than
        :data:`DYNAMIC_MODULE_LIMIT`.
    """
    seen: set[str] = set()
    for index, module in enumerate(wanted):
        path = f"dynamic modules[{index}]"
        check_module(module, path=path, keyless=False)
        if module.key in seen:
            raise DescriptorError(f"Two dynamic modules have the key {module.key!r}.", path=path)
        seen.add(module.key)
    if len(wanted) > DYNAMIC_MODULE_LIMIT:
        raise DescriptorError(
            f"{len(wanted)} dynamic modules are declared for this tenant; a host takes {DYNAMIC_MODULE_LIMIT}."
        )
    there = {module.key: module for module in present}
    return SyncPlan(
        add=tuple(module for module in wanted if module.key not in there),
        change=tuple(module for module in wanted if module.key in there and not _covers(there[module.key], module)),
        remove=tuple(key for key in there if key and key not in seen),
        keep=tuple(module.key for module in wanted if module.key in there and _covers(there[module.key], module)),
    )


def _covers(present: Module, wanted: Module) -> bool:
    return present.type == wanted.type and _contains(_plain(present.definition), _plain(wanted.definition))


def _plain(value: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(value))  # tuples become lists, as they do on the wire


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and _contains(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(_contains, whole, part))
    return bool(whole == part)
