"""Files in the REST of Jira, and what Confluence's have in common with them: uploads and downloads.

A download leads to the media service, which asks for no token: whoever knows the address gets the file, as on real
sites, so an app must not send its token there.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flask import Response, request
from werkzeug.exceptions import NotFound

from ..log import Crossing
from ..store.attachments import Attachment, StoreFullError
from .finding import find_issue
from .jira_shapes import jira_attachment_json
from .operations import Call, Operation, Reply, RestError

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["JIRA_OPERATIONS", "file_headers", "media_response", "media_url", "store_file", "uploaded_files"]

_MAX_NAME: Final = 255
#: What fits into a header; whoever uploads may name any.
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII).fullmatch


# --- Jira -------------------------------------------------------------------------------------------------------------


def _add_to_issue(call: Call, id_or_key: str) -> Reply:
    owner = ("issue", find_issue(call, id_or_key).id)
    with call.site.store.database.transaction():
        stored = [store_file(call, owner, name, media_type, data) for name, media_type, data in uploaded_files(call)]
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
    return Reply(303, headers={"Location": media_url(call, file)})


def _delete_of_issue(call: Call, attachment_id: str) -> Reply:
    call.site.attachments.delete(_of_issue(call, attachment_id).id, call.account_id)
    return Reply(204)


# --- both -------------------------------------------------------------------------------------------------------------


def uploaded_files(call: Call) -> list[tuple[str, str, bytes]]:
    """The files of the field ``file``: name, media type, bytes.

    :raises RestError: there are none, or others.
    """
    found = []
    for upload in call.files:
        name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
        if upload.name != "file" or not 1 <= len(name) <= _MAX_NAME:
            raise RestError(400, "An upload has its files, with their names, in the field 'file'.")
        found.append((name, upload.mimetype or "application/octet-stream", upload.read()))
    if not found:
        raise RestError(400, "No file was uploaded: the body must be multipart/form-data with the field 'file'.")
    return found


def store_file(
    call: Call,
    owner: tuple[str, str],
    name: str,
    media_type: str,
    data: bytes,
    *,
    comment: str = "",
    over: Attachment | None = None,
) -> Attachment:
    """Store a file.

    :param over: what it is a new version of.
    :raises RestError: the sandbox has no room for it.
    """
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


def media_url(call: Call, file: Attachment) -> str:
    """Where a file is downloaded, by whoever knows the address."""
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
