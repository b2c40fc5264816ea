"""Comments in version 2 of Confluence's REST: below pages and blog posts (footer), and on words of them (inline).

Source: https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-comment/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from ..macros.storage import plain_text
from ..store.content import Page
from ..store.values import Comment
from .confluence_bodies import body_json, read_storage, wanted_format
from .confluence_writing import conflicts, may_delete, may_write, read_version, text_of
from .finding import CURRENT, every_visible_page, find_page, space_of
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query
from .shapes import version_json, web_path

__all__ = ["OPERATIONS", "comment_path", "edit_comment", "find_comment", "marker_of", "remove_comment"]

_ORDERS: Final[dict[str, Callable[[Comment], Any]]] = {
    "created-date": lambda one: one.created,
    "modified-date": lambda one: one.modified,
}


# --- what version 1 uses as well --------------------------------------------------------------------------------------


def find_comment(call: Call, comment_id: str, *, kind: str | None = None) -> tuple[Comment, Page]:
    """A comment, and the page it is on.

    :param kind: ``footer`` or ``inline``; None for any.
    :raises RestError: there is none, or it is not for this call.
    """
    missing = f"There is no comment with id {comment_id}."
    try:
        comment = call.site.content.comment(comment_id)
        page = find_page(call, comment.page_id, statuses=CURRENT)
    except KeyError:
        raise RestError(404, missing) from None
    except RestError as error:
        raise error if error.status != 404 else RestError(404, missing) from None
    if kind not in (None, comment.kind):
        raise RestError(404, missing)
    return comment, page


def edit_comment(
    call: Call, comment: Comment, *, body: str | None, version: int, resolved: bool | None = None
) -> Comment:
    """Write a new version of a comment.

    :raises RestError: 403 for users who did not write it, unless they administer; 409 for another version.
    """
    if call.user is not None and not call.user.administers and call.user.account_id != comment.author:
        raise RestError(403, "Only its author and administrators may edit a comment.")
    if body == "":
        raise RestError(400, "A comment needs a body.")
    with conflicts():
        return call.site.content.edit_comment(
            comment.id, account_id=may_write(call), body=body, version=version, resolved=resolved
        )


def remove_comment(call: Call, comment: Comment) -> Reply:
    """Delete a comment: users may their own ones, and administrators all."""
    own = call.user is not None and call.user.account_id == comment.author
    call.site.content.delete_comment(comment.id, account_id=call.account_id if own else may_delete(call))
    return Reply(204)


def comment_path(call: Call, comment: Comment, page: Page) -> str:
    """Where people read a comment, below the site's base URL."""
    return f"{web_path(page, space_of(call, page).key)}?focusedCommentId={comment.id}#comment-{comment.id}"


def marker_of(comment: Comment) -> str:
    """The id of the mark that an inline comment has in the text. Here the text itself is left without it."""
    return str(uuid5(NAMESPACE_URL, f"marker:{comment.id}"))


# --- version 2 --------------------------------------------------------------------------------------------------------


def _all(call: Call, kind: str) -> Reply:
    pages = {page.id for page in every_visible_page(call)}
    return _listed(call, [one for one in call.site.content.comments(kind=kind) if one.page_id in pages])


def _of_content(call: Call, kind: str, type: str, page_id: str) -> Reply:
    page = find_page(call, page_id, type=type)
    return _listed(call, [one for one in call.site.content.comments(page.id, kind=kind) if one.parent_id is None])


def _children(call: Call, kind: str, comment_id: str) -> Reply:
    return _listed(call, call.site.content.answers(find_comment(call, comment_id, kind=kind)[0].id))


def _listed(call: Call, comments: list[Comment]) -> Reply:
    wanted, statuses = wanted_format(call), call.list_of("resolution-status")
    found = [one for one in comments if statuses is None or one.kind != "inline" or _resolution(one) in statuses]
    found = sorted_by_query(call, found, _ORDERS)
    return cursor_page(call, found, lambda one: _json(call, one, call.site.content.page(one.page_id), wanted))


def _get(call: Call, kind: str, comment_id: str) -> Reply:
    wanted = wanted_format(call, single=True)
    comment, page = find_comment(call, comment_id, kind=kind)
    return Reply(payload=_json(call, comment, page, wanted))


