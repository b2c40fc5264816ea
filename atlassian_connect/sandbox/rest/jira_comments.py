"""Comments on issues and links between them, in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-links/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..adf import to_html
from ..store.jira_setup import LINK_TYPES
from ..store.values import IssueComment
from .finding import find_issue
from .jira_input import MAX_LISTED, listed, put_properties, read_comment, read_properties
from .jira_paging import jira_page
from .jira_permissions import require_own, require_permission
from .jira_shapes import comment_json, link_json
from .jira_values import named
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS", "own_comment"]


def _written(call: Call, comment: IssueComment) -> dict[str, Any]:
    written = comment_json(comment, call.site)
    if call.expands("renderedBody"):
        written["renderedBody"] = str(to_html(comment.body))
    if call.expands("properties"):
        found = call.site.entity_properties.all(("issue_comment", comment.id))
        written["properties"] = [{"key": one.key, "value": one.value} for one in found]
    return written


def _comments(call: Call, id_or_key: str) -> Reply:
    found = call.site.content.issue_comments(find_issue(call, id_or_key).id)
    order = call.query.get("orderBy") or "created"
    if order.lstrip("+-") != "created":
        raise RestError(400, "Comments are ordered by created, +created or -created.")
    if order.startswith("-"):
        found = found[::-1]
    return jira_page(call, found, lambda one: _written(call, one), name="comments", maximum=5000, default=100)


def _comment(call: Call, id_or_key: str, comment_id: str) -> IssueComment:
    missing = f"Can not find a comment for the id: {comment_id}."
    issue = find_issue(call, id_or_key)
    try:
        comment = call.site.content.issue_comment(comment_id)
    except KeyError:
        raise RestError(404, missing) from None
    if comment.issue_id != issue.id:
        raise RestError(404, missing)
    return comment


def _add(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    require_permission(call, "ADD_COMMENTS", "comment on this issue")
    given = call.json_object()
    body, properties = read_comment(call, given), read_properties(given)
    with call.site.store.database.transaction():
        comment = call.site.content.add_issue_comment(issue.id, body, account_id=call.account_id)
        put_properties(call, ("issue_comment", comment.id), properties)
    return Reply(201, payload=_written(call, comment))


def _get(call: Call, id_or_key: str, comment_id: str) -> Reply:
    return Reply(payload=_written(call, _comment(call, id_or_key, comment_id)))


def _edit(call: Call, id_or_key: str, comment_id: str) -> Reply:
    comment, given = own_comment(call, _comment(call, id_or_key, comment_id)), call.json_object()
    body, properties = read_comment(call, given), read_properties(given)
    with call.site.store.database.transaction():
        comment = call.site.content.edit_issue_comment(comment.id, body, account_id=call.account_id)
        put_properties(call, ("issue_comment", comment.id), properties)
    return Reply(payload=_written(call, comment))


def _delete(call: Call, id_or_key: str, comment_id: str) -> Reply:
    comment = own_comment(call, _comment(call, id_or_key, comment_id))
    call.site.content.delete_issue_comment(comment.id, account_id=call.account_id)
    return Reply(204)


def own_comment(call: Call, comment: IssueComment) -> IssueComment:
    """Users change their own comments; administrators, and apps as themselves, all of them.

    :raises RestError: 403.
    """
    require_own(call, comment.author, "comments")
    return comment


def _by_ids(call: Call) -> Reply:
    found = listed(call, call.site.content.issue_comment)
    return jira_page(call, found, lambda one: _written(call, one), maximum=MAX_LISTED)


def _link(call: Call) -> Reply:
    body = call.json_object()
    kind = named(body.get("type"), LINK_TYPES)
    if kind is None:
        raise RestError(404, "No issue link type with that name was found.")
    require_permission(call, "LINK_ISSUES", "link issues")
    # As hosts read it, the inward issue is the one that blocks.
    ends = []
    for name in ("inwardIssue", "outwardIssue"):
        end = body.get(name)
        ends.append(find_issue(call, str(end.get("key") or end.get("id")) if isinstance(end, Mapping) else ""))
    if ends[0].id == ends[1].id:
        raise RestError(400, "You cannot link an issue to itself.")
    said = body.get("comment")
    if said is not None and not isinstance(said, Mapping):
        raise RestError(400, "comment must be an object.")
    text = None if said is None else read_comment(call, said)
    with call.site.store.database.transaction():
        call.site.content.link_issues(kind.name, ends[0].id, ends[1].id, account_id=call.account_id)
        if text is not None:
            call.site.content.add_issue_comment(ends[1].id, text, account_id=call.account_id)
    return Reply(201)


def _visible_link(call: Call, link_id: str) -> Any:
    try:
        link = call.site.content.issue_link(link_id)
    except KeyError:
        raise RestError(404, f"No issue link with id '{link_id}' exists.") from None
    for end in (link.outward_id, link.inward_id):
        find_issue(call, end)
    return link


def _get_link(call: Call, link_id: str) -> Reply:
    return Reply(payload=link_json(_visible_link(call, link_id), call.site))


def _unlink(call: Call, link_id: str) -> Reply:
    link = _visible_link(call, link_id)
    require_permission(call, "LINK_ISSUES", "link issues")
    call.site.content.unlink_issues(link.id, account_id=call.account_id)
    return Reply(204)


_COMMENTS: Final = "/rest/api/3/issue/<id_or_key>/comment"

OPERATIONS: Final = (
    Operation("GET", _COMMENTS, _comments, anonymous=True),
    Operation("POST", _COMMENTS, _add, scope="WRITE"),
    Operation("GET", f"{_COMMENTS}/<comment_id>", _get, anonymous=True),
    Operation("PUT", f"{_COMMENTS}/<comment_id>", _edit, scope="WRITE"),
    Operation("DELETE", f"{_COMMENTS}/<comment_id>", _delete, scope="DELETE"),
    Operation("POST", "/rest/api/3/comment/list", _by_ids),
    Operation("POST", "/rest/api/3/issueLink", _link, scope="WRITE"),
    Operation("GET", "/rest/api/3/issueLink/<link_id>", _get_link, anonymous=True),
    Operation("DELETE", "/rest/api/3/issueLink/<link_id>", _unlink, scope="DELETE"),
)
