"""Checks of a descriptor's modules.

Sources: *Modules*, https://developer.atlassian.com/cloud/jira/platform/modules/ and the same for Confluence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from ..errors import DescriptorError
from .conditions import check_conditions
from .context_parameters import check_context_parameters
from .descriptor_checks import ROOT_FIELDS, asks_for_jwt
from .json_values import OBJECT, object_or_empty
from .module_fields import ATTRIBUTES, NESTED_REQUIRED, SHAPES, WORDS, Shape
from .module_types import ModuleType, known_events, module_types
from .module_urls import url_problems
from .modules import Module, flatten_modules, module_faults, values_at
from .problems import Checking, Problem, closest, error, warning
from .scopes import SCOPES

__all__ = ["module_problems"]

_INCLUDES_READ: Final = frozenset({"READ", "WRITE", "DELETE", "PROJECT_ADMIN", "SPACE_ADMIN", "ADMIN"})
#: What a module has no use for: fields of the root that are no fields of modules too.
_ROOT_ONLY: Final = ROOT_FIELDS - ATTRIBUTES
_PAGES: Final = ("generalPages", "adminPages", "configurePage", "profilePages", "jiraProjectPages", "dialogs")
_NAMES: Final = {"jira": "Jira", "confluence": "Confluence"}


def module_problems(checking: Checking, document: Mapping[str, Any]) -> Iterator[Problem]:
    """Check ``modules``."""
    modules = document.get("modules", {})
    if checking.is_open(modules, "modules"):
        return
    if not isinstance(modules, Mapping):
        yield error("modules", "Is no object.", 'Write {"generalPages": [{"key": "…"}]}.')
        return
    whole = _Document(document, modules)
    seen: dict[str, str] = {}
    for type_name, entries in modules.items():
        path = f"modules.{type_name}"
        known = module_types(checking.product).get(type_name) or module_types().get(type_name)
        if known is None:
            yield _unknown_type(checking, type_name, path)
            if type_name in _ROOT_ONLY or type_name in ATTRIBUTES:
                continue
        else:
            yield from _type_problems(checking, known, entries, path)
        for where, entry in _entries(entries, path):
            if isinstance(entry, OBJECT):
                yield from _entry_problems(checking, whole, Module(type_name, entry), known, where)
                if known is None or known.has_key:
                    yield from _duplicate(entry.get("key"), where, seen)
            elif known is not None and not checking.is_open(entry, where):
                yield error(
                    where, "Is no module.", 'A module is an object, such as {"key": "…", "name": {"value": "…"}}.'
                )
    if not any(modules.values()):
        yield warning("modules", "The app has no modules: nobody will see it.")
    yield from _webhook_scope(checking, document, modules)


class _Document:
    """What a module's check wants to know of the others."""

    def __init__(self, document: Mapping[str, Any], modules: Mapping[str, Any]) -> None:
        self.base_url: object = document.get("baseUrl")
        self.root_fields = document.keys()
        self._modules = modules
        self._keys: dict[str, set[str]] | None = None

    def has(self, key: str, types: tuple[str, ...]) -> bool:
        """Whether a module of one of the types has the key."""
        if self._keys is None:
            self._keys = {}
            for module in flatten_modules(self._modules):
                self._keys.setdefault(module.type, set()).add(module.key)
        return any(key in self._keys.get(type_name, ()) for type_name in types)


def _entries(entries: object, path: str) -> list[tuple[str, object]]:
    if isinstance(entries, list | tuple):
        return [(f"{path}[{index}]", entry) for index, entry in enumerate(entries)]
    return [(path, entries)]


def _unknown_type(checking: Checking, name: str, path: str) -> Problem:
    if name == "modules":
        return error(path, "Stands in modules a second time.", "Write the types right below modules.")
    if name in _ROOT_ONLY:
        return error(path, "Is a field of the root, and hosts do not look for it here.", f"Move it to {name}.")
    if name in ATTRIBUTES:
        return error(path, "Is a field of a module, where types belong.", f"Move it to modules.webPanels[0].{name}.")
    meant = closest(name, frozenset(module_types(checking.product)))
    fix = f"Did you mean {meant}?" if meant else ""
    return warning(path, "Is an unknown module type; hosts ignore those or know more than we do.", fix)


