"""Dynamic modules: the difference between what is wanted and what a host has, and what became of closing it.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import DescriptorError
from .json_values import OBJECT, plain_json
from .modules import DYNAMIC_MODULE_LIMIT, Module, check_module, is_removable_key

__all__ = [
    "RefusedModule",
    "SyncOutcome",
    "SyncPlan",
    "check_wanted",
    "covers",
    "module_digest",
    "plan_sync",
    "refusal_digest",
    "was_refused",
]


_encode = json.JSONEncoder(sort_keys=True, allow_nan=False, check_circular=False).encode


@dataclass(frozen=True, slots=True)
class RefusedModule:
    """A module that is wanted and did not get in.

    :ivar message: why: the host's own words, or ours when it was not even sent.
    """

    key: str
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What has to happen so that a host has what is wanted.

    :ivar add: to register, not there yet.
    :ivar change: there in another form: to remove and register again, since hosts have no update.
    :ivar remove: keys that nobody wants any more.
    :ivar keep: keys that are as they should be.
    :ivar refused: wanted under a key that the descriptor has. The host would refuse them, and all others with them.
    """

    add: tuple[Module, ...] = ()
    change: tuple[Module, ...] = ()
    remove: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    refused: tuple[RefusedModule, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be done."""
        return not (self.add or self.change or self.remove)


def plan_sync(
    wanted: Sequence[Module],
    present: Sequence[Module],
    *,
    static_keys: Collection[str] = (),
    sent: Mapping[str, str] | None = None,
) -> SyncPlan:
    """Compare what an app declares with what a host lists, by key.

    A module counts as unchanged when the host has every field that is wanted: fields that the host adds are its
    defaults. That alone would miss a field that the app no longer wants, so the form that was sent counts too.

    :param wanted: good by :func:`check_wanted`.
    :param static_keys: keys of the descriptor's own modules.
    :param sent: key → :func:`module_digest` of what was registered by the last sync, where that is known.
    :raises DescriptorError: the host would have more than :data:`DYNAMIC_MODULE_LIMIT`.
    """
    there: dict[str, Module] = {}
    keyless = 0  # nobody can remove those
    for module in present:
        key = module.key
        if is_removable_key(key):
            there[key] = module
        else:
            keyless += 1
    add: list[Module] = []
    change: list[Module] = []
    keep: list[str] = []
    refused: list[RefusedModule] = []
    for module in wanted:
        key = module.key
        if key in static_keys:
            text = "The app's descriptor has a module with this key already."
            refused.append(RefusedModule(key, module.type, text))
            continue
        listed = there.pop(key, None)
        if listed is None:
            add.append(module)
        elif covers(listed, module) and (sent or {}).get(key) in (None, module_digest(module)):
            keep.append(key)
        else:
            change.append(module)
    declared = len(wanted) - len(refused)
    if declared + keyless > DYNAMIC_MODULE_LIMIT:
        raise DescriptorError(
            f"{declared} dynamic modules are declared for this tenant; a host takes {DYNAMIC_MODULE_LIMIT}"
            + (f", and has {keyless} that cannot be removed by key." if keyless else "."),
            path="dynamic modules",
        )
    return SyncPlan(tuple(add), tuple(change), remove=tuple(there), keep=tuple(keep), refused=tuple(refused))


def check_wanted(wanted: Sequence[Module]) -> list[Module]:
    """Check what is to be registered, and return it as plain JSON: what is compared is then what is sent.

    :raises DescriptorError: a module is wrong in itself, has no key or one that another has, or is no JSON; the path
        says which, such as ``dynamic modules[3].url``.
    """
    checked: list[Module] = []
    seen: set[str] = set()
    for index, module in enumerate(wanted):
        path = f"dynamic modules[{index}]"
        check_module(module, path=path, keyless=False)
        if module.key in seen:
            raise DescriptorError(f"Two dynamic modules have the key {module.key!r}.", path=f"{path}.key")
        seen.add(module.key)
        checked.append(Module(module.type, plain_json(module.definition, path=path)))
    return checked


def module_digest(module: Module) -> str:
    """Return a short digest of a module's type and canonical JSON: equal for what is the same to a host.

    :param module: its definition is good by :func:`.plain_json`.
    """
    form = _encode([module.type, _canonical(module.definition)])
    return hashlib.sha256(form.encode()).hexdigest()[:16]


def refusal_digest(module: Module, message: str) -> str:
    """Return a digest of a form that was refused, and of the host's words about it."""
    return f"{module_digest(module)}-{hashlib.sha256(message.encode()).hexdigest()[:16]}"


def was_refused(module: Module, digest: str | None) -> bool:
    """Whether a :func:`refusal_digest` is of this form, whatever the words were."""
    return digest is not None and digest.partition("-")[0] == module_digest(module)


def covers(present: Module, wanted: Module) -> bool:
    """Whether a host has everything that is wanted of a module, and maybe its defaults besides."""
    return present.type == wanted.type and _contains(present.definition, wanted.definition)


def _canonical(value: Any) -> Any:
    """Write tuples as lists, as they are on the wire, and 1.0 as 1; leave out null, no different from missing."""
    kind = type(value)
    if kind is str or kind is int or kind is bool:  # nearly all there is, and this runs for every tenant
        return value
    if kind is dict or isinstance(value, Mapping):
        return {name: _canonical(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list | tuple):
        return [_canonical(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _contains(whole: Any, part: Any) -> bool:
    """Whether every field of a part is in the whole. Null is no different from missing, and 1.0 from 1."""
    if isinstance(part, str):
        return bool(whole == part)
    if isinstance(part, OBJECT):
        if not isinstance(whole, OBJECT):
            return False
        translated = bool(part.get("i18n")) and part["i18n"] == whole.get("i18n")
        for name, entry in part.items():
            if entry is None or (name == "value" and translated):
                continue
            if name not in whole or not _contains(whole[name], entry):
                return False
        return True
    if isinstance(part, list | tuple):
        return isinstance(whole, list | tuple) and len(whole) == len(part) and all(map(_contains, whole, part))
    return isinstance(whole, bool) == isinstance(part, bool) and bool(whole == part)  # to Python, True is 1


# --- what became of it ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOutcome:
    """What is kept of a tenant's last sync. Keys and digests, no definitions and no secrets.

    :ivar at: seconds since the epoch, when it ended.
    :ivar registered: what the host had afterwards, as far as is known.
    :ivar sent: key → :func:`module_digest` of what was registered, where that is known.
    :ivar rejected: key → :func:`refusal_digest` of the new form of a changed module that the host refused.
    :ivar error: why it stopped, in one line; None: it came to its end.
    """

    at: float
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    refused: tuple[RefusedModule, ...] = ()
    registered: tuple[str, ...] = ()
    sent: Mapping[str, str] = field(default_factory=dict, hash=False)
    rejected: Mapping[str, str] = field(default_factory=dict, hash=False)
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
            "sent": dict(self.sent),
            "rejected": dict(self.rejected),
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
                    RefusedModule(str(one["key"]), str(one["type"]), str(one["message"])) for one in document["refused"]
                ),
                sent={str(key): str(digest) for key, digest in document["sent"].items()},
                rejected={str(key): str(digest) for key, digest in document.get("rejected", {}).items()},
                error=None if document["error"] is None else str(document["error"]),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError("This is not the outcome of a sync.") from error


_KEY_FIELDS: Final = ("added", "changed", "removed", "unchanged", "registered")
