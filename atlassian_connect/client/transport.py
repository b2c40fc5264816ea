"""Sending: connection pools, TLS, timeouts, and the errors of the HTTP library made ours.

No :class:`requests.Session` takes part: a session keeps cookies, reads ``.netrc`` and follows redirects with the
headers of the first request. What is sent here is exactly the request that was prepared.

Source: *Requests*, "Transport adapters", https://requests.readthedocs.io/en/latest/user/advanced/#transport-adapters
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as urllib3_errors
from requests import exceptions as requests_errors
from requests.adapters import HTTPAdapter

from ..errors import ConfigurationError, HostError, HostTimeoutError, HostUnreachableError, UrlNotAllowedError
from ..protocol.urls import BaseUrl, parse_base_url
from .rate_limits import QuotaPools
from .wsgi import WsgiAdapter

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Timeout", "Transport", "package_agent", "prepare", "translated"]

#: Seconds to connect and seconds between two pieces of an answer, or one number for both.
Timeout: TypeAlias = float | tuple[float, float]

#: What becomes of the HTTP library's errors; the first class that fits decides. ``ValueError``: the caller's argument
#: cannot be sent.
ERROR_TABLE: Final[tuple[tuple[type[Exception], type[Exception]], ...]] = (
    (requests_errors.Timeout, HostTimeoutError),
    (requests_errors.InvalidProxyURL, ConfigurationError),
    (requests_errors.InvalidURL, UrlNotAllowedError),
    (requests_errors.InvalidSchema, UrlNotAllowedError),
    (requests_errors.MissingSchema, UrlNotAllowedError),
    (requests_errors.URLRequired, UrlNotAllowedError),
    (requests_errors.InvalidHeader, ValueError),
    (requests_errors.InvalidJSONError, ValueError),
    (requests_errors.ConnectionError, HostUnreachableError),  # and SSLError, ProxyError
    (requests_errors.ChunkedEncodingError, HostUnreachableError),
    (requests_errors.ContentDecodingError, HostUnreachableError),
    (requests_errors.RetryError, HostUnreachableError),
    (requests_errors.RequestException, HostError),
    (urllib3_errors.TimeoutError, HostTimeoutError),
    (urllib3_errors.LocationValueError, UrlNotAllowedError),
    (urllib3_errors.InvalidHeader, ValueError),
    (urllib3_errors.HTTPError, HostUnreachableError),
)


class Transport:
    """Sends prepared requests. One per app, shared by all tenants and threads.

    It adds nothing to a request, keeps no cookies, follows no redirects and always verifies TLS certificates. The
    environment (``HTTPS_PROXY``, ``REQUESTS_CA_BUNDLE``, ``.netrc``) is not read; the arguments say it all.

    :param pool_size: connections kept open per host. More may be in use at once; they are closed afterwards.
    :param hosts: hosts to keep connections for; beyond it the one that was not used for longest is dropped.
    :param proxies: scheme to proxy URL. ``urllib.request.getproxies()`` gives those of the environment.
    :param ca_bundle: PEM file or folder of the authorities to trust, in place of the bundled ones.
    :ivar quota_pools: which pools of points the hosts said are used up.
    """

    def __init__(
        self,
        *,
        pool_size: int = 10,
        hosts: int = 50,
        proxies: Mapping[str, str] | None = None,
        ca_bundle: str | Path | None = None,
    ) -> None:
        self._pools = (hosts, pool_size)
        self._network = HTTPAdapter(*self._pools)
        self._process = os.getpid()
        self._inherited: list[HTTPAdapter] = []
        self.quota_pools = QuotaPools()
        self._in_process: dict[str, WsgiAdapter] = {}
        self._proxies = dict(proxies or {})
        self._verify: bool | str = True if ca_bundle is None else str(ca_bundle)

    def mount(self, origin: str, wsgi_app: WSGIApplication) -> None:
        """Answer requests to one origin by a WSGI app in this process, without a socket: for tests and the sandbox.

        Timeouts have no effect there, and what the app raises comes out of :meth:`send` as it is.

        :param origin: e.g. ``https://example.atlassian.net``, without path.
        :raises UrlNotAllowedError: it is not an origin.
        """
        base = parse_base_url(origin)
        if base.path:
            raise UrlNotAllowedError(f"{origin!r} has a path; an app is mounted for a whole origin.")
        self._in_process[base.origin] = WsgiAdapter(wsgi_app)

    def send(self, request: requests.PreparedRequest, *, timeout: Timeout, stream: bool = False) -> requests.Response:
        """Send a request once and return the answer, whatever its status.

        :param stream: leave the body unread; whoever asks for it closes the response. Errors of reading are the same.
        :raises HostTimeoutError: no connection or no further piece of the answer in time.
        :raises HostUnreachableError: no connection, a bad certificate, an answer that breaks off.
        :raises UrlNotAllowedError: the URL cannot be called.
        """
        started = time.perf_counter()
        with translated(request):
            response = self._adapter(request).send(
                request, stream=stream, timeout=timeout, verify=self._verify, proxies=self._proxies
            )
            response.elapsed = timedelta(seconds=time.perf_counter() - started)
            if not stream:
                with _closed_on_error(response):
                    _ = response.content  # reads and keeps it, and gives the connection back
        return _Streamed.made_of(response) if stream else response

    def fetch(self, url: str, *, timeout: Timeout, max_bytes: int) -> tuple[int, bytes]:
        """GET a public document without credentials and without following redirects.

        :param timeout: besides its usual meaning, the whole exchange takes no longer than both parts together.
        :param max_bytes: reading stops one byte later, so a longer body can be told by its length.
        :return: status and body.
        :raises HostError: as :meth:`send`.
        """
        deadline = time.monotonic() + (sum(timeout) if isinstance(timeout, tuple) else 2 * timeout)
        headers = {"User-Agent": package_agent(), "Accept": "*/*", "Accept-Encoding": "identity"}
        request = prepare(requests.Request("GET", url, headers=headers))
        response = self.send(request, timeout=timeout, stream=True)
        with response:
            return response.status_code, read_at_most(response, max_bytes + 1, deadline=deadline)

    def close(self) -> None:
        """Close the connections that are kept open. The transport can still be used, with new ones."""
        self._network.close()

    def _adapter(self, request: requests.PreparedRequest) -> HTTPAdapter:
        if self._process != os.getpid():
            # After a fork, two processes would read from the same sockets. The parent's stay open, and unused here.
            self._inherited.append(self._network)
            self._network, self._process = HTTPAdapter(*self._pools), os.getpid()
        return self._in_process.get(_origin(request.url or ""), self._network) if self._in_process else self._network


def prepare(request: requests.Request) -> requests.PreparedRequest:
    """Prepare a request, with this package's errors.

    :raises UrlNotAllowedError: the URL cannot be called.
    :raises ValueError: a header or the JSON cannot be sent.
    """
    with translated(request):
        return request.prepare()


def read_at_most(response: requests.Response, limit: int, *, deadline: float | None = None) -> bytes:
    """Read the first bytes of a body that was left unread, and close the response.

    The response then has these bytes as its content.

    :param deadline: on :func:`time.monotonic`.
    """
    body = bytearray()
    # A piece is complete only when all of it has come: with a deadline, take single bytes (from a buffer), or a server
    # that sends one byte per read timeout would hold us for hours.
    piece = 4096 if deadline is None else 1
    with translated(response.request), _closed_on_error(response):
        for chunk in response.raw.stream(piece, decode_content=True):
            body += chunk
            if deadline is not None and time.monotonic() > deadline:
                raise HostTimeoutError(f"{_described(response.request)} took too long.")
            if len(body) >= limit:
                break
    response.raw.close()
    response.raw = BytesIO(body[:limit])
    return bytes(body[:limit])


@cache
def package_agent() -> str:
    """How this package names itself to servers."""
    try:
        number = version("flask-atlassian-connect")
    except PackageNotFoundError:  # run from a checkout that is not installed
        number = "0"
    return f"flask-atlassian-connect/{number}"


class translated:
    """``with translated(request):`` turns the HTTP library's errors into ours, by :data:`ERROR_TABLE`."""

    def __init__(self, request: requests.Request | requests.PreparedRequest) -> None:
        self._request = request

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, requests_errors.RequestException | urllib3_errors.HTTPError):
            raise _translation(error, _described(self._request)) from error


