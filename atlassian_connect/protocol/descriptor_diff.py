"""What changed between two descriptors, and what that means at the sites that have the app.

Source: *Upgrading your app*, https://developer.atlassian.com/platform/marketplace/upgrading-and-versioning-cloud-apps/
and *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from .scopes import effective_scopes

__all__ = ["BASE_URL_PLACEHOLDER", "EFFECTS", "Change", "Effect", "diff_descriptors", "without_base_url"]

#: What a change means at a site. ``silent``: rolled out by itself. ``breaks``: rolled out by itself too, and something
#: that worked stops. ``conflict``: hosts remove the app's dynamic modules so that the update succeeds. ``approval``: an
#: administrator has to agree, and until then the site stays on the old version. ``new_app``: it is no update at all.
Effect: TypeAlias = Literal["silent", "breaks", "conflict", "approval", "new_app"]
Kind: TypeAlias = Literal["added", "removed", "changed"]
#: From harmless to grave.
EFFECTS: Final[tuple[Effect, ...]] = ("silent", "breaks", "conflict", "approval", "new_app")

#: Stands for the base URL, which differs between environments.
BASE_URL_PLACEHOLDER: Final = "{{ base_url }}"

_MISSING: Final = object()
_PAGES: Final = frozenset({"generalPages", "adminPages", "configurePage", "postInstallPage", "profilePages"})
_PAGES_IN_PROJECTS: Final = frozenset({"jiraProjectPages", "spaceToolsTabs", "jiraProjectAdminTabPanels"})
_MACROS: Final = frozenset({"dynamicContentMacros", "staticContentMacros"})
_STORED: Final = frozenset({"jiraIssueFields", "customContent", "jiraEntityProperties", "confluenceContentProperties"})
_DEFAULTS: Final[Mapping[str, Any]] = {
    "authentication": {"type": "jwt"},
    "apiVersion": 1,
    "enableLicensing": False,
    "editionsEnabled": False,
}

#: What a change of a root field means, where it is more than another text.
_ROOT_MEANING: Final[Mapping[str, tuple[Effect, str]]] = {
    "key": (
        "new_app",
        "Another key is another app: sites keep the old one, and nothing of it (tenants, macros, properties) is the new"
        " one's.",
    ),
    "apiVersion": ("approval", "A new major version: administrators have to agree before their site gets it."),
    "enableLicensing": (
        "approval",
        "From free to paid: administrators have to agree, and sites without a licence have none.",
    ),
    "baseUrl": (
        "breaks",
        "Hosts call the new address once a site has the new version, and name it as audience. Keep the old one running"
        " until all have it.",
    ),
    "authentication": (
        "breaks",
        "How hosts authenticate changes; without jwt there is no secret, no token and no REST access.",
    ),
}
#: The same for fields inside an object: (object, kind of change) → meaning.
_PART_MEANING: Final[Mapping[tuple[str, str], tuple[Effect, str]]] = {
    ("authentication", ""): _ROOT_MEANING["authentication"],
    ("lifecycle", "removed"): ("breaks", "Hosts no longer send {part}."),
    ("lifecycle", "added"): ("silent", "Hosts send {part} once a site has the new version."),
    ("lifecycle", "changed"): (
        "silent",
        "Sites on the old version call the old path for hours or longer: keep that route.",
    ),
    ("regionBaseUrls", "added"): (
        "silent",
        "New installations pinned to {part} go there; existing ones stay until they are migrated.",
    ),
    ("regionBaseUrls", "removed"): (
        "breaks",
        "Tenants pinned to {part} lose their address; their data is at the old one.",
    ),
    ("regionBaseUrls", "changed"): (
        "breaks",
        "Tenants pinned to {part} are called at the new address; keep the old one running until then.",
    ),
    ("apiMigrations", ""): (
        "silent",
        "The switch {part} changes what hosts send: test it before sites get it.",
    ),
    ("translations", ""): ("silent", "Hosts fetch the translations again."),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    :ivar path: where in the document, e.g. ``modules.webPanels[0].location``; for something removed, in the old one.
    :ivar kind: ``added``, ``removed`` or ``changed``.
    :ivar old: JSON value before; None when added.
    :ivar new: JSON value now; None when removed.
    :ivar sentence: what it means, for people.
    """

    path: str
    kind: Kind
    old: Any
    new: Any
    effect: Effect
    sentence: str