def _type_problems(checking: Checking, known: ModuleType, entries: object, path: str) -> Iterator[Problem]:
    if checking.product is not None and checking.product not in known.products:
        (other,) = known.products
        yield warning(path, f"Is a module type of {_NAMES[other]}; {_NAMES[checking.product]} does not know it.")
    if known.status == "retired":
        yield warning(path, "Is a retired module type: hosts show it no more.")
    elif known.status == "deprecated":
        yield warning(path, "Is a deprecated module type.")
    if known.container == "array" and isinstance(entries, Mapping):
        yield error(path, "Is an object where a list belongs.", f'Write "{known.name}": [{{…}}].')
    elif known.container == "object" and isinstance(entries, list):
        right = f'Write "{known.name}": {{…}}: a descriptor has at most one.'
        if entries:
            yield error(path, "Is a list where an object belongs.", right)
        else:
            yield warning(path, "Is an empty list where an object belongs.", right)


def _entry_problems(
    checking: Checking, whole: _Document, module: Module, known: ModuleType | None, path: str
) -> Iterator[Problem]:
    entry, opened = module.definition, len(checking.open_paths)
    if "key" not in entry and known is not None and known.has_key:
        fix = f"Every module of {module.type} needs one that is unique in the app."
        yield error(f"{path}.key", "key is missing.", fix)
    for where, fault in module_faults(module, known, path=path, open_values=checking.is_open):
        if known is not None and where in _unread(known, path):
            yield warning(where, fault, f"Hosts do not read it in {module.type}.")
        else:
            yield error(where, fault)
    yield from _shape_problems(checking, module, path)
    yield from _attribute_problems(whole, entry, path, is_known=known is not None)
    if known is None:
        return
    yield from _condition_problems(checking, known, entry, path)
    yield from url_problems(checking, known, entry, path, base_url=whole.base_url)
    for where, text in check_context_parameters(module, product=checking.product, path=path):
        if where not in checking.open_paths[opened:]:
            yield warning(where, text)
    yield from _reference_problems(checking, whole, module, path)
    if module.type == "webhooks":
        yield from _event(checking, entry.get("event"), f"{path}.event")


def _unread(known: ModuleType, path: str) -> set[str]:
    return {f"{path}.{name}" for name, read in (("key", known.has_key), ("name", known.has_name)) if not read}


def _duplicate(key: object, path: str, seen: dict[str, str]) -> Iterator[Problem]:
    if not isinstance(key, str) or not key:
        return
    if key in seen:
        yield error(f"{path}.key", f"Duplicate module key {key!r}, first used in {seen[key]}.", "Give it another key.")
    else:
        seen[key] = path


# --- fields of one module ---------------------------------------------------------------------------------------------


@cache
def _shapes_of(type_name: str) -> tuple[tuple[str, str, Shape], ...]:
    """The shapes of a type's fields, each with the first name of its path; for a check of many modules."""
    shapes = SHAPES["*"] if type_name == "*" else (*SHAPES["*"], *SHAPES[type_name])
    return tuple((dotted.partition(".")[0].removesuffix("[]"), dotted, shape) for dotted, shape in shapes)


def _shape_problems(checking: Checking, module: Module, path: str) -> Iterator[Problem]:
    entry = module.definition
    for head, dotted, shape in _shapes_of(module.type if module.type in SHAPES else "*"):
        if head not in entry:
            continue
        for below, value in [(head, entry[head])] if head == dotted else values_at(entry, dotted):
            fault = shape.fault_of(value)
            if fault and not checking.is_open(value, f"{path}.{below}"):
                yield error(f"{path}.{below}", fault, shape.right)
    for parent, needed in NESTED_REQUIRED.get(module.type, ()):
        for below, value in values_at(entry, parent):
            if isinstance(value, OBJECT) and value.get(needed) is None:
                yield error(f"{path}.{below}.{needed}", f"{needed} is required in {parent}.")


def _attribute_problems(whole: _Document, entry: Mapping[str, Any], path: str, *, is_known: bool) -> Iterator[Problem]:
    types = module_types()
    for name, value in entry.items():
        if name in WORDS:
            continue
        where = f"{path}.{name}"
        if name in _ROOT_ONLY and name in whole.root_fields:
            yield warning(where, "Is a field of the root, which has it: hosts do not look for it here.")
        elif name in _ROOT_ONLY:
            yield error(where, "Is a field of the root, and hosts do not look for it here.", f"Move it to {name}.")
        elif name in types and isinstance(value, list | Mapping):
            yield error(where, "Is a module type inside a module.", f"Move it to modules.{name}.")
        elif is_known and (meant := closest(name, WORDS, cutoff=0.82)):
            yield warning(where, "Is not a field that hosts are known to read.", f"Did you mean {meant}?")
    text = entry.get("name")
    if isinstance(text, OBJECT):
        for name in text:
            if name not in ("value", "i18n") and name in ATTRIBUTES:
                yield error(f"{path}.name.{name}", "Is a field of the module.", f"Move it to {path}.{name}.")


