"""Content as the products' REST writes it.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from .content import Issue, Page, Project, Space
from .people import PEOPLE, Person, jira_user

if TYPE_CHECKING:
    from .site import Site

__all__ = ["issue_json", "page_json", "project_json", "space_json"]

_CATEGORIES: Final = {"To Do": (2, "new"), "In Progress": (4, "indeterminate"), "Done": (3, "done")}
_STATUS_IDS: Final = {"To Do": "10000", "In Progress": "3", "Done": "10001"}
_TYPE_IDS: Final = {"Task": "10002", "Bug": "10004", "Story": "10001"}


def space_json(space: Space) -> dict[str, Any]:
    """A space of ``/api/v2/spaces``."""
    return {
        "id": space.id,
        "key": space.key,
        "name": space.name,
        "type": "global",
        "status": "current",
        "authorId": next(iter(PEOPLE)),
        "createdAt": _confluence_time(space.created),
        "homepageId": space.homepage_id,
        "description": None,
        "icon": None,
        "_links": {"webui": f"/spaces/{space.key}"},
    }


def page_json(page: Page, *, space_key: str, body: bool = False) -> dict[str, Any]:
    """A page of ``/api/v2/pages``.

    :param body: with the body in storage format, as ``body-format=storage`` asks for.
    """
    return {
        "id": page.id,
        "status": "current",
        "title": page.title,
        "spaceId": page.space_id,
        "parentId": None,
        "parentType": None,
        "position": 0,
        "authorId": page.author,
        "ownerId": page.author,
        "lastOwnerId": None,
        "createdAt": _confluence_time(page.created),
        "version": {
            "number": page.version,
            "message": "",
            "minorEdit": False,
            "authorId": page.modified_by,
            "createdAt": _confluence_time(page.modified),
        },
        "body": {"storage": {"representation": "storage", "value": page.body}} if body else {},
        "_links": {
            "webui": f"/spaces/{space_key}/pages/{page.id}",
            "editui": f"/pages/resumedraft.action?draftId={page.id}",
            "tinyui": f"/x/{page.id}",
        },
    }


def project_json(project: Project, site: Site) -> dict[str, Any]:
    """A project of ``/rest/api/3/project/search``."""
    return {
        "self": f"{site.base_url}/rest/api/3/project/{project.id}",
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "projectTypeKey": "software",
        "simplified": False,
        "style": "classic",
        "isPrivate": False,
        "avatarUrls": {},
    }


def issue_json(issue: Issue, site: Site, fields: frozenset[str] | None = None) -> dict[str, Any]:
    """An issue of ``/rest/api/3/issue``.

    :param fields: the fields to write; None for all of them.
    """
    category_id, category_key = _CATEGORIES[issue.status]
    rest = f"{site.base_url}/rest/api/3"
    category = {
        "self": f"{rest}/statuscategory/{category_id}",
        "id": category_id,
        "key": category_key,
        "name": issue.status,
    }
    every: dict[str, Any] = {
        "summary": issue.summary,
        "issuetype": {"id": _TYPE_IDS[issue.issue_type], "name": issue.issue_type, "subtask": False},
        "project": project_json(site.content.project(issue.project_key), site),
        "status": {"id": _STATUS_IDS[issue.status], "name": issue.status, "statusCategory": category},
        "statusCategory": category,
        "resolution": {"id": "10000", "name": issue.resolution} if issue.resolution else None,
        "assignee": jira_user(_person(issue.assignee), site.base_url) if issue.assignee else None,
        "reporter": jira_user(_person(issue.reporter), site.base_url),
        "creator": jira_user(_person(issue.reporter), site.base_url),
        "labels": [],
        "created": _jira_time(issue.created),
        "updated": _jira_time(issue.updated),
    }
    return {
        "expand": "",
        "id": issue.id,
        "self": f"{rest}/issue/{issue.id}",
        "key": issue.key,
        "fields": {name: value for name, value in every.items() if fields is None or name in fields},
    }


def _person(account_id: str) -> Person:
    return PEOPLE.get(account_id) or Person(account_id, account_id)


def _confluence_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds * 1000) % 1000:03d}Z"


def _jira_time(seconds: float) -> str:
    return (
        datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds * 1000) % 1000:03d}+0000"
    )
