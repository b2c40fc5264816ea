"""Attachments of issues and of Confluence content: send files while they are read, list, delete.

Sources: *Add attachment*, https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments/;
*Create attachment* and *Create or update attachment*,
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---attachments/; *Attachment*,
https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-attachment/
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias

from ..errors import HostError, HostNotFoundError
from ..types import JsonObject
from .properties import answered_object, raise_blocked, segment

if TYPE_CHECKING:
    import requests

    from .download import Progress
    from .pagination import Paginator
    from .session import HostClient

__all__ = ["AttachmentKind", "ContentAttachments", "Destination", "IssueAttachments", "Upload"]

#: A path, an open file with a name, or ``(file name, content[, content type])``.
Upload: TypeAlias = "os.PathLike[str] | IO[bytes] | tuple[str, IO[bytes] | bytes] | tuple[str, IO[bytes] | bytes, str]"
#: A path, or a file that is open for writing bytes.
Destination: TypeAlias = "IO[bytes] | str | os.PathLike[str]"
#: What an attachment list hangs on in Confluence, by its name in the REST.
AttachmentKind: TypeAlias = Literal["pages", "blogposts", "custom-content"]


class IssueAttachments:
    """The attachments of one issue."""

    def __init__(self, client: HostClient, issue: str) -> None:
        self._client = client
        self._path = f"/rest/api/3/issue/{segment(issue, what='issue id or key')}"

    def upload(self, *files: Upload, progress: Progress | None = None) -> list[JsonObject]:
        """Attach files to the issue, in one request.

        :param progress: called with the bytes of the files sent so far, and the bytes in all: None when a file does not
            tell its length. A call that is tried again starts over, so the first number may fall.
        :return: the host's records of the new attachments: ``id``, ``filename``, ``size``, ….
        :raises ValueError: no file, or one without a name.
        """
        with ExitStack() as opened:
            sent = [("file", file) for file in _uploads(files, progress, opened)]
            response = self._client.post(f"{self._path}/attachments", files=sent)
        try:
            return _records(response.json())
        except (ValueError, RecursionError) as error:
            raise HostError("The host's answer is no list of attachments.") from error

    def list(self) -> list[JsonObject]:
        """Ask for the attachments of the issue."""
        issue = answered_object(self._client.get(self._path, params={"fields": "attachment"}))
        fields = issue.get("fields")
        return _records(fields.get("attachment") or [] if isinstance(fields, dict) else None)

    def download(
        self, attachment_id: str | int, file: Destination, *, progress: Progress | None = None
    ) -> requests.Response:
        """Write the content of an attachment to a file. As :meth:`.HostClient.download`."""
        url = f"/rest/api/3/attachment/content/{segment(str(attachment_id), what='attachment id')}"
        return self._client.download(url, file, progress=progress)

    def delete(self, attachment_id: str | int) -> bool:
        """Delete an attachment. False when it is gone, or not for this app to see."""
        return _delete(self._client, f"/rest/api/3/attachment/{segment(str(attachment_id), what='attachment id')}")


class ContentAttachments:
    """The attachments of one page, blog post or piece of custom content."""

    def __init__(self, client: HostClient, content_id: str | int, kind: AttachmentKind) -> None:
        self._client = client
        self._id = segment(str(content_id), what="content id")
        self._kind = segment(kind, what="kind of content")

    def upload(
        self,
        *files: Upload,
        progress: Progress | None = None,
        replace: bool = True,
        comment: str | None = None,
        notify: bool = False,
    ) -> list[JsonObject]:
        """Attach files to the content, in one request.

        :param progress: as for :meth:`IssueAttachments.upload`.
        :param replace: an attachment of the same name gets a new version; False: it is an error.
        :param comment: kept with each file.
        :param notify: tell watchers, and write it into the history as more than a minor edit.
        :return: the host's records of the attachments: ``id``, ``title``, ``version``, ….
        :raises ValueError: no file, or one without a name.
        :raises HostBadRequestError: without ``replace``: there is an attachment of that name.
        """
        with ExitStack() as opened:
            sent = [("file", file) for file in _uploads(files, progress, opened)]
            # The host pairs the fields with the files by their order.
            data = [field for _ in sent for field in (("minorEdit", str(not notify).lower()), ("comment", comment))]
            url = f"/rest/api/content/{self._id}/child/attachment"
            response = self._client.request("PUT" if replace else "POST", url, files=sent, data=data)
        return _records(answered_object(response).get("results"))

    def list(self, *, page_size: int = 100) -> Paginator:
        """Go through the attachments of the content, page by page."""
        return self._client.paginate(f"/api/v2/{self._kind}/{self._id}/attachments", limit=page_size, items="results")

    def download(self, attachment_id: str, file: Destination, *, progress: Progress | None = None) -> requests.Response:
        """Write the content of an attachment to a file. As :meth:`.HostClient.download`."""
        part = segment(attachment_id, what="attachment id")
        url = f"/rest/api/content/{self._id}/child/attachment/{part}/download"
        return self._client.download(url, file, progress=progress)

    def delete(self, attachment_id: str) -> bool:
        """Move an attachment to the trash. False when it is gone, or not for this app to see."""
        return _delete(self._client, f"/api/v2/attachments/{segment(attachment_id, what='attachment id')}")


def _delete(client: HostClient, url: str) -> bool:
    try:
        client.delete(url, idempotent=True)
    except HostNotFoundError as error:
        raise_blocked(error)
        return False
    return True


def _records(found: Any) -> list[JsonObject]:
    if not isinstance(found, list):
        raise HostError("The host's answer is no list of attachments.")
    return [record for record in found if isinstance(record, dict)]


# --- what is sent -----------------------------------------------------------------------------------------------------


class _Meter:
    """Adds up what was read of all the files of a request."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self.files: list[_Watched] = []

    def tell(self) -> None:
        if self._progress is not None:
            sizes = [file.size for file in self.files]
            total = None if None in sizes else sum(size for size in sizes if size is not None)
            self._progress(sum(file.sent for file in self.files), total)


