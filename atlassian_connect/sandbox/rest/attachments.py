"""Files in the REST of both products: upload, list, download.

A download leads to the media service, which asks for no token: whoever knows the address gets the file, as on real
sites, so an app must not send its token there.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---attachments/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Response, request
from werkzeug.exceptions import NotFound

from ..log import Crossing
from ..store.attachments import Attachment, StoreFullError
from ..store.content import Page
from .confluence_writing import may_delete
from .finding import CURRENT, editable_page, find_issue, find_page
from .jira_shapes import jira_attachment_json
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, start_page
from .shapes import attachment_json, confluence_time

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = [
    "CONFLUENCE_OPERATIONS",
    "JIRA_OPERATIONS",
    "file_headers",
    "find_attachment",
    "media_response",
    "remove_attachment",
]

_MAX_NAME: Final = 255
#: What fits into a header; whoever uploads may name any.
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII).fullmatch


# --- Jira -------------------------------------------------------------------------------------------------------------


def _add_to_issue(call: Call, id_or_key: str) -> Reply:
    owner = ("issue", find_issue(call, id_or_key).id)
    with call.site.store.database.transaction():
        stored = [_store(call, owner, name, media_type, data) for name, media_type, data in _uploaded(call)]
    return Reply(payload=[jira_attachment_json(file, call.site) for file in stored])


def _of_issue(call: Call, attachment_id: str) -> Attachment:
    missing = f"The attachment with id '{attachment_id}' does not exist"
    try:
        file = call.site.attachments.get(attachment_id)
        project_key = call.site.content.issue(file.owner[1]).project_key if file.owner[0] == "issue" else ""
    except KeyError:
        raise RestError(404, missing) from None
    if not project_key:
        raise RestError(404, missing)
    call.require(project_key, missing)
    return file


def _get_of_issue(call: Call, attachment_id: str) -> Reply:
    return Reply(payload=jira_attachment_json(_of_issue(call, attachment_id), call.site))


def _content_of_issue(call: Call, attachment_id: str) -> Reply:
    file = _of_issue(call, attachment_id)
    if call.query.get("redirect") == "false":
        return Reply(content=file.data, headers=file_headers(file))
    return Reply(303, headers={"Location": _media_url(call, file)})


def _delete_of_issue(call: Call, attachment_id: str) -> Reply:
    call.site.attachments.delete(_of_issue(call, attachment_id).id, call.account_id)
    return Reply(204)


# --- Confluence -------------------------------------------------------------------------------------------------------


def _add_to_page(call: Call, content_id: str) -> Reply:
    return _upload_to_page(call, content_id, replaces=False)


def _add_or_replace_on_page(call: Call, content_id: str) -> Reply:
    return _upload_to_page(call, content_id, replaces=True)


def _upload_to_page(call: Call, content_id: str, *, replaces: bool) -> Reply:
    owner, comment = ("page", editable_page(call, content_id).id), call.form.get("comment", "")
    uploaded, stored = _uploaded(call), dict[str, Attachment]()
    with call.site.store.database.transaction():
        known = {file.name: file for file in call.site.attachments.of(owner)}
        for name, media_type, data in uploaded:
            if name in known and not replaces:
                text = f"Cannot add a new attachment with same file name as an existing attachment: {name}"
                raise RestError(400, text)
            stored[name] = known[name] = _store(
                call, owner, name, media_type, data, comment=comment, over=known.get(name)
            )
    return start_page(call, list(stored.values()), lambda file: attachment_json(file, call.site))


def _list_of_page(call: Call, content_id: str) -> Reply:
    owner, name = ("page", find_page(call, content_id).id), call.query.get("filename")
    files = [file for file in call.site.attachments.of(owner) if name in (None, file.name)]
    return start_page(call, files, lambda file: attachment_json(file, call.site))


def _list_of_page_v2(call: Call, page_id: str) -> Reply:
    files = call.site.attachments.of(("page", find_page(call, page_id).id))
    return cursor_page(call, files, _v2)


def _get_v2(call: Call, attachment_id: str) -> Reply:
    return Reply(payload=_v2(find_attachment(call, attachment_id)[0]))


def _delete_v2(call: Call, attachment_id: str) -> Reply:
    return remove_attachment(call, attachment_id)


def find_attachment(call: Call, attachment_id: str) -> tuple[Attachment, Page]:
    """A file on a page, and the page.

    :param attachment_id: with or without ``att`` before it.
    :raises RestError: there is none, or it is not for this call.
    """
    missing = f"There is no attachment with id {attachment_id}."
    try:
        file = call.site.attachments.get(attachment_id.removeprefix("att"))
    except KeyError:
        raise RestError(404, missing) from None
    if file.owner[0] != "page":
        raise RestError(404, missing)
    return file, find_page(call, file.owner[1], statuses=CURRENT)


def remove_attachment(call: Call, attachment_id: str) -> Reply:
    """Delete a file: users may their own ones, and administrators all, of pages that they may edit."""
    file, page = find_attachment(call, attachment_id)
    editable_page(call, page.id)
    own = call.user is not None and call.user.account_id == file.account_id
    call.site.attachments.delete(file.id, call.account_id if own else may_delete(call))
    return Reply(204)


def _download_of_page(call: Call, content_id: str, attachment_id: str) -> Reply:
    owner = ("page", find_page(call, content_id).id)
    wanted = attachment_id.removeprefix("att")
    file = next((file for file in call.site.attachments.of(owner) if file.id == wanted), None)
    if file is None:
        raise RestError(404, f"No attachment found with id: {attachment_id}")
    return Reply(302, headers={"Location": _media_url(call, file)})


def _v2(file: Attachment) -> dict[str, Any]:
    path = f"/rest/api/content/{file.owner[1]}/child/attachment/att{file.id}/download"
    return {
        "id": f"att{file.id}",
        "status": "current",
        "title": file.name,
        "createdAt": confluence_time(file.created),
        "pageId": file.owner[1],
        "mediaType": file.media_type,
        "comment": file.comment,
        "fileSize": len(file.data),
        "downloadLink": path,
        "version": {"number": file.version, "createdAt": confluence_time(file.created), "authorId": file.account_id},
        "_links": {"download": path},
    }


# --- both -------------------------------------------------------------------------------------------------------------


def _uploaded(call: Call) -> list[tuple[str, str, bytes]]:
    """The files of the field ``file``: name, media type, bytes."""
    found = []
    for upload in call.files:
        name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
        if upload.name != "file" or not 1 <= len(name) <= _MAX_NAME:
            raise RestError(400, "An upload has its files, with their names, in the field 'file'.")
        found.append((name, upload.mimetype or "application/octet-stream", upload.read()))
    if not found:
        raise RestError(400, "No file was uploaded: the body must be multipart/form-data with the field 'file'.")
    return found


def _store(
    call: Call,
    owner: tuple[str, str],
    name: str,
    media_type: str,
    data: bytes,
    *,
    comment: str = "",
    over: Attachment | None = None,
) -> Attachment:
    try:
        return call.site.attachments.add(
            owner,
            name=name,
            media_type=media_type,
            data=data,
            account_id=call.account_id,
            comment=comment,
            over=over,
        )
    except StoreFullError as error:
        raise RestError(413, str(error)) from error


def _media_url(call: Call, file: Attachment) -> str:
    return f"{call.site.media_origin}/media/{file.media_id}/{quote(file.name, safe='')}"


def file_headers(file: Attachment) -> dict[str, str]:
    """Headers of a download."""
    # A file of an app must not run as a page of the sandbox.
    return {
        "Content-Type": file.media_type if _MEDIA_TYPE(file.media_type) else "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


def media_response(sandbox: Sandbox, media_id: str) -> Response:
    """Answer a download. The log tells whether a token came along, which has no business there."""
    try:
        file = sandbox.attachments.by_media_id(media_id)
    except KeyError:
        file = None
    has_token = "Authorization" in request.headers or "jwt" in request.args
    sandbox.record(
        Crossing(
            time=sandbox.wire.clock(),
            direction="app→host",
            product=None,
            method="GET",
            url=f"{sandbox.origin}/media/***",
            status=200 if file else 404,
            verdict="public",
            note="media, with a token that does not belong here" if has_token else "media",
        )
    )
    if file is None:
        raise NotFound("There is no such file.")
    return Response(file.data, headers=file_headers(file))


JIRA_OPERATIONS: Final = (
    Operation("POST", "/rest/api/3/issue/<id_or_key>/attachments", _add_to_issue, scope="WRITE", uploads=True),
    Operation("GET", "/rest/api/3/attachment/<attachment_id>", _get_of_issue, anonymous=True),
    Operation("GET", "/rest/api/3/attachment/content/<attachment_id>", _content_of_issue, anonymous=True),
    Operation("DELETE", "/rest/api/3/attachment/<attachment_id>", _delete_of_issue, scope="DELETE"),
)

_OF_PAGE: Final = "/rest/api/content/<content_id>/child/attachment"

CONFLUENCE_OPERATIONS: Final = (
    Operation("POST", _OF_PAGE, _add_to_page, scope="WRITE", uploads=True),
    Operation("PUT", _OF_PAGE, _add_or_replace_on_page, scope="WRITE", uploads=True),
    Operation("GET", _OF_PAGE, _list_of_page, anonymous=True),
    Operation("GET", f"{_OF_PAGE}/<attachment_id>/download", _download_of_page, anonymous=True),
    Operation("GET", "/api/v2/pages/<page_id>/attachments", _list_of_page_v2, anonymous=True),
    Operation("GET", "/api/v2/blogposts/<page_id>/attachments", _list_of_page_v2, anonymous=True),
    Operation("GET", "/api/v2/attachments/<attachment_id>", _get_v2, anonymous=True),
    Operation("DELETE", "/api/v2/attachments/<attachment_id>", _delete_v2, scope="DELETE"),
)
