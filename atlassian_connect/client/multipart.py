"""``multipart/form-data`` that is read from its files while it is sent, so that an attachment never fills the memory.

Source: RFC 7578. The forms in which callers name files are those of *Requests*, "POST a multipart-encoded file",
https://requests.readthedocs.io/en/latest/user/quickstart/#post-a-multipart-encoded-file
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, TypeAlias

from urllib3.fields import RequestField

__all__ = ["Files", "MultipartBody"]

_Content: TypeAlias = "IO[bytes] | bytes | str"
_File: TypeAlias = (
    "_Content | tuple[str | None, _Content] | tuple[str | None, _Content, str | None]"
    " | tuple[str | None, _Content, str | None, Mapping[str, str]]"
)
#: Field name → content, or ``(file name, content[, content type[, headers]])``; also as a list of pairs.
Files: TypeAlias = "Mapping[str, _File] | Iterable[tuple[str, _File]]"


class MultipartBody:
    """A body of form fields and files.

    :ivar content_type: for the ``Content-Type`` header; names the boundary.
    :ivar len: bytes in all. Not there when a file does not tell its length: the body is then sent in chunks.
    """

    len: int

    def __init__(self, files: Files, fields: Any = None) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._pieces: list[IO[bytes]] = []
        pairs = fields.items() if isinstance(fields, Mapping) else fields or ()
        for name, value in pairs:
            for entry in value if isinstance(value, list | tuple) else [value]:
                if entry is not None:
                    content = entry if isinstance(entry, str | bytes) else str(entry)
                    self._add(boundary, RequestField(name, b""), content)
        for name, file in files.items() if isinstance(files, Mapping) else files:
            self._add(boundary, *_field(name, file))
        self._pieces.append(io.BytesIO(f"--{boundary}--\r\n".encode()))
        lengths = [_length(piece) for piece in self._pieces]
        if None not in lengths:
            self.len = sum(filter(None, lengths))
        self._rest = iter(self._pieces)
        self._current: IO[bytes] | None = next(self._rest)

    def _add(self, boundary: str, field: RequestField, content: _Content) -> None:
        field.make_multipart(content_disposition="form-data", content_type=field.headers.get("Content-Type"))
        head = f"--{boundary}\r\n{field.render_headers()}".encode()
        if isinstance(content, str):
            content = content.encode()
        stream = io.BytesIO(content) if isinstance(content, bytes | bytearray) else content
        self._pieces += [io.BytesIO(head), stream, io.BytesIO(b"\r\n")]

    def read(self, size: int = -1) -> bytes:
        """Read on. Like any file: at most ``size`` bytes, all that is left when it is negative, nothing at the end."""
        parts: list[bytes] = []
        while self._current is not None and size != 0:
            data = self._current.read(size)
            if not data:
                self._current = next(self._rest, None)
                continue
            parts.append(data)
            size -= 0 if size < 0 else data.__len__()
        return b"".join(parts)

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(65536), b"")


def _length(stream: IO[bytes]) -> int | None:
    """Bytes from where a file stands to its end; None when it cannot tell."""
    try:
        here = stream.tell()
        end = stream.seek(0, io.SEEK_END)
        stream.seek(here)
    except (AttributeError, OSError):  # a socket, a pipe, an object that only reads
        return None
    return max(end - here, 0)


def _field(name: str, file: Any) -> tuple[RequestField, _Content]:
    file_name: str | None
    content_type: str | None = None
    headers: Mapping[str, str] = {}
    if isinstance(file, tuple):
        file_name, content, *more = file
        content_type = more[0] if more else None
        headers = more[1] if more[1:] else {}
    else:
        path = getattr(file, "name", None)  # an int for pipes, <stdin> for the console
        content, file_name = file, os.path.basename(path) if isinstance(path, str) and path[:1] != "<" else name
    field = RequestField(name, b"", filename=file_name, headers=dict(headers))
    if content_type:
        field.headers["Content-Type"] = content_type
    return field, content