def diff_descriptors(
    old: Mapping[str, Any], new: Mapping[str, Any], *, dynamic_keys: Mapping[str, str] | None = None
) -> tuple[Change, ...]:
    """Compare two descriptors field by field, modules by their key.

    :param dynamic_keys: keys of dynamic modules → who has them, in words (``"is declared as dynamic"``). A static
        module that takes such a key makes hosts remove all dynamic modules of the app.
    :return: in the order of the new document; empty when the two are served as the same bytes.
    """
    old_app = {**_DEFAULTS, **old}
    new_app = {**_DEFAULTS, **new}
    changes: list[Change] = []
    for name in _names(new_app, old_app):
        before, after = old_app.get(name, _MISSING), new_app.get(name, _MISSING)
        if name == "modules":
            changes.extend(_modules(_object(before), _object(after), dynamic_keys or {}, str(new.get("key", ""))))
        elif name == "scopes":
            changes.extend(_scopes(before, after))
        elif not _same(before, after):
            changes.extend(_root(name, before, after))
    if not changes and json.dumps(old) != json.dumps(new):
        text = (
            "Only the order of fields differs, or a default is written out. Other bytes are a new version all the same."
        )
        changes.append(Change("", "changed", None, None, "silent", text))
    return tuple(changes)


def without_base_url(document: Mapping[str, Any]) -> dict[str, Any]:
    """Put :data:`BASE_URL_PLACEHOLDER` wherever a document has its own base URL, so that environments compare.

    Other base URLs, those of regions, stay.
    """
    base = document.get("baseUrl")
    if not isinstance(base, str) or not base or base == BASE_URL_PLACEHOLDER:
        return dict(document)
    base = base.rstrip("/")

    def clean(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: clean(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [clean(entry) for entry in value]
        if isinstance(value, str) and (value == base or value.startswith((f"{base}/", f"{base}?", f"{base}#"))):
            return BASE_URL_PLACEHOLDER + value[len(base) :]
        return value

    return {**{name: clean(entry) for name, entry in document.items()}, "baseUrl": BASE_URL_PLACEHOLDER}


# --- the root ---------------------------------------------------------------------------------------------------------


def _root(name: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for part in _names(after, before):
            old, new = before.get(part, _MISSING), after.get(part, _MISSING)
            if not _same(old, new):
                yield _change(f"{name}.{part}", old, new, *_meaning_inside(name, part, old, new))
        return
    if name in ("lifecycle", "regionBaseUrls"):
        yield from _root(name, _object(before), _object(after))
        return
    yield _change(name, before, after, *_meaning(name, before, after))


def _meaning(name: str, before: Any, after: Any) -> tuple[Effect, str]:
    """What a change of a root field means."""
    if name == "enableLicensing" and after is not True:
        return "silent", "From paid to free; hosts no longer send a licence status."
    return _ROOT_MEANING.get(name) or ("silent", f"{name} is {_verb(before, after)}; sites get it by themselves.")


def _meaning_inside(name: str, part: str, old: Any, new: Any) -> tuple[Effect, str]:
    """What a change of a field inside an object of the root means."""
    kind = _kind(old, new)
    effect, text = (
        _PART_MEANING.get((name, kind))
        or _PART_MEANING.get((name, ""))
        or ("silent", f"{name}.{part} is {_verb(old, new)}; sites get it by themselves.")
    )
    return effect, text.format(part=part)


def _scopes(before: Any, after: Any) -> Iterator[Change]:
    old, new = _names_of_scopes(before), _names_of_scopes(after)
    if _same(before, after):
        return
    more, fewer = _effective(new) - _effective(old), _effective(old) - _effective(new)
    if more:
        effect: Effect = "approval"
        text = f"The app may do more ({', '.join(sorted(more))}): administrators have to agree."
    elif fewer:
        effect = "silent"
        text = f"The app may do less ({', '.join(sorted(fewer))} is gone): calls that need it will be refused."
    else:
        effect, text = "silent", "The scopes amount to the same: what came or went is implied by the others."
    yield _change("scopes", before, after, effect, text)


def _names_of_scopes(value: Any) -> list[str]:
    return [scope for scope in value if isinstance(scope, str)] if isinstance(value, list) else []


def _effective(scopes: Sequence[str]) -> frozenset[str]:
    """What the scopes amount to at either product; NONE allows nothing."""
    return (effective_scopes("jira", scopes) | effective_scopes("confluence", scopes)) - {"NONE"}


# --- modules ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    type: str
    path: str
    definition: Any

    @property
    def name(self) -> str:
        key = self.definition.get("key") or self.definition.get("event")
        return f"{self.type} {key!r}"


def _modules(
    before: Mapping[str, Any], after: Mapping[str, Any], dynamic_keys: Mapping[str, str], app_key: str
) -> Iterator[Change]:
    old, new = _placed(before), _placed(after)
    by_key = {placed.definition.get("key"): placed for placed in old.values() if placed.definition.get("key")}
    moved = set()
    for identity, placed in new.items():
        there = old.get(identity)
        if there is not None:
            yield from _fields(there.definition, placed.definition, placed.path, placed)
            continue
        key = placed.definition.get("key")
        other = by_key.get(key) if key else None
        if other is not None:
            moved.add((other.type, key))
            text = f"{other.name} becomes {placed.name}: what sites placed or wrote with it is not carried over."
            yield _change(placed.path, other.definition, placed.definition, "breaks", text)
        elif key in dynamic_keys:
            text = (
                f"The key {key!r} {dynamic_keys[key]}: where a site has it, the host removes all dynamic modules of the"
                " app, so that the update succeeds. They come back, without this one, with the next sync."
            )
            yield _change(placed.path, _MISSING, placed.definition, "conflict", text)
        else:
            yield _change(placed.path, _MISSING, placed.definition, "silent", f"{placed.name} is new.")
    for identity, placed in old.items():
        if identity not in new and identity not in moved:
            yield _change(placed.path, placed.definition, _MISSING, *_loss(placed, app_key))
    for type_name in _names(after, before):
        mine = [identity for identity in new if identity[0] == type_name and identity in old]
        if mine != [identity for identity in old if identity[0] == type_name and identity in new]:
            text = "Only the order differs. Sites show the same; the bytes are others, so it is a new version."
            yield Change(f"modules.{type_name}", "changed", None, None, "silent", text)


def _placed(modules: Mapping[str, Any]) -> dict[tuple[str, ...], _Placed]:
    """The modules of a document by what identifies them: type and key; webhooks by what they ask for."""
    placed: dict[tuple[str, ...], _Placed] = {}
    for type_name, entries in modules.items():
        listed = entries if isinstance(entries, list) else [entries]
        for index, entry in enumerate(listed):
            if not isinstance(entry, Mapping):
                continue
            path = f"modules.{type_name}" + (f"[{index}]" if isinstance(entries, list) else "")
            key = entry.get("key")
            identity = (type_name, key) if isinstance(key, str) and key else (type_name, "", str(entry.get("event")))
            while identity in placed:  # several webhooks of one event: in their order
                identity = (*identity, "again")
            placed[identity] = _Placed(type_name, path, entry)
    return placed


def _fields(before: Any, after: Any, path: str, placed: _Placed) -> Iterator[Change]:
    for name in _names(after, before):
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        if _same(old, new):
            continue
        where = f"{path}.{name}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _fields(old, new, where, placed)
        else:
            yield _change(where, old, new, *_field_meaning(name, placed, old, new))


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
    return "silent", f"{placed.name}: {name} is {_verb(old, new)}."


def _identifiers(parameters: Any) -> set[str]:
    listed = parameters if isinstance(parameters, list) else []
    return {str(entry.get("identifier")) for entry in listed if isinstance(entry, Mapping)}


def _loss(placed: _Placed, app_key: str) -> tuple[Effect, str]:
    """What it means that a module is no longer there."""
    key = placed.definition.get("key", "")
    if placed.type == "webhooks":
        return "breaks", f"The event {placed.definition.get('event')} is no longer delivered."
    if placed.type in _MACROS:
        return "breaks", f"Pages that contain the macro {key!r} show an unknown macro in its place."
    if placed.type in _STORED:
        return "breaks", f"{placed.name} is gone, and what sites stored in it with it."
    if placed.type in _PAGES | _PAGES_IN_PROJECTS:
        return "breaks", (
            f"Links and bookmarks to {placed.name} break; general pages are at /plugins/servlet/ac/{app_key}/{key}."
        )
    return "silent", f"{placed.name} disappears from the product."


# --- values -----------------------------------------------------------------------------------------------------------


def _change(path: str, old: Any, new: Any, effect: Effect, sentence: str) -> Change:
    before, after = (None if value is _MISSING else value for value in (old, new))
    return Change(path, _kind(old, new), before, after, effect, sentence)


def _kind(old: Any, new: Any) -> Kind:
    return "added" if old is _MISSING else "removed" if new is _MISSING else "changed"


def _verb(old: Any, new: Any) -> str:
    return "new" if old is _MISSING else "gone" if new is _MISSING else "changed"


def _same(old: Any, new: Any) -> bool:
    """Whether two JSON values are equal; true is not 1 here."""
    if old is _MISSING or new is _MISSING:
        return old is new
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _names(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    return [*first, *(name for name in second if name not in first)]
