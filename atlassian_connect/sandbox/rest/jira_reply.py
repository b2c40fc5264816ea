"""What is told of an issue: the fields that were asked for, and what ``expand`` adds.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-get
"""

from __future__ import annotations

from typing import Any

from ..adf import to_html
from ..store.values import Issue
from .jira_fields import field_names, field_schema
from .jira_meta import editable_fields
from .jira_shapes import change_json, issue_json
from .jira_transitions import transitions_of
from .operations import Call

__all__ = ["field_list", "issue_reply"]


def issue_reply(call: Call, issue: Issue, fields: frozenset[str] | None) -> dict[str, Any]:
    """An issue with what ``expand`` asks for."""
    written = issue_json(issue, call.site, fields)
    if call.expands("renderedFields"):
        texts = {"description": issue.description, "environment": issue.fields.get("environment")}
        written["renderedFields"] = {
            name: str(to_html(texts[name])) if name in texts else None for name in written["fields"]
        }
    if call.expands("names"):
        every = field_names(call.site)
        written["names"] = {name: every[name] for name in written["fields"] if name in every}
    if call.expands("schema"):
        every_schema = field_schema(call.site)
        written["schema"] = {name: every_schema[name] for name in written["fields"] if name in every_schema}
    if call.expands("transitions"):
        written["transitions"] = transitions_of(call, issue)
    if call.expands("editmeta"):
        written["editmeta"] = {"fields": editable_fields(call, issue.project_key)}
    if call.expands("changelog"):
        history = [change_json(one, call.site) for one in reversed(call.site.content.history(issue.id))]
        count = len(history)
        written["changelog"] = {"startAt": 0, "maxResults": count, "total": count, "histories": history}
    if call.query.get("properties"):
        keys = {key for value in call.query.getlist("properties") for key in value.split(",")}
        found = call.site.entity_properties.all(("issue", issue.id))
        written["properties"] = {one.key: one.value for one in found if "*all" in keys or one.key in keys}
    return written


def field_list(names: list[str], *, default: frozenset[str] | None, every: set[str]) -> frozenset[str] | None:
    """Read which fields to write: names, ``*all``, ``*navigable``, and ``-name`` for all but some. None: all.

    :param default: when none is named.
    :param every: the names of all fields.
    """
    wanted = [part.strip() for name in names for part in name.split(",") if part.strip()]
    without = {name[1:] for name in wanted if name.startswith("-")}
    chosen = {name for name in wanted if not name.startswith("-")}
    if not wanted:
        return default
    if chosen & {"*all", "*navigable"} or not chosen:
        return frozenset(every - without) if without else None
    return frozenset(chosen - without)
