"""Labels of content in Confluence's REST, versions 1 and 2. Only version 1 writes them.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-labels/ and
https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-label/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ..store.content import Page
from ..store.labels import is_label
from ..store.values import Label
from .confluence_writing import may_write
from .finding import editable_page, every_visible_page, find_page, find_space
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query, start_page
from .shapes import label_json

__all__ = ["OPERATIONS"]

_PREFIXES: Final = ("global", "my", "team")


# --- version 1 --------------------------------------------------------------------------------------------------------


def _labels(call: Call, content_id: str) -> Reply:
    page, prefix = find_page(call, content_id), call.query.get("prefix")
    found = [one for one in call.site.content.labels(page.id) if prefix in (None, one.prefix)]
    return start_page(call, found, label_json, default=200)


def _add_labels(call: Call, content_id: str) -> Reply:
    page, wanted = editable_page(call, content_id), call.json()
    given = wanted if isinstance(wanted, list) else [wanted]
    labels = []
    for one in given:
        name, prefix = (one.get("name"), one.get("prefix", "global")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not is_label(name) or prefix not in _PREFIXES:
            raise RestError(400, "A label has a prefix (global, my, team) and a name without spaces.")
        labels.append((name.lower(), str(prefix)))
    for name, prefix in labels:
        call.site.content.add_label(page.id, name, account_id=may_write(call), prefix=prefix)
    return _labels(call, content_id)


def _remove_label(call: Call, content_id: str, label: str = "") -> Reply:
    page, name = editable_page(call, content_id), (label or call.query.get("name", "")).lower()
    if not name:
        raise RestError(400, "name must be the name of a label.")
    prefix, _, bare = name.rpartition(":")  # no name has a colon
    if not call.site.content.remove_label(page.id, bare, account_id=may_write(call), prefix=prefix or "global"):
        raise RestError(404, f"The content has no label {name}.")
    return Reply(204)


def _label_information(call: Call) -> Reply:
    name = call.query.get("name", "")
    visible = {one.id for one in every_visible_page(call)}
    found = [one for one in call.site.content.labelled(name) if one.id in visible]
    label = next((one for page in found for one in call.site.content.labels(page.id) if one.name == name), None)
    if label is None:
        raise RestError(404, f"There is no label {name}.")
    associated = start_page(call, found, lambda one: {"contentType": one.type, "contentId": one.id, "title": one.title})
    return Reply(payload={"label": label_json(label), "associatedContents": associated.payload})


# --- version 2 --------------------------------------------------------------------------------------------------------


def _labels_v2(call: Call, kind: str, page_id: str) -> Reply:
    return _labels_page(call, call.site.content.labels(find_page(call, page_id, type=kind).id))


def _all_labels(call: Call) -> Reply:
    ids, prefix = call.list_of("label-id"), call.query.get("prefix")
    found = [
        one
        for one in _labels_of(call, every_visible_page(call))
        if (ids is None or one.id in ids) and prefix in (None, one.prefix)
    ]
    return _labels_page(call, found)


def _labels_of_space(call: Call, space_id: str) -> Reply:
    space, prefix = find_space(call, space_id), call.query.get("prefix")
    found = _labels_of(call, [one for one in every_visible_page(call) if one.space_id == space.id])
    return _labels_page(call, [one for one in found if prefix in (None, one.prefix)])


def _labels_of(call: Call, pages: list[Page]) -> list[Label]:
    """The labels of these pages, each once."""
    by_page = call.site.content.labels_by_page()
    return list({one.id: one for page in pages for one in by_page.get(page.id, ())}.values())


def _labels_page(call: Call, labels: list[Label]) -> Reply:
    orders: dict[str, Callable[[Label], Any]] = {"id": lambda one: int(one.id), "name": lambda one: one.name}
    found = sorted_by_query(call, labels, orders)
    return cursor_page(call, found, lambda one: {"id": one.id, "name": one.name, "prefix": one.prefix})


_ONE: Final = "/rest/api/content/<content_id>/label"

OPERATIONS: Final = (
    Operation("GET", _ONE, _labels, anonymous=True),
    Operation("POST", _ONE, _add_labels, scope="WRITE"),
    Operation("DELETE", _ONE, _remove_label, scope="WRITE"),
    Operation("DELETE", f"{_ONE}/<label>", _remove_label, scope="WRITE"),
    Operation("GET", "/rest/api/label", _label_information),
    *(
        Operation("GET", f"/api/v2/{name}/<page_id>/labels", partial(_labels_v2, kind=kind), anonymous=True)
        for kind, name in (("page", "pages"), ("blogpost", "blogposts"))
    ),
    Operation("GET", "/api/v2/labels", _all_labels),
    Operation("GET", "/api/v2/spaces/<space_id>/content/labels", _labels_of_space, anonymous=True),
)
