"""The tree of pages in version 1 of Confluence's REST: what is below, moving, deleting, and the tasks of it.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---children-and-descendants/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-long-running-task/
"""

from __future__ import annotations

from typing import Any, Final

from ..store.content import Page
from ..store.tasks import Task
from .confluence_bodies import expand_of
from .confluence_comments_v1 import comment_v1_json
from .confluence_v1 import content_v1_json
from .confluence_writing import conflicts, may_delete, may_write
from .finding import CURRENT, editable_page, find_page, visible_children
from .operations import Call, Operation, Reply, RestError
from .paging import start_page
from .shapes import attachment_json

__all__ = ["OPERATIONS", "pages_below"]


def _children(call: Call, content_id: str, kind: str) -> Reply:
    page = find_page(call, content_id)
    if kind == "attachment":
        return start_page(
            call, call.site.attachments.of(("page", page.id)), lambda one: attachment_json(one, call.site)
        )
    if kind != "page":
        raise RestError(400, "type must be page, comment or attachment.")
    return start_page(call, visible_children(call, page.id), lambda one: _json(call, one))


def _all_children(call: Call, content_id: str) -> Reply:
    page, payload = find_page(call, content_id), {}
    if call.expands("page"):
        payload["page"] = _children(call, page.id, "page").payload
    if call.expands("attachment"):
        payload["attachment"] = _children(call, page.id, "attachment").payload
    if call.expands("comment"):
        comments = [one for one in call.site.content.comments(page.id) if one.parent_id is None]
        payload["comment"] = start_page(
            call, comments, lambda one: comment_v1_json(call, one, page, frozenset())
        ).payload
    return Reply(payload={**payload, "_expandable": {}, "_links": {"base": call.site.base_url}})


def _descendants(call: Call, content_id: str, kind: str) -> Reply:
    page = find_page(call, content_id)
    if kind == "comment":
        return start_page(
            call, call.site.content.comments(page.id), lambda one: comment_v1_json(call, one, page, expand_of(call))
        )
    if kind != "page":
        return _children(call, content_id, kind)
    return start_page(call, pages_below(call, page), lambda one: _json(call, one))


def pages_below(call: Call, page: Page) -> list[Page]:
    """The pages below a page that the call may see, each before those below it."""
    found, waiting = [], visible_children(call, page.id)[::-1]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += visible_children(call, one.id)[::-1]
    return found


def _move(call: Call, content_id: str, position: str, target_id: str) -> Reply:
    page = editable_page(call, content_id, type="page", statuses=CURRENT)
    target = find_page(call, target_id, type="page", statuses=CURRENT)
    if position not in ("before", "after", "append"):
        raise RestError(400, "position must be before, after or append.")
    if target.id == page.id:
        raise RestError(400, "A page cannot be moved beside or below itself.")
    above = target.id if position == "append" else target.parent_id
    beside = [one for one in call.site.content.pages(target.space_id) if one.parent_id == above and one.id != page.id]
    ids = [one.id for one in sorted(beside, key=lambda one: one.position)]
    number = ids.index(target.id) + (position == "after") if target.id in ids else len(ids)
    with conflicts():
        call.site.content.move_page(
            page.id, account_id=may_write(call), parent_id=above, space_id=target.space_id, position=number
        )
    return Reply(payload={"pageId": page.id})


def _delete_tree(call: Call, content_id: str) -> Reply:
    page, account_id = editable_page(call, content_id, type="page", statuses=CURRENT), may_delete(call)

    def delete() -> str:
        with call.site.store.database.transaction():
            for one in [*reversed(pages_below(call, page)), page]:
                if call.site.content.may_edit(call.person, one.id):  # the others move up
                    call.site.content.trash_page(one.id, account_id=account_id)
        return page.id

    task = call.site.tasks.start("confluence", "delete.page.tree", account_id, delete)
    return Reply(202, {"id": task.id, "links": {"status": f"/rest/api/longtask/{task.id}"}})


def _long_task(call: Call, task_id: str) -> Reply:
    try:
        task = call.site.tasks.get("confluence", task_id, call.account_id)
    except KeyError:
        raise RestError(404, f"There is no task with id {task_id}.") from None
    return Reply(payload=_task_json(call, task))


def _task_json(call: Call, task: Task) -> dict[str, Any]:
    failed = task.finished and task.failure is not None
    messages: list[dict[str, Any]] = [{"translation": task.failure, "args": []}] if failed else []
    return {
        "id": task.id,
        "name": {"key": task.description, "args": []},
        "elapsedTime": int((task.updated - task.started) * 1000),
        "percentageComplete": task.progress,
        "successful": task.finished and not failed,
        "finished": task.finished,
        "messages": messages,
        "errors": messages,
        "additionalDetails": {"destinationId": task.result} if task.result else {},
        "_links": {"self": f"{call.site.base_url}{call.path}", "base": call.site.base_url},
    }


def _json(call: Call, page: Page) -> dict[str, Any]:
    return content_v1_json(call, page, expand_of(call))


_ONE: Final = "/rest/api/content/<content_id>"

OPERATIONS: Final = (
    Operation("GET", f"{_ONE}/child", _all_children, anonymous=True),
    Operation("GET", f"{_ONE}/child/<kind>", _children, anonymous=True),
    Operation("GET", f"{_ONE}/descendant/<kind>", _descendants, anonymous=True),
    Operation("PUT", f"{_ONE}/move/<position>/<target_id>", _move, scope="WRITE"),
    Operation("DELETE", f"{_ONE}/pageTree", _delete_tree, scope="DELETE"),
    Operation("GET", "/rest/api/longtask/<task_id>", _long_task),
)
