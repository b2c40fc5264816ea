"""What JQL can ask issues about: the values of each field, and the functions that stand for values.

Source: *Advanced search reference*, https://support.atlassian.com/jira-software-cloud/docs/jql-fields/ and
https://support.atlassian.com/jira-software-cloud/docs/jql-functions/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..issue_fields import custom_fields
from ..store.jira_history import text_of
from ..store.jira_setup import ISSUE_TYPES, PRIORITIES, STATUSES
from ..store.values import Issue
from .query_tokens import moment

if TYPE_CHECKING:
    from ..site import Site

__all__ = [
    "DATES",
    "TEXTS",
    "Asked",
    "is_text",
    "known_fields",
    "number_reader",
    "property_value",
    "values_of",
]

#: The values of a field, in lower case; none when it is empty.
_Read = Callable[["Asked", Issue], list[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and where.

    :ivar site: None: only what issues carry themselves can be asked about.
    :ivar me: account id for ``currentUser()``; None for nobody.
    """

    site: Site | None
    me: str | None


def _is(read: Callable[[Issue], str | None]) -> _Read:
    return lambda asked, issue: [value.lower()] if (value := read(issue)) else []


def _project(asked: Asked, issue: Issue) -> list[str]:
    values = [issue.project_key]
    if asked.site is not None:
        with suppress(KeyError):  # a webhook's filter may look at an issue whose project is deleted meanwhile
            project = asked.site.content.project(issue.project_key)
            values += [project.id, project.name]
    return [value.lower() for value in values]


def _parent(asked: Asked, issue: Issue) -> list[str]:
    if not issue.parent_id:
        return []
    if asked.site is None:
        return [issue.parent_id]
    try:
        return [issue.parent_id, asked.site.content.issue(issue.parent_id).key.lower()]
    except KeyError:  # a webhook's filter looks at an issue that was deleted with its parent
        return []


def _named(name: str) -> _Read:
    """Components and versions: their names and ids."""

    def read(asked: Asked, issue: Issue) -> list[str]:
        values = issue.fields.get(name) or []
        return [str(one[part]).lower() for one in values for part in ("id", "name") if part in one]

    return read


def _of_site(read: Callable[[Site, Issue], list[str]]) -> _Read:
    """People that only the site knows."""
    return lambda asked, issue: [one.lower() for one in read(asked.site, issue)] if asked.site else []


def _involved(read: Callable[[Site, Issue], list[str]]) -> _Read:
    """Watchers and voters: users who are no administrators find themselves only, as they are shown nobody else."""

    def found(asked: Asked, issue: Issue) -> list[str]:
        if asked.site is None:
            return []
        user = asked.site.users.find(asked.me) if asked.me else None  # None: an app as itself, or a webhook's filter
        everybody = user is None or user.administers
        return [one.lower() for one in read(asked.site, issue) if everybody or one == asked.me]

    return found


_FIELDS: Final[Mapping[str, _Read]] = {
    "project": _project,
    "key": lambda asked, issue: [issue.key.lower(), issue.id],
    "issuetype": lambda asked, issue: [issue.issue_type.lower(), ISSUE_TYPES[issue.issue_type].id],
    "status": lambda asked, issue: [issue.status.lower(), STATUSES[issue.status].id],
    "statuscategory": lambda asked, issue: [issue.status.lower(), STATUSES[issue.status].category_key],
    "resolution": _is(lambda issue: issue.resolution),
    "priority": lambda asked, issue: [issue.priority.lower(), PRIORITIES[issue.priority].id],
    "assignee": _is(lambda issue: issue.assignee),
    "reporter": _is(lambda issue: issue.reporter),
    "creator": _is(lambda issue: issue.creator),
    "labels": lambda asked, issue: [label.lower() for label in issue.labels],
    "parent": _parent,
    "component": _named("components"),
    "fixversion": _named("fixVersions"),
    "affectedversion": _named("versions"),
    "watcher": _involved(lambda site, issue: site.content.watchers(issue.id)),
    "voter": _involved(lambda site, issue: site.content.voters(issue.id)),
    "worklogauthor": _of_site(lambda site, issue: [one.author for one in site.content.worklogs(issue.id)]),
}
_ALIASES: Final = {
    "issuekey": "key",
    "issue": "key",
    "id": "key",
    "type": "issuetype",
    "updateddate": "updated",
    "createddate": "created",
    "resolutiondate": "resolved",
    "duedate": "due",
    "remainingestimate": "timeestimate",
    "originalestimate": "timeoriginalestimate",
}
#: Points in time, seconds since the epoch; None when there is none.
DATES: Final[Mapping[str, Callable[[Issue], float | None]]] = {
    "updated": lambda issue: issue.updated,
    "created": lambda issue: issue.created,
    "resolved": lambda issue: issue.resolved,
    "due": lambda issue: moment(str(issue.fields.get("duedate") or ""), 0.0),
}