class _Watched:
    """A file that reports what is read from it. Seeking back, for another attempt, takes the report back."""

    def __init__(self, file: IO[bytes], meter: _Meter) -> None:
        self._file = file
        self._meter = meter
        self._begin: int | None = None
        self.sent = 0
        self.size: int | None = None
        try:
            self._begin = file.tell()
            self.size = max(file.seek(0, io.SEEK_END) - self._begin, 0)
            file.seek(self._begin)
        except (AttributeError, OSError, ValueError):  # a pipe, a socket, an object that only reads
            self.size = None
        meter.files.append(self)

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if data:
            self.sent += len(data)
            self._meter.tell()
        return data

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        position = self._file.seek(offset, whence)
        if whence == io.SEEK_SET and self._begin is not None:
            self.sent = max(position - self._begin, 0)
        return position


def _uploads(files: Sequence[Upload], progress: Progress | None, opened: ExitStack) -> Iterator[tuple[Any, ...]]:
    if not files:
        raise ValueError("Name at least one file to attach.")
    meter = _Meter(progress)
    named = [_named(file, opened) for file in files]
    watched = [
        _Watched(io.BytesIO(content) if isinstance(content, bytes) else content, meter) for _, content, _ in named
    ]
    for (name, _, content_type), file in zip(named, watched, strict=True):
        yield (name, file, content_type) if content_type else (name, file)


def _named(file: Upload, opened: ExitStack) -> tuple[str, IO[bytes] | bytes, str | None]:
    if isinstance(file, os.PathLike):
        path = os.fspath(file)
        return os.path.basename(path), opened.enter_context(open(path, "rb")), None
    if isinstance(file, tuple):
        name, content, *more = file
        found = more[0] if more else None
    else:
        path, content, found = getattr(file, "name", ""), file, None
        name = os.path.basename(path) if isinstance(path, str) and path[:1] != "<" else ""
    if not name or not isinstance(name, str):
        raise ValueError("This file has no name; give (file name, content).")
    return name, content, found if isinstance(found, str) else None
