"""Which values there are for a field: searches refuse others, as hosts do.

Source: *Advanced search reference*, https://support.atlassian.com/jira-software-cloud/docs/jql-fields/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..store.jira_setup import ISSUE_TYPES, PRIORITIES, RESOLUTIONS, STATUSES
from .jql_fields import Asked

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["unknown_value"]

_Known = Callable[["Site", Asked, str], bool]


def unknown_value(asked: Asked, field: str, wanted: Iterable[str | None]) -> str | None:
    """The first value that there is not for a field, or that whoever asks may not see. None: all are there.

    :param wanted: in lower case.
    """
    known = _KNOWN.get(field)
    if known is None or asked.site is None:
        return None
    return next((one for one in sorted(filter(None, wanted)) if not known(asked.site, asked, one)), None)


def _one_of(values: Mapping[str, Any], *more: str) -> _Known:
    found = frozenset({text.lower() for one in values.values() for text in (one.id, one.name)} | set(more))
    return lambda site, asked, value: value in found


def _sees(site: Site, asked: Asked, project_key: str) -> bool:
    return site.permissions.sees(site.person(asked.me) if asked.me else None, project_key)


def _project(site: Site, asked: Asked, value: str) -> bool:
    return any(
        value in (one.id, one.key.lower(), one.name.lower()) and _sees(site, asked, one.key)
        for one in site.content.projects()
    )


def _issue(site: Site, asked: Asked, value: str) -> bool:
    try:
        return _sees(site, asked, site.content.issue(value).project_key)
    except KeyError:
        return False


def _of_projects(site: Site, asked: Asked, found: Callable[[str], Iterable[Any]], value: str) -> bool:
    return any(
        value in (one.id, one.name.lower())
        for project in site.content.projects()
        if _sees(site, asked, project.key)
        for one in found(project.key)
    )


def _component(site: Site, asked: Asked, value: str) -> bool:
    return _of_projects(site, asked, site.content.components, value)


def _version(site: Site, asked: Asked, value: str) -> bool:
    return _of_projects(site, asked, site.content.project_versions, value)


def _person(site: Site, asked: Asked, value: str) -> bool:
    # Account ids are compared in lower case, as all values are.
    people = [*site.users.all(), *(one.person for one in site.known)]
    return value == "nobody" or any(one.account_id.lower() == value for one in people)


_KNOWN: Final[Mapping[str, _Known]] = {
    "project": _project,
    "key": _issue,
    "parent": _issue,
    "issuetype": _one_of(ISSUE_TYPES),
    "status": _one_of(STATUSES),
    "statuscategory": _one_of(STATUSES, *(one.category_key for one in STATUSES.values())),
    "priority": _one_of(PRIORITIES),
    "resolution": _one_of(RESOLUTIONS, "unresolved"),
    "component": _component,
    "fixversion": _version,
    "affectedversion": _version,
    "assignee": _person,
    "reporter": _person,
    "creator": _person,
    "watcher": _person,
    "voter": _person,
    "worklogauthor": _person,
}
