r"""URLs: what is below a base URL, which hosts may install us, how a path becomes a URL. Decided on parsed URLs only.

Sources: RFC 3986, the WHATWG URL standard (what browsers and hosts make of ``\``), and the list of data security
requirements for cloud apps, https://developer.atlassian.com/platform/marketplace/security-requirements/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit

from ..errors import ConfigurationError, UrlNotAllowedError
from .qsh import encode_query

__all__ = [
    "BaseUrl",
    "HostPattern",
    "Target",
    "is_loopback",
    "normal_base_url",
    "parse_base_url",
    "parse_host_patterns",
    "target_below",
]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch
# Everything below ASCII 33, DEL, the backslash (browsers read it as a slash) and characters that no URL carries raw.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\<>\"`{}|^]|[^\x00-\x7f]").search
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search
_DOT_SEGMENT = re.compile(r"(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\]|%2f|%5c|$)", re.IGNORECASE).search
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})").search


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A base URL, taken apart.

    :ivar host: lower case.
    :ivar port: never None: the scheme's default when the URL names none.
    :ivar path: e.g. ``/wiki``; no trailing slash, empty when there is none.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """``scheme://host[:port]`` as a browser writes it: the default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}")

    def __str__(self) -> str:
        return self.origin + self.path


@dataclass(frozen=True, slots=True)
class Target:
    """A URL to call, and what of it is signed.

    :ivar url: what goes on the wire, byte for byte.
    :ivar path: the path below the base URL: what the qsh hashes.
    :ivar query: the query that is on the wire and in the qsh.
    """

    url: str
    path: str
    query: str


@lru_cache(maxsize=1024)  # the app's own and those of its tenants, all day; anyone may send others, so not more
def parse_base_url(url: str) -> BaseUrl:
    """Take a base URL apart.

    :raises UrlNotAllowedError: it is not an absolute http(s) URL, or has user info, a query, a fragment, a dot segment
        or a character that does not belong into a URL.
    """
    if len(url) > 2000 or _FORBIDDEN(url) or _BAD_ESCAPE(url):
        raise UrlNotAllowedError(f"Not a base URL: {url[:200]!r}.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UrlNotAllowedError(f"Not a base URL: {url[:200]!r}.") from error
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc or "?" in url or "#" in url or port == 0:
        raise UrlNotAllowedError(f"Not an absolute http or https URL without user, query and fragment: {url[:200]!r}.")
    if _DOT_SEGMENT(parts.path) or "//" in parts.path:
        raise UrlNotAllowedError(f"The path of a base URL has no dot segments and no empty ones: {url[:200]!r}.")
    return BaseUrl(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], parts.path.rstrip("/"))


def normal_base_url(url: str) -> str:
    """Write a base URL for comparing: scheme and host lower-case, one trailing slash removed, nothing else changed.

    Never raises; a text that is no URL comes back as it is.
    """
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    text = f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"
    return text[:-1] if text.endswith("/") else text


def target_below(base: BaseUrl, url: str, params: Iterable[tuple[str, str]] = ()) -> Target:
    """Join a path, or check an absolute URL, against a tenant's base URL.

    ``/rest/api/content`` and ``rest/api/content`` are taken from the base URL down. A path that already carries the
    base path (``/wiki/api/v2/pages``, as Confluence's own links do) keeps it once. An absolute URL must have the same
    scheme, host and port and lie below the base path.

    :param url: percent-encoded; characters that a URL cannot carry raw (spaces, letters beyond ASCII) are encoded, and
        escapes take their normal form (RFC 3986, section 6.2.2), so that no HTTP library rewrites what was signed.
    :param params: decoded names and values, added to the query that ``url`` has.
    :raises UrlNotAllowedError: it leads to another origin or out of the base path, or is written so that two programs
        could read it differently (backslash, user info, dot segments, control characters, ``//host``).
    """
    head, _, fragment = url.partition("#")
    if fragment:
        raise UrlNotAllowedError("A fragment is for browsers; a host never sees it.")
    path, _, query = head.partition("?")
    if "\\" in path or _CONTROL(head):
        raise UrlNotAllowedError(f"The URL has a backslash or a control character: {url[:200]!r}.")
    if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", path):
        path = _path_on(base, path)
    elif path.startswith("//"):
        raise UrlNotAllowedError(f"The URL names another host: {url[:200]!r}.")
    elif not path.startswith("/"):
        path = "/" + path
    if _DOT_SEGMENT(path) or _DOT_SEGMENT(unquote(path)) or _BAD_ESCAPE(path):
        raise UrlNotAllowedError(f"The path has dot segments or a broken escape: {url[:200]!r}.")
    try:
        path = _normal_escapes(quote(path, safe="/%-._~!$&'()*+,;=:@"))
        query = _normal_escapes(quote(query, safe="%-._~!$&'()*+,;=:@/?"))
        extra = encode_query(params)
    except UnicodeEncodeError as error:
        raise UrlNotAllowedError(f"The URL is no text of Unicode: {url[:200]!r}.") from error
    if base.path and (path == base.path or path.startswith(base.path + "/")):
        path = path[len(base.path) :] or "/"
    query = f"{query}&{extra}" if query and extra else query or extra
    return Target(f"{base}{path}" + (f"?{query}" if query else ""), path, query)


