"""Requests answered by a WSGI app in this process: no socket, the same bytes.

Source: PEP 3333, https://peps.python.org/pep-3333/; ``wsgi.input_terminated`` and ``REQUEST_URI`` as Werkzeug and
gunicorn set them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["WsgiAdapter"]

_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class WsgiAdapter(HTTPAdapter):
    """Takes the place of the network for one WSGI app."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Call the app and wrap its answer. The body is pulled from the app when it is read."""
        answer = _Answer(self._app, _environ(request))
        status, _, reason = answer.status.partition(" ")
        if request.method == "HEAD" or status in ("204", "304"):
            answer.drop_body()  # as servers do
        raw = HTTPResponse(
            body=answer,
            headers=HTTPHeaderDict(answer.headers),
            status=int(status),
            reason=reason,
            preload_content=False,
            decode_content=False,
            request_method=request.method,
            request_url=request.url,
        )
        return self.build_response(request, raw)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    target = request.path_url
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": _input(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        environ[key] = value.decode("latin-1") if isinstance(value, bytes) else value
    return environ


def _input(body: Any) -> io.BufferedIOBase:
    if body is None or isinstance(body, str | bytes):
        return io.BytesIO(body.encode() if isinstance(body, str) else body or b"")
    chunks = iter(lambda: body.read(65536), b"") if hasattr(body, "read") else iter(body)
    return io.BufferedReader(_Chunks(chunks))


class _Chunks(io.RawIOBase):
    """A file to read from, made of an iterator of pieces."""

    def __init__(self, chunks: Iterator[bytes | str]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            try:
                chunk = next(self._chunks)
            except StopIteration:
                return 0
            self._rest = chunk.encode() if isinstance(chunk, str) else chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class _Answer(_Chunks):
    """What an app answers: status and headers at once, the body as it is read. Closing it closes the app's iterable."""

    status = ""

    def __init__(self, app: WSGIApplication, environ: dict[str, Any]) -> None:
        self._written: list[bytes] = []
        self._iterable: Iterable[bytes] = ()  # close() needs one, also when the app raises
        self.headers: list[tuple[str, str]] = []
        self._iterable = app(environ, self._start)
        super().__init__(self._pieces())
        try:
            while not self.status or not self._rest:  # an app may start its response with the first piece of the body
                piece = next(self._chunks, None)
                if piece is None:
                    break
                self._rest += piece if isinstance(piece, bytes) else piece.encode()
            if not self.status:
                raise AssertionError("The WSGI app did not call start_response.")
        except BaseException:
            self.close()
            raise

    def drop_body(self) -> None:
        self._rest, self._chunks = b"", iter(())

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo | None = None, /) -> Any:
        if self.status and not (exc_info and exc_info[1]):
            raise AssertionError("The WSGI app called start_response twice.")
        self.status, self.headers = status, headers
        return self._written.append

    def _pieces(self) -> Iterator[bytes]:
        for piece in self._iterable:
            yield from self._taken()
            yield piece
        yield from self._taken()

    def _taken(self) -> Iterator[bytes]:
        while self._written:
            yield self._written.pop(0)

    def close(self) -> None:
        if not self.closed:
            super().close()
            close = getattr(self._iterable, "close", None)
            if close is not None:
                close()
