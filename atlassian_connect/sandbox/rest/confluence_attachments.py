"""Files on pages and blog posts in Confluence's REST: version 1 uploads and lists them, version 2 lists and deletes.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---attachments/ and
https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-attachment/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ..store.attachments import Attachment
from ..store.content import Page
from .attachments import media_url, store_file, uploaded_files
from .confluence_writing import may_delete
from .finding import editable_page, every_visible_page, find_page
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query, start_page
from .shapes import attachment_json, confluence_time

__all__ = ["OPERATIONS", "find_attachment", "remove_attachment"]

#: Of what is in the trash there are no files; apps upload some to pages that are not published yet.
_WITH_FILES: Final = frozenset({"current", "draft"})
#: A file, and what it is on.
_Found = tuple[Attachment, Page]
_ORDERS: Final[dict[str, Callable[[_Found], Any]]] = {
    "created-date": lambda one: one[0].created,
    "modified-date": lambda one: one[0].created,
}


def _add_to_page(call: Call, content_id: str) -> Reply:
    return _upload_to_page(call, content_id, replaces=False)


def _add_or_replace_on_page(call: Call, content_id: str) -> Reply:
    return _upload_to_page(call, content_id, replaces=True)


def _upload_to_page(call: Call, content_id: str, *, replaces: bool) -> Reply:
    owner, comment = ("page", editable_page(call, content_id).id), call.form.get("comment", "")
    uploaded, stored = uploaded_files(call), dict[str, Attachment]()
    with call.site.store.database.transaction():
        known = {file.name: file for file in call.site.attachments.of(owner)}
        for name, media_type, data in uploaded:
            if name in known and not replaces:
                text = f"Cannot add a new attachment with same file name as an existing attachment: {name}"
                raise RestError(400, text)
            stored[name] = known[name] = store_file(
                call, owner, name, media_type, data, comment=comment, over=known.get(name)
            )
    return start_page(call, list(stored.values()), lambda file: attachment_json(file, call.site))


def _list_of_page(call: Call, content_id: str) -> Reply:
    files = call.site.attachments.of(("page", find_page(call, content_id).id))
    return start_page(call, _asked(call, files), lambda file: attachment_json(file, call.site), default=50)


def _asked(call: Call, files: list[Attachment]) -> list[Attachment]:
    """Those of the name and media type that the query has."""
    name, media_type = call.query.get("filename"), call.query.get("mediaType")
    return [one for one in files if name in (None, one.name) and media_type in (None, one.media_type)]


def _all_v2(call: Call) -> Reply:
    pages = {page.id: page for page in every_visible_page(call)}
    files = [file for file in call.site.attachments.all_of("page") if file.owner[1] in pages]
    return _listed(call, [(file, pages[file.owner[1]]) for file in _asked(call, files)])


def _list_of_page_v2(call: Call, page_id: str, type: str) -> Reply:
    page = find_page(call, page_id, type=type)
    return _listed(call, [(file, page) for file in _asked(call, call.site.attachments.of(("page", page.id)))])


def _listed(call: Call, files: list[_Found]) -> Reply:
    return cursor_page(call, sorted_by_query(call, files, _ORDERS), _v2)


def _get_v2(call: Call, attachment_id: str) -> Reply:
    return Reply(payload=_v2(find_attachment(call, attachment_id)))


def _delete_v2(call: Call, attachment_id: str) -> Reply:
    return remove_attachment(call, attachment_id)


def find_attachment(call: Call, attachment_id: str) -> _Found:
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
    try:
        return file, find_page(call, file.owner[1], statuses=_WITH_FILES)
    except RestError as error:
        raise error if error.status != 404 else RestError(404, missing) from None


def remove_attachment(call: Call, attachment_id: str) -> Reply:
    """Delete a file: users may their own ones, and administrators all, of pages that they may edit."""
    file, page = find_attachment(call, attachment_id)
    editable_page(call, page.id, statuses=_WITH_FILES)
    own = call.user is not None and call.user.account_id == file.account_id
    call.site.attachments.delete(file.id, call.account_id if own else may_delete(call))
    return Reply(204)


def _download_of_page(call: Call, content_id: str, attachment_id: str) -> Reply:
    owner = ("page", find_page(call, content_id).id)
    wanted = attachment_id.removeprefix("att")
    file = next((file for file in call.site.attachments.of(owner) if file.id == wanted), None)
    if file is None:
        raise RestError(404, f"No attachment found with id: {attachment_id}")
    return Reply(302, headers={"Location": media_url(call, file)})


def _v2(found: _Found) -> dict[str, Any]:
    file, page = found
    path = f"/rest/api/content/{file.owner[1]}/child/attachment/att{file.id}/download"
    return {
        "id": f"att{file.id}",
        "status": "current",
        "title": file.name,
        "createdAt": confluence_time(file.created),
        "blogPostId" if page.type == "blogpost" else "pageId": page.id,
        "mediaType": file.media_type,
        "comment": file.comment,
        "fileSize": len(file.data),
        "downloadLink": path,
        "version": {"number": file.version, "createdAt": confluence_time(file.created), "authorId": file.account_id},
        "_links": {"download": path},
    }


_OF_PAGE: Final = "/rest/api/content/<content_id>/child/attachment"

OPERATIONS: Final = (
    Operation("POST", _OF_PAGE, _add_to_page, scope="WRITE", uploads=True),
    Operation("PUT", _OF_PAGE, _add_or_replace_on_page, scope="WRITE", uploads=True),
    Operation("GET", _OF_PAGE, _list_of_page, anonymous=True),
    Operation("GET", f"{_OF_PAGE}/<attachment_id>/download", _download_of_page, anonymous=True),
    *(
        Operation("GET", f"/api/v2/{name}/<page_id>/attachments", partial(_list_of_page_v2, type=type), anonymous=True)
        for type, name in (("page", "pages"), ("blogpost", "blogposts"))
    ),
    Operation("GET", "/api/v2/attachments", _all_v2),
    Operation("GET", "/api/v2/attachments/<attachment_id>", _get_v2, anonymous=True),
    Operation("DELETE", "/api/v2/attachments/<attachment_id>", _delete_v2, scope="DELETE"),
)
