"""Comments on pages and blog posts in Confluence's REST, version 2 and, below content, version 1.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-comment/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---comments/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ..people import confluence_user
from ..store.content import Page
from ..store.values import Comment
from .confluence_bodies import body_json, expanded_bodies, read_storage, wanted_format
from .confluence_writing import conflicts, may_delete, may_write, read_version, text_of
from .finding import CURRENT, every_visible_page, find_page, space_of
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query, start_page
from .shapes import confluence_time, content_json, person_of, version_json, version_v1_json, web_path

__all__ = ["OPERATIONS", "comment_v1_json", "create_comment_v1", "find_comment"]

_ORDERS: Final[dict[str, Callable[[Comment], Any]]] = {
    "created-date": lambda one: one.created,
    "modified-date": lambda one: one.modified,
}


def _all(call: Call) -> Reply:
    pages = {page.id for page in every_visible_page(call)}
    return _listed(call, [one for one in call.site.content.comments(kind="footer") if one.page_id in pages])


def _of_content(call: Call, kind: str, page_id: str) -> Reply:
    page = find_page(call, page_id, type=kind)
    found = [one for one in call.site.content.comments(page.id, kind="footer") if one.parent_id is None]
    return _listed(call, found)


def _children(call: Call, comment_id: str) -> Reply:
    return _listed(call, call.site.content.answers(find_comment(call, comment_id)[0].id))


def _listed(call: Call, comments: list[Comment]) -> Reply:
    wanted = wanted_format(call)
    found = sorted_by_query(call, comments, _ORDERS)
    return cursor_page(call, found, lambda one: _v2(call, one, call.site.content.page(one.page_id), wanted))


def _get(call: Call, comment_id: str) -> Reply:
    wanted = wanted_format(call, single=True)
    comment, page = find_comment(call, comment_id)
    return Reply(payload=_v2(call, comment, page, wanted))


def _create(call: Call) -> Reply:
    wanted = call.json_object()
    named = {name: text_of(wanted, name) for name in ("pageId", "blogPostId", "parentCommentId")}
    if sum(bool(value) for value in named.values()) != 1:
        raise RestError(400, "One of pageId, blogPostId and parentCommentId must name what the comment is on.")
    parent_id = None
    if named["parentCommentId"]:
        parent, page = find_comment(call, named["parentCommentId"])
        parent_id = parent.id
    elif named["pageId"]:
        page = find_page(call, named["pageId"], type="page")
    else:
        page = find_page(call, named["blogPostId"], type="blogpost")
    body = read_storage(call, wanted)
    if not body:
        raise RestError(400, "A comment needs a body.")
    with conflicts():
        comment = call.site.content.add_comment(page.id, body, account_id=may_write(call), parent_id=parent_id)
    return Reply(201, _v2(call, comment, page, "storage"))


def _update(call: Call, comment_id: str) -> Reply:
    comment, page = find_comment(call, comment_id)
    wanted = call.json_object()
    number, _ = read_version(wanted)
    body = read_storage(call, wanted)
    with conflicts():
        edited = call.site.content.edit_comment(comment.id, account_id=may_write(call), body=body, version=number)
    return Reply(payload=_v2(call, edited, page, "storage"))


def _delete(call: Call, comment_id: str) -> Reply:
    comment, _ = find_comment(call, comment_id)
    own = call.user is not None and call.user.account_id == comment.author
    account_id = call.account_id if own else may_delete(call)
    call.site.content.delete_comment(comment.id, account_id=account_id)
    return Reply(204)


def find_comment(call: Call, comment_id: str) -> tuple[Comment, Page]:
    """A comment, and the page it is on.

    :raises RestError: there is none, or it is not for this call.
    """
    missing = f"There is no comment with id {comment_id}."
    try:
        comment = call.site.content.comment(comment_id)
        return comment, find_page(call, comment.page_id, statuses=CURRENT)
    except KeyError:
        raise RestError(404, missing) from None
    except RestError as error:
        raise error if error.status != 404 else RestError(404, missing) from None


def _v2(call: Call, comment: Comment, page: Page, wanted: str) -> dict[str, Any]:
    json: dict[str, Any] = {
        "id": comment.id,
        "status": "current",
        "title": f"Re: {page.title}",
        "blogPostId" if page.type == "blogpost" else "pageId": page.id,
        "version": version_json(comment.version, comment.modified_by, comment.modified),
        "body": body_json(call.site, page, comment.body, wanted),
        "_links": {"webui": _web_path(call, comment, page)},
    }
    if comment.parent_id is not None:
        json["parentCommentId"] = comment.parent_id
    return json


# --- version 1 --------------------------------------------------------------------------------------------------------


def _of_content_v1(call: Call, content_id: str) -> Reply:
    page = find_page(call, content_id)
    found = call.site.content.comments(page.id)
    if call.query.get("depth") != "all":
        found = [one for one in found if one.parent_id is None]
    expand = frozenset(name.strip() for name in call.query.get("expand", "").split(","))
    return start_page(call, found, lambda one: comment_v1_json(call, one, page, expand))


def create_comment_v1(call: Call, wanted: dict[str, Any]) -> Reply:
    """Create what ``POST /rest/api/content`` calls content of the type ``comment``.

    :raises RestError: the request is not good.
    """
    container = wanted.get("container")
    page = find_page(call, text_of(container, "id") if isinstance(container, dict) else "")
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
    json: dict[str, Any] = {
        "id": comment.id,
        "type": "comment",
        "status": "current",
        "title": f"Re: {page.title}",
        "extensions": {"location": comment.kind, "resolution": {"status": "resolved" if comment.resolved else "open"}},
        "_expandable": {},
        "_links": {
            "webui": _web_path(call, comment, page),
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
    bodies = expanded_bodies(site, page, comment.body, expand)
    return json | ({"body": bodies} if bodies else {})


def _web_path(call: Call, comment: Comment, page: Page) -> str:
    return f"{web_path(page, space_of(call, page).key)}?focusedCommentId={comment.id}#comment-{comment.id}"


_ONE: Final = "/api/v2/footer-comments/<comment_id>"

OPERATIONS: Final = (
    Operation("GET", "/api/v2/footer-comments", _all),
    Operation("POST", "/api/v2/footer-comments", _create, scope="WRITE"),
    Operation("GET", _ONE, _get, anonymous=True),
    Operation("PUT", _ONE, _update, scope="WRITE"),
    Operation("DELETE", _ONE, _delete, scope="DELETE"),
    Operation("GET", f"{_ONE}/children", _children, anonymous=True),
    *(
        Operation("GET", f"/api/v2/{name}/<page_id>/footer-comments", partial(_of_content, kind=kind), anonymous=True)
        for kind, name in (("page", "pages"), ("blogpost", "blogposts"))
    ),
    Operation("GET", "/rest/api/content/<content_id>/child/comment", _of_content_v1, anonymous=True),
)