def _condition_problems(
    checking: Checking, known: ModuleType, entry: Mapping[str, Any], path: str
) -> Iterator[Problem]:
    for name in ("conditions", "contentPresentConditions"):
        if name not in entry:
            continue
        where, conditions = f"{path}.{name}", entry[name]
        is_list = isinstance(conditions, list)
        if not is_list and checking.is_open(conditions, where):
            continue
        if known.conditions is False:
            yield warning(where, f"Hosts do not look at conditions of {known.name}.")
        if not is_list:
            yield error(where, "Is no list.", 'Write [{"condition": "user_is_logged_in"}].')
            continue
        try:
            notes = check_conditions(conditions, product=checking.product, path=where)
        except DescriptorError as caught:
            yield error(caught.path, str(caught).removeprefix(f"{caught.path}: "))
        else:
            for note in notes:
                yield warning(*note)


def _event(checking: Checking, event: object, path: str) -> Iterator[Problem]:
    if not isinstance(event, str) or not event or checking.is_open(event, path):
        return
    products = known_events().get(event)
    if products is None:
        meant = closest(event, frozenset(known_events()), cutoff=0.75)
        fix = f"Did you mean {meant}?" if meant else ""
        yield warning(path, f"{event!r} is an event that no host is known to send.", fix)
    elif checking.product is not None and checking.product not in products:
        yield warning(path, f"{event!r} is an event that {_NAMES[checking.product]} does not send.")


def _reference_problems(checking: Checking, whole: _Document, module: Module, path: str) -> Iterator[Problem]:
    """Find references to modules that the app does not have."""
    entry = module.definition
    match module.type:
        case "webItems" | "contentBylineItems":
            yield from _item_problems(checking, whole, module, path)
        case "keyboardShortcuts":
            target, targets = object_or_empty(entry.get("target")), ("generalPages", "dialogs", "webItems")
            yield from _reference(checking, whole, target.get("key"), f"{path}.target.key", targets)
        case "jiraTimeTrackingProviders":
            yield from _reference(checking, whole, entry.get("adminPageKey"), f"{path}.adminPageKey", ("adminPages",))


def _item_problems(checking: Checking, whole: _Document, module: Module, path: str) -> Iterator[Problem]:
    """The same for what users click: it opens a dialog or a page of the app, or a URL."""
    entry = module.definition
    target = object_or_empty(entry.get("target"))
    if str(target.get("type")).lower() == "dialogmodule":
        key = object_or_empty(target.get("options")).get("key")
        where = f"{path}.target.options.key"
        if key in (None, ""):
            yield error(where, "Is missing: a dialogmodule target opens a dialog by its key.", "Name a dialogs module.")
        else:
            yield from _reference(checking, whole, key, where, ("dialogs",))
    elif module.type == "webItems" and entry.get("url") is None:
        yield error(
            f"{path}.url", "url is required in webItems.", "Only a target of the type dialogmodule does without."
        )
    elif module.type == "webItems" and str(entry.get("context")).lower() == "page":
        yield from _reference(checking, whole, entry.get("url"), f"{path}.url", _PAGES)


def _reference(
    checking: Checking, whole: _Document, key: object, path: str, types: tuple[str, ...]
) -> Iterator[Problem]:
    if not isinstance(key, str) or not key or checking.is_open_url(key, path) or whole.has(key, types):
        return
    yield warning(path, f"The descriptor has no module {key!r}.", f"Name the key of one of {', '.join(types)}.")


def _webhook_scope(checking: Checking, document: Mapping[str, Any], modules: Mapping[str, Any]) -> Iterator[Problem]:
    if not modules.get("webhooks"):
        return
    scopes = document.get("scopes", [])
    if checking.is_open(scopes, "scopes"):
        return
    if not isinstance(scopes, list):
        return  # told already
    for scope in scopes:
        # One that is no scope is told already, and may be what stands for READ.
        if not isinstance(scope, str) or scope.upper() in _INCLUDES_READ or scope.upper() not in SCOPES:
            return
    # Hosts are said to ignore the scopes of apps without authentication; and a file that asks for none at all is more
    # often one whose scopes are filled in when it is served than one with a mistake.
    tell = error if checking.served or (scopes and asks_for_jwt(document)) else warning
    yield tell("scopes", "Webhooks need the scope READ, or one that includes it.", 'Add "READ".')
