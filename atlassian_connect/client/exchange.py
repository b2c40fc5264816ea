"""One attempt of a call: prepare, sign, send, follow redirects.

Sources: RFC 9110, section 15.4; the REST references of both products, which redirect downloads to other servers, e.g.
*Get attachment content*, https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus, urldefrag, urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from ..errors import HostError, HostUnreachableError, UrlNotAllowedError
from ..protocol.urls import BaseUrl, Target, is_loopback, parse_base_url, target_below
from ..secret import Secret
from .auth import RequestAuth
from .bodies import BODILESS, Body
from .retry import Outcome
from .transport import Timeout, Transport, prepare

__all__ = ["MAX_REDIRECTS", "Exchange", "bare", "next_url", "origin_of", "redirect_of", "signable"]

#: A chain of redirects longer than this is an error.
MAX_REDIRECTS: Final = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: All that another origin gets to see when a download is redirected there.
_FOREIGN = ("Accept", "Accept-Encoding", "Accept-Language", "Range", "User-Agent")


@dataclass(kw_only=True)
class Exchange:
    """One request and what becomes of it; :meth:`attempt` may be called again.

    :ivar on_host: whether the last answer came from the tenant's host, and not from where a redirect led.
    """

    base: BaseUrl
    transport: Transport
    auth: RequestAuth
    method: str
    target: Target
    headers: CaseInsensitiveDict[str | bytes]
    body: Body
    stream: bool
    allow_redirects: bool
    follow_foreign: bool
    on_host: bool = True
    _renewed: bool = False

    def attempt(self, timeout: Timeout) -> Outcome:
        """Send it, and follow redirects where that is allowed. No answer is an outcome; other errors are raised.

        :raises UrlNotAllowedError: a redirect leads where nothing may be sent.
        :raises HostError: too many redirects, or no credentials to be had.
        """
        self.on_host = True
        try:
            response = self._signed(self.target, timeout, with_body=True)
            history: list[requests.Response] = []
            while self.allow_redirects and self.method in BODILESS and redirect_of(response):
                response.close()
                if len(history) == MAX_REDIRECTS:
                    raise HostError(
                        f"{self.method} {bare(self.target.url)} was redirected more than {MAX_REDIRECTS} times."
                    )
                history.append(response)
                response = self._redirected(response, timeout)
        except _NoAnswer as none:
            return none.error
        response.history = history
        return response

    def _signed(self, target: Target, timeout: Timeout, *, with_body: bool = False) -> requests.Response:
        response, authorization = self._signed_once(target, timeout, with_body)
        if response.status_code == 401 and not self._renewed and (self.body.replayable or not with_body):
            self._renewed = True
            if self.auth.renewed(authorization):
                response.close()
                response, _ = self._signed_once(target, timeout, with_body)
        return response

    def _signed_once(self, target: Target, timeout: Timeout, with_body: bool) -> tuple[requests.Response, Secret]:
        data, json = (self.body.content(self.headers), self.body.json) if with_body else (None, None)
        request = prepare(requests.Request(self.method, target.url, headers=self.headers, data=data, json=json))
        if request.url != target.url:
            # requests writes some escapes in another way (%7e as ~). What it made is judged like any URL.
            target = signable(target_below(self.base, request.url or ""))
        self.auth(request, target)
        authorization = Secret(str(request.headers.get("Authorization", "")))
        return self._send(request, timeout), authorization

    def _send(self, request: requests.PreparedRequest, timeout: Timeout) -> requests.Response:
        try:
            return self.transport.send(request, timeout=timeout, stream=self.stream)
        except HostUnreachableError as error:
            raise _NoAnswer(error) from error
        finally:
            # Responses and errors carry the request; from here on it is for reading, by people and error trackers.
            request.headers.pop("Authorization", None)

    def _redirected(self, response: requests.Response, timeout: Timeout) -> requests.Response:
        url = next_url(response)
        if self.on_host:
            try:
                target = signable(target_below(self.base, url))
            except UrlNotAllowedError as error:
                if not self.follow_foreign:
                    raise UrlNotAllowedError(
                        f"{self.method} {bare(response.url)} redirects to {origin_of(url)}, which is not below"
                        f" {self.base}; nothing was sent there. For downloads, follow_foreign=True follows it"
                        " without credentials."
                    ) from error
            else:
                return self._signed(target, timeout)
        # Once a chain has left the host it stays unsigned: another server must not choose what we sign.
        self.on_host = False
        parts = urlsplit(url)
        origin = parse_base_url(f"{parts.scheme}://{parts.netloc}")
        local = self.base.scheme == "http" and is_loopback(origin.host)
        if origin.scheme != "https" and not local:
            raise UrlNotAllowedError(f"{self.method} {bare(response.url)} redirects to {origin}, which is not https.")
        allowed = {name: self.headers[name] for name in _FOREIGN if name in self.headers}
        return self._send(prepare(requests.Request(self.method, url, headers=allowed)), timeout)


class _NoAnswer(Exception):
    """From where a request is sent to where its attempt ends; errors of other requests must not look like it."""

    def __init__(self, error: HostUnreachableError) -> None:
        self.error = error


def signable(target: Target) -> Target:
    """Refuse what hosts could read otherwise than the signature says.

    :raises UrlNotAllowedError: the path starts with an empty segment, or the query has a parameter ``jwt``.
    """
    if target.path.startswith("//"):
        raise UrlNotAllowedError("The path starts with an empty segment, which HTTP libraries drop.")
    # A query hash leaves the parameter jwt out, and hosts take a token from it.
    if any(unquote_plus(part.partition("=")[0]) == "jwt" for part in target.query.split("&")):
        raise UrlNotAllowedError("A parameter named jwt is a token; the client sends one in the header.")
    return target


def redirect_of(response: requests.Response) -> str:
    """Where a response redirects to; empty when it does not."""
    if response.status_code not in _REDIRECTS:
        return ""
    location = response.headers.get("Location", "")
    # Headers are read as Latin-1; hosts that do not encode a Location write UTF-8.
    return location.encode("latin-1", "replace").decode("utf-8", "replace")


def next_url(response: requests.Response) -> str:
    """The absolute URL that a response redirects to, without fragment."""
    try:
        return urldefrag(urljoin(response.url, redirect_of(response))).url
    except ValueError as error:
        raise UrlNotAllowedError(f"{bare(response.url)} redirects to something that is no URL.") from error


def bare(url: str) -> str:
    """A URL for an error's text: without query, which may hold personal data."""
    return url.partition("?")[0]


def origin_of(url: str) -> str:
    """Where a URL leads, for an error's text."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:200]
