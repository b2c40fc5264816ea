"""How the sandbox reaches an app: over the network, or by calling a WSGI app in the same process.

The one module of the sandbox that imports an HTTP library.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

import requests

from ..errors import ConnectError
from .log import mask_url

__all__ = [
    "MAX_ANSWER_BYTES",
    "Answer",
    "AppUnreachableError",
    "Headers",
    "NetworkTransport",
    "Transport",
    "WsgiTransport",
]

#: Longer answers of an app are not read to the end.
MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024

_WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AppUnreachableError(ConnectError, ConnectionError):
    """The app gave no usable answer: not listening, too slow, TLS failure, or more than :data:`MAX_ANSWER_BYTES`."""


class Headers(Mapping[str, str]):
    """Headers of an answer, looked up in any case. Of a repeated header the values are joined by ``, ``."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, tuple[str, str]] = {}
        for name, value in pairs:
            known = self._values.get(name.lower())
            self._values[name.lower()] = (known[0], f"{known[1]}, {value}") if known else (name, value)

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({list(self)!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an app answered."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body read as UTF-8; bytes that are none become replacement characters."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body read as JSON.

        :raises ValueError: it is none.
        """
        return json.loads(self.body)


class Transport(Protocol):
    """Carries one request to an app."""

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float) -> Answer:
        """Send a request and return whatever the app answers. Redirects are answers like any other.

        :param url: absolute, escapes in upper case; goes on the wire as it is, since it is what was signed.
        :param timeout: seconds.
        :raises AppUnreachableError: there was no answer.
        """


class NetworkTransport:
    """Sends over the network: no redirects, no cookies, no proxies or ``.netrc`` from the environment."""

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float) -> Answer:
        """Send a request. See :meth:`Transport.send`."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                request = requests.Request(method, url, headers=dict(headers), data=body or None).prepare()
                request.url = url  # prepare() rewrites escapes; the signature is over what was given
                with session.send(request, timeout=timeout, allow_redirects=False, stream=True) as response:
                    content = bytearray()
                    for chunk in response.iter_content(65_536):
                        content += chunk
                        if len(content) > MAX_ANSWER_BYTES:
                            raise AppUnreachableError(f"{method} {_plain(url)} answered more than we read.")
                    return Answer(response.status_code, Headers(response.headers.items()), bytes(content))
        except (requests.RequestException, ValueError) as error:  # such as a host that cannot be encoded
            # The library's own text holds the whole URL, with the token in it.
            raise AppUnreachableError(
                f"{method} {_plain(url)} got no answer ({type(error).__name__}). Is the app running there?"
            ) from None


class WsgiTransport:
    """Calls WSGI apps in this process, chosen by the origin of the URL.

    Exceptions of the app are not caught: a test sees them as they are.

    :param apps: origin, e.g. ``http://app.localhost:5000``, → WSGI callable. The callable gets the whole path; an app
        with a base path mounts itself below it.
    """

    def __init__(self, apps: Mapping[str, _WsgiApp] | None = None) -> None:
        self._apps: dict[str, _WsgiApp] = {}
        for origin, app in (apps or {}).items():
            self.mount(origin, app)

    def mount(self, origin: str, app: _WsgiApp) -> None:
        """Make one more app reachable, or put another in the place of one."""
        self._apps[origin.rstrip("/")] = app

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float) -> Answer:
        """Call the app. See :meth:`Transport.send`; ``timeout`` is not watched."""
        parts = urlsplit(url)
        app = self._apps.get(f"{parts.scheme}://{parts.netloc}")
        if app is None:
            raise AppUnreachableError(f"No app is at {_plain(url)}; there are {list(self._apps)}.")
        head: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, response_headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            head.append((status, response_headers))
            return written.append

        chunks = app(_environ(method, url, headers, body), start_response)
        try:
            content = b"".join([*chunks])
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        status, response_headers = head[-1]
        return Answer(int(status.split(" ", 1)[0]), Headers(response_headers), b"".join(written) + content)


def _environ(method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    parts = urlsplit(url)
    raw = url.partition("#")[0][len(f"{parts.scheme}://{parts.netloc}") :]
    raw = raw if raw.startswith("/") else "/" + raw
    path, _, query = raw.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": raw,
        "REQUEST_URI": raw,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": _Discard(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


class _Discard:
    def write(self, text: str) -> int:
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        pass

    def flush(self) -> None:
        pass


def _plain(url: str) -> str:
    return mask_url(url.partition("?")[0])
