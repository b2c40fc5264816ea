"""Version 1 of Confluence's content and search.

Source: https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from __future__ import annotations

from typing import Any, Final

from ..store.attachments import Attachment
from ..store.content import Page
from ..store.values import Comment
from .confluence import allowed_on_page
from .confluence_attachments import find_attachment, remove_attachment
from .confluence_bodies import expand_of, expanded_bodies, read_storage
from .confluence_comments import find_comment, remove_comment
from .confluence_comments_v1 import comment_v1_json, create_comment_v1, update_comment_v1
from .confluence_properties import property_v1_json
from .confluence_restrictions import restriction_json
from .confluence_search import find_entries
from .confluence_writing import conflicts, may_write, read_title, read_version, remove_page, text_of
from .cql import CqlError
from .cql_fields import Entry
from .finding import (
    ANY_STATUS,
    CURRENT,
    editable_page,
    find_page,
    find_space_by_key,
    space_of,
    visible_children,
    visible_pages,
)
from .operations import Call, Operation, Reply, RestError
from .paging import search_page, start_page
from .shapes import attachment_json, confluence_time, content_json, version_v1_json

__all__ = ["OPERATIONS", "content_v1_json"]

_EXCERPT: Final = 200
_CHILDREN: Final = 25
_WRITTEN: Final = frozenset({"space", "version", "history", "body.storage"})


def content_v1_json(call: Call, page: Page, expand: frozenset[str]) -> dict[str, Any]:
    """Content with all that ``expand`` asks for.

    :param expand: see :func:`.expand_of`.
    """
    json = content_json(page, call.site, expand)
    bodies = expanded_bodies(call, page, page.body, expand)
    if bodies:
        json["body"] = bodies
    if "history.lastUpdated" in expand:
        json["history"]["lastUpdated"] = version_v1_json(
            call.site, page.version, page.modified_by, page.modified, page.message
        )
    if "restrictions" in expand:
        json["restrictions"] = {one: restriction_json(call.site, page, one) for one in ("read", "update")}
    if "operations" in expand:
        names = allowed_on_page(call, call.person, page)
        json["operations"] = [{"operation": name, "targetType": page.type} for name in names]
    if "children.page" in expand:
        below = [content_json(one, call.site) for one in visible_children(call, page.id)]
        json["children"] = {
            "page": {"results": below[:_CHILDREN], "start": 0, "limit": _CHILDREN, "size": len(below[:_CHILDREN])}
        }
    wanted = {name.removeprefix("metadata.properties.") for name in expand if name.startswith("metadata.properties.")}
    if wanted:
        found = [one for one in call.site.entity_properties.all(("page", page.id)) if one.key in wanted]
        json.setdefault("metadata", {})["properties"] = {one.key: property_v1_json(call, one) for one in found}
    return json


def _alone(call: Call, json: dict[str, Any]) -> Reply:
    """One object, which tells what its links are relative to."""
    links = {"base": call.site.base_url, "context": call.site.context_path}
    return Reply(payload={**json, "_links": {**json["_links"], **links}})


def _contents(call: Call) -> Reply:
    kind, title, space_key = call.query.get("type", "page"), call.query.get("title"), call.query.get("spaceKey")
    if kind not in ("page", "blogpost"):
        raise RestError(400, "type must be page or blogpost.")
    found = [
        page
        for page in visible_pages(call, type=kind)
        if (title is None or page.title == title) and (space_key is None or space_of(call, page).key == space_key)
    ]
    return start_page(call, found, lambda page: content_v1_json(call, page, expand_of(call)))


def _content(call: Call, content_id: str) -> Reply:
    if _is_comment(call, content_id):
        comment, page = find_comment(call, content_id)
        return _alone(call, comment_v1_json(call, comment, page, expand_of(call)))
    if content_id.startswith("att"):
        return _alone(call, attachment_json(find_attachment(call, content_id)[0], call.site))
    return _alone(call, content_v1_json(call, find_page(call, content_id), expand_of(call)))


def _create(call: Call) -> Reply:
    wanted = call.json_object()
    kind = wanted.get("type")
    if kind == "comment":
        return create_comment_v1(call, wanted)
    if kind not in ("page", "blogpost"):
        raise RestError(400, "type must be page, blogpost or comment.")
    space, status = wanted.get("space"), wanted.get("status", "current")
    if not isinstance(space, dict):
        raise RestError(400, "space must name the space by its key.")
    found = find_space_by_key(call, text_of(space, "key"))
    parent_id = _parent_id(call, wanted, kind, found.id)
    if status not in ("current", "draft"):
        raise RestError(400, "status must be current or draft.")
    with conflicts():
        page = call.site.content.create_page(
            found.id,
            read_title(wanted),
            read_storage(call, wanted) or "",
            account_id=may_write(call),
            type=kind,
            status=status,
            parent_id=parent_id,
        )
    return _alone(call, content_v1_json(call, page, _WRITTEN))


def _update(call: Call, content_id: str) -> Reply:
    if _is_comment(call, content_id):
        return update_comment_v1(call, content_id)
    page, wanted = editable_page(call, content_id, statuses=ANY_STATUS), call.json_object()
    number, message = read_version(wanted)
    status = wanted.get("status", "current")
    if status not in ("current", "draft"):
        raise RestError(400, "status must be current or draft.")
    if status == "draft" and page.status != "draft":
        raise RestError(501, "The sandbox has no drafts of what is published.")
    with conflicts():
        changed = call.site.content.edit_page(
            page.id,
            account_id=may_write(call),
            title=read_title(wanted) if "title" in wanted else None,
            body=read_storage(call, wanted),
            version=number,
            message=message,
            parent_id=_parent_id(call, wanted, page.type, page.space_id),
            status=status,
        )
    return _alone(call, content_v1_json(call, changed, _WRITTEN))


def _parent_id(call: Call, wanted: dict[str, Any], kind: str, space_id: str) -> str | None:
    """The page that the last of the ``ancestors`` names. None: there is none, or nothing is above what is no page.

    :raises RestError: the call does not see it, or it is in another space.
    """
    above = wanted.get("ancestors")
    parent = above[-1] if isinstance(above, list) and above else None
    if kind != "page" or not parent or not isinstance(parent, dict):
        return None
    found = find_page(call, text_of(parent, "id"), type="page", statuses=CURRENT)
    if found.space_id != space_id:
        raise RestError(400, "The parent is in another space.")
    return found.id


def _delete(call: Call, content_id: str) -> Reply:
    if _is_comment(call, content_id):
        return remove_comment(call, find_comment(call, content_id)[0])
    if content_id.startswith("att"):
        return remove_attachment(call, content_id)
    purges = call.query.get("status") == "trashed"
    return remove_page(call, editable_page(call, content_id, statuses={"trashed"} if purges else {"current", "draft"}))


def _is_comment(call: Call, content_id: str) -> bool:
    try:
        call.site.content.comment(content_id)
    except KeyError:
        return False
    return True


# --- search -----------------------------------------------------------------------------------------------------------


def _search_content(call: Call) -> Reply:
    return search_page(call, _found(call), lambda one: _entry_json(call, one, expand_of(call)))


def _search(call: Call) -> Reply:
    found = _found(call)
    spaces = {space.key: space for space in call.site.content.spaces()}
    expand = frozenset(name.removeprefix("content.") for name in expand_of(call) if name.startswith("content."))

    def write(one: Entry) -> dict[str, Any]:
        content = _entry_json(call, one, expand)
        return {
            "content": content,
            "title": one.title,
            "excerpt": one.text[:_EXCERPT],
            "url": content["_links"].get("webui", ""),
            "resultGlobalContainer": {"title": spaces[one.space_key].name, "displayUrl": f"/spaces/{one.space_key}"},
            "breadcrumbs": [],
            "entityType": "content",
            "iconCssClass": f"aui-icon content-type-{one.type}",
            "lastModified": confluence_time(one.modified),
            "friendlyLastModified": confluence_time(one.modified)[:10],
            "score": 0.0,
        }

    reply = search_page(call, found, write)
    reply.payload.update(totalSize=len(found), cqlQuery=call.query.get("cql", ""), searchDuration=1)
    return reply


def _found(call: Call) -> list[Entry]:
    try:
        cql = call.query.get("cql", "")
        return find_entries(call.site, cql, person=call.person, sees=call.lists)
    except CqlError as error:
        raise RestError(400, str(error)) from error


def _entry_json(call: Call, one: Entry, expand: frozenset[str]) -> dict[str, Any]:
    if isinstance(one.value, Comment):
        return comment_v1_json(call, one.value, call.site.content.page(one.container), expand)
    if isinstance(one.value, Attachment):
        return attachment_json(one.value, call.site)
    page: Page = one.value
    return content_v1_json(call, page, expand)


OPERATIONS: Final = (
    Operation("GET", "/rest/api/content", _contents),
    Operation("POST", "/rest/api/content", _create, scope="WRITE"),
    Operation("GET", "/rest/api/content/search", _search_content),
    Operation("GET", "/rest/api/content/<content_id>", _content, anonymous=True),
    Operation("PUT", "/rest/api/content/<content_id>", _update, scope="WRITE"),
    Operation("DELETE", "/rest/api/content/<content_id>", _delete, scope="DELETE"),
    Operation("GET", "/rest/api/search", _search),
)
