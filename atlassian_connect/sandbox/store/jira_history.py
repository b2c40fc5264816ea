"""What an edit of an issue changed, as its changelog says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .jira_setup import ISSUE_TYPES, PRIORITIES, RESOLUTIONS, STATUSES
from .values import Issue

__all__ = ["adf", "items_between", "text_of"]

#: Attribute of an issue, and the name of its field.
_FIELDS: Final = (
    ("summary", "summary"),
    ("description", "description"),
    ("issue_type", "issuetype"),
    ("status", "status"),
    ("resolution", "resolution"),
    ("priority", "priority"),
    ("assignee", "assignee"),
    ("reporter", "reporter"),
    ("labels", "labels"),
    ("parent_id", "parent"),
)
_NAMED: Final[dict[str, dict[str, Any]]] = {
    "issue_type": ISSUE_TYPES,
    "status": STATUSES,
    "resolution": RESOLUTIONS,
    "priority": PRIORITIES,
}


def items_between(before: Issue, after: Issue, name_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """What is different, one item per field.

    :param name_of: tells the name of an account.
    """
    items = []
    for attribute, name in _FIELDS:
        was, now = getattr(before, attribute), getattr(after, attribute)
        if was != now:
            old, new = _written(attribute, was, name_of), _written(attribute, now, name_of)
            items.append(_item(name, "jira", old, new))
    for name in sorted(before.fields.keys() | after.fields.keys()):
        was, now = before.fields.get(name), after.fields.get(name)
        if was != now:
            kind = "custom" if name.startswith("customfield_") else "jira"
            items.append(_item(name, kind, (None, text_of(was)), (None, text_of(now))))
    return items


def _item(name: str, kind: str, old: tuple[str | None, str], new: tuple[str | None, str]) -> dict[str, Any]:
    return {
        "field": name,
        "fieldtype": kind,
        "fieldId": name,
        "from": old[0],
        "fromString": old[1],
        "to": new[0],
        "toString": new[1],
    }


def _written(attribute: str, value: Any, name_of: Callable[[str], str]) -> tuple[str | None, str]:
    """The id of a value, where it has one, and its text."""
    if value is None:
        return None, ""
    if attribute in _NAMED:
        known = _NAMED[attribute].get(value)
        return (known.id if known else None), value
    if attribute in ("assignee", "reporter"):
        return value, name_of(value)
    if attribute == "labels":
        return None, " ".join(value)
    if attribute == "parent_id":
        return value, value
    return None, text_of(value)


def text_of(value: Any) -> str:
    """The text of a value: of a document in Atlassian Document Format its paragraphs, one per line."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(text_of(one) for one in value)
    if not isinstance(value, dict):
        return str(value)
    if "content" in value and "text" not in value:
        between = "\n" if value.get("type") == "doc" else ""
        return between.join(text_of(one) for one in value["content"])
    return next(
        (str(value[name]) for name in ("text", "displayName", "name", "value", "key", "id") if name in value), ""
    )


def adf(*paragraphs: str) -> dict[str, Any]:
    """Some paragraphs of text as a document in Atlassian Document Format."""
    content = [
        {"type": "paragraph", "content": [{"type": "text", "text": text}] if text else []} for text in paragraphs
    ]
    return {"version": 1, "type": "doc", "content": content}
