"""What changed between two descriptors, and what that means at the sites that have the app.

Source: *Upgrading your app*, https://developer.atlassian.com/platform/marketplace/upgrading-and-versioning-cloud-apps/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .changes import MISSING, Change, Effect, change, is_same, kind_of, names_of, verb
from .json_values import object_or_empty
from .module_changes import module_changes
from .scopes import effective_scopes

__all__ = ["BASE_URL_PLACEHOLDER", "diff_descriptors", "without_base_url"]

#: Stands for the base URL, which differs between environments.
BASE_URL_PLACEHOLDER: Final = "{{ base_url }}"

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
    for name in names_of(new_app, old_app):
        before, after = old_app.get(name, MISSING), new_app.get(name, MISSING)
        if name == "modules":
            changes.extend(
                module_changes(
                    object_or_empty(before), object_or_empty(after), dynamic_keys or {}, str(new.get("key", ""))
                )
            )
        elif name == "scopes":
            changes.extend(_scopes(before, after))
        elif not is_same(before, after):
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
        for part in names_of(after, before):
            old, new = before.get(part, MISSING), after.get(part, MISSING)
            if not is_same(old, new):
                yield change(f"{name}.{part}", old, new, *_meaning_inside(name, part, old, new))
        return
    if name in ("lifecycle", "regionBaseUrls"):
        yield from _root(name, object_or_empty(before), object_or_empty(after))
        return
    yield change(name, before, after, *_meaning(name, before, after))


def _meaning(name: str, before: Any, after: Any) -> tuple[Effect, str]:
    """What a change of a root field means."""
    if name == "enableLicensing" and after is not True:
        return "silent", "From paid to free; hosts no longer send a licence status."
    return _ROOT_MEANING.get(name) or ("silent", f"{name} is {verb(before, after)}; sites get it by themselves.")


def _meaning_inside(name: str, part: str, old: Any, new: Any) -> tuple[Effect, str]:
    """What a change of a field inside an object of the root means."""
    meaning = _PART_MEANING.get((name, kind_of(old, new))) or _PART_MEANING.get((name, ""))
    if meaning is None:
        return "silent", f"{name}.{part} is {verb(old, new)}; sites get it by themselves."
    effect, text = meaning
    return effect, text.format(part=part)


def _scopes(before: Any, after: Any) -> Iterator[Change]:
    old, new = _names_of_scopes(before), _names_of_scopes(after)
    if is_same(before, after):
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
    yield change("scopes", before, after, effect, text)


def _names_of_scopes(value: Any) -> list[str]:
    return [scope for scope in value if isinstance(scope, str)] if isinstance(value, list) else []


def _effective(scopes: Sequence[str]) -> frozenset[str]:
    """What the scopes amount to at either product; NONE allows nothing."""
    return (effective_scopes("jira", scopes) | effective_scopes("confluence", scopes)) - {"NONE"}