#: What ``<`` and ``>`` compare besides dates; None when there is none.
_NUMBERS: Final[Mapping[str, Callable[[Asked, Issue], float | None]]] = {
    "watchers": lambda asked, issue: len(asked.site.content.watchers(issue.id)) if asked.site else 0,
    "votes": lambda asked, issue: len(asked.site.content.voters(issue.id)) if asked.site else 0,
    "timespent": lambda asked, issue: issue.fields.get("timespent"),
    "timeestimate": lambda asked, issue: issue.fields.get("timeestimate"),
    "timeoriginalestimate": lambda asked, issue: issue.fields.get("timeoriginalestimate"),
}


def number_reader(asked: Asked, name: str) -> Callable[[Issue], float | None] | None:
    """What reads a field of :func:`known_fields` whose values are numbers. None: they are not."""
    read = _NUMBERS.get(name)
    if read is not None:
        return partial(read, asked)
    if asked.site is None or not any(one.id == name and one.type == "number" for one in custom_fields(asked.site)):
        return None
    return lambda issue: issue.fields.get(name)


def _comments(asked: Asked, issue: Issue) -> str:
    found = asked.site.content.issue_comments(issue.id) if asked.site else []
    return "\n".join(text_of(comment.body) for comment in found)


#: What ``~`` searches in.
TEXTS: Final[Mapping[str, Callable[[Asked, Issue], str]]] = {
    "summary": lambda asked, issue: issue.summary,
    "description": lambda asked, issue: text_of(issue.description),
    "comment": _comments,
    "environment": lambda asked, issue: text_of(issue.fields.get("environment")),
    "text": lambda asked, issue: "\n".join(
        (issue.summary, text_of(issue.description), text_of(issue.fields.get("environment")), _comments(asked, issue))
    ),
}


def known_fields(asked: Asked, name: str) -> str | None:
    """The one name of a field, whatever it is called in a query. None: there is no such field.

    Custom fields go by name, by ``cf[10100]``, by ``customfield_10100`` and by the key of their module.
    """
    name = name.lower()
    name = _ALIASES.get(name, name)
    if name in _FIELDS or name in DATES or name in TEXTS or name in _NUMBERS:
        return name
    if asked.site is None:
        return None
    for field in custom_fields(asked.site):
        number = field.id.rpartition("_")[2]
        if name in (field.id, f"cf[{number}]", field.name.lower(), field.module.lower()):
            return field.id
    return None


def is_text(asked: Asked, name: str) -> bool:
    """Whether ``~`` can ask about a field of :func:`known_fields`: texts, and versions by a part of their name."""
    custom = {field.id: field.type for field in custom_fields(asked.site)} if asked.site else {}
    return name in TEXTS or name in ("fixversion", "affectedversion") or custom.get(name) in _TEXT_TYPES


def values_of(asked: Asked, name: str, issue: Issue) -> list[str]:
    """The values that an issue has in a field of :func:`known_fields`, in lower case."""
    if name in _FIELDS:
        return _FIELDS[name](asked, issue)
    if name in TEXTS:
        text = TEXTS[name](asked, issue).lower()
        return [text] if text else []
    value = issue.fields.get(name)
    values = value if isinstance(value, list) else [value]
    return [text_of(one).lower() for one in values if one is not None]


def property_value(asked: Asked, key: str, path: str, issue: Issue) -> Any:
    """What stands in a property of an issue. None: nothing."""
    if asked.site is None:
        return None
    try:
        value = asked.site.entity_properties.get(("issue", issue.id), key).value
    except KeyError:
        return None
    for part in filter(None, path.split(".")):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


_TEXT_TYPES: Final = frozenset({"string", "text", "read_only"})
_RANKS: Final = {name: number for number, name in enumerate(PRIORITIES)}

#: Fields that have an order of their own.
_ORDERS: Final[Mapping[str, Callable[[Issue], Any]]] = {
    "key": lambda issue: (issue.project_key, int(issue.key.rpartition("-")[2])),
    "priority": lambda issue: -_RANKS[issue.priority],
    **{name: lambda issue, read=read: read(issue) or 0.0 for name, read in DATES.items()},  # type: ignore[misc]  # no type for a default
}


def sort_key(asked: Asked, name: str) -> Callable[[Issue], Any]:
    """What issues are sorted by: numbers as such, empty ones first, and other values as texts."""
    if name in _ORDERS:
        return _ORDERS[name]
    number = number_reader(asked, name)
    if number is None:
        return lambda issue: values_of(asked, name, issue)
    return lambda issue: ((value := number(issue)) is not None, value or 0.0)
