"""Pages and blog posts in version 2 of Confluence's REST, and what is below and above them.

Source: https://developer.atlassian.com/cloud/confluence/rest/v2/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ..store.content import Page
from .confluence_bodies import body_json, read_storage, wanted_format
from .confluence_writing import conflicts, may_write, read_title, read_version, remove_page, text_of
from .finding import (
    ANY_STATUS,
    CURRENT,
    editable_page,
    every_visible_page,
    find_page,
    find_space,
    space_of,
    visible_children,
    visible_homepage,
    visible_pages,
)
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query
from .shapes import label_json, page_json, version_json

__all__ = ["OPERATIONS"]

_ORDERS: Final[dict[str, Callable[[Page], Any]]] = {
    "id": lambda page: int(page.id),
    "created-date": lambda page: page.created,
    "modified-date": lambda page: page.modified,
    "title": lambda page: page.title.lower(),
}


def _list(call: Call, kind: str) -> Reply:
    ids, space_ids = call.list_of("id"), call.list_of("space-id")
    pages = [one for one in visible_pages(call, type=kind) if space_ids is None or one.space_id in space_ids]
    return _listed(call, [one for one in pages if ids is None or one.id in ids])


def _of_space(call: Call, kind: str, space_id: str) -> Reply:
    pages = visible_pages(call, find_space(call, space_id).id, type=kind)
    if call.query.get("depth") == "root":
        pages = [one for one in pages if one.parent_id is None]
    return _listed(call, pages)


def _of_label(call: Call, kind: str, label_id: str) -> Reply:
    by_page = call.site.content.labels_by_page()
    every = {one.id: one for one in every_visible_page(call)}
    labelled = {page_id for page_id in every if label_id in {one.id for one in by_page.get(page_id, ())}}
    if not labelled:
        raise RestError(404, f"There is no label with id {label_id}.")
    return _listed(call, [every[page_id] for page_id in labelled if every[page_id].type == kind])


def _listed(call: Call, pages: list[Page]) -> Reply:
    title, wanted = call.query.get("title"), wanted_format(call)
    found = [page for page in pages if title is None or page.title == title]
    return cursor_page(call, sorted_by_query(call, found, _ORDERS), lambda page: _json(call, page, wanted))


def _get(call: Call, kind: str, page_id: str) -> Reply:
    statuses = ANY_STATUS - {"trashed"} if call.query.get("get-draft") == "true" else None
    page, wanted = find_page(call, page_id, type=kind, statuses=statuses), wanted_format(call, single=True)
    number = call.integer("version", 0, maximum=10**9)
    json = _alone(call, page, wanted)
    if number and number != page.version:
        old = next((one for one in call.site.content.versions(page.id) if one.number == number), None)
        if old is None:
            raise RestError(404, f"The content has no version {number}.")
        json |= {"title": old.title, "body": body_json(call, page, old.body, wanted)}
        json["version"] = version_json(old.number, old.author, old.created, old.message)
    if call.query.get("include-labels") == "true":
        json["labels"] = {"results": [label_json(one) for one in call.site.content.labels(page.id)]}
    return Reply(payload=json)


def _create(call: Call, kind: str) -> Reply:
    wanted = call.json_object()
    space, status = find_space(call, text_of(wanted, "spaceId")), wanted.get("status", "current")
    if status not in ("current", "draft"):
        raise RestError(400, "status must be current or draft.")
    parent_id = None
    if kind == "page" and call.query.get("root-level") != "true":
        home = visible_homepage(call, space)
        parent_id = text_of(wanted, "parentId") or (home.id if home else None)
        if parent_id and find_page(call, parent_id, type="page", statuses=CURRENT).space_id != space.id:
            raise RestError(400, "The parent is in another space.")
    title = read_title(wanted, may_be_empty=status == "draft")
    account_id = may_write(call)
    with conflicts(), call.site.store.database.transaction():
        page = call.site.content.create_page(
            space.id,
            title,
            read_storage(call, wanted) or "",
            account_id=account_id,
            type=kind,
            status=status,
            parent_id=parent_id,
        )
        for operation in ("read", "update") if call.query.get("private") == "true" else ():
            call.site.content.restrict_page(page.id, operation, account_ids=[account_id])
    return Reply(payload=_alone(call, page, "storage"))


def _update(call: Call, kind: str, page_id: str) -> Reply:
    page, wanted = editable_page(call, page_id, type=kind, statuses=ANY_STATUS), call.json_object()
    number, message = read_version(wanted)
    status = wanted.get("status")
    if wanted.get("id") not in (page.id, int(page.id)) or status not in ("current", "draft"):
        raise RestError(400, "id must be the id of the content, and status must be current or draft.")
    if status == "draft" and page.status != "draft":
        raise RestError(501, "The sandbox has no drafts of what is published.")
    if text_of(wanted, "spaceId", page.space_id) != page.space_id:
        raise RestError(
            400, "A page cannot be put into another space by an update: spaceId must be the space it is in."
        )
    title, parent_id = read_title(wanted), text_of(wanted, "parentId") or None
    if parent_id is not None and find_page(call, parent_id, type="page", statuses=CURRENT).space_id != page.space_id:
        raise RestError(400, "The parent is in another space.")
    with conflicts():
        edited = call.site.content.edit_page(
            page.id,
            title=title,
            body=read_storage(call, wanted),
            account_id=may_write(call),
            version=number,
            message=message,
            parent_id=parent_id,
            status=status,
        )
    return Reply(payload=_alone(call, edited, "storage"))


def _delete(call: Call, kind: str, page_id: str) -> Reply:
    purges = call.query.get("purge") == "true"
    page = editable_page(call, page_id, type=kind, statuses=ANY_STATUS if purges else {"current", "draft"})
    if purges and page.status != "trashed":
        raise RestError(400, "Only what is in the trash can be purged.")
    return remove_page(call, page)


def _children(call: Call, page_id: str) -> Reply:
    below = visible_children(call, _find(call, "page", page_id).id)

    def write(page: Page) -> dict[str, Any]:
        facts = {"id": page.id, "status": page.status, "title": page.title, "spaceId": page.space_id}
        return {**facts, "childPosition": page.position}

    return cursor_page(call, below, write)


def _ancestors(call: Call, page_id: str) -> Reply:
    above = call.site.content.ancestors(_find(call, "page", page_id).id)
    return cursor_page(call, above, lambda page: {"id": page.id, "type": "page"})


def _find(call: Call, kind: str, page_id: str) -> Page:
    return find_page(call, page_id, type=kind)


def _alone(call: Call, page: Page, wanted: str) -> dict[str, Any]:
    """One page, which tells what its links are relative to."""
    json = _json(call, page, wanted)
    return {**json, "_links": {**json["_links"], "base": call.site.base_url}}


def _json(call: Call, page: Page, wanted: str) -> dict[str, Any]:
    body = body_json(call, page, page.body, wanted)
    return page_json(page, space_key=space_of(call, page).key, body=body)


def _rules(kind: str, name: str) -> list[Operation]:
    many, one = f"/api/v2/{name}", f"/api/v2/{name}/<page_id>"
    return [
        Operation("GET", many, partial(_list, kind=kind)),
        Operation("POST", many, partial(_create, kind=kind), scope="WRITE"),
        Operation("GET", one, partial(_get, kind=kind), anonymous=True),
        Operation("PUT", one, partial(_update, kind=kind), scope="WRITE"),
        Operation("DELETE", one, partial(_delete, kind=kind), scope="DELETE"),
        Operation("GET", f"/api/v2/spaces/<space_id>/{name}", partial(_of_space, kind=kind), anonymous=True),
        Operation("GET", f"/api/v2/labels/<label_id>/{name}", partial(_of_label, kind=kind)),
    ]


OPERATIONS: Final = (
    *_rules("page", "pages"),
    *_rules("blogpost", "blogposts"),
    Operation("GET", "/api/v2/pages/<page_id>/children", _children, anonymous=True),
    Operation("GET", "/api/v2/pages/<page_id>/ancestors", _ancestors, anonymous=True),
)
