"""Dynamic modules: the difference between what is wanted and what a host has, and what became of closing it.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import DescriptorError
from .modules import DYNAMIC_MODULE_LIMIT, Module, check_module

__all__ = ["RefusedModule", "SyncOutcome", "SyncPlan", "plan_sync"]


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


# --- what became of it ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RefusedModule:
    """A module that is wanted and did not get in.

    :ivar message: why: the host's own words, or ours when it was not even sent.
    """

    key: str
    type: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOutcome:
    """What is kept of a tenant's last sync. Keys everywhere, no definitions and no secrets.

    :ivar at: seconds since the epoch, when it ended.
    :ivar registered: what the host had afterwards, as far as is known.
    :ivar error: why it stopped, in one line; None: it came to its end.
    """

    at: float
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    refused: tuple[RefusedModule, ...] = ()
    registered: tuple[str, ...] = ()
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the host had exactly what is declared: nothing failed, nothing was refused."""
        return self.error is None and not self.refused

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, which :meth:`from_json` reads."""
        return {
            "at": self.at,
            "ok": self.ok,
            **{name: list(getattr(self, name)) for name in _KEY_FIELDS},
            "refused": [{"key": one.key, "type": one.type, "message": one.message} for one in self.refused],
            "error": self.error,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SyncOutcome:
        """Read what :meth:`to_json` wrote.

        :raises ValueError: it is something else.
        """
        try:
            return cls(
                at=float(document["at"]),
                **{name: tuple(map(str, document[name])) for name in _KEY_FIELDS},
                refused=tuple(
                    RefusedModule(str(o["key"]), str(o["type"]), str(o["message"])) for o in document["refused"]
                ),
                error=None if document["error"] is None else str(document["error"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("This is not the outcome of a sync.") from error


_KEY_FIELDS = ("added", "changed", "removed", "unchanged", "registered")
