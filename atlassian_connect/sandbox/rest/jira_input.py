"""Fields of issues as apps write them: what they mean to the store, and what is wrong with them.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from ..adf import from_text, is_document
from ..issue_fields import custom_fields, field_options
from ..store.jira_setup import ISSUE_TYPES, PRIORITIES, RESOLUTIONS
from ..store.values import Field, Issue
from .finding import find_issue
from .operations import Call, RestError

__all__ = ["MAX_SUMMARY", "is_version_2", "named", "read_changes", "read_document"]

MAX_SUMMARY: Final = 255
_MAX_TEXT: Final = 32_767
_MAX_LABEL: Final = 255
#: Name of the field, and what the store calls it.
_ATTRIBUTES: Final = {"issuetype": "issue_type", "parent": "parent_id"}
_OWN: Final = frozenset(
    {"summary", "description", "issuetype", "priority", "assignee", "reporter", "labels", "parent", "resolution"}
)
_LISTS: Final = frozenset({"labels", "components", "fixVersions", "versions"})


class _BadValueError(Exception):
    """What is wrong with the value of one field."""


def read_changes(
    call: Call,
    body: Mapping[str, Any],
    *,
    project_key: str,
    before: Issue | None = None,
    never: Sequence[str] = (),
) -> dict[str, Any]:
    """Read ``fields`` and ``update`` of a body.

    :param before: the issue that is changed; None for a new one.
    :param never: fields that cannot be set by this operation.
    :return: arguments for the store, by the names of :class:`..store.values.Issue`.
    :raises RestError: 400 with a message for each field that is wrong.
    """
    fields, update = body.get("fields") or {}, body.get("update") or {}
    if not isinstance(fields, Mapping) or not isinstance(update, Mapping):
        raise RestError(400, "fields and update must be objects.")
    errors: dict[str, str] = {
        name: f"Field '{name}' was given twice, in fields and in update." for name in fields.keys() & update.keys()
    }
    changes: dict[str, Any] = {}
    others: dict[str, Any] = {}
    custom = {field.id: field for field in custom_fields(call.site)}
    reader = _Reader(call, project_key, custom)
    wanted = dict(fields)
    for name, operations in update.items():
        if name in errors or name == "comment":
            continue
        try:
            wanted[name] = _updated(reader.current(before, name), name, operations)
        except _BadValueError as error:
            errors[name] = str(error)
    for name, value in wanted.items():
        if name in errors:
            continue
        try:
            if name in never:
                raise _BadValueError(f"Field '{name}' cannot be set by this operation.")
            read = reader.read(name, value)
        except _BadValueError as error:
            errors[name] = str(error)
            continue
        attribute: str = _ATTRIBUTES.get(name) or name
        (changes if name in _OWN else others)[attribute] = read
    if errors:
        raise RestError(400, "The fields cannot be set like that.", errors=errors)
    return changes | ({"fields": others} if others else {})


def read_document(call: Call, value: object, name: str = "body") -> dict[str, Any]:
    """Read a text that must not be empty: a document in Atlassian Document Format, or in version 2 plain text.

    :raises RestError: it is none.
    """
    try:
        document = _document(call, value)
    except _BadValueError as error:
        raise RestError(400, str(error), errors={name: str(error)}) from None
    if document is None:
        raise RestError(400, "", errors={name: "A text must not be empty."})
    return document


def is_version_2(call: Call) -> bool:
    """Whether texts are plain, as in version 2 of the REST."""
    return call.path.startswith("/rest/api/2/")


def named(value: object, known: Mapping[str, Any]) -> Any:
    """Find what ``{"id": …}`` or ``{"name": …}`` names among values with an id and a name. None: nothing."""
    if not isinstance(value, Mapping):
        return None
    number, name = str(value.get("id", "")), str(value.get("name", ""))
    return next((one for one in known.values() if one.id == number or (not number and one.name == name)), None)


def _document(call: Call, value: object) -> dict[str, Any] | None:
    if value is None:
        return None
    if is_version_2(call):
        if not isinstance(value, str) or len(value) > _MAX_TEXT:
            raise _BadValueError(f"Operation value must be a string of at most {_MAX_TEXT} characters.")
        return from_text(value)
    if not isinstance(value, dict) or not is_document(value):
        raise _BadValueError("Operation value must be an Atlassian Document (see the Atlassian Document Format).")
    return value


def _updated(current: list[Any], name: str, operations: object) -> Any:
    """What a field becomes by ``[{"set": …}, {"add": …}, {"remove": …}]``."""
    if not isinstance(operations, list) or not operations:
        raise _BadValueError("An update is a list of operations.")
    value: Any = list(current)
    for operation in operations:
        if not isinstance(operation, Mapping) or len(operation) != 1:
            raise _BadValueError("An operation is an object with one verb.")
        verb, given = next(iter(operation.items()))
        if verb == "set":
            value = given
        elif verb == "add" and name in _LISTS and isinstance(value, list):
            value = value if given in value else [*value, given]
        elif verb == "remove" and name in _LISTS and isinstance(value, list):
            value = [one for one in value if one != given and not _same(one, given)]
        else:
            raise _BadValueError(f"Field '{name}' does not support the operation '{verb}'.")
    return value


def _same(one: object, other: object) -> bool:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    return any(part in other and one.get(part) == other[part] for part in ("id", "name"))


class _Reader:
    """Reads the values of fields for one project."""

    def __init__(self, call: Call, project_key: str, custom: Mapping[str, Field]) -> None:
        self._call, self._project, self._custom = call, project_key, custom

    def current(self, before: Issue | None, name: str) -> list[Any]:
        if before is None:
            return []
        value = before.labels if name == "labels" else before.fields.get(name)
        return list(value) if isinstance(value, list | tuple) else []

    def read(self, name: str, value: Any) -> Any:
        own = _READERS.get(name)
        if own is not None:
            return own(self, value)
        if name in self._custom:
            return self._custom_value(self._custom[name], value)
        raise _BadValueError(f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")

    def _summary(self, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise _BadValueError("You must specify a summary of the issue.")
        if len(value) > MAX_SUMMARY or "\n" in value or "\r" in value:
            raise _BadValueError(
                f"The summary is invalid because it is longer than {MAX_SUMMARY} characters or one line."
            )
        return value

    def _text(self, value: Any) -> dict[str, Any] | None:
        return _document(self._call, value)

    def _issue_type(self, value: Any) -> str:
        kind = named(value, ISSUE_TYPES)
        if kind is None:
            raise _BadValueError("Specify a valid issue type")
        return str(kind.name)

    def _priority(self, value: Any) -> str:
        priority = named(value, PRIORITIES)
        if priority is None:
            raise _BadValueError("The priority selected is invalid.")
        return str(priority.name)

    def _resolution(self, value: Any) -> str:
        resolution = named(value, RESOLUTIONS)
        if resolution is None:
            raise _BadValueError("The resolution selected is invalid.")
        return str(resolution.name)

    def _person(self, value: Any) -> str | None:
        account_id = value.get("accountId", value.get("id")) if isinstance(value, Mapping) else value
        if value is None or account_id is None:
            return None
        person = self._call.site.person(account_id) if isinstance(account_id, str) else None
        if person is None or not person.active:
            raise _BadValueError("Specify a valid value: there is no such user, or the account is deactivated.")
        return person.account_id

    def _reporter(self, value: Any) -> str:
        account_id = self._person(value)
        if account_id is None:
            raise _BadValueError("Reporter is required.")
        return account_id

    def _labels(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise _BadValueError("data was not an array of strings")
        for label in value:
            if not label or len(label) > _MAX_LABEL or re.search(r"\s", label):
                raise _BadValueError(
                    f"The label '{label[:50]}' contains spaces which is invalid, is empty or too long."
                )
        return tuple(dict.fromkeys(value))

    def _parent(self, value: Any) -> str | None:
        if value is None or (isinstance(value, Mapping) and value.get("none") is True):
            return None
        try:
            return find_issue(
                self._call, str(value.get("id") or value.get("key")) if isinstance(value, Mapping) else ""
            ).id
        except RestError:
            raise _BadValueError("Could not find issue by id or key.") from None

    def _components(self, value: Any) -> list[dict[str, str]]:
        return self._several(value, self._call.site.content.components(self._project), "Component")

    def _versions(self, value: Any) -> list[dict[str, str]]:
        return self._several(value, self._call.site.content.project_versions(self._project), "Version")

    def _several(self, value: Any, known: Sequence[Any], what: str) -> list[dict[str, str]]:
        if not isinstance(value, list):
            raise _BadValueError("data was not an array")
        found = [named(one, {each.id: each for each in known}) for one in value]
        if None in found:
            raise _BadValueError(f"{what} is not valid for project {self._project}.")
        return [{"id": one.id, "name": one.name} for one in found]

    def _date(self, value: Any) -> str | None:
        if value is None:
            return None
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise _BadValueError("Error parsing date string: it must be YYYY-MM-DD.") from None

    def _custom_value(self, field: Field, value: Any) -> Any:
        if value is None:
            return None
        if field.type == "read_only":
            raise _BadValueError(f"Field '{field.id}' is read-only: it shows a property of the issue.")
        if field.type == "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _BadValueError("Operation value must be a number")
            return value
        if field.type in ("option", "options"):
            known = {str(one.id): {"id": one.id, "value": one.value} for one in field_options(self._call.site, field)}
            given = value if isinstance(value, list) else [value]
            chosen = [known.get(str(one.get("id"))) if isinstance(one, Mapping) else None for one in given]
            if None in chosen or (field.type == "options") != isinstance(value, list):
                raise _BadValueError("Specify the value by the id of an option of this field.")
            return chosen if field.type == "options" else chosen[0]
        if field.type == "text":
            return _document(self._call, value)
        if not isinstance(value, str) or len(value) > MAX_SUMMARY:
            raise _BadValueError(f"Operation value must be a string of at most {MAX_SUMMARY} characters")
        return value


_READERS: Final[Mapping[str, Callable[[_Reader, Any], Any]]] = {
    "summary": _Reader._summary,
    "description": _Reader._text,
    "environment": _Reader._text,
    "issuetype": _Reader._issue_type,
    "priority": _Reader._priority,
    "resolution": _Reader._resolution,
    "assignee": _Reader._person,
    "reporter": _Reader._reporter,
    "labels": _Reader._labels,
    "parent": _Reader._parent,
    "components": _Reader._components,
    "fixVersions": _Reader._versions,
    "versions": _Reader._versions,
    "duedate": _Reader._date,
}
