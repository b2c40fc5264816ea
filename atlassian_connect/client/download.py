"""Downloads that go to a file while they come in.

Source: *Get attachment content*, https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments/
(redirects to another server, which must not see the app's credentials).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeAlias

import requests

__all__ = ["Progress", "write_body"]

#: Called after each piece: bytes so far, and bytes in all, None when the host does not say.
Progress: TypeAlias = "Callable[[int, int | None], object]"

_PIECE = 65_536


def write_body(
    response: requests.Response, file: IO[bytes] | str | os.PathLike[str], progress: Progress | None
) -> None:
    """Write the unread body of a response, and close it.

    A file given by its path is there as a whole or not at all; another one keeps what came before an error.
    """
    with response:
        if not isinstance(file, str | os.PathLike):
            _write(response, file, progress)
            return
        path = Path(file)
        part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as opened:
                _write(response, opened, progress)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


def _write(response: requests.Response, file: IO[bytes], progress: Progress | None) -> None:
    length = response.headers.get("Content-Length", "")
    encoded = "Content-Encoding" in response.headers  # the length is then that of something else
    total = int(length) if length.isascii() and length.isdigit() and not encoded else None
    done = 0
    for piece in response.iter_content(_PIECE):
        file.write(piece)
        done += len(piece)
        if progress is not None:
            progress(done, total)
