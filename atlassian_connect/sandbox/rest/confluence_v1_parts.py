"""Version 1 of what belongs to Confluence's content: labels, children, history, restrictions, macros, bodies, tasks.

Source: https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..macros.storage import Macro, StorageFormatError, macros_in, parse
from ..people import confluence_user
from ..store.content import Page
from ..store.tasks import Task
from .confluence_bodies import VIEWS, view_html
from .confluence_comments import comment_v1_json
from .confluence_v1 import content_v1_json, expand_of
from .confluence_writing import conflicts, may_delete, may_write, text_of
from .finding import find_page
from .operations import Call, Operation, Reply, RestError
from .paging import start_page
from .shapes import attachment_json, confluence_time, label_json, person_of, version_v1_json

__all__ = ["OPERATIONS"]

_LABEL = re.compile(r"[^\s:;,.?&\[\]()#^*@!<>\"']{1,255}").fullmatch
_PREFIXES: Final = ("global", "my", "team")


# --- labels -----------------------------------------------------------------------------------------------------------


def _labels(call: Call, content_id: str) -> Reply:
    page, prefix = find_page(call, content_id), call.query.get("prefix")
    found = [one for one in call.site.content.labels(page.id) if prefix in (None, one.prefix)]
    return start_page(call, found, label_json)


def _add_labels(call: Call, content_id: str) -> Reply:
    page, wanted = find_page(call, content_id), call.json()
    given = wanted if isinstance(wanted, list) else [wanted]
    labels = []
    for one in given:
        name, prefix = (one.get("name"), one.get("prefix", "global")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not _LABEL(name) or prefix not in _PREFIXES:
            raise RestError(400, "A label has a prefix (global, my, team) and a name without spaces.")
        labels.append((name.lower(), str(prefix)))
    for name, prefix in labels:
        call.site.content.add_label(page.id, name, account_id=may_write(call), prefix=prefix)
    return _labels(call, content_id)


def _remove_label(call: Call, content_id: str, label: str = "") -> Reply:
    page, name = find_page(call, content_id), label or call.query.get("name", "")
    if not name:
        raise RestError(400, "name must be the name of a label.")
    if not call.site.content.remove_label(page.id, name, account_id=may_write(call)) and label:
        raise RestError(404, f"The content has no label {name}.")
    return Reply(204)


def _label_information(call: Call) -> Reply:
    name = call.query.get("name", "")
    pages = [one for one in call.site.content.labelled(name) if one.status == "current"]
    keys = {space.id: space.key for space in call.site.content.spaces()}
    found = [one for one in pages if call.lists(keys[one.space_id])]
    label = next((one for page in pages for one in call.site.content.labels(page.id) if one.name == name), None)
    if label is None:
        raise RestError(404, f"There is no label {name}.")
    associated = start_page(call, found, lambda one: {"contentType": one.type, "contentId": one.id, "title": one.title})
    return Reply(payload={"label": label_json(label), "associatedContents": associated.payload})


# --- children, moving, copying ----------------------------------------------------------------------------------------


def _children(call: Call, content_id: str, kind: str) -> Reply:
    page = find_page(call, content_id)
    if kind == "attachment":
        return start_page(
            call, call.site.attachments.of(("page", page.id)), lambda one: attachment_json(one, call.site)
        )
    if kind != "page":
        raise RestError(400, "type must be page, comment or attachment.")
    return start_page(call, call.site.content.children(page.id), lambda one: _json(call, one))


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
    return start_page(call, _below(call, page), lambda one: _json(call, one))


def _below(call: Call, page: Page) -> list[Page]:
    found, waiting = [], call.site.content.children(page.id)[::-1]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += call.site.content.children(one.id)[::-1]
    return found


def _move(call: Call, content_id: str, position: str, target_id: str) -> Reply:
    page, target = find_page(call, content_id, type="page"), find_page(call, target_id, type="page")
    if position not in ("before", "after", "append"):
        raise RestError(400, "position must be before, after or append.")
    above = target.id if position == "append" else target.parent_id
    beside = [one for one in call.site.content.pages(target.space_id) if one.parent_id == above and one.id != page.id]
    ids = [one.id for one in sorted(beside, key=lambda one: one.position)]
    number = ids.index(target.id) + (position == "after") if target.id in ids else len(ids)
    with conflicts():
        call.site.content.move_page(
            page.id, account_id=may_write(call), parent_id=above, space_id=target.space_id, position=number
        )
    return Reply(payload={"pageId": page.id})


def _copy(call: Call, content_id: str) -> Reply:
    page, wanted = find_page(call, content_id), call.json_object()
    destination = wanted.get("destination")
    kind = destination.get("type") if isinstance(destination, dict) else None
    if kind not in ("parent_page", "space") or not isinstance(destination, dict):
        raise RestError(400, "destination must have the type parent_page or space, and a value.")
    where = text_of(destination, "value")
    parent = find_page(call, where, type="page") if kind == "parent_page" else None
    space = None if parent else next((one for one in call.site.content.spaces() if one.key == where), None)
    if parent is None and (space is None or not call.lists(space.key)):
        raise RestError(404, f"No space with key: {where}")
    title = text_of(wanted, "pageTitle") or page.title
    with conflicts():
        made = call.site.content.copy_page(
            page.id,
            space_id=parent.space_id if parent else str(space and space.id),
            title=title,
            account_id=may_write(call),
        )
        if parent is not None:
            made = call.site.content.move_page(made.id, account_id=call.account_id, parent_id=parent.id)
    return Reply(payload=content_v1_json(call, made, frozenset({"space", "version"})))


def _copy_hierarchy(call: Call, content_id: str) -> Reply:
    page = find_page(call, content_id)
    wanted = call.json_object()
    destination = find_page(call, text_of(wanted, "destinationPageId"))
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


def _delete_tree(call: Call, content_id: str) -> Reply:
    page, account_id = find_page(call, content_id, type="page"), may_delete(call)

    def delete() -> str:
        for one in [*reversed(_below(call, page)), page]:
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


# --- history ----------------------------------------------------------------------------------------------------------


def _history(call: Call, content_id: str) -> Reply:
    page, site = find_page(call, content_id), call.site
    versions = site.content.versions(page.id)
    payload = {
        "latest": True,
        "createdBy": confluence_user(person_of(site, page.author), site.base_url),
        "createdDate": confluence_time(page.created),
        "lastUpdated": version_v1_json(site, page.version, page.modified_by, page.modified, page.message),
        "contributors": {
            "publishers": {"userAccountIds": list(dict.fromkeys(one.author for one in versions))},
        },
        "_expandable": {},
        "_links": {"base": site.base_url, "self": f"{site.base_url}{call.path}"},
    }
    return Reply(payload=payload)


def _versions(call: Call, content_id: str) -> Reply:
    page = find_page(call, content_id)
    found = call.site.content.versions(page.id)[::-1]
    return start_page(
        call, found, lambda one: version_v1_json(call.site, one.number, one.author, one.created, one.message)
    )


def _version(call: Call, content_id: str, number: str) -> Reply:
    page = find_page(call, content_id)
    one = next((one for one in call.site.content.versions(page.id) if str(one.number) == number), None)
    if one is None:
        raise RestError(404, f"The content has no version {number}.")
    return Reply(payload=version_v1_json(call.site, one.number, one.author, one.created, one.message))


def _restore_version(call: Call, content_id: str) -> Reply:
    page, wanted = find_page(call, content_id), call.json_object()
    params = wanted.get("params")
    number = params.get("versionNumber") if isinstance(params, dict) else None
    if wanted.get("operationKey") != "restore":
        raise RestError(400, "operationKey must be restore.")
    one = next((one for one in call.site.content.versions(page.id) if one.number == number), None)
    if one is None:
        raise RestError(404, f"The content has no version {number}.")
    message = text_of(params, "message") if isinstance(params, dict) else ""
    title = one.title if isinstance(params, dict) and params.get("restoreTitle") is True else None
    with conflicts():
        made = call.site.content.edit_page(
            page.id, account_id=may_write(call), title=title, body=one.body, message=message
        )
    return Reply(payload=version_v1_json(call.site, made.version, made.modified_by, made.modified, made.message))


# --- restrictions, macros, bodies -------------------------------------------------------------------------------------


def _restrictions(call: Call, content_id: str) -> Reply:
    find_page(call, content_id)
    names = ("read", "update")
    return start_page(call, names, lambda name: _restriction(call, name))


def _restrictions_by_operation(call: Call, content_id: str, name: str = "") -> Reply:
    find_page(call, content_id)
    if not name:
        return Reply(payload={one: _restriction(call, one) for one in ("read", "update")})
    if name not in ("read", "update"):
        raise RestError(400, "operationKey must be read or update.")
    return Reply(payload=_restriction(call, name))


def _restriction(call: Call, name: str) -> dict[str, Any]:
    """Pages of the sandbox have no restrictions of their own."""
    nobody: dict[str, Any] = {"results": [], "start": 0, "limit": 200, "size": 0}
    return {"operation": name, "restrictions": {"user": nobody, "group": nobody}, "_expandable": {}, "_links": {}}


def _macro(call: Call, content_id: str, version: str, macro_id: str, to: str = "") -> Reply:
    page = find_page(call, content_id)
    wanted = str(page.version) if version == "0" else version
    body = next((one.body for one in call.site.content.versions(page.id) if str(one.number) == wanted), None)
    found = next((one for one in macros_in(body or "") if one.id == macro_id), None)
    if found is None:
        raise RestError(404, f"No macro with the id {macro_id} is in version {version} of the content.")
    if not to:
        return Reply(payload=_macro_json(found))
    if to not in ("storage", *VIEWS):
        raise RestError(501, f"The sandbox does not convert bodies to {to}.")
    value = found.body if to == "storage" else view_html(call.site, page, found.body)
    return Reply(payload={"value": value, "representation": to, "_expandable": {}})


def _macro_json(macro: Macro) -> dict[str, Any]:
    parameters = {name: {"value": value} for name, value in macro.parameters.items()}
    return {"name": macro.name, "body": macro.body, "parameters": parameters, "_links": {}}


def _convert(call: Call, to: str) -> Reply:
    wanted = call.json_object()
    value, source = wanted.get("value"), wanted.get("representation")
    if not isinstance(value, str):
        raise RestError(400, "value must be a text.")
    if source != "storage" or to not in ("storage", *VIEWS):
        raise RestError(501, f"The sandbox converts storage to storage or a view, not {source} to {to}.")
    context = call.query.get("contentIdContext")
    page = find_page(call, context) if context else None
    try:
        parse(value)
    except StorageFormatError as error:
        raise RestError(400, str(error)) from error
    made = value if to == "storage" else view_html(call.site, page, value)
    return Reply(payload={"value": made, "representation": to, "_expandable": {}})


def _json(call: Call, page: Page) -> dict[str, Any]:
    return content_v1_json(call, page, expand_of(call))


_ONE: Final = "/rest/api/content/<content_id>"
_MACRO: Final = f"{_ONE}/history/<version>/macro/id/<macro_id>"

OPERATIONS: Final = (
    Operation("GET", f"{_ONE}/label", _labels, anonymous=True),
    Operation("POST", f"{_ONE}/label", _add_labels, scope="WRITE"),
    Operation("DELETE", f"{_ONE}/label", _remove_label, scope="WRITE"),
    Operation("DELETE", f"{_ONE}/label/<label>", _remove_label, scope="WRITE"),
    Operation("GET", "/rest/api/label", _label_information),
    Operation("GET", f"{_ONE}/child", _all_children, anonymous=True),
    Operation("GET", f"{_ONE}/child/<kind>", _children, anonymous=True),
    Operation("GET", f"{_ONE}/descendant/<kind>", _descendants, anonymous=True),
    Operation("PUT", f"{_ONE}/move/<position>/<target_id>", _move, scope="WRITE"),
    Operation("POST", f"{_ONE}/copy", _copy, scope="WRITE"),
    Operation("POST", f"{_ONE}/pagehierarchy/copy", _copy_hierarchy, scope="WRITE"),
    Operation("DELETE", f"{_ONE}/pageTree", _delete_tree, scope="DELETE"),
    Operation("GET", "/rest/api/longtask/<task_id>", _long_task),
    Operation("GET", f"{_ONE}/history", _history, anonymous=True),
    Operation("GET", f"{_ONE}/version", _versions, anonymous=True),
    Operation("POST", f"{_ONE}/version", _restore_version, scope="WRITE"),
    Operation("GET", f"{_ONE}/version/<number>", _version, anonymous=True),
    Operation("GET", f"{_ONE}/restriction", _restrictions),
    Operation("GET", f"{_ONE}/restriction/byOperation", _restrictions_by_operation),
    Operation("GET", f"{_ONE}/restriction/byOperation/<name>", _restrictions_by_operation),
    Operation("GET", _MACRO, _macro),
    Operation("GET", f"{_MACRO}/convert/<to>", _macro),
    Operation("POST", "/rest/api/contentbody/convert/<to>", _convert),
)
