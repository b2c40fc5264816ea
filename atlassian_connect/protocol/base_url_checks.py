"""Checks of the base URLs in a descriptor, and of the realms that have their own.

Source: *Connect app descriptor*, https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final

from ..errors import UrlNotAllowedError
from .problems import Checking, Problem, error, warning
from .urls import BaseUrl, is_loopback, parse_base_url

__all__ = ["base_url_problems", "region_problems", "relative_fix"]

_REALMS: Final = frozenset({"EU", "US", "AU", "DE", "SG", "CA", "IN", "KR", "JP", "GB", "CH"})
_REALM: Final = re.compile(r"[A-Z]{2}").fullmatch
_EMPTY_SEGMENTS: Final = re.compile(r"(?<=[^:/])/{2,}").sub
_MAX_URL: Final = 200


def base_url_problems(checking: Checking, url: object, path: str, *, jwt: bool) -> Iterator[Problem]:
    """Check one base URL.

    :param jwt: whether the app asks for JWT, which hosts do over https only.
    """
    example = "Write an address such as https://app.example.com, where hosts reach the app."
    if url is None:
        yield error(path, "Is missing.", example)
        return
    if checking.is_open_root(url, path):
        return
    if url == "" and not checking.served:
        yield warning(path, "Is empty: no host can reach the app.", example)
        return
    if not isinstance(url, str):
        yield error(path, "Is no text.", example)
        return
    try:
        base = parse_base_url(url if checking.served else _EMPTY_SEGMENTS("/", url))
    except UrlNotAllowedError as caught:
        yield error(path, str(caught), example)
        return
    if len(url) > _MAX_URL:
        yield error(path, f"Has {len(url)} characters.", f"Hosts take {_MAX_URL}.")
    if _EMPTY_SEGMENTS("/", url) != url:
        yield warning(path, "Has two slashes in a row, and hosts call it as it stands.", "Leave one.")
    elif url.endswith("/"):
        yield warning(path, "Ends with a slash, and hosts append the paths of modules as they stand.", "Leave it out.")
    if jwt and base.scheme != "https" and not is_loopback(base.host):
        yield from _plain_http(checking, base, path)


def _plain_http(checking: Checking, base: BaseUrl, path: str) -> Iterator[Problem]:
    secure = f"Write {'https' + str(base).removeprefix('http')}."
    if not checking.served and _is_private(base.host):
        yield warning(
            path, "Is http: only a host in development mode takes that from an app that asks for JWT.", secure
        )
    else:
        yield error(path, "Is http, and must be https for an app that asks for JWT.", secure)


def _is_private(host: str) -> bool:
    """Whether a name or address is one of a local network."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".test", ".lan"))


def region_problems(checking: Checking, regions: object, *, jwt: bool) -> Iterator[Problem]:
    """Check ``regionBaseUrls``: a base URL for each realm."""
    if not isinstance(regions, Mapping):
        yield error("regionBaseUrls", "Is no object.", 'Write {"EU": "https://eu.example.com"}.')
        return
    for realm, url in regions.items():
        path = f"regionBaseUrls.{realm}"
        known = f"Known are {', '.join(sorted(_REALMS))}; baseUrl serves all others."
        if realm not in _REALMS and _REALM(realm):
            yield warning(path, "Is a realm that no host is known to have.", known)
        elif realm not in _REALMS:
            yield error(path, "Is no realm.", known)
        yield from base_url_problems(checking, url, path, jwt=jwt)


def relative_fix(url: str, base_url: object) -> str:
    """Say what to write instead of an absolute URL where hosts append what stands there to the base URL."""
    if isinstance(base_url, str) and base_url and url.startswith(base_url):
        return f"Write {url[len(base_url.rstrip('/')) :] or '/'}."
    return "Write the path below baseUrl."
