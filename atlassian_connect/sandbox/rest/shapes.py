"""Content as Confluence's REST writes it. Jira's is in :mod:`.jira_shapes`.

Source: https://developer.atlassian.com/cloud/confluence/rest/v2/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from ..people import Person, confluence_user
from ..store.attachments import Attachment
from ..store.content import Page, Space
from ..store.values import Label

if TYPE_CHECKING:
    from ..site import Site

__all__ = [
    "attachment_json",
    "confluence_time",
    "content_json",
    "group_id",
    "group_json",
    "label_json",
    "page_json",
    "person_of",
    "space_json",
    "space_v1_json",
    "version_json",
    "version_v1_json",
    "web_path",
]


def space_json(space: Space) -> dict[str, Any]:
    """A space of ``/api/v2/spaces``."""
    description = {"plain": {"representation": "plain", "value": space.description}} if space.description else None
    return {
        "id": space.id,
        "key": space.key,
        "name": space.name,
        "type": space.type,
        "status": space.status,
        "authorId": space.author,
        "createdAt": confluence_time(space.created),
        "homepageId": space.homepage_id,
        "description": description,
        "icon": None,
        "_links": {"webui": f"/spaces/{space.key}"},
    }


def version_json(number: int, author: str, created: float, message: str = "") -> dict[str, Any]:
    """A version, as version 2 writes it."""
    return {
        "number": number,
        "message": message,
        "minorEdit": False,
        "authorId": author,
        "createdAt": confluence_time(created),
    }


def page_json(page: Page, *, space_key: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A page of ``/api/v2/pages``, or a blog post.

    :param body: as ``body-format`` asks for it; None without.
    """
    json: dict[str, Any] = {
        "id": page.id,
        "status": page.status,
        "title": page.title,
        "spaceId": page.space_id,
        "authorId": page.author,
        "createdAt": confluence_time(page.created),
        "version": version_json(page.version, page.modified_by, page.modified, page.message),
        "body": dict(body or {}),
        "_links": {
            "webui": web_path(page, space_key),
            "editui": f"/spaces/{space_key}/pages/edit-v2/{page.id}",
            "tinyui": f"/x/{page.id}",
        },
    }
    if page.type == "page":
        above = {"parentId": page.parent_id, "parentType": "page" if page.parent_id else None}
        json |= {**above, "position": page.position, "ownerId": page.author, "lastOwnerId": None}
    return json


def web_path(page: Page, space_key: str) -> str:
    """Where people read a page, below the site's base URL."""
    return f"/spaces/{space_key}/{'blog' if page.type == 'blogpost' else 'pages'}/{page.id}"


def space_v1_json(space: Space, site: Site) -> dict[str, Any]:
    """A space of ``/rest/api/space``."""
    return {
        "id": int(space.id),
        "key": space.key,
        "name": space.name,
        "type": space.type,
        "status": space.status,
        "_expandable": {"homepage": f"/rest/api/content/{space.homepage_id}"},
        "_links": {"webui": f"/spaces/{space.key}", "self": f"{site.base_url}/rest/api/space/{space.key}"},
    }


def content_json(page: Page, site: Site, expand: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A page, blog post or custom content of ``/rest/api/content``.

    :param expand: ``space``, ``version``, ``body.storage``, ``history``, ``ancestors``, ``metadata.labels``; others are
        left alone.
    """
    space = site.content.space(page.space_id)
    content: dict[str, Any] = {
        "id": page.id,
        "type": page.type,
        "status": page.status,
        "title": page.title,
        "extensions": {"position": page.position},
        "_expandable": {},
        "_links": {
            "webui": web_path(page, space.key),
            "tinyui": f"/x/{page.id}",
            "self": f"{site.base_url}/rest/api/content/{page.id}",
        },
    }
    parts: dict[str, Callable[[], Any]] = {
        "space": lambda: space_v1_json(space, site),
        "version": lambda: version_v1_json(site, page.version, page.modified_by, page.modified, page.message),
        "history": lambda: {
            "latest": True,
            "createdBy": confluence_user(person_of(site, page.author), site.base_url),
            "createdDate": confluence_time(page.created),
        },
        "ancestors": lambda: [content_json(one, site) for one in site.content.ancestors(page.id)],
    }
    for name, write in parts.items():
        (content if name in expand else content["_expandable"])[name] = write() if name in expand else ""
    if "body.storage" in expand:
        content["body"] = {"storage": {"value": page.body, "representation": "storage"}}
    if "metadata.labels" in expand:
        labels = [label_json(label) for label in site.content.labels(page.id)]
        content["metadata"] = {"labels": {"results": labels, "start": 0, "limit": 200, "size": len(labels)}}
    return content


def version_v1_json(site: Site, number: int, author: str, created: float, message: str = "") -> dict[str, Any]:
    """A version, as version 1 writes it."""
    return {
        "number": number,
        "when": confluence_time(created),
        "by": confluence_user(person_of(site, author), site.base_url),
        "message": message,
        "minorEdit": False,
    }


def label_json(label: Label) -> dict[str, Any]:
    """A label."""
    return {"id": label.id, "name": label.name, "prefix": label.prefix, "label": label.name}


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
        "_links": {"download": f"{path}/download", "self": f"{site.base_url}/rest/api/content/att{file.id}"},
    }


def group_id(name: str) -> str:
    """The id of a group."""
    return str(uuid5(NAMESPACE_URL, f"group:{name}"))


def group_json(name: str) -> dict[str, Any]:
    """A group of ``/rest/api/group``."""
    return {"type": "group", "name": name, "id": group_id(name), "_links": {}}


def person_of(site: Site, account_id: str) -> Person:
    """The user of an account, also of one that is not known any more."""
    return site.person(account_id) or Person(account_id, account_id)


def confluence_time(seconds: float) -> str:
    """A time as Confluence writes it."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
