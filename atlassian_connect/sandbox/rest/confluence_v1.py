"""Version 1 of Confluence's content, search and long-running tasks, as far as the sandbox has them.

Source: https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from __future__ import annotations

from typing import Any, Final

from ..store.content import Page
from ..store.tasks import Task
from .confluence import allowed_on_content
from .confluence_search import find_content
from .cql import CqlError
from .finding import find_page, find_space_by_key, space_of, visible_pages, visible_spaces
from .operations import Call, Operation, Reply, RestError
from .paging import search_page, start_page
from .shapes import confluence_time, content_json, space_v1_json

__all__ = ["OPERATIONS"]


def _contents(call: Call) -> Reply:
    kind, title, space_key = call.query.get("type", "page"), call.query.get("title"), call.query.get("spaceKey")
    if kind not in ("page", "blogpost"):
        raise RestError(400, "type must be page or blogpost.")
    found = [
        page
        for page in visible_pages(call)
        if kind == "page"
        and (title is None or page.title == title)
        and (space_key is None or space_of(call, page).key == space_key)
    ]
    return start_page(call, found, lambda page: content_json(page, call.site, _expand(call)))


def _content(call: Call, content_id: str) -> Reply:
    return Reply(payload=content_json(find_page(call, content_id), call.site, _expand(call)))


def _space_of_key(call: Call, key: str) -> Reply:
    space = find_space_by_key(call, key)
    payload = space_v1_json(space, call.site)
    if call.expands("operations"):
        names = allowed_on_content(call, call.person, key)
        payload["operations"] = [{"operation": name, "targetType": "page"} for name in names]
    return Reply(payload=payload)


def _search_content(call: Call) -> Reply:
    return search_page(call, _found(call), lambda page: content_json(page, call.site, _expand(call)))


def _search(call: Call) -> Reply:
    found = _found(call)

    def write(page: Page) -> dict[str, Any]:
        space = space_of(call, page)
        return {
            "content": content_json(page, call.site),
            "title": page.title,
            "excerpt": "",
            "url": f"/spaces/{space.key}/pages/{page.id}",
            "resultGlobalContainer": {"title": space.name, "displayUrl": f"/spaces/{space.key}"},
            "entityType": "content",
            "iconCssClass": "aui-icon content-type-page",
            "lastModified": confluence_time(page.modified),
            "score": 0.0,
        }

    reply = search_page(call, found, write)
    reply.payload.update(totalSize=len(found), cqlQuery=call.query.get("cql", ""), searchDuration=1)
    return reply


def _found(call: Call) -> list[Page]:
    try:
        return find_content(call.site, call.query.get("cql", ""), account_id=call.account_id, sees=call.lists)
    except CqlError as error:
        raise RestError(400, str(error)) from error


# --- long-running tasks -----------------------------------------------------------------------------------------------


def _copy_hierarchy(call: Call, content_id: str) -> Reply:
    page = find_page(call, content_id)
    wanted = call.json_object()
    destination = find_page(call, str(wanted.get("destinationPageId", "")))
    options = wanted.get("titleOptions", {})
    if not isinstance(options, dict) or not isinstance(options.get("prefix", ""), str):
        raise RestError(400, "titleOptions must be an object, with a text as prefix.")
    title, account_id = f"{options.get('prefix', '')}{page.title}"[:255], call.account_id

    def copy() -> str:
        return call.site.content.copy_page(
            page.id, space_id=destination.space_id, title=title, account_id=account_id
        ).id

    task = call.site.tasks.start("confluence", "copy.page.hierarchy", account_id, copy)
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


def _all_spaces(call: Call) -> Reply:
    keys = call.list_of("spaceKey")
    found = [space for space in visible_spaces(call) if keys is None or space.key in keys]
    return start_page(call, found, lambda space: space_v1_json(space, call.site))


def _expand(call: Call) -> frozenset[str]:
    return frozenset(name.strip() for name in call.query.get("expand", "").split(","))


OPERATIONS: Final = (
    Operation("GET", "/rest/api/content", _contents),
    Operation("GET", "/rest/api/content/search", _search_content),
    Operation("GET", "/rest/api/content/<content_id>", _content, anonymous=True),
    Operation("GET", "/rest/api/search", _search),
    Operation("GET", "/rest/api/space", _all_spaces),
    Operation("GET", "/rest/api/space/<key>", _space_of_key, anonymous=True),
    Operation("POST", "/rest/api/content/<content_id>/pagehierarchy/copy", _copy_hierarchy, scope="WRITE"),
    Operation("GET", "/rest/api/longtask/<task_id>", _long_task),
)