def _create(call: Call, kind: str) -> Reply:
    wanted = call.json_object()
    named = {name: text_of(wanted, name) for name in ("pageId", "blogPostId", "parentCommentId")}
    if sum(bool(value) for value in named.values()) != 1:
        raise RestError(400, "One of pageId, blogPostId and parentCommentId must name what the comment is on.")
    parent_id, selection = None, ""
    if named["parentCommentId"]:
        parent, page = find_comment(call, named["parentCommentId"], kind=kind)
        parent_id = parent.id
    else:
        type = "page" if named["pageId"] else "blogpost"
        page = find_page(call, named["pageId"] or named["blogPostId"], type=type, statuses=CURRENT)
        selection = _read_selection(wanted, page) if kind == "inline" else ""
    body = read_storage(call, wanted)
    if not body:
        raise RestError(400, "A comment needs a body.")
    with conflicts():
        comment = call.site.content.add_comment(
            page.id, body, account_id=may_write(call), parent_id=parent_id, kind=kind, selection=selection
        )
    return Reply(201, _json(call, comment, page, "storage"))


def _read_selection(wanted: Mapping[str, Any], page: Page) -> str:
    """The words that an inline comment is about.

    :raises RestError: they are not in the text.
    """
    given = wanted.get("inlineCommentProperties")
    given = given if isinstance(given, Mapping) else {}
    text, count, index = (
        given.get(name) for name in ("textSelection", "textSelectionMatchCount", "textSelectionMatchIndex")
    )
    if not isinstance(text, str) or not text.strip() or type(count) is not int or type(index) is not int:
        raise RestError(
            400, "inlineCommentProperties must have textSelection, textSelectionMatchCount and textSelectionMatchIndex."
        )
    if not 0 <= index < count:
        raise RestError(400, "textSelectionMatchIndex counts from 0, and must be less than textSelectionMatchCount.")
    if "".join(text.split()) not in "".join(plain_text(page.body).split()):  # words are cut by the elements in them
        raise RestError(400, "The text of the content does not have textSelection.")
    return text


def _update(call: Call, kind: str, comment_id: str) -> Reply:
    comment, page = find_comment(call, comment_id, kind=kind)
    wanted = call.json_object()
    number, _ = read_version(wanted)
    body = read_storage(call, wanted)
    resolved = _read_resolved(wanted, comment) if kind == "inline" else None
    if comment.resolved and resolved is not False and body is not None:
        raise RestError(400, "A resolved comment cannot be updated.")
    edited = edit_comment(call, comment, body=body, version=number, resolved=resolved)
    return Reply(payload=_json(call, edited, page, "storage"))


def _read_resolved(wanted: Mapping[str, Any], comment: Comment) -> bool | None:
    resolved = wanted.get("resolved")
    if resolved is not None and (not isinstance(resolved, bool) or comment.parent_id is not None):
        raise RestError(400, "resolved must be true or false, and is for comments that answer no other.")
    return resolved


def _delete(call: Call, kind: str, comment_id: str) -> Reply:
    return remove_comment(call, find_comment(call, comment_id, kind=kind)[0])


def _resolution(comment: Comment) -> str:
    return "resolved" if comment.resolved else "open"


def _json(call: Call, comment: Comment, page: Page, wanted: str) -> dict[str, Any]:
    json: dict[str, Any] = {
        "id": comment.id,
        "status": "current",
        "title": f"Re: {page.title}",
        "blogPostId" if page.type == "blogpost" else "pageId": page.id,
        "version": version_json(comment.version, comment.modified_by, comment.modified),
        "body": body_json(call, page, comment.body, wanted),
        "_links": {"webui": comment_path(call, comment, page), "base": call.site.base_url},
    }
    if comment.parent_id is not None:
        json["parentCommentId"] = comment.parent_id
    elif comment.kind == "inline":
        json["resolutionStatus"] = _resolution(comment)
        json["properties"] = {
            "inlineMarkerRef": marker_of(comment), "inlineOriginalSelection": comment.selection,
        }  # fmt: skip
    return json


def _rules(kind: str) -> list[Operation]:
    name = f"{kind}-comments"
    many, one = f"/api/v2/{name}", f"/api/v2/{name}/<comment_id>"
    return [
        Operation("GET", many, partial(_all, kind=kind)),
        Operation("POST", many, partial(_create, kind=kind), scope="WRITE"),
        Operation("GET", one, partial(_get, kind=kind), anonymous=True),
        Operation("PUT", one, partial(_update, kind=kind), scope="WRITE"),
        Operation("DELETE", one, partial(_delete, kind=kind), scope="DELETE"),
        Operation("GET", f"{one}/children", partial(_children, kind=kind), anonymous=True),
        *(
            Operation(
                "GET", f"/api/v2/{owner}/<page_id>/{name}", partial(_of_content, kind=kind, type=type), anonymous=True
            )
            for type, owner in (("page", "pages"), ("blogpost", "blogposts"))
        ),
    ]


OPERATIONS: Final = (*_rules("footer"), *_rules("inline"))
