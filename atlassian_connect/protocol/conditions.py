"""Conditions: when a host shows a module. The catalogue of names, checking, and writing them in code.

Conditions decide what is shown, never what is allowed: the route behind a module has to check for itself.

Source: *Conditions*, https://developer.atlassian.com/cloud/jira/platform/conditions/ and the same for Confluence. The
table of names is ``data/conditions.csv``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

from ..errors import DescriptorError
from ..types import Product
from .condition_trees import AllOf, AnyOf, Condition, ConditionTree, checked_tree, parse_conditions, single_conditions
from .modules import catalogue_rows

__all__ = [
    "ConditionLike",
    "KnownCondition",
    "all_of",
    "any_of",
    "check_conditions",
    "condition",
    "conditions_json",
    "known_conditions",
    "property_equals",
]

#: Whose properties have conditions of their own; all others are named by the parameter ``entity``.
_PROPERTY_OWNERS: Final = frozenset({"addon", "content", "space"})
#: What a module's ``conditions`` may be in code: one, a combination, the descriptor's JSON, or a list of those.
ConditionLike: TypeAlias = ConditionTree | Mapping[str, Any] | Sequence[ConditionTree | Mapping[str, Any]]


# --- the catalogue ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownCondition:
    """One row of the catalogue. A condition that is missing there may exist all the same.

    :ivar required: parameters without which it cannot be decided.
    :ivar further: whether it may take parameters that no documentation lists.
    :ivar inline: whether ``{condition.NAME}`` in a URL works with it.
    """

    name: str
    required: frozenset[str]
    optional: frozenset[str]
    further: bool
    inline: bool


@cache
def known_conditions(product: Product | None = None) -> Mapping[str, KnownCondition]:
    """The conditions a product has by itself: name → :class:`KnownCondition`. Other apps bring more.

    :param product: None: both products taken together. A parameter is required then when both require it, and may be
        given when one of them takes it.
    """
    known: dict[str, KnownCondition] = {}
    for row in catalogue_rows("conditions.csv"):
        if product is None or row["product"] in (product, "both"):
            read, before = _condition_of(row), known.get(row["condition"])
            known[read.name] = _merged(before, read) if before else read
    return known


def _condition_of(row: Mapping[str, str]) -> KnownCondition:
    return KnownCondition(
        name=row["condition"],
        required=frozenset(filter(None, row["required"].split(";"))),
        optional=frozenset(filter(None, row["optional"].split(";"))),
        further=row["further"] == "y",
        inline=row["inline"] == "y",
    )


def _merged(one: KnownCondition, other: KnownCondition) -> KnownCondition:
    required = one.required & other.required
    return KnownCondition(
        name=one.name,
        required=required,
        optional=(one.required | one.optional | other.required | other.optional) - required,
        further=one.further or other.further,
        inline=one.inline and other.inline,
    )


def check_conditions(
    value: object, *, product: Product | None = None, path: str = "conditions"
) -> list[tuple[str, str]]:
    """Check conditions and return what is probably not meant, as pairs of path and sentence.

    Hosts take unknown names and parameters, so those are in the list and do not raise.

    :param product: None: what one of the products knows is known.
    :raises DescriptorError: the structure is wrong.
    """
    catalogue = known_conditions(product)
    notes: list[tuple[str, str]] = []
    for where, single in single_conditions(value, path=path):
        known = catalogue.get(single.name)
        if "/" in single.name:
            notes.append(
                (f"{where}.condition", "Remote conditions are no longer documented; hosts may never ask this URL.")
            )
        elif known is None:
            notes.append((f"{where}.condition", f"{single.name!r} is a condition that no host is known to have."))
        else:
            notes.extend((f"{where}.params{name}", text) for name, text in _param_faults(single, known))
    return notes


def _param_faults(single: Condition, known: KnownCondition) -> Iterator[tuple[str, str]]:
    """What is wrong with the parameters of a known condition: pairs of ``.name`` and a sentence."""
    for name in sorted(known.required):
        if single.params.get(name) in (None, ""):
            yield f".{name}", f"{single.name} needs the parameter {name}."
    if single.params and not known.further:
        allowed = known.required | known.optional
        for name in sorted(set(single.params) - allowed):
            yield f".{name}", f"{single.name} has no parameter {name}; it has {', '.join(sorted(allowed)) or 'none'}."
    value = single.params.get("value")
    if "_property_" in single.name and value is not None and not _is_json(value):
        yield ".value", 'Is text that is JSON: "true", "42", "\\"text\\"".'


def _is_json(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


# --- writing ----------------------------------------------------------------------------------------------------------


def condition(name: str, /, *, invert: bool = False, **params: Any) -> Condition:
    """Write a condition: ``condition("has_project_permission", permission="BROWSE_PROJECTS")``.

    Combine with ``&``, ``|`` and ``~``, or with :func:`all_of` and :func:`any_of`. Names outside the catalogue pass:
    other apps bring conditions too.

    :param params: spelt as in the documentation. The ``value`` of a condition on properties is text that is JSON; give
        anything but a string and it is written so, or use :func:`property_equals`.
    :raises DescriptorError: a known condition lacks a parameter or does not have this one.
    """
    if "_property_" in name and "value" in params and not isinstance(params["value"], str):
        params["value"] = json.dumps(params["value"], ensure_ascii=False)
    single = Condition(name, invert, params)
    if not name:
        raise DescriptorError("A condition has a name.", path="condition")
    known = known_conditions().get(name)
    if known is not None:
        for where, text in _param_faults(single, known):
            raise DescriptorError(text, path=f"condition {name!r}{where}")
    return single


def property_equals(owner: str, key: str, value: Any, *, object_name: str | None = None) -> Condition:
    """Write the condition that a property has a value.

    :param owner: ``addon`` for a property of the app on the site; ``content`` or ``space`` in Confluence; ``issue``,
        ``project``, ``user``, ``issuetype``, ``comment`` or ``dashboarditem`` in Jira.
    :param key: of the property.
    :param value: any JSON value; a string is a string here, quotes and all are written for you.
    :param object_name: dotted path into the property's value; None: the value itself.
    """
    params: dict[str, Any] = {} if owner in _PROPERTY_OWNERS else {"entity": owner}
    params["propertyKey"] = key
    if object_name is not None:
        params["objectName"] = object_name
    prefix = owner if owner in _PROPERTY_OWNERS else "entity"
    return condition(f"{prefix}_property_equal_to", **params, value=json.dumps(value, ensure_ascii=False))


def all_of(*conditions: ConditionTree) -> AllOf:
    """Hold when all of these do."""
    return AllOf(tuple(map(checked_tree, conditions)))


def any_of(*conditions: ConditionTree) -> AnyOf:
    """Hold when one of these does.

    :raises DescriptorError: there are none, so nobody would ever see the module.
    """
    if not conditions:
        raise DescriptorError("any_of() of nothing never holds.", path="conditions")
    return AnyOf(tuple(map(checked_tree, conditions)))


def conditions_json(value: ConditionLike, *, path: str = "conditions") -> list[dict[str, Any]]:
    """Write what code gives as ``conditions`` the way a descriptor has it: a list, all of which must hold.

    JSON that is given stays as it is, once it is checked.

    :raises DescriptorError: it is no condition; ``path`` says where.
    """
    if isinstance(value, AllOf):
        return [child.to_json() for child in value.children]
    if isinstance(value, Condition | AnyOf | Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        raise DescriptorError("Is a condition, or a list of them.", path=path)
    written = [entry.to_json() if isinstance(entry, Condition | AllOf | AnyOf) else entry for entry in value]
    parse_conditions(written, path=path)
    return written
