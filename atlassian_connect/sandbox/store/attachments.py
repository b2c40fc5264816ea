"""Files on issues and pages.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---attachments/
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ...types import Product
from .changes import Changes
from .database import Database
from .part import Part
from .schema import ATTACHMENTS, ISSUES, PAGES, AttachmentRow

__all__ = ["MAX_UPLOAD_BYTES", "Attachment", "Attachments", "StoreFullError"]

#: Larger uploads are refused with 413.
MAX_UPLOAD_BYTES: Final = 32 * 1024 * 1024
_MAX_STORED_BYTES: Final = 256 * 1024 * 1024
_FIRST_ID: Final = 20_481


class StoreFullError(Exception):
    """The sandbox has enough files."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file.

    :ivar owner: kind and id of what it belongs to, e.g. ``("issue", "10100")``.
    :ivar media_id: unguessable; whoever knows it may download the file.
    :ivar created: seconds since the epoch, of this version.
    """

    id: str
    owner: tuple[str, str]
    name: str
    media_type: str
    data: bytes = field(repr=False)
    account_id: str
    created: float
    media_id: str = field(repr=False)
    comment: str = ""
    version: int = 1


class Attachments(Part):
    """The files of a sandbox.

    :param clock: seconds since the epoch.
    :param token: makes unguessable text.
    """

    def __init__(
        self, database: Database, changes: Changes, clock: Callable[[], float], token: Callable[[], str]
    ) -> None:
        super().__init__(database, changes, clock)
        self._token = token

    def of(self, owner: tuple[str, str]) -> list[Attachment]:
        """The files of an owner, oldest first."""
        return [_read(row) for row in self._db.find(ATTACHMENTS, owner_kind=owner[0], owner_id=owner[1])]

    def all_of(self, kind: str) -> list[Attachment]:
        """The files of all owners of a kind, oldest first: for searches."""
        return [_read(row) for row in self._db.find(ATTACHMENTS, owner_kind=kind)]

    def get(self, attachment_id: str) -> Attachment:
        """:raises KeyError: there is none."""
        return _read(self._db.get(ATTACHMENTS, attachment_id))

    def by_media_id(self, media_id: str) -> Attachment:
        """:raises KeyError: there is none."""
        row = self._db.first(ATTACHMENTS, media_hash=_hashed(media_id))  # how long it takes tells nothing of the id
        if row is None:
            raise KeyError("media")
        return _read(row)

    def add(
        self,
        owner: tuple[str, str],
        *,
        name: str,
        media_type: str,
        data: bytes,
        account_id: str,
        comment: str = "",
        over: Attachment | None = None,
    ) -> Attachment:
        """Store a file.

        :param over: the file that it is a new version of.
        :raises StoreFullError: there is too much already.
        """
        with self._db.transaction():
            if self._db.bytes_in(ATTACHMENTS, "data") + len(data) > _MAX_STORED_BYTES:
                raise StoreFullError(f"The sandbox keeps no more than {_MAX_STORED_BYTES} bytes of files.")
            file = Attachment(
                id=over.id if over else str(self._db.next("attachment", first=_FIRST_ID)),
                owner=owner,
                name=name,
                media_type=media_type,
                data=data,
                account_id=account_id,
                created=self._clock(),
                media_id=self._token(),
                comment=comment,
                version=over.version + 1 if over else 1,
            )
            self._db.save(ATTACHMENTS, _write(file))
            kind = "attachment_updated" if over and owner[0] == "page" else "attachment_created"
            self._tell(kind, owner, account_id, over, file)
            return file

    def delete(self, attachment_id: str, account_id: str | None = None) -> None:
        """Delete a file. Nothing happens when there is none."""
        with self._db.transaction():
            row = self._db.first(ATTACHMENTS, id=attachment_id)
            if row is not None:
                self._db.delete(ATTACHMENTS, id=attachment_id)
                kind = "attachment_deleted" if row.owner_kind == "issue" else "attachment_removed"
                self._tell(kind, (row.owner_kind, row.owner_id), account_id, _read(row), None)

    def _tell(
        self,
        kind: str,
        owner: tuple[str, str],
        account_id: str | None,
        before: Attachment | None,
        after: Attachment | None,
    ) -> None:
        on_issue = owner[0] == "issue"
        about = self._db.first(ISSUES, id=owner[1]) if on_issue else self._db.first(PAGES, id=owner[1])
        product: Product = "jira" if on_issue else "confluence"
        self._changes.tell(product, kind, account_id, before=before, after=after, about=about)


def _hashed(media_id: str) -> str:
    return hashlib.sha256(media_id.encode("utf-8", "replace")).hexdigest()


def _write(file: Attachment) -> AttachmentRow:
    return AttachmentRow(
        file.id, *file.owner, file.name, file.media_type, file.data, file.account_id, file.created, file.media_id,
        _hashed(file.media_id), file.comment, file.version,
    )  # fmt: skip


def _read(row: AttachmentRow) -> Attachment:
    return Attachment(
        row.id, (row.owner_kind, row.owner_id), row.name, row.media_type, row.data, row.account_id, row.created,
        row.media_id, row.comment, row.version,
    )  # fmt: skip
