"""Modules: what a descriptor offers to a host, statically or registered at runtime.

Sources: *Modules*, https://developer.atlassian.com/cloud/confluence/modules/ and the same for Jira; *Connect dynamic
modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/. The catalogue of types is ``module_types``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeGuard

from ..errors import DescriptorError
from .json_values import OBJECT
from .module_types import ModuleType, catalogue_rows, known_events, module_types

__all__ = [
    "DYNAMIC_MODULE_LIMIT",
    "PLAIN_NAMES",
    "Module",
    "ModuleType",
    "catalogue_rows",
    "check_module",
    "check_module_key",
    "flatten_modules",
    "group_modules",
    "is_removable_key",
    "known_events",
    "module_faults",
    "module_types",
    "name_object",
    "set_path",
    "value_at",
    "values_at",
]

#: A tenant can have this many dynamic modules of one app.
DYNAMIC_MODULE_LIMIT: Final = 100

_MODULE_KEY = re.compile(r"[a-zA-Z0-9-]{1,100}").fullmatch
_NO_MODULE_KEY = "{!r} is no module key: use letters, digits and dashes, at most 100 of them."
_REMOVABLE_KEY = re.compile(r"[a-zA-Z0-9._:-]{1,255}").fullmatch
_TYPE_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*").fullmatch
#: Types whose name is a word of a language and no text to translate: a JQL function's is what users write in queries.
PLAIN_NAMES: Final = frozenset({"jiraJqlFunctions"})
#: Types that hosts take without a key.
_KEYLESS: Final = frozenset({"webhooks"})


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


def check_module_key(key: object, *, path: str = "") -> str:
    """Return the key when it is one.

    :raises DescriptorError: anything but 1 to 100 letters, digits and dashes.
    """
    if not _is_module_key(key):
        raise DescriptorError(_NO_MODULE_KEY.format(key), path=path)
    return key


def _is_module_key(key: object) -> TypeGuard[str]:
    return isinstance(key, str) and _MODULE_KEY(key) is not None


def is_removable_key(key: str) -> bool:
    """Whether a host can be asked to remove a module by this key.

    Hosts may have keys from other times that no new module could have. A comma is not among what they may have: it
    would mean two keys to some hosts, and an empty key all of them.
    """
    return _REMOVABLE_KEY(key) is not None


def check_module(module: Module, *, path: str = "", keyless: bool = True) -> None:
    """Check one module against the catalogue. An unknown type passes: hosts add types faster than catalogues.

    :param path: where the module stands, for messages.
    :param keyless: False for dynamic modules: a module without a key could never be removed again.
    :raises DescriptorError: the first of :func:`module_faults`.
    """
    if not _TYPE_NAME(module.type):
        raise DescriptorError(f"{module.type!r} is no module type.", path=path)
    if not isinstance(module.definition, OBJECT):
        raise DescriptorError("A module is a JSON object.", path=path)
    if "key" not in module.definition and (not keyless or module.type not in _KEYLESS):
        raise DescriptorError("key is missing.", path=path)
    for where, fault in module_faults(module, module_types().get(module.type), path=path):
        raise DescriptorError(fault, path=where)


def module_faults(
    module: Module,
    known: ModuleType | None,
    *,
    path: str = "",
    open_values: Callable[[object, str], bool] = lambda value, path: False,
) -> Iterator[tuple[str, str]]:
    """Find what hosts refuse in a module: a key or name of another form, a required field missing, a URL that is none.

    :param known: what the catalogue has of its type.
    :param path: where the module stands.
    :param open_values: tells whether a value, at a path, is filled in later, as in templates; such are not judged.
    :return: pairs of path and sentence.
    """
    prefix = f"{path}." if path else ""
    key = module.definition.get("key")
    if not _is_module_key(key) and "key" in module.definition and not open_values(key, f"{prefix}key"):
        yield f"{prefix}key", _NO_MODULE_KEY.format(key)
    if known is None:
        return
    for name in sorted(known.required):
        value = module.definition.get(name)
        # An empty url leads to the base URL, and is probably not meant; hosts take it.
        if name != "key" and (value is None or (value == "" and name not in known.url_fields)):
            yield f"{prefix}{name}", f"{name} is required in {module.type}."
    text = module.definition.get("name")
    if text is not None and not _is_name(text, module.type) and not open_values(text, f"{prefix}name"):
        yield f"{prefix}name", 'name must be {"value": "…"}.'
    for url_field in known.url_fields + known.link_fields:
        for where, url in values_at(module.definition, url_field):
            if url is not None and not isinstance(url, str):
                yield prefix + where, "A URL is a string."


def _is_name(value: object, type_name: str) -> bool:
    if isinstance(value, str):
        return type_name in PLAIN_NAMES
    return isinstance(value, OBJECT) and isinstance(value.get("value"), str)


def name_object(name: str | Mapping[str, Any]) -> dict[str, Any]:
    """Write a translatable text as hosts want it: ``"Poll"`` becomes ``{"value": "Poll"}``."""
    return {"value": name} if isinstance(name, str) else dict(name)


def value_at(definition: Mapping[str, Any], dotted: str) -> Any:
    """Read ``target.url`` and the like. None when any part is missing."""
    value: Any = definition
    for part in dotted.removesuffix("[]").split("."):
        if not isinstance(value, OBJECT):
            return None
        value = value.get(part)
    return value


def values_at(definition: Mapping[str, Any], dotted: str) -> list[tuple[str, Any]]:
    """Read ``target.url`` or ``actions[].templateUrl``: each value that is there, with its path."""
    name, of_each, rest = _first_step(dotted)
    if name not in definition:
        return []
    value = definition[name]
    if of_each and isinstance(value, list):
        found = [(f"{name}[{index}]", entry) for index, entry in enumerate(value)]
    else:
        found = [(name, value)]
    if not rest:
        return found
    return [
        (f"{where}.{below}", inner)
        for where, value in found
        if isinstance(value, OBJECT)
        for below, inner in values_at(value, rest)
    ]


@cache
def _first_step(dotted: str) -> tuple[str, bool, str]:
    """The first name of a path, whether each entry of a list is meant, and the rest of the path."""
    step, _, rest = dotted.partition(".")
    return step.removesuffix("[]"), step.endswith("[]"), rest


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
        found.extend(Module(type_name, entry) for entry in listed if isinstance(entry, OBJECT))
    return found


def group_modules(modules: Iterable[Module]) -> dict[str, list[dict[str, Any]]]:
    """Turn a list into the body of a registration: ``{type: [module, …]}``, always lists, in the order given."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for module in modules:
        grouped.setdefault(module.type, []).append(dict(module.definition))
    return grouped
