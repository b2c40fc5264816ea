"""One difference between two descriptors, and comparing JSON values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

__all__ = [
    "EFFECTS",
    "MISSING",
    "Change",
    "Effect",
    "change",
    "is_same",
    "kind_of",
    "names_of",
    "verb",
]

#: What a change means at a site. ``silent``: rolled out by itself. ``breaks``: rolled out by itself too, and something
#: that worked stops. ``conflict``: hosts remove the app's dynamic modules so that the update succeeds. ``approval``: an
#: administrator has to agree, and until then the site stays on the old version. ``new_app``: it is no update at all.
Effect: TypeAlias = Literal["silent", "breaks", "conflict", "approval", "new_app"]
Kind: TypeAlias = Literal["added", "removed", "changed"]
#: From harmless to grave.
EFFECTS: Final[tuple[Effect, ...]] = ("silent", "breaks", "conflict", "approval", "new_app")

#: Where one side has no value; null is one.
MISSING: Final = object()


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


def change(path: str, old: Any, new: Any, effect: Effect, sentence: str) -> Change:
    """Make one from the values of both sides; :data:`MISSING` for the side that has none."""
    before, after = (None if value is MISSING else value for value in (old, new))
    return Change(path, kind_of(old, new), before, after, effect, sentence)


def kind_of(old: Any, new: Any) -> Kind:
    """Tell which kind of change two values make."""
    return "added" if old is MISSING else "removed" if new is MISSING else "changed"


def verb(old: Any, new: Any) -> str:
    """Say the kind of a change in a sentence: something *is new*."""
    return "new" if old is MISSING else "gone" if new is MISSING else "changed"


def is_same(old: Any, new: Any) -> bool:
    """Whether two JSON values are equal; true is not 1 here."""
    if old is MISSING or new is MISSING:
        return old is new
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def names_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """List the fields of both, in the order of the first."""
    return [*first, *(name for name in second if name not in first)]
