"""What changed between the modules of two descriptors, and what that means at the sites that have the app.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .changes import MISSING, Change, Effect, change, is_same, names_of, verb

__all__ = ["module_changes"]

_PAGES: Final = frozenset({"generalPages", "adminPages", "configurePage", "postInstallPage", "profilePages"})
_PAGES_IN_PROJECTS: Final = frozenset({"jiraProjectPages", "spaceToolsTabs", "jiraProjectAdminTabPanels"})
_MACROS: Final = frozenset({"dynamicContentMacros", "staticContentMacros"})
_STORED: Final = frozenset({"jiraIssueFields", "customContent", "jiraEntityProperties", "confluenceContentProperties"})


@dataclass(frozen=True, slots=True)
class _Placed:
    type: str
    path: str
    definition: Any

    @property
    def key(self) -> str:
        """Empty for a webhook without one, and for what is none."""
        key = self.definition.get("key", "")
        return key if isinstance(key, str) else ""

    @property
    def name(self) -> str:
        return f"{self.type} {self.key or self.definition.get('event')!r}"


def module_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], dynamic_keys: Mapping[str, str], app_key: str
) -> Iterator[Change]:
    """Compare the ``modules`` of two descriptors, by what identifies a module.

    :param dynamic_keys: keys of dynamic modules → who has them, in words.
    """
    old, new = _placed(before), _placed(after)
    by_key = {placed.key: placed for placed in old.values() if placed.key}
    moved = set()
    for identity, placed in new.items():
        there = old.get(identity)
        if there is not None:
            yield from _fields(there.definition, placed.definition, placed.path, placed)
            continue
        key = placed.key
        other = by_key.get(key) if key else None
        if other is not None:
            moved.add((other.type, key))
            text = f"{other.name} becomes {placed.name}: what sites placed or wrote with it is not carried over."
            yield change(placed.path, other.definition, placed.definition, "breaks", text)
        elif key in dynamic_keys:
            text = (
                f"The key {key!r} {dynamic_keys[key]}: where a site has it, the host removes all dynamic modules of the"
                " app, so that the update succeeds. They come back, without this one, with the next sync."
            )
            yield change(placed.path, MISSING, placed.definition, "conflict", text)
        else:
            yield change(placed.path, MISSING, placed.definition, "silent", f"{placed.name} is new.")
    for identity, placed in old.items():
        if identity not in new and identity not in moved:
            yield change(placed.path, placed.definition, MISSING, *_loss(placed, app_key))
    for type_name in names_of(after, before):
        mine = [identity for identity in new if identity[0] == type_name and identity in old]
        if mine != [identity for identity in old if identity[0] == type_name and identity in new]:
            text = "Only the order differs. Sites show the same; the bytes are others, so it is a new version."
            yield Change(f"modules.{type_name}", "changed", None, None, "silent", text)


def _placed(modules: Mapping[str, Any]) -> dict[tuple[str, ...], _Placed]:
    """The modules of a document by what identifies them: type and key; webhooks by what they ask for."""
    placed: dict[tuple[str, ...], _Placed] = {}
    times: Counter[tuple[str, ...]] = Counter()
    for type_name, entries in modules.items():
        listed = entries if isinstance(entries, list) else [entries]
        for index, entry in enumerate(listed):
            if not isinstance(entry, Mapping):
                continue
            path = f"modules.{type_name}" + (f"[{index}]" if isinstance(entries, list) else "")
            module = _Placed(type_name, path, entry)
            identity = (type_name, module.key) if module.key else (type_name, "", str(entry.get("event")))
            times[identity] += 1  # several webhooks of one event: in their order
            placed[identity if times[identity] == 1 else (*identity, str(times[identity]))] = module
    return placed


def _fields(before: Any, after: Any, path: str, placed: _Placed) -> Iterator[Change]:
    for name in names_of(after, before):
        old, new = before.get(name, MISSING), after.get(name, MISSING)
        if is_same(old, new):
            continue
        where = f"{path}.{name}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _fields(old, new, where, placed)
        else:
            yield change(where, old, new, *_field_meaning(name, placed, old, new))


def _field_meaning(name: str, placed: _Placed, old: Any, new: Any) -> tuple[Effect, str]:
    if name == "url":
        return "silent", (
            f"{placed.name} has another URL. Sites on the old version call the old one for hours or longer: keep that"
            " route."
        )
    if name == "parameters" and placed.type in _MACROS:
        gone = _identifiers(old) - _identifiers(new)
        if gone:
            return "breaks", f"Macros in pages keep values for {', '.join(sorted(gone))}, which no longer arrive."
    return "silent", f"{placed.name}: {name} is {verb(old, new)}."


def _identifiers(parameters: Any) -> set[str]:
    listed = parameters if isinstance(parameters, list) else []
    return {str(entry.get("identifier")) for entry in listed if isinstance(entry, Mapping)}


def _loss(placed: _Placed, app_key: str) -> tuple[Effect, str]:
    """What it means that a module is no longer there."""
    if placed.type == "webhooks":
        return "breaks", f"The event {placed.definition.get('event')} is no longer delivered."
    if placed.type in _MACROS:
        return "breaks", f"Pages that contain the macro {placed.key!r} show an unknown macro in its place."
    if placed.type in _STORED:
        return "breaks", f"{placed.name} is gone, and what sites stored in it with it."
    if placed.type in _PAGES | _PAGES_IN_PROJECTS:
        return "breaks", (
            f"Links and bookmarks to {placed.name} break; general pages are at"
            f" /plugins/servlet/ac/{app_key}/{placed.key}."
        )
    return "silent", f"{placed.name} disappears from the product."