def _translation(error: Exception, what: str) -> Exception:
    inner = _innermost(error)
    # While a body is read, requests reports a read timeout as a ConnectionError.
    looked_up = inner if isinstance(inner, urllib3_errors.ReadTimeoutError) else error
    made = next(ours for theirs, ours in ERROR_TABLE if isinstance(looked_up, theirs))
    if made is HostTimeoutError:
        return HostTimeoutError(f"{what} got no answer in time.")
    # The library's own text repeats the query, which may be personal data: only the kind of failure is named.
    reason = str(error) if made in (ValueError, UrlNotAllowedError) else type(inner).__name__
    return made(f"{what} failed: {reason}")


def _innermost(error: Exception) -> Exception:
    """Find what happened below requests' and urllib3's wrappers."""
    for _ in range(5):
        inner: Any = getattr(error, "reason", None) or next(iter(error.args), None)
        if not isinstance(inner, Exception):
            break
        error = inner
    return error


def _described(request: requests.Request | requests.PreparedRequest) -> str:
    return f"{request.method} {str(request.url).partition('?')[0]}"


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        return BaseUrl(parts.scheme, parts.hostname or "", port, "").origin
    except (ValueError, KeyError):
        return ""  # the adapter will say what is wrong with it


class _Streamed(requests.Response):
    """A response whose body is read later: what goes wrong then is one of our errors too, and closes it."""

    @classmethod
    def made_of(cls, response: requests.Response) -> _Streamed:
        made = cls()
        vars(made).update(vars(response))
        return made

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        return self._translated(super().iter_content(chunk_size, decode_unicode))

    def _translated(self, pieces: Iterator[Any]) -> Iterator[Any]:
        with translated(self.request), _closed_on_error(self):
            yield from pieces


class _closed_on_error:
    def __init__(self, response: requests.Response) -> None:
        self._close: Callable[[], None] = response.close

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        if kind is not None:
            self._close()
