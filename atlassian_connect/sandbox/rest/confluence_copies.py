"""Copying pages in version 1 of Confluence's REST, one by one or with what is below.

Source: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---children-and-descendants/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..store.attachments import StoreFullError
from ..store.content import Page
from .confluence_bodies import read_storage
from .confluence_tree import pages_below
from .confluence_v1 import content_v1_json
from .confluence_writing import conflicts, read_title, text_of
from .finding import CURRENT, find_page, find_space_by_key
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_TITLE_OPTIONS: Final = ("prefix", "search", "replace")
_ALONG: Final = ("copyLabels", "copyProperties", "copyPermissions", "copyAttachments")


def _copy(call: Call, content_id: str) -> Reply:
    page, wanted = find_page(call, content_id, type="page", statuses=CURRENT), call.json_object()
    destination = wanted.get("destination")
    kind = destination.get("type") if isinstance(destination, dict) else None
    if kind == "existing_page":
        raise RestError(501, "The sandbox does not copy a page in the place of another.")
    if kind not in ("parent_page", "parent_content", "space") or not isinstance(destination, dict):
        raise RestError(400, "destination must have the type parent_page or space, and a value.")
    where, along = text_of(destination, "value"), _along(wanted)
    parent = None if kind == "space" else find_page(call, where, type="page", statuses=CURRENT)
    space_id = parent.space_id if parent else find_space_by_key(call, where).id
    title = read_title(wanted, "pageTitle", may_be_empty=True) or page.title
    body = read_storage(call, wanted)
    with conflicts(), call.site.store.database.transaction():
        made = _copied(call, page, space_id=space_id, parent_id=parent.id if parent else None, title=title, along=along)
        if body is not None:
            made = call.site.content.edit_page(made.id, account_id=call.account_id, body=body)
    return Reply(payload=content_v1_json(call, made, frozenset({"space", "history", "version"})))


def _copy_hierarchy(call: Call, content_id: str) -> Reply:
    page, wanted = find_page(call, content_id, type="page", statuses=CURRENT), call.json_object()
    destination = find_page(call, text_of(wanted, "destinationPageId"), type="page", statuses=CURRENT)
    given = wanted.get("titleOptions") or {}
    options = [given.get(name) or "" for name in _TITLE_OPTIONS] if isinstance(given, dict) else []
    if not options or not all(isinstance(one, str) for one in options):
        raise RestError(400, f"titleOptions must be an object with texts: {', '.join(_TITLE_OPTIONS)}.")
    prefix, search, replacement = options
    along, account_id = _along(wanted), call.account_id
    descends = wanted.get("copyDescendants") is True

    def copy() -> str:
        copies: dict[str | None, str] = {page.parent_id: destination.id}
        with call.site.store.database.transaction():
            for one in [page, *(pages_below(call, page) if descends else [])]:
                title = prefix + (one.title.replace(search, replacement) if search else one.title)
                title = title.strip() or one.title
                copies[one.id] = _copied(
                    call, one, space_id=destination.space_id, parent_id=copies[one.parent_id], title=title, along=along
                ).id
        return copies[page.id]

    task = call.site.tasks.start("confluence", "copy.page.hierarchy", account_id, copy)
    return Reply(202, {"id": task.id, "links": {"status": f"/rest/api/longtask/{task.id}"}})


def _along(wanted: Mapping[str, Any]) -> frozenset[str]:
    """What is copied besides title and body."""
    given = {name: wanted.get(name, False) for name in (*_ALONG, "copyCustomContents", "copyDescendants")}
    wrong = [name for name, value in given.items() if not isinstance(value, bool)]
    if wrong:
        raise RestError(400, f"{wrong[0]} must be true or false.")
    if given["copyCustomContents"]:
        raise RestError(501, "The sandbox does not copy custom content.")
    return frozenset(name for name in _ALONG if given[name])


def _copied(call: Call, page: Page, *, space_id: str, parent_id: str | None, title: str, along: frozenset[str]) -> Page:
    """Copy one page.

    :raises ValueError: the sandbox has no room for its files.
    """
    site, account_id = call.site, call.account_id
    made = site.content.copy_page(page.id, space_id=space_id, title=title, account_id=account_id, parent_id=parent_id)
    if "copyLabels" in along:
        for label in site.content.labels(page.id):
            site.content.add_label(made.id, label.name, account_id=account_id, prefix=label.prefix)
    if "copyProperties" in along:
        for one in site.entity_properties.all(("page", page.id)):
            site.entity_properties.create(("page", made.id), one.key, one.value, account_id)
    if "copyPermissions" in along:
        for operation in ("read", "update"):
            known = site.content.restriction(page.id, operation)
            site.content.restrict_page(made.id, operation, account_ids=known.account_ids, groups=known.groups)
    for file in site.attachments.of(("page", page.id)) if "copyAttachments" in along else ():
        try:
            site.attachments.add(
                ("page", made.id),
                name=file.name,
                media_type=file.media_type,
                data=file.data,
                account_id=account_id,
                comment=file.comment,
            )
        except StoreFullError as error:
            raise ValueError(str(error)) from error
    return made


_ONE: Final = "/rest/api/content/<content_id>"

OPERATIONS: Final = (
    Operation("POST", f"{_ONE}/copy", _copy, scope="WRITE"),
    Operation("POST", f"{_ONE}/pagehierarchy/copy", _copy_hierarchy, scope="WRITE"),
)