def _normal_escapes(text: str) -> str:
    return _ESCAPE.sub(_normal_escape, text) if "%" in text else text


def _normal_escape(match: re.Match[str]) -> str:
    if match[1] is None:  # a percent sign that escapes nothing stands for itself, as both sides read it
        return "%25"
    character = chr(int(match[1], 16))
    return character if character.isascii() and (character.isalnum() or character in "-._~") else match[0].upper()


def _path_on(base: BaseUrl, url: str) -> str:
    """Return the full path of an absolute URL that lies below ``base``."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or ""), parts.port
    except ValueError as error:
        raise UrlNotAllowedError(f"Not a URL: {url[:200]!r}.") from error
    same = (
        parts.scheme == base.scheme
        and host == base.host
        and (port or _DEFAULT_PORTS.get(parts.scheme)) == base.port
        and "@" not in parts.netloc
        and not _FORBIDDEN(parts.netloc)
    )
    if not same:
        raise UrlNotAllowedError(f"{url[:200]!r} is not on {base.origin}; nothing is signed for another origin.")
    path = parts.path or "/"
    if path.startswith("//"):  # HTTP libraries make one slash of it, after signing
        raise UrlNotAllowedError(f"The path starts with two slashes: {url[:200]!r}.")
    if base.path and path != base.path and not path.startswith(base.path + "/"):
        raise UrlNotAllowedError(f"{url[:200]!r} is outside of {base}.")
    return path


# --- which hosts may install us ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HostPattern:
    """One entry of the list of hosts that may install the app.

    ``*.atlassian.net`` is https with exactly one label in the place of the star; ``wiki.example.com`` is https on that
    host; ``http://localhost:2990`` is exactly that origin, which is how a development host is named.
    """

    text: str
    scheme: str
    host: str
    port: int
    wildcard: bool

    @classmethod
    def parse(cls, text: str) -> HostPattern:
        """Read one entry.

        :raises ConfigurationError: it has none of the three forms, or names plain http for a host that is not loopback.
        """
        if "://" in text:
            try:
                base = parse_base_url(text)
            except UrlNotAllowedError as error:
                raise ConfigurationError(f"{text!r} is not an origin such as http://localhost:2990.") from error
            if "*" in base.host:
                raise ConfigurationError(f"{text!r}: a pattern with a star has no scheme; write {base.host!r}.")
            if base.path:
                raise ConfigurationError(f"{text!r}: give the origin only, without {base.path!r}.")
            if base.scheme == "http" and not is_loopback(base.host):
                raise ConfigurationError(f"{text!r}: plain http is for hosts on this machine; use https.")
            return cls(text, base.scheme, base.host, base.port, wildcard=False)
        host = text.lower().removeprefix("*.")
        if "." not in host or not all(_LABEL(label) for label in host.split(".")):
            raise ConfigurationError(f"{text!r} is not a host pattern such as *.atlassian.net.")
        return cls(text, "https", host, 443, wildcard=text.startswith("*."))

    def matches(self, base: BaseUrl) -> bool:
        """Tell whether a host's base URL is one that this entry means."""
        if (base.scheme, base.port) != (self.scheme, self.port):
            return False
        if not self.wildcard:
            return base.host == self.host
        label, _, rest = base.host.partition(".")
        return rest == self.host and _LABEL(label) is not None


def parse_host_patterns(texts: Iterable[str]) -> tuple[HostPattern, ...]:
    """Read a list of entries. Errors are those of :meth:`HostPattern.parse`."""
    return tuple(HostPattern.parse(text) for text in texts)


def is_loopback(host: str) -> bool:
    """Tell whether a host name is this machine: ``localhost``, ``127.0.0.0/8``, ``::1``."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
