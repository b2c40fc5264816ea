"""Confluence: what people do with a page beside writing it: comments, labels, files, versions, the trash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from markupsafe import escape
from werkzeug.wrappers import Response as BaseResponse

from ..modules.situation import Situation
from ..rest.attachments import file_headers
from ..store.attachments import StoreFullError
from ..store.content import TitleTakenError
from ..store.labels import is_label
from .confluence_content import (
    may_delete,
    may_edit,
    page_url,
    readable_page,
    readable_space,
    require_login,
    shown,
    situation_of,
    space_of,
    visible_pages,
    writable_page,
)
from .forms import done
from .policy import respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox
    from ..store.values import Comment, Page, PageVersion

__all__ = ["add_routes"]

_MAX_COMMENT: Final = 20_000


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Comments, labels, files, versions and the trash."""
    _add_comments(blueprint, sandbox)
    _add_labels(blueprint, sandbox)
    _add_files(blueprint, sandbox)
    _add_versions(blueprint, sandbox)
    _add_trash(blueprint, sandbox)


def _add_comments(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.post("/wiki/pages/<page_id>/comments")
    def add_comment(page_id: str) -> BaseResponse:
        page, account_id = readable_page(sandbox, page_id), require_login(sandbox)
        text, answers = request.form.get("text", "").strip(), request.form.get("parent_id") or None
        where = page_url(sandbox, page, _anchor="comments")
        if not text or len(text) > _MAX_COMMENT:
            return done(f"A comment has 1 to {_MAX_COMMENT} characters.", where=where, bad=True)
        if answers is not None and _comment(sandbox, answers).page_id != page.id:
            abort(404, "The comment that is answered is on another page.")
        body = "".join(f"<p>{escape(part).replace(chr(10), '<br />')}</p>" for part in re.split(r"\r?\n\s*\n", text))
        comment = sandbox.content.add_comment(page.id, body, account_id=account_id, parent_id=answers)
        return redirect(page_url(sandbox, page, _anchor=f"comment-{comment.id}"), 303)

    @blueprint.post("/wiki/comments/<comment_id>/<any(delete, resolve, reopen):action>")
    def change_comment(comment_id: str, action: str) -> BaseResponse:
        comment = _comment(sandbox, comment_id)
        page, account_id = readable_page(sandbox, comment.page_id), require_login(sandbox)
        if action == "delete":
            if comment.author != account_id and not may_delete(sandbox):
                abort(403, "Only its author and administrators may delete a comment.")
            sandbox.content.delete_comment(comment.id, account_id=account_id)
        else:
            sandbox.content.edit_comment(comment.id, account_id=account_id, resolved=action == "resolve")
        return redirect(page_url(sandbox, page, _anchor="comments"), 303)


def _comment(sandbox: Sandbox, comment_id: str) -> Comment:
    try:
        return sandbox.content.comment(comment_id)
    except KeyError:
        abort(404, f"There is no comment {comment_id}.")


def _add_labels(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.post("/wiki/pages/<page_id>/labels/<any(add, remove):action>")
    def change_labels(page_id: str, action: str) -> BaseResponse:
        page, account_id = writable_page(sandbox, page_id)
        where = page_url(sandbox, page, _anchor="labels")
        names = request.form.get("names", "").lower().split()
        bad = [name for name in names if not is_label(name)]
        if bad or not names:
            text = "A label has at most 255 characters, without spaces and most punctuation."
            return done(text, where=where, bad=True)
        for name in names:
            if action == "add":
                sandbox.content.add_label(page.id, name, account_id=account_id)
            else:
                prefix = request.form.get("prefix", "global")
                sandbox.content.remove_label(page.id, name, account_id=account_id, prefix=prefix)
        return redirect(where, 303)


def _add_files(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/wiki/pages/<page_id>/attachments")
    def attachments(page_id: str) -> Response:
        page = readable_page(sandbox, page_id)
        files = sandbox.attachments.of(("page", page.id))
        situation = situation_of(sandbox, page)
        return respond(
            "confluence/attachments.html",
            situation=situation,
            space=space_of(sandbox, page),
            page=page,
            files=files,
            may_edit=may_edit(sandbox, page),
            may_delete=may_delete(sandbox),
        )

    @blueprint.post("/wiki/pages/<page_id>/attachments")
    def upload(page_id: str) -> BaseResponse:
        page, account_id = writable_page(sandbox, page_id)
        where = url_for("pages.attachments", page_id=page.id)
        owner, files = ("page", page.id), request.files.getlist("file")
        known = {one.name: one for one in sandbox.attachments.of(owner)}
        stored = 0
        try:
            with sandbox.store.database.transaction():  # all of them, or none
                for file in files:
                    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
                    if not 1 <= len(name) <= 255:
                        continue
                    known[name] = sandbox.attachments.add(
                        owner,
                        name=name,
                        media_type=file.mimetype or "application/octet-stream",
                        data=file.read(),
                        account_id=account_id,
                        over=known.get(name),
                    )
                    stored += 1
        except StoreFullError as error:
            return done(str(error), where=where, bad=True)
        text = f"{stored} file{'s are' if stored > 1 else ' is'} attached." if stored else "No file was chosen."
        return done(text, where=where, bad=not stored)

    @blueprint.post("/wiki/pages/<page_id>/attachments/<attachment_id>/delete")
    def delete_attachment(page_id: str, attachment_id: str) -> BaseResponse:
        page, account_id = writable_page(sandbox, page_id)
        files = {one.id: one for one in sandbox.attachments.of(("page", page.id))}
        if attachment_id not in files:
            abort(404, "The page has no such file.")
        if files[attachment_id].account_id != account_id and not may_delete(sandbox):
            abort(403, "Only who attached it and administrators may delete a file.")
        sandbox.attachments.delete(attachment_id, account_id)
        return done("The file is deleted.", where=url_for("pages.attachments", page_id=page.id))

    @blueprint.get("/wiki/download/attachments/<page_id>/<name>")
    def download(page_id: str, name: str) -> Response:
        page = readable_page(sandbox, page_id)
        file = next((one for one in sandbox.attachments.of(("page", page.id)) if one.name == name), None)
        if file is None:
            abort(404, f"The page has no file {name}.")
        return Response(file.data, headers=file_headers(file))


def _add_versions(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/wiki/pages/<page_id>/history")
    def history(page_id: str) -> Response:
        page = readable_page(sandbox, page_id)
        versions = sandbox.content.versions(page.id)[::-1]
        return respond(
            "confluence/history.html",
            situation=situation_of(sandbox, page),
            space=space_of(sandbox, page),
            page=page,
            versions=versions,
            may_edit=may_edit(sandbox, page),
        )

    @blueprint.get("/wiki/pages/<page_id>/versions/<int:number>")
    def version(page_id: str, number: int) -> Response:
        page = readable_page(sandbox, page_id)
        found = _version(sandbox, page, number)
        return respond(
            "confluence/version.html",
            situation=situation_of(sandbox, page),
            space=space_of(sandbox, page),
            page=page,
            version=found,
            body=shown(sandbox, page, found.body),
        )

    @blueprint.post("/wiki/pages/<page_id>/versions/<int:number>/restore")
    def restore_version(page_id: str, number: int) -> BaseResponse:
        page, account_id = writable_page(sandbox, page_id)
        found = _version(sandbox, page, number)
        try:
            sandbox.content.edit_page(
                page.id,
                account_id=account_id,
                title=found.title,
                body=found.body,
                message=f"Restored version {number}",
            )
        except TitleTakenError as error:
            return done(str(error), where=url_for("pages.history", page_id=page.id), bad=True)
        return done(f"Version {number} is the latest again.", where=page_url(sandbox, page))


def _version(sandbox: Sandbox, page: Page, number: int) -> PageVersion:
    found = next((one for one in sandbox.content.versions(page.id) if one.number == number), None)
    return found or abort(404, f"The page has no version {number}.")


def _add_trash(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/wiki/spaces/<space_key>/trash")
    def trash(space_key: str) -> Response:
        space = readable_space(sandbox, space_key)
        trashed = [
            one for type in ("page", "blogpost") for one in sandbox.content.pages(space.id, type=type, status="trashed")
        ]
        found = visible_pages(sandbox, trashed)
        situation = Situation(account_id=viewer_id(sandbox), space=space.key)
        return respond(
            "confluence/trash.html", situation=situation, space=space, found=found, may_delete=may_delete(sandbox)
        )

    @blueprint.post("/wiki/pages/<page_id>/<any(trash, restore, purge):action>")
    def change_trash(page_id: str, action: str) -> BaseResponse:
        page, account_id = writable_page(sandbox, page_id, trashed=True)
        space = space_of(sandbox, page)
        if not may_delete(sandbox):
            abort(403, "Only administrators may delete pages, or take them out of the trash.")
        where = url_for("pages.trash", space_key=space.key)
        if (page.status == "trashed") is (action == "trash"):
            abort(400, "The page is in the trash already." if action == "trash" else "The page is not in the trash.")
        try:
            if action == "trash":
                sandbox.content.trash_page(page.id, account_id=account_id)
                return done(f"“{page.title}” is in the trash.", where=where)
            if action == "restore":
                sandbox.content.edit_page(page.id, account_id=account_id, status="current")
                return done(f"“{page.title}” is back.", where=page_url(sandbox, page))
        except TitleTakenError as error:
            return done(str(error), where=where, bad=True)
        sandbox.content.delete_page(page.id, account_id=account_id)
        return done(f"“{page.title}” is deleted for good.", where=where)
