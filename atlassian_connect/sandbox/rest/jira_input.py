"""What apps write about issues: fields and updates of them, texts and comments.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol, TypeVar

from ..issue_fields import custom_fields
from ..store.content import HierarchyError
from ..store.entity_properties import MAX_KEY_LENGTH, MAX_VALUE_LENGTH
from ..store.values import Issue
from .jira_values import BadValueError, FieldReader, document
from .operations import Call, RestError

__all__ = [
    "MAX_LISTED",
    "check_property",
    "hierarchy_kept",
    "listed",
    "new_comments",
    "put_properties",
    "read_changes",
    "read_comment",
    "read_description",
    "read_document",
    "read_properties",
    "read_text",
    "refuse_visibility",
]


class _OnIssue(Protocol):
    @property
    def issue_id(self) -> str: ...


T = TypeVar("T", bound=_OnIssue)

#: Name of the field, and what the store calls it.
_ATTRIBUTES: Final = {"issuetype": "issue_type", "parent": "parent_id"}
_OWN: Final = frozenset(
    {"summary", "description", "issuetype", "priority", "assignee", "reporter", "labels", "parent", "resolution"}
)
MAX_LISTED: Final = 1000
_MAX_DESCRIPTION: Final = 4000
_LISTS: Final = frozenset({"labels", "components", "fixVersions", "versions"})


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
    reader = FieldReader(call, project_key, custom)
    wanted = dict(fields)
    for name, operations in update.items():
        if name in errors or name == "comment":
            continue
        try:
            wanted[name] = _updated(reader.current(before, name), name, operations)
        except BadValueError as error:
            errors[name] = str(error)
    for name, value in wanted.items():
        if name in errors:
            continue
        try:
            if name in never:
                raise BadValueError(f"Field '{name}' cannot be set by this operation.")
            read = reader.read(name, value)
        except BadValueError as error:
            errors[name] = str(error)
            continue
        if name == "timetracking":  # one field to apps, two to the store
            others |= read
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
        read = document(call, value)
    except BadValueError as error:
        raise RestError(400, str(error), errors={name: str(error)}) from None
    if read is None:
        raise RestError(400, "", errors={name: "A text must not be empty."})
    return read


def _updated(current: list[Any], name: str, operations: object) -> Any:
    """What a field becomes by ``[{"set": …}, {"add": …}, {"remove": …}]``."""
    if not isinstance(operations, list) or not operations:
        raise BadValueError("An update is a list of operations.")
    value: Any = list(current)
    for operation in operations:
        if not isinstance(operation, Mapping) or len(operation) != 1:
            raise BadValueError("An operation is an object with one verb.")
        verb, given = next(iter(operation.items()))
        if verb == "set":
            value = given
        elif verb == "add" and name in _LISTS and isinstance(value, list):
            value = value if given in value else [*value, given]
        elif verb == "remove" and name in _LISTS and isinstance(value, list):
            value = [one for one in value if one != given and not _same(one, given)]
        else:
            raise BadValueError(f"Field '{name}' does not support the operation '{verb}'.")
    return value


def _same(one: object, other: object) -> bool:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    return any(part in other and one.get(part) == other[part] for part in ("id", "name"))


def read_comment(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the text of a comment from its ``body``.

    :raises RestError: it is none, or is for some people only.
    """
    refuse_visibility(body)
    return read_document(call, body.get("body"), "comment")


def refuse_visibility(body: Mapping[str, Any]) -> None:
    """Refuse what is for a role or a group only: here it would be for all.

    :raises RestError: it is.
    """
    if body.get("visibility"):
        raise RestError(501, "The sandbox does not have visibility for roles and groups.")


def read_text(body: Mapping[str, Any], name: str, *, maximum: int = 255, required: bool = False) -> str | None:
    """Read a plain text of a body. None: it is not given, and need not be.

    :param required: it must be given. A text that need not be is either not given, or has something in it.
    :raises RestError: it is no text, is blank, or too long.
    """
    value = body.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or len(value) > maximum or not value.strip():
        raise RestError(400, "", errors={name: f"It must be a text of 1 to {maximum} characters."})
    return value


def read_description(body: Mapping[str, Any]) -> str | None:
    """Read ``description`` of a body: a plain text, which may be empty. None: it is not given.

    :raises RestError: it is no text, or too long.
    """
    return "" if body.get("description") == "" else read_text(body, "description", maximum=_MAX_DESCRIPTION)


def listed(call: Call, get: Callable[[str], T]) -> list[T]:
    """What a body names by ``ids``; what is not there, or not for this call, is left out.

    :param get: finds something on an issue by its id.
    :raises RestError: there is no such list, or it is too long.
    """
    ids = call.json_object().get("ids")
    if not isinstance(ids, list) or not ids or len(ids) > MAX_LISTED:
        raise RestError(400, f"ids must be a list of 1 to {MAX_LISTED} ids.")
    found = []
    for one in dict.fromkeys(str(one) for one in ids):
        with suppress(KeyError):
            value = get(one)
            if call.lists(call.site.content.issue(value.issue_id).project_key):
                found.append(value)
    return found


def read_properties(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read ``properties`` of a body: entity properties that are set together with what the body is about.

    :raises RestError: they are none.
    """
    given, found = body.get("properties") or [], dict[str, Any]()
    if not isinstance(given, list):
        raise RestError(400, "properties must be a list.")
    for one in given:
        if not isinstance(one, Mapping) or not isinstance(one.get("key"), str) or not one["key"] or "value" not in one:
            raise RestError(400, "A property has a key and a value.")
        check_property(one["key"], one["value"])
        found[one["key"]] = one["value"]
    return found


def check_property(key: str, value: Any) -> None:
    """Refuse a property that is too long.

    :raises RestError: its key or its value is.
    """
    if len(key) > MAX_KEY_LENGTH:
        raise RestError(400, f"The property key cannot be longer than {MAX_KEY_LENGTH} characters.")
    if len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) > MAX_VALUE_LENGTH:
        raise RestError(400, f"The property value cannot be longer than {MAX_VALUE_LENGTH} characters.")


def put_properties(call: Call, owner: tuple[str, str], properties: Mapping[str, Any]) -> None:
    """Write properties of something."""
    for key, value in properties.items():
        call.site.entity_properties.put(owner, key, value, call.account_id)


def new_comments(call: Call, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Comments that an update adds."""
    update = body.get("update")
    operations = update.get("comment", []) if isinstance(update, Mapping) else []
    if not isinstance(operations, list):
        raise RestError(400, "", errors={"comment": "An update is a list of operations."})
    found = []
    for one in operations:
        added = one.get("add") if isinstance(one, Mapping) else None
        if not isinstance(added, Mapping):
            raise RestError(400, "", errors={"comment": "Comments can be added here only."})
        found.append(read_comment(call, added))
    return found


@contextmanager
def hierarchy_kept() -> Iterator[None]:
    """Name the field when an issue and its parent do not fit.

    :raises RestError: they do not.
    """
    try:
        yield
    except HierarchyError as error:
        raise RestError(400, "", errors={error.field: str(error)}) from None
