"""The value of one field of an issue as apps write it: what it means to the store, or what is wrong with it.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from ..adf import from_text, to_text
from ..adf_schema import problem_of
from ..issue_fields import field_options
from ..store.jira_setup import ISSUE_TYPES, PRIORITIES, RESOLUTIONS
from ..store.values import Field, Issue
from .finding import find_issue
from .jira_basics import read_duration
from .operations import Call, RestError

__all__ = ["MAX_SUMMARY", "BadValueError", "FieldReader", "document", "is_version_2", "named"]

MAX_SUMMARY: Final = 255
_MAX_TEXT: Final = 32_767
_MAX_LABEL: Final = 255
_ESTIMATES: Final = {"originalEstimate": "timeoriginalestimate", "remainingEstimate": "timeestimate"}


class BadValueError(Exception):
    """What is wrong with the value of one field."""


def is_version_2(call: Call) -> bool:
    """Whether texts are plain, as in version 2 of the REST."""
    return call.path.startswith("/rest/api/2/")


def named(value: object, known: Mapping[str, Any]) -> Any:
    """Find what ``{"id": …}`` or ``{"name": …}`` names among values with an id and a name. None: nothing."""
    if not isinstance(value, Mapping):
        return None
    number, name = value.get("id"), value.get("name")
    if number is not None:
        return next((one for one in known.values() if one.id == str(number)), None)
    return next((one for one in known.values() if one.name == name), None)


def document(call: Call, value: object) -> dict[str, Any] | None:
    """Read a text: a document in Atlassian Document Format, or in version 2 plain text. None: it is empty.

    :raises BadValueError: it is no text of that kind, or too long.
    :raises RestError: a document has in it what it must not have.
    """
    if value is None:
        return None
    if is_version_2(call):
        if not isinstance(value, str) or len(value) > _MAX_TEXT:
            raise BadValueError(f"Operation value must be a string of at most {_MAX_TEXT} characters.")
        return from_text(value)
    if not isinstance(value, dict) or value.get("type") != "doc" or value.get("version") != 1:
        raise BadValueError("Operation value must be an Atlassian Document (see the Atlassian Document Format).")
    problem = problem_of(value)
    if problem is not None:  # hosts say no more than the first word
        raise RestError(400, f"INVALID_INPUT: {problem}")
    if len(to_text(value)) > _MAX_TEXT:
        raise BadValueError(f"The entered text is too long. It exceeds the allowed limit of {_MAX_TEXT:,} characters.")
    return value


class FieldReader:
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
        raise BadValueError(f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")

    def _summary(self, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise BadValueError("You must specify a summary of the issue.")
        if len(value) > MAX_SUMMARY or "\n" in value or "\r" in value:
            raise BadValueError(
                f"The summary is invalid because it is longer than {MAX_SUMMARY} characters or one line."
            )
        return value

    def _text(self, value: Any) -> dict[str, Any] | None:
        return document(self._call, value)

    def _issue_type(self, value: Any) -> str:
        kind = named(value, ISSUE_TYPES)
        if kind is None:
            raise BadValueError("Specify a valid issue type")
        return str(kind.name)

    def _priority(self, value: Any) -> str:
        priority = named(value, PRIORITIES)
        if priority is None:
            raise BadValueError("The priority selected is invalid.")
        return str(priority.name)

    def _resolution(self, value: Any) -> str:
        resolution = named(value, RESOLUTIONS)
        if resolution is None:
            raise BadValueError("The resolution selected is invalid.")
        return str(resolution.name)

    def _person(self, value: Any) -> str | None:
        if isinstance(value, Mapping) and not value.keys() & {"accountId", "id"}:
            raise BadValueError("Users are named by their accountId.")  # not by name, as before GDPR
        account_id = value.get("accountId", value.get("id")) if isinstance(value, Mapping) else value
        if account_id is None:
            return None
        person = self._call.site.person(account_id) if isinstance(account_id, str) else None
        if person is None or not person.active:
            raise BadValueError("Specify a valid value: there is no such user, or the account is deactivated.")
        return person.account_id

    def _reporter(self, value: Any) -> str:
        account_id = self._person(value)
        if account_id is None:
            raise BadValueError("Reporter is required.")
        return account_id

    def _labels(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadValueError("data was not an array of strings")
        for label in value:
            if not label or len(label) > _MAX_LABEL or re.search(r"\s", label):
                raise BadValueError(f"The label '{label[:50]}' contains spaces which is invalid, is empty or too long.")
        return tuple(dict.fromkeys(value))

    def _parent(self, value: Any) -> str | None:
        if value is None or (isinstance(value, Mapping) and value.get("none") is True):
            return None
        try:
            return find_issue(
                self._call, str(value.get("id") or value.get("key")) if isinstance(value, Mapping) else ""
            ).id
        except RestError:
            raise BadValueError("Could not find issue by id or key.") from None

    def _components(self, value: Any) -> list[dict[str, str]]:
        return self._several(value, self._call.site.content.components(self._project), "Component")

    def _versions(self, value: Any) -> list[dict[str, str]]:
        return self._several(value, self._call.site.content.project_versions(self._project), "Version")

    def _several(self, value: Any, known: Sequence[Any], what: str) -> list[dict[str, str]]:
        if not isinstance(value, list):
            raise BadValueError("data was not an array")
        found = [named(one, {each.id: each for each in known}) for one in value]
        if None in found:
            raise BadValueError(f"{what} is not valid for project {self._project}.")
        return [{"id": one.id, "name": one.name} for one in found]

    def _date(self, value: Any) -> str | None:
        if value is None:
            return None
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise BadValueError("Error parsing date string: it must be YYYY-MM-DD.") from None

    def _time_tracking(self, value: Any) -> dict[str, int]:
        """The estimates of a value, by the names of the fields that keep them, in seconds."""
        if not isinstance(value, Mapping) or not value or value.keys() - _ESTIMATES.keys():
            raise BadValueError("Time tracking has an originalEstimate and a remainingEstimate.")
        found = {_ESTIMATES[name]: read_duration(str(text)) for name, text in value.items()}
        if any(seconds is None for seconds in found.values()):
            raise BadValueError("An estimate is a time such as 2d 3h.")
        return {name: seconds for name, seconds in found.items() if seconds is not None}

    def _custom_value(self, field: Field, value: Any) -> Any:
        if value is None:
            return None
        if field.type == "read_only":
            raise BadValueError(f"Field '{field.id}' is read-only: it shows a property of the issue.")
        if field.type == "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadValueError("Operation value must be a number")
            return value
        if field.type in ("option", "options"):
            known = {str(one.id): {"id": one.id, "value": one.value} for one in field_options(self._call.site, field)}
            given = value if isinstance(value, list) else [value]
            chosen = [known.get(str(one.get("id"))) if isinstance(one, Mapping) else None for one in given]
            if None in chosen or (field.type == "options") != isinstance(value, list):
                raise BadValueError("Specify the value by the id of an option of this field.")
            return chosen if field.type == "options" else chosen[0]
        if field.type == "text":
            return document(self._call, value)
        if not isinstance(value, str) or len(value) > MAX_SUMMARY:
            raise BadValueError(f"Operation value must be a string of at most {MAX_SUMMARY} characters")
        return value


_READERS: Final[Mapping[str, Callable[[FieldReader, Any], Any]]] = {
    "summary": FieldReader._summary,
    "description": FieldReader._text,
    "environment": FieldReader._text,
    "issuetype": FieldReader._issue_type,
    "priority": FieldReader._priority,
    "resolution": FieldReader._resolution,
    "assignee": FieldReader._person,
    "reporter": FieldReader._reporter,
    "labels": FieldReader._labels,
    "parent": FieldReader._parent,
    "components": FieldReader._components,
    "fixVersions": FieldReader._versions,
    "versions": FieldReader._versions,
    "duedate": FieldReader._date,
    "timetracking": FieldReader._time_tracking,
}
