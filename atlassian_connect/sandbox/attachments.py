"""Files on issues and pages.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---attachments/
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Lock
from typing import Final

__all__ = ["MAX_UPLOAD_BYTES", "Attachment", "Attachments", "StoreFullError"]

#: Larger uploads are refused with 413.
MAX_UPLOAD_BYTES: Final = 32 * 1024 * 1024
_MAX_STORED_BYTES: Final = 256 * 1024 * 1024
_FIRST_ID: Final = 20_481


class StoreFullError(Exception):
    """A sandbox keeps files in memory, and has enough of them."""


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


class Attachments:
    """The files of a sandbox.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ids = count(_FIRST_ID)
        self._lock = Lock()
        self._files: dict[str, Attachment] = {}

    def of(self, owner: tuple[str, str]) -> list[Attachment]:
        """The files of an owner, oldest first."""
        with self._lock:
            return [file for file in self._files.values() if file.owner == owner]

    def get(self, attachment_id: str) -> Attachment:
        """:raises KeyError: there is none."""
        return self._files[attachment_id]

    def by_media_id(self, media_id: str) -> Attachment:
        """:raises KeyError: there is none."""
        with self._lock:
            for file in self._files.values():
                if secrets.compare_digest(file.media_id.encode(), media_id.encode("utf-8", "replace")):
                    return file
        raise KeyError("media")

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
        with self._lock:
            if sum(len(file.data) for file in self._files.values()) + len(data) > _MAX_STORED_BYTES:
                raise StoreFullError(f"The sandbox keeps no more than {_MAX_STORED_BYTES} bytes of files.")
            file = Attachment(
                id=over.id if over else str(next(self._ids)),
                owner=owner,
                name=name,
                media_type=media_type,
                data=data,
                account_id=account_id,
                created=self._clock(),
                media_id=secrets.token_urlsafe(24),
                comment=comment,
            )
            if over is not None:
                file = replace(file, version=over.version + 1)
            self._files[file.id] = file
            return file

    def delete(self, attachment_id: str) -> None:
        """Delete a file. Nothing happens when there is none."""
        with self._lock:
            self._files.pop(attachment_id, None)
