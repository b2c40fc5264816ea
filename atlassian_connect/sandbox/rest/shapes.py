"""Content as the products' REST writes it: Confluence's, and from :mod:`.jira_shapes` Jira's.

Source: https://developer.atlassian.com/cloud/confluence/rest/v2/
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..people import PEOPLE, Person, confluence_user
from ..store.attachments import Attachment
from ..store.content import Page, Space
from .jira_shapes import issue_json, jira_attachment_json, jira_time, project_json

if TYPE_CHECKING:
    from ..site import Site

__all__ = [
    "attachment_json",
    "confluence_time",
    "content_json",
    "issue_json",
    "jira_attachment_json",
    "jira_time",
    "page_json",
    "project_json",
    "space_json",
    "space_v1_json",
]


def space_json(space: Space) -> dict[str, Any]:
    """A space of ``/api/v2/spaces``."""
    return {
        "id": space.id,
        "key": space.key,
        "name": space.name,
        "type": "global",
        "status": "current",
        "authorId": next(iter(PEOPLE)),
        "createdAt": confluence_time(space.created),
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
        "createdAt": confluence_time(page.created),
        "version": {
            "number": page.version,
            "message": "",
            "minorEdit": False,
            "authorId": page.modified_by,
            "createdAt": confluence_time(page.modified),
        },
        "body": {"storage": {"representation": "storage", "value": page.body}} if body else {},
        "_links": {
            "webui": f"/spaces/{space_key}/pages/{page.id}",
            "editui": f"/pages/resumedraft.action?draftId={page.id}",
            "tinyui": f"/x/{page.id}",
        },
    }


def space_v1_json(space: Space, site: Site) -> dict[str, Any]:
    """A space of ``/rest/api/space``."""
    return {
        "id": int(space.id),
        "key": space.key,
        "name": space.name,
        "type": "global",
        "status": "current",
        "_expandable": {"homepage": f"/rest/api/content/{space.homepage_id}"},
        "_links": {"webui": f"/spaces/{space.key}", "self": f"{site.base_url}/rest/api/space/{space.key}"},
    }


def content_json(page: Page, site: Site, expand: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A page of ``/rest/api/content``.

    :param expand: ``space``, ``version``, ``body.storage``, ``history``; others are left alone.
    """
    space = site.content.space(page.space_id)
    content: dict[str, Any] = {
        "id": page.id,
        "type": "page",
        "status": "current",
        "title": page.title,
        "extensions": {"position": 0},
        "_expandable": {},
        "_links": {
            "webui": f"/spaces/{space.key}/pages/{page.id}",
            "tinyui": f"/x/{page.id}",
            "self": f"{site.base_url}/rest/api/content/{page.id}",
        },
    }
    parts = {
        "space": space_v1_json(space, site),
        "version": {
            "number": page.version,
            "when": confluence_time(page.modified),
            "by": confluence_user(_person(page.modified_by), site.base_url),
            "minorEdit": False,
        },
        "history": {
            "latest": True,
            "createdBy": confluence_user(_person(page.author), site.base_url),
            "createdDate": confluence_time(page.created),
        },
    }
    for name, value in parts.items():
        (content if name in expand else content["_expandable"])[name] = value if name in expand else ""
    if "body.storage" in expand:
        content["body"] = {"storage": {"value": page.body, "representation": "storage"}}
    return content


def attachment_json(file: Attachment, site: Site) -> dict[str, Any]:
    """A file on a page, of ``/rest/api/content``."""
    facts = {"mediaType": file.media_type, "fileSize": len(file.data), "comment": file.comment}
    path = f"/rest/api/content/{file.owner[1]}/child/attachment/att{file.id}"
    return {
        "id": f"att{file.id}",
        "type": "attachment",
        "status": "current",
        "title": file.name,
        "version": {"number": file.version, "when": confluence_time(file.created), "minorEdit": False},
        "metadata": {"mediaType": file.media_type, "comment": file.comment},
        "extensions": facts,
        "_links": {"download": f"{path}/download", "self": f"{site.base_url}{path}"},
    }


def _person(account_id: str) -> Person:
    return PEOPLE.get(account_id) or Person(account_id, account_id)


def confluence_time(seconds: float) -> str:
    """A time as Confluence writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds * 1000) % 1000:03d}Z"
