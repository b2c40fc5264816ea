"""Bodies of content in Confluence's REST: reading what apps send, and writing what they ask for.

Bodies are kept in storage format. The ``view`` of one is made like the site's own pages, except that the macros of apps
are left as empty elements, since a frame belongs to somebody who looks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from ..json_text import read_json
from ..macros.document_to_storage import storage_of
from ..macros.render import Links, Renderer
from ..macros.storage import Macro, StorageFormatError, UnsupportedPartError, parse, with_macro_ids
from ..macros.storage_to_document import document_of
from ..store.content import Page
from .finding import visible_spaces
from .operations import Call, RestError
from .shapes import web_path

__all__ = ["VIEWS", "body_json", "expand_of", "expanded_bodies", "read_storage", "view_html", "wanted_format"]

#: Representations that are made like the pages of the site.
VIEWS: Final = frozenset({"view", "export_view", "styled_view", "anonymous_export_view"})
_DOCUMENT: Final = "atlas_doc_format"
_KNOWN: Final = frozenset({"wiki", "editor", "editor2", "raw", "plain"})


def read_storage(call: Call, wanted: Mapping[str, Any]) -> str | None:
    """The body of a request, in either version's form, with ids for its macros. None: there is none.

    :raises RestError: another representation than these, or a body that is not well formed.
    """
    body = wanted.get("body")
    if isinstance(body, Mapping) and "representation" not in body:
        names = ("storage", _DOCUMENT, *sorted(_KNOWN))
        body = next(({"representation": one, **body[one]} for one in names if isinstance(body.get(one), Mapping)), body)
    if body is None:
        return None
    representation = body.get("representation") if isinstance(body, Mapping) else None
    if isinstance(representation, str) and representation in _KNOWN:
        raise RestError(501, f"The sandbox keeps bodies in storage format; it does not take {representation}.")
    known = ("storage", _DOCUMENT)
    if not isinstance(body, Mapping) or representation not in known or not isinstance(body.get("value"), str):
        raise RestError(400, f"body must have a text as value, and the representation {' or '.join(known)}.")
    text = str(body["value"])
    try:
        text = storage_of(read_json(text.encode())) if representation == _DOCUMENT else text
        parse(text)
    except UnsupportedPartError as error:
        raise RestError(501, f"The sandbox keeps bodies in storage format, and has none for {error}.") from error
    except ValueError as error:  # of the document's JSON, or a StorageFormatError
        raise RestError(400, str(error)) from error
    return with_macro_ids(text, call.site.ids.uuid)


def wanted_format(call: Call, *, single: bool = False) -> str:
    """What ``body-format`` asks for; empty for no body.

    :param single: of one object: then it may be a view, too.
    :raises RestError: it is nothing that the operation has.
    """
    wanted = call.query.get("body-format", "")
    if single and wanted == "editor":
        raise RestError(501, f"The sandbox keeps bodies in storage format; it does not have the body-format {wanted}.")
    if wanted not in ("", "storage", _DOCUMENT) and not (single and wanted in VIEWS):
        raise RestError(400, f"{wanted} is no body-format of this operation.")
    return wanted


def body_json(call: Call, page: Page, body: str, wanted: str) -> dict[str, Any]:
    """A body as version 2 writes it.

    :param page: what the body is of, or its comment.
    :param wanted: see :func:`wanted_format`.
    :raises RestError: it has a part that there is no node for.
    """
    if not wanted:
        return {}
    if wanted == _DOCUMENT:
        value = _document_text(body)
    else:
        value = body if wanted == "storage" else view_html(call, page, body)
    return {wanted: {"representation": wanted, "value": value}}


def _document_text(body: str) -> str:
    try:
        return json.dumps(document_of(body), separators=(",", ":"))
    except UnsupportedPartError as error:
        raise RestError(501, f"The sandbox does not write {error} as {_DOCUMENT}.") from error
    except StorageFormatError as error:
        raise RestError(400, str(error)) from error


def expand_of(call: Call) -> frozenset[str]:
    """The parts that ``expand`` names, and what they are parts of: ``history`` with ``history.lastUpdated``."""
    names = (name.strip().split(".") for value in call.query.getlist("expand") for name in value.split(","))
    return frozenset(".".join(parts[:length]) for parts in names for length in range(1, len(parts) + 1))


def expanded_bodies(call: Call, page: Page, body: str, expand: frozenset[str]) -> dict[str, Any]:
    """Bodies as version 1 writes them, as ``expand`` asks for: ``body.view``, ``body.storage``."""
    found: dict[str, Any] = {}
    for name in sorted(VIEWS | {"storage", _DOCUMENT}):
        if f"body.{name}" in expand:
            found |= body_json(call, page, body, name)
    return found


def view_html(call: Call, page: Page | None, body: str) -> str:
    """A body as HTML."""
    return str(Renderer(_links(call, page), _left_empty).render(body))


def _left_empty(macro: Macro, renderer: Renderer) -> Markup:
    return Markup('<div class="ap-container" data-macro-name="{}" data-macro-id="{}"></div>').format(
        macro.name, macro.id
    )


def _links(call: Call, page: Page | None) -> Links:
    site = call.site

    def linked_page(space_key: str | None, title: str) -> str | None:
        spaces = visible_spaces(call)
        wanted = [one for one in spaces if (one.key == space_key if space_key else page and one.id == page.space_id)]
        found = site.content.page_by_title(wanted[0].id, title) if wanted else None
        if found is None or found.id in site.content.hidden_pages(call.person):
            return None
        return f"{site.base_url}{web_path(found, wanted[0].key)}"

    def attachment(name: str) -> str | None:
        files = site.attachments.of(("page", page.id)) if page else []
        if page is None or all(one.name != name for one in files):
            return None
        return f"{site.base_url}/download/attachments/{page.id}/{quote(name, safe='')}"

    def user(account_id: str) -> str | None:
        person = site.person(account_id)
        return person.name if person else None

    return Links(linked_page, attachment, user)
