"""The client: requests to one tenant's host, shaped like :class:`requests.Session`.

Sources: the REST references of both products, https://developer.atlassian.com/cloud/confluence/rest/v2/intro/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/ (303 for tasks); ``X-Atlassian-Token`` as under *Add
attachment* there; no body on GET: https://developer.atlassian.com/changelog/#CHANGE-2328.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias, Unpack
from urllib.parse import unquote_plus, urldefrag, urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers

from ..errors import HostError, HostResponseError, UrlNotAllowedError
from ..protocol.urls import Target, is_loopback, parse_base_url, target_below
from ..tenants.tenant import Tenant
from .auth import HostAuth, RequestAuth
from .calls import CallObserver, Data, RequestOptions
from .messages import MAX_ERROR_BYTES, error_of
from .multipart import Files, MultipartBody
from .query import Params, query_pairs
from .transport import Timeout, Transport, package_agent, prepare, read_at_most

__all__ = ["MAX_REDIRECTS", "HostClient", "RequestOptions"]

#: A chain of redirects longer than this is an error.
MAX_REDIRECTS: Final = 5

#: A request, and what of it is signed; None once redirects have left the tenant's host.
_Hop: TypeAlias = tuple[requests.PreparedRequest, Target | None]

_BODILESS = frozenset({"GET", "HEAD"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_METHOD = re.compile(r"[A-Z]{1,20}").fullmatch
#: Ours to set: they carry credentials, or say where the request goes and where it ends.
_RESERVED = frozenset(
    {"authorization", "proxy-authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"}
)
#: All that another origin gets to see when a download is redirected there.
_FOREIGN = ("Accept", "Accept-Encoding", "Accept-Language", "Range", "User-Agent")


class HostClient:
    """Requests to one tenant's host, signed as the app. Threads may share it.

    URLs are paths below the tenant's base URL (``/rest/api/3/issue/X-1``, ``/api/v2/pages``), or absolute URLs that lie
    there. Nothing is signed for, or sent to, any other place.

    :param timeout: used where a call names none. There is no way to wait forever.
    :param token_lifetime_seconds: of the token each request carries.
    :param clock: seconds since the epoch.
    :param user_agent: in place of ``flask-atlassian-connect/<version> (<app key>)``.
    :param observer: sees every call before it is sent and after it ended.
    """

    def __init__(
        self,
        tenant: Tenant,
        *,
        transport: Transport,
        timeout: Timeout = (5, 30),
        token_lifetime_seconds: int = 180,
        clock: Callable[[], float] = time.time,
        user_agent: str | None = None,
        observer: CallObserver | None = None,
    ) -> None:
        self._tenant = tenant
        self._observer = observer
        self._transport = transport
        self._timeout = timeout
        self._auth: RequestAuth = HostAuth(tenant, token_lifetime_seconds=token_lifetime_seconds, clock=clock)
        app_key = re.sub(r"[^A-Za-z0-9._-]", "", tenant.app_key)[:100]
        self._user_agent = user_agent or f"{package_agent()} ({app_key})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._tenant.client_key!r} {self._tenant.base_url}>"

    @property
    def tenant(self) -> Tenant:
        """The tenant whose host is called."""
        return self._tenant

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        json: Any = None,
        data: Data | None = None,
        files: Files | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout | None = None,
        stream: bool = False,
        allow_redirects: bool = True,
        follow_foreign: bool = False,
        check: bool = True,
    ) -> requests.Response:
        """Send one request and return the host's answer.

        :param url: percent-encoded, below the tenant's base URL; may have a query, to which ``params`` is added.
        :param params: names and values. None is left out, booleans become ``true`` and ``false``, a list repeats the
            name.
        :param data: a file or a generator is sent while it is read.
        :param files: sent as ``multipart/form-data`` while they are read, with ``X-Atlassian-Token: no-check``.
        :param stream: leave the body of the answer unread; close the response when done.
        :param allow_redirects: follow redirects of GET and HEAD below the base URL, each hop signed anew. Other methods
            are never repeated elsewhere: their 303 (a task was started) is returned, another redirect is an error.
        :param follow_foreign: follow redirects of GET and HEAD to other https origins too, without credentials: what
            downloads of attachments need.
        :param check: raise for an error status.
        :raises UrlNotAllowedError: the URL, or a redirect's, is not below the tenant's base URL; it was not called.
        :raises TenantUninstalledError: the tenant has uninstalled the app.
        :raises HostResponseError: an error status; the subclass tells which, ``message`` what the host says.
        :raises HostUnreachableError: no answer; :class:`HostTimeoutError` when it took too long.
        :raises ValueError: an argument that cannot be sent: a body on GET (hosts answer 403 to that), a header that is
            ours to set, JSON beside ``data`` or ``files``.
        """
        method = method.upper()
        if not _METHOD(method):
            raise ValueError(f"{method!r} is no HTTP method.")
        fields = self._headers(method, headers, multipart=files is not None)
        body = _body(method, fields, json=json, data=data, files=files)
        target = _signable(target_below(self._tenant.base, url, query_pairs(params)))
        hop: _Hop = self._prepared(method, target, fields, body, json)
        wait = self._timeout if timeout is None else timeout
        follow = {
            "stream": stream,
            "allow_redirects": allow_redirects,
            "follow_foreign": follow_foreign,
            "check": check,
        }
        if self._observer is None:
            return self._exchanged(hop=hop, fields=fields, wait=wait, **follow)
        options: RequestOptions = {
            "params": params,
            "json": json,
            "data": data,
            "files": files,
            "headers": headers,
            "timeout": wait,
            "stream": stream,
            "allow_redirects": allow_redirects,
            "follow_foreign": follow_foreign,
            "check": check,
        }
        self._observer.before(method, target, options)
        try:
            response = self._exchanged(hop=hop, fields=fields, wait=wait, **follow)
        except HostError as error:
            other = self._observer.after(method, target, error)
            if other is None or other is error:
                raise
            raise other from error
        self._observer.after(method, target, response)
        return response

    def _exchanged(
        self,
        *,
        hop: _Hop,
        fields: Mapping[str, str | bytes],
        wait: Timeout,
        stream: bool,
        allow_redirects: bool,
        follow_foreign: bool,
        check: bool,
    ) -> requests.Response:
        method = hop[0].method or ""
        response = self._send(*hop, timeout=wait, stream=stream)
        history: list[requests.Response] = []
        while allow_redirects and method in _BODILESS and _location(response):
            if len(history) == MAX_REDIRECTS:
                response.close()
                raise HostError(f"{method} {_bare(response.url)} was redirected more than {MAX_REDIRECTS} times.")
            history.append(response)
            hop = self._redirected(response, fields, signed=hop[1] is not None, follow_foreign=follow_foreign)
            response = self._send(*hop, timeout=wait, stream=stream)
        response.history = history
        if check:
            self._check(response, unread=stream, redirect_is_error=allow_redirects)
        return response

    def get(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """GET; see :meth:`request`."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """POST; see :meth:`request`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """PUT; see :meth:`request`."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """PATCH; see :meth:`request`."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """DELETE; see :meth:`request`."""
        return self.request("DELETE", url, **options)

    def head(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """HEAD; see :meth:`request`."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Unpack[RequestOptions]) -> requests.Response:
        """OPTIONS; see :meth:`request`."""
        return self.request("OPTIONS", url, **options)

    def _headers(
        self, method: str, given: Mapping[str, str] | None, *, multipart: bool
    ) -> CaseInsensitiveDict[str | bytes]:
        headers: CaseInsensitiveDict[str | bytes] = CaseInsensitiveDict()
        headers["Accept"] = "application/json"
        headers["Accept-Encoding"] = default_headers()["Accept-Encoding"]
        headers["User-Agent"] = self._user_agent
        if multipart:
            headers["X-Atlassian-Token"] = "no-check"
        for name, value in (given or {}).items():
            if name.strip().lower() in _RESERVED:
                raise ValueError(f"The client sets {name.strip()} itself; leave it out of headers.")
            headers[name] = value
        if method in _BODILESS:
            headers.pop("Content-Type", None)  # hosts take it for the announcement of a body
        return headers

    def _prepared(
        self, method: str, target: Target, headers: Mapping[str, str | bytes], body: Any = None, json: Any = None
    ) -> tuple[requests.PreparedRequest, Target]:
        request = prepare(requests.Request(method, target.url, headers=headers, data=body, json=json))
        if request.url != target.url:
            # requests writes some escapes in another way (%7e as ~). What it made is judged like any URL.
            target = _signable(target_below(self._tenant.base, request.url or ""))
        return request, target

    def _send(
        self, request: requests.PreparedRequest, target: Target | None, *, timeout: Timeout, stream: bool
    ) -> requests.Response:
        """Send one hop; signed, unless it has left the tenant's host (``target`` is None)."""
        if target is not None:
            self._auth(request, target)
        try:
            return self._transport.send(request, timeout=timeout, stream=stream)
        finally:
            # Responses and errors carry the request; from here on it is for reading, by people and error trackers.
            request.headers.pop("Authorization", None)

    def _redirected(
        self, response: requests.Response, headers: Mapping[str, str | bytes], *, signed: bool, follow_foreign: bool
    ) -> _Hop:
        response.close()
        method = response.request.method or ""
        url = _next_url(response)
        if signed:
            try:
                return self._prepared(method, _signable(target_below(self._tenant.base, url)), headers)
            except UrlNotAllowedError as error:
                if not follow_foreign:
                    raise UrlNotAllowedError(
                        f"{method} {_bare(response.url)} redirects to {_origin(url)}, which is not below"
                        f" {self._tenant.base}; nothing was sent there. For downloads, follow_foreign=True follows it"
                        " without credentials."
                    ) from error
        # Once a chain has left the host it stays unsigned: another server must not choose what we sign.
        parts = urlsplit(url)
        origin = parse_base_url(f"{parts.scheme}://{parts.netloc}")
        local = self._tenant.base.scheme == "http" and is_loopback(origin.host)
        if origin.scheme != "https" and not local:
            raise UrlNotAllowedError(f"{method} {_bare(response.url)} redirects to {origin}, which is not https.")
        allowed = {name: headers[name] for name in _FOREIGN if name in headers}
        return prepare(requests.Request(method, url, headers=allowed)), None

    def _check(self, response: requests.Response, *, unread: bool, redirect_is_error: bool) -> None:
        status, method, url = response.status_code, response.request.method or "", _bare(response.request.url or "")
        if redirect_is_error and method not in _BODILESS and status != 303 and _location(response):
            response.close()
            message = (
                f"redirects to {_origin(_next_url(response))}; only GET and HEAD are followed, so nothing was done"
            )
            raise HostResponseError(status=status, message=message, method=method, url=url, response=response)
        if status >= 400:
            body = b""
            with suppress(HostError):  # the status counts, even when its explanation breaks off
                body = read_at_most(response, MAX_ERROR_BYTES) if unread else response.content
            raise error_of(response, body, method=method, url=url)


