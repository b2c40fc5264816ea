"""Comments in version 1 of Confluence's REST, to which they are content of the type ``comment``.

Source: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---comments/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..people import confluence_user
from ..store.content import Page
from ..store.values import Comment
from .confluence_bodies import expand_of, expanded_bodies, read_storage
from .confluence_comments import comment_path, edit_comment, find_comment, marker_of
from .confluence_writing import conflicts, may_write, read_version, text_of
from .finding import CURRENT, find_page
from .operations import Call, Operation, Reply, RestError
from .paging import start_page
from .shapes import confluence_time, content_json, person_of, version_v1_json

__all__ = ["OPERATIONS", "comment_v1_json", "create_comment_v1", "update_comment_v1"]


def _of_content(call: Call, content_id: str) -> Reply:
    page = find_page(call, content_id)
    found = call.site.content.comments(page.id)
    if call.query.get("depth") != "all":
        found = [one for one in found if one.parent_id is None]
    places = call.list_of("location")
    if places is not None:
        found = [one for one in found if ("resolved" if one.resolved else one.kind) in places]
    return start_page(call, found, lambda one: comment_v1_json(call, one, page, expand_of(call)))


def create_comment_v1(call: Call, wanted: dict[str, Any]) -> Reply:
    """Create what ``POST /rest/api/content`` calls content of the type ``comment``.

    :raises RestError: the request is not good.
    """
    container, extensions = wanted.get("container"), wanted.get("extensions")
    if isinstance(extensions, dict) and extensions.get("location") == "inline":
        raise RestError(501, "The sandbox makes inline comments by version 2 only: POST /wiki/api/v2/inline-comments.")
    page = find_page(call, text_of(container, "id") if isinstance(container, dict) else "", statuses=CURRENT)
    above = wanted.get("ancestors")
    parent = above[-1] if isinstance(above, list) and above and isinstance(above[-1], dict) else None
    body = read_storage(call, wanted)
    if not body:
        raise RestError(400, "A comment needs a body.")
    with conflicts():
        parent_id = text_of(parent, "id") if parent else None
        comment = call.site.content.add_comment(page.id, body, account_id=may_write(call), parent_id=parent_id)
    return Reply(payload=comment_v1_json(call, comment, page, frozenset({"body.storage", "version", "container"})))


def comment_v1_json(call: Call, comment: Comment, page: Page, expand: frozenset[str]) -> dict[str, Any]:
    """A comment of ``/rest/api/content``."""
    site = call.site
    extensions: dict[str, Any] = {"location": comment.kind}
    if comment.kind == "inline":
        extensions["inlineProperties"] = {"originalSelection": comment.selection, "markerRef": marker_of(comment)}
    json: dict[str, Any] = {
        "id": comment.id,
        "type": "comment",
        "status": "current",
        "title": f"Re: {page.title}",
        "extensions": extensions | {"resolution": {"status": "resolved" if comment.resolved else "open"}},
        "_expandable": {},
        "_links": {
            "webui": comment_path(call, comment, page),
            "self": f"{site.base_url}/rest/api/content/{comment.id}",
        },
    }
    parts: dict[str, Callable[[], Any]] = {
        "version": lambda: version_v1_json(site, comment.version, comment.modified_by, comment.modified),
        "container": lambda: content_json(page, site),
        "history": lambda: {
            "latest": True,
            "createdBy": confluence_user(person_of(site, comment.author), site.base_url),
            "createdDate": confluence_time(comment.created),
        },
    }
    for name, write in parts.items():
        (json if name in expand else json["_expandable"])[name] = write() if name in expand else ""
    bodies = expanded_bodies(call, page, comment.body, expand)
    return json | ({"body": bodies} if bodies else {})


def update_comment_v1(call: Call, comment_id: str) -> Reply:
    """Write a new version of what ``PUT /rest/api/content`` calls content of the type ``comment``.

    :raises RestError: the request is not good.
    """
    comment, page = find_comment(call, comment_id)
    wanted = call.json_object()
    edited = edit_comment(call, comment, body=read_storage(call, wanted), version=read_version(wanted)[0])
    return Reply(payload=comment_v1_json(call, edited, page, frozenset({"version", "body.storage"})))


OPERATIONS: Final = (Operation("GET", "/rest/api/content/<content_id>/child/comment", _of_content, anonymous=True),)
