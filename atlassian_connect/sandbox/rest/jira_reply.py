"""What is told of an issue: the fields that were asked for, and what ``expand`` adds.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-get
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..adf import to_html
from ..store.values import Issue
from .jira_fields import field_names, field_schema
from .jira_meta import editable_fields
from .jira_shapes import change_json, issue_json
from .jira_transitions import transitions_of
from .operations import Call, RestError

__all__ = ["Wanted", "descriptions", "issue_reply", "wanted_by_body", "wanted_by_query"]

#: Asked for as a field or not: these always come.
_ALWAYS: Final = frozenset({"id", "key", "self"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a call asks to be told of issues.

    :ivar fields: None: all.
    :ivar expand: parts by their names.
    :ivar properties: keys of properties of the issue, or ``*all``.
    """

    fields: frozenset[str] | None
    expand: frozenset[str] = frozenset()
    properties: frozenset[str] = frozenset()

    @property
    def id_only(self) -> bool:
        """Whether nothing but ids is asked for."""
        return self.fields is not None and not self.fields - {"id"}


def wanted_by_query(call: Call, *, default: frozenset[str] | None = None) -> Wanted:
    """Read ``fields``, ``expand`` and ``properties`` of the query.

    :param default: the fields when none is named; None for all.
    """
    parts = {name: _parts(call.query.getlist(name)) for name in ("fields", "expand", "properties")}
    return Wanted(_fields(call, parts["fields"], default), frozenset(parts["expand"]), frozenset(parts["properties"]))


def wanted_by_body(call: Call, body: Mapping[str, Any], *, default: frozenset[str] | None = None) -> Wanted:
    """Read the same of a body. ``expand`` may be a text, as searches have it, or a list.

    :raises RestError: one of them is something else.
    """
    parts = {}
    for name in ("fields", "expand", "properties"):
        value = body.get(name) or []
        value = [value] if isinstance(value, str) and name == "expand" else value
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise RestError(400, f"{name} must be a list of texts.")
        parts[name] = _parts(value)
    return Wanted(_fields(call, parts["fields"], default), frozenset(parts["expand"]), frozenset(parts["properties"]))


def _parts(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _fields(call: Call, names: list[str], default: frozenset[str] | None) -> frozenset[str] | None:
    """Names, ``*all``, ``*navigable``, and ``-name`` for all but some."""
    without = {name[1:] for name in names if name.startswith("-")}
    chosen = {name for name in names if not name.startswith("-")}
    if not names:
        return default
    if chosen & {"*all", "*navigable"} or not chosen:
        return frozenset(field_names(call.site).keys() - without) if without else None
    return frozenset(chosen - without)


def issue_reply(call: Call, issue: Issue, wanted: Wanted) -> dict[str, Any]:
    """An issue with what was asked for, but for :func:`descriptions` of its fields."""
    written = issue_json(issue, call.site, wanted.fields, me=_me(call), sees=call.lists)
    expand = wanted.expand
    if wanted.fields is not None and not wanted.fields - _ALWAYS:
        del written["fields"]
    if "renderedFields" in expand:
        written["renderedFields"] = {name: _rendered(value) for name, value in written.get("fields", {}).items()}
    if "transitions" in expand:
        written["transitions"] = transitions_of(call, issue)
    if "editmeta" in expand:
        written["editmeta"] = {"fields": editable_fields(call, issue.project_key)}
    if "changelog" in expand:
        history = [change_json(one, call.site) for one in reversed(call.site.content.history(issue.id))]
        count = len(history)
        written["changelog"] = {"startAt": 0, "maxResults": count, "total": count, "histories": history}
    if wanted.properties:
        found = call.site.entity_properties.all(("issue", issue.id))
        every = "*all" in wanted.properties
        written["properties"] = {one.key: one.value for one in found if every or one.key in wanted.properties}
    return written


def _me(call: Call) -> str | None:
    return call.person.account_id if call.person else None


def descriptions(call: Call, wanted: Wanted) -> dict[str, Any]:
    """The names and the schema of the fields that are told, where ``expand`` asks for them."""
    told: dict[str, Any] = {}
    for part, read in (("names", field_names), ("schema", field_schema)):
        if part in wanted.expand:
            every: Mapping[str, Any] = read(call.site)
            told[part] = {name: every[name] for name in every if wanted.fields is None or name in wanted.fields}
    return told


def _rendered(value: Any) -> Any:
    """A text as HTML, and comments with theirs. None for what is no text."""
    if not isinstance(value, Mapping):
        return None
    if value.get("type") == "doc":
        return str(to_html(value))
    if "comments" in value:
        return {**value, "comments": [{**one, "body": str(to_html(one["body"]))} for one in value["comments"]]}
    return None
