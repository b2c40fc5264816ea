"""Conditions on properties: of the app, and of what the viewer looks at.

Source: *Entity property conditions* in *Conditions*, https://developer.atlassian.com/cloud/jira/platform/conditions/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from ...protocol.condition_trees import Condition
from .asked import Asked
from .context import url_context

__all__ = ["check_property", "is_property_condition"]

_MISSING: Final = object()
_MARK: Final = "_property_"


def is_property_condition(name: str) -> bool:
    """Whether a condition is about a property that the sandbox can read."""
    owner, mark, kind = name.partition(_MARK)
    return bool(mark) and owner in ("addon", "entity", "content", "space") and kind in _KINDS


def check_property(asked: Asked, single: Condition) -> bool | None:
    """Decide a condition on a property. None: it cannot be decided.

    :raises ValueError: the ``value`` is no JSON, or a parameter is missing.
    """
    owner, _, kind = single.name.partition(_MARK)
    key = single.params.get("propertyKey")
    if not isinstance(key, str) or not key:
        raise ValueError("propertyKey is missing")
    entity = str(single.params.get("entity", "")).lower() if owner == "entity" else owner
    readable, value = _read(asked, entity, key)
    if not readable:
        return None
    path = single.params.get("objectName")
    if isinstance(path, str) and path and value is not _MISSING:
        value = _at(value, path)
    if kind == "exists":
        return value is not _MISSING
    return _KINDS[kind](asked, value, single.params)


def _read(asked: Asked, entity: str, key: str) -> tuple[bool, Any]:
    """Whether the owner is one that can be asked, and the value. A place without the owner has no value."""
    if entity == "addon":
        try:
            return True, asked.installation.properties.get(key)
        except KeyError:
            return True, _MISSING
    found, jira = asked.found, asked.site.product == "jira"
    owners: dict[str, tuple[str, str | None]] = (
        {
            "issue": ("issue", found.issue.id if found.issue else None),
            "project": ("project", found.project.id if found.project else None),
            "dashboarditem": ("dashboard_item", asked.situation.values.get("dashboardItem.id")),
            "user": ("jira-user", found.person.account_id if found.person else None),
        }
        if jira
        else {
            "content": ("page", found.page.id if found.page else None),
            "space": ("space", found.space.id if found.space else None),
        }
    )
    if entity not in owners:
        return False, _MISSING
    kind, owner_id = owners[entity]
    if owner_id is None:
        return True, _MISSING
    try:
        return True, asked.site.entity_properties.get((kind, owner_id), key).value
    except KeyError:
        return True, _MISSING


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return _MISSING
        value = value[name]
    return value


def _wanted(params: Mapping[str, Any]) -> Any:
    """The ``value`` of a condition: text that is JSON."""
    value = params.get("value")
    if not isinstance(value, str):
        raise ValueError("value is no text")
    return json.loads(value)


def _equal(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1, and 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _equal_to(asked: Asked, value: Any, params: Mapping[str, Any]) -> bool:
    return _equal(value, _wanted(params))


def _contained(value: Any, params: Mapping[str, Any]) -> list[bool]:
    wanted = _wanted(params)
    there = value if isinstance(value, list) else []
    return [any(_equal(one, other) for other in there) for one in (wanted if isinstance(wanted, list) else [wanted])]


def _from_context(asked: Asked, params: Mapping[str, Any]) -> str | None:
    """The value of the context variable that a condition names, with or without braces."""
    name = params.get("contextParameter") or params.get("value")
    if not isinstance(name, str):
        raise ValueError("no context parameter is named")
    return url_context(asked.site, asked.situation).get(name.strip(' "${}'))


def _equal_to_context(asked: Asked, value: Any, params: Mapping[str, Any]) -> bool:
    here = _from_context(asked, params)
    return here is not None and not isinstance(value, bool | list | dict) and str(value) == here


def _contains_context(asked: Asked, value: Any, params: Mapping[str, Any]) -> bool:
    here = _from_context(asked, params)
    return here is not None and isinstance(value, list) and here in [str(one) for one in value]


_KINDS: Final[Mapping[str, Callable[[Asked, Any, Mapping[str, Any]], bool | None]]] = {
    "exists": lambda asked, value, params: value is not _MISSING,
    "equal_to": _equal_to,
    "equal_to_context": _equal_to_context,
    "contains_any": lambda asked, value, params: any(_contained(value, params)),
    "contains_all": lambda asked, value, params: isinstance(value, list) and all(_contained(value, params)),
    "contains_context": _contains_context,
    "contains_any_user_group": lambda asked, value, params: asked.in_any_group(value),
}
