"""Conditions as trees: what combines them, and reading every form they are written in.

Source: *Conditions*, https://developer.atlassian.com/cloud/jira/platform/conditions/ and the same for Confluence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ..errors import DescriptorError
from .json_values import OBJECT

__all__ = ["AllOf", "AnyOf", "Condition", "ConditionTree", "checked_tree", "parse_conditions", "single_conditions"]

_MAX_DEPTH: Final = 32


class _Combinable:
    """``&``, ``|`` and ``~`` between conditions."""

    __slots__ = ()

    def __and__(self, other: ConditionTree) -> AllOf:
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf)))

    def __or__(self, other: ConditionTree) -> AnyOf:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))


@dataclass(frozen=True, slots=True)
class Condition(_Combinable):
    """One condition.

    :ivar invert: whether it counts the other way round.
    :ivar params: as in the descriptor; values are strings, lists in some conditions.
    """

    name: str
    invert: bool = False
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __invert__(self) -> Condition:
        return Condition(self.name, not self.invert, self.params)

    def to_json(self) -> dict[str, Any]:
        """Write it as a descriptor has it."""
        written: dict[str, Any] = {"condition": self.name}
        if self.invert:
            written["invert"] = True
        if self.params:
            written["params"] = dict(self.params)
        return written


@dataclass(frozen=True, slots=True)
class AllOf(_Combinable):
    """Holds when all of its children do; with none it holds."""

    children: tuple[ConditionTree, ...]

    def __invert__(self) -> AnyOf:
        return AnyOf(tuple(~child for child in self.children))

    def to_json(self) -> dict[str, Any]:
        """Write it as a descriptor has it."""
        return {"type": "and", "conditions": [child.to_json() for child in self.children]}


@dataclass(frozen=True, slots=True)
class AnyOf(_Combinable):
    """Holds when one of its children does; with none it does not."""

    children: tuple[ConditionTree, ...]

    def __invert__(self) -> AllOf:
        return AllOf(tuple(~child for child in self.children))

    def to_json(self) -> dict[str, Any]:
        """Write it as a descriptor has it."""
        return {"type": "or", "conditions": [child.to_json() for child in self.children]}


ConditionTree: TypeAlias = Condition | AllOf | AnyOf


def _parts(tree: object, kind: type[AllOf] | type[AnyOf]) -> tuple[ConditionTree, ...]:
    """A combination of the same kind gives its children, so that ``a & b & c`` is one list."""
    return tree.children if isinstance(tree, kind) else (checked_tree(tree),)


def checked_tree(value: object) -> ConditionTree:
    """Return a condition or a combination of some. Raises TypeError for anything else."""
    if not isinstance(value, Condition | AllOf | AnyOf):
        raise TypeError(f"{value!r} is no condition; write condition(…).")
    return value


# --- reading ----------------------------------------------------------------------------------------------------------


def parse_conditions(value: object, *, path: str = "conditions") -> ConditionTree:
    """Read the ``conditions`` of a module in any form that descriptors have: a list means that all must hold.

    Forms: ``{"condition": …}``; ``{"type": "or", "conditions": […]}`` with the type in either case; the older
    ``{"or": […]}`` and ``{"and": […]}``; lists of those. ``invert`` is a boolean or its text. None reads as no
    condition, an :class:`AllOf` of nothing.

    :param path: where it stands, for messages.
    :raises DescriptorError: it has none of these forms; ``path`` says where.
    """
    return _parse(value, path, [])


def single_conditions(value: object, *, path: str = "conditions") -> list[tuple[str, Condition]]:
    """Read them as :func:`parse_conditions` does, and return every single condition with its path."""
    found: list[tuple[str, Condition]] = []
    _parse(value, path, found)
    return found


def _parse(value: object, path: str, found: list[tuple[str, Condition]], depth: int = 0) -> ConditionTree:
    """As :func:`parse_conditions`; puts every single condition into ``found``, with its path."""
    if depth > _MAX_DEPTH:
        raise DescriptorError(f"Conditions are nested more than {_MAX_DEPTH} deep.", path=path)
    if value is None:
        return AllOf(())
    if isinstance(value, list | tuple):
        return AllOf(_children(value, path, found, depth))
    if not isinstance(value, OBJECT):
        raise DescriptorError('A condition is an object such as {"condition": "user_is_logged_in"}.', path=path)
    if "condition" in value:
        single = _single(value, path)
        found.append((path, single))
        return single
    if "conditions" in value:
        kind = value.get("type")
        if not isinstance(kind, str) or kind.lower() not in ("and", "or"):
            raise DescriptorError('Is "and" or "or".', path=f"{path}.type")
        children = _children(value["conditions"], f"{path}.conditions", found, depth)
        return AllOf(children) if kind.lower() == "and" else AnyOf(children)
    older = [name for name in ("and", "or") if name in value]
    if not older:
        raise DescriptorError('Has neither "condition" nor "conditions".', path=path)
    read: list[ConditionTree] = []
    for name in older:
        children = _children(value[name], f"{path}.{name}", found, depth)
        read.append(AllOf(children) if name == "and" else AnyOf(children))
    return read[0] if len(read) == 1 else AllOf(tuple(read))


def _children(value: object, path: str, found: list[tuple[str, Condition]], depth: int) -> tuple[ConditionTree, ...]:
    if not isinstance(value, list | tuple):
        raise DescriptorError("Is a list of conditions.", path=path)
    children: list[ConditionTree] = []
    for index, child in enumerate(value):
        where = f"{path}[{index}]"
        if child is None:
            raise DescriptorError("A condition is an object, not null.", path=where)
        children.append(_parse(child, where, found, depth + 1))
    return tuple(children)


def _single(value: Mapping[str, Any], path: str) -> Condition:
    name, invert, params = value["condition"], value.get("invert", False), value.get("params")
    if not isinstance(name, str) or not name:
        raise DescriptorError("Is the name of a condition.", path=f"{path}.condition")
    if isinstance(invert, str) and invert.lower() in ("true", "false"):
        invert = invert.lower() == "true"
    if not isinstance(invert, bool):
        raise DescriptorError("Is true or false.", path=f"{path}.invert")
    if params is not None and not isinstance(params, Mapping):
        raise DescriptorError("Is an object of names and values.", path=f"{path}.params")
    return Condition(name, invert, dict(params or {}))