def _body(
    method: str, headers: CaseInsensitiveDict[str | bytes], *, json: Any, data: Data | None, files: Files | None
) -> Any:
    """Return what goes to requests as ``data``; its JSON is another argument there."""
    given = [name for name, value in (("json", json), ("data", data), ("files", files)) if value is not None]
    if given and method in _BODILESS:
        raise ValueError(f"{method} has no body: hosts answer 403 to {given[0]}=. Use params= for the query.")
    if "json" in given and len(given) > 1:
        raise ValueError(f"json= and {given[1]}= are two bodies; give one.")
    if files is None:
        return data
    if "Content-Type" in headers:
        raise ValueError("files= sets Content-Type itself, since that names the boundary; leave it out of headers.")
    if not (data is None or isinstance(data, Mapping | list)):
        raise ValueError("data= beside files= is form fields: a mapping or a list of pairs.")
    multipart = MultipartBody(files, data)
    headers["Content-Type"] = multipart.content_type
    return multipart


def _signable(target: Target) -> Target:
    """Refuse what hosts could read otherwise than the signature says."""
    if target.path.startswith("//"):
        raise UrlNotAllowedError("The path starts with an empty segment, which HTTP libraries drop.")
    # A query hash leaves the parameter jwt out, and hosts take a token from it.
    if any(unquote_plus(part.partition("=")[0]) == "jwt" for part in target.query.split("&")):
        raise UrlNotAllowedError("A parameter named jwt is a token; the client sends one in the header.")
    return target


def _location(response: requests.Response) -> str:
    """Where a response redirects to; empty when it does not."""
    if response.status_code not in _REDIRECTS:
        return ""
    location = response.headers.get("Location", "")
    # Headers are read as Latin-1; hosts that do not encode a Location write UTF-8.
    return location.encode("latin-1", "replace").decode("utf-8", "replace")


def _next_url(response: requests.Response) -> str:
    try:
        return urldefrag(urljoin(response.url, _location(response))).url
    except ValueError as error:
        raise UrlNotAllowedError(f"{_bare(response.url)} redirects to something that is no URL.") from error


def _bare(url: str) -> str:
    return url.partition("?")[0]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:200]
