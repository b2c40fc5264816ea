"""Macros of pages, and converting bodies, in version 1 of Confluence's REST.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---macro-body/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-body/
"""

from __future__ import annotations

from typing import Any, Final

from ..macros.storage import Macro, StorageFormatError, macros_in, parse
from .confluence_bodies import VIEWS, view_html
from .finding import find_page
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]


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
    value = found.body if to == "storage" else view_html(call, page, found.body)
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
    made = value if to == "storage" else view_html(call, page, value)
    return Reply(payload={"value": made, "representation": to, "_expandable": {}})


_MACRO: Final = "/rest/api/content/<content_id>/history/<version>/macro/id/<macro_id>"

OPERATIONS: Final = (
    Operation("GET", _MACRO, _macro),
    Operation("GET", f"{_MACRO}/convert/<to>", _macro),
    Operation("POST", "/rest/api/contentbody/convert/<to>", _convert),
)
