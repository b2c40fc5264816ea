"""App access rules: what a REST operation of a host is subject to when an administrator blocks apps from data.

Administrators block apps from spaces and projects (*data security policies*). The rows of ``data/*_app_access.csv`` say
for each operation whether such a rule concerns it, which scope a Connect app needs, and what replaces it when it is
deprecated.

Sources: *App Access for Confluence Cloud REST APIs*,
https://confluence.atlassian.com/display/AAR/App+Access+for+Confluence+Cloud+REST+APIs (the document), and the
annotations ``app-access-rule-exempt`` and ``x-atlassian-connect-scope`` in the OpenAPI files of the REST references,
https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/ and
https://developer.atlassian.com/cloud/confluence/rest/v2/intro/. Dynamic modules, which some editions of those files
mark ``INACCESSIBLE`` although they are for Connect apps only, have the scope ``NONE`` here as in the newer editions.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias, cast
from urllib.parse import unquote

from ..types import Product

__all__ = ["AccessMatch", "AccessRule", "Effect", "match", "rule", "rules"]

#: ``blocked``: a rule of an administrator refuses or hides what this operation is about. ``exempt``: no rule concerns
#: it. ``unknown``: no source says.
Effect: TypeAlias = Literal["blocked", "exempt", "unknown"]

_PRODUCTS: Final[tuple[Product, ...]] = ("confluence", "jira")
_JIRA_VERSIONS: Final = frozenset({"2", "3", "latest"})
_GATEWAY: Final = "api.atlassian.com"
#: Older editions of Confluence's reference leave two segments out of the path of dynamic modules.
_AS_PRINTED: Final = ("atlassian-connect", "1")


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What is known about one operation.

    :ivar effect: the document's word, else the annotation's, else ``unknown``.
    :ivar path: template from the site's root, e.g. ``/wiki/rest/api/content/{id}``; empty for an operation that is not
        in the catalogue.
    :ivar api_version: ``1``, ``2`` or ``3``; empty where there is none.
    :ivar scope: the Connect scope it needs. ``NONE``: no scope is; ``INACCESSIBLE``: no Connect app may call it; None:
        unknown.
    :ivar document: what the document says about the effect; None when it does not mention the operation.
    :ivar openapi: what the annotation says; None where there is none.
    :ivar deprecated_by: which sources call it deprecated: ``document``, ``openapi``.
    :ivar successors: what replaces it, e.g. ``GET /wiki/api/v2/pages/{id}``; may be empty for deprecated ones too.
    """

    effect: Effect
    product: Product
    method: str
    path: str = ""
    api_version: str = ""
    group: str = ""
    name: str = ""
    scope: str | None = None
    document: Effect | None = None
    openapi: Effect | None = None
    deprecated_by: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether the catalogue has the operation. Its effect may be unknown all the same."""
        return bool(self.path)

    @property
    def operation(self) -> str:
        """``GET /wiki/rest/api/content/{id}``: one operation, whatever the ids. Empty when it is not known."""
        return f"{self.method} {self.path}" if self.path else ""

    @property
    def deprecated(self) -> bool:
        """Whether any source calls it deprecated: the OpenAPI files are newer than the document."""
        return bool(self.deprecated_by)

    @property
    def successor(self) -> str | None:
        """The first of :attr:`successors`."""
        return self.successors[0] if self.successors else None

    @property
    def sources_disagree(self) -> bool:
        """Whether document and annotation contradict each other about the effect. The document wins."""
        return None not in (self.document, self.openapi) and self.document != self.openapi


@dataclass(frozen=True, slots=True)
class AccessMatch:
    """A rule, and what stands in the place of the variables of its path.

    :ivar variables: e.g. ``{"id": "123"}``, decoded.
    """

    rule: AccessRule
    variables: Mapping[str, str] = field(hash=False)


def rule(method: str, url: str, *, product: Product | None = None) -> AccessRule:
    """Tell what an administrator's rules mean for one call. Never raises; what is not in the catalogue is unknown.

    The most specific operation wins: a literal segment before a variable. ``HEAD`` is looked up as ``GET``, since it is
    the same request without the body (RFC 9110, section 9.3.2). Other editions of an API (Jira's version 2) are not in
    the catalogue, and nothing is concluded about them.

    :param method: in any case.
    :param url: a full URL, or a path from the site's root (``/wiki/rest/api/content/1``) or from the tenant's base URL
        (``/rest/api/content/1``); with or without query and trailing slash, ids percent-encoded or not.
    :param product: whose base URL a path without ``/wiki`` is relative to. A path that starts with ``/wiki`` is
        Confluence's in any case. None: told from the path. ``/rest/api/`` followed by ``2``, ``3`` or ``latest`` is
        Jira's, by any other word Confluence's, whose paths have no version there; ``/api/…`` is Confluence's; the rest
        (``/rest/agile``, ``/rest/servicedeskapi``, ``/rest/atlassian-connect``) is Jira's, where it starts at the root.
    """
    return _find(method, url, product)[0]


def match(method: str, url: str, *, product: Product | None = None) -> AccessMatch:
    """Do the same as :func:`rule`, and tell the ids in the path too."""
    found, segments = _find(method, url, product)
    if not found.path:
        return AccessMatch(found, {})
    # From the end: paths may be written with and without their beginning.
    template = found.path.split("/")[-len(segments) :]
    return AccessMatch(
        found, {name[1:-1]: value for name, value in zip(template, segments, strict=True) if name[0] == "{"}
    )


def rules(product: Product | None = None) -> Iterator[AccessRule]:
    """Go through the catalogue, in the order of the references. None: both products."""
    for one in _PRODUCTS if product is None else (product,):
        yield from _rows(one)


# --- reading a URL ----------------------------------------------------------------------------------------------------


def _find(method: str, url: str, product: Product | None) -> tuple[AccessRule, Sequence[str]]:
    verb = method.upper()
    segments = _segments(url)
    if segments[:1] == ["wiki"]:
        product, segments = "confluence", segments[1:]
    elif product is None:
        product = _told(segments)
    # An empty or a dot segment is read differently by different programs: no operation is written like that.
    clear = not any(segment in ("", ".", "..") for segment in segments)
    found = _trie(product).find(segments, "GET" if verb == "HEAD" else verb) if clear else None
    return found or AccessRule("unknown", product, verb), segments


def _segments(url: str) -> list[str]:
    """The path, cut at its slashes and decoded then: an encoded slash belongs to an id."""
    path = url.partition("#")[0].partition("?")[0]
    scheme, separator, rest = path.partition("://")
    host = ""
    if separator and "/" not in scheme:
        host, _, path = rest.partition("/")
    segments = path.removeprefix("/").rstrip("/").split("/")
    if host == _GATEWAY and segments[:1] == ["ex"]:  # https://api.atlassian.com/ex/jira/<cloud id>/rest/…
        segments = segments[3:]
    return [unquote(segment) for segment in segments] if "%" in path else segments


def _told(segments: Sequence[str]) -> Product:
    if segments[:2] == ["rest", "api"] and len(segments) > 2:
        return "jira" if segments[2] in _JIRA_VERSIONS else "confluence"
    return "confluence" if segments[:1] in (["api"], [_AS_PRINTED[0]]) else "jira"


# --- the rows, compiled once ------------------------------------------------------------------------------------------


class _Node:
    """One segment of the paths of a product: what can follow it, and the operations that end here."""

    __slots__ = ("literals", "operations", "variable")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.operations: dict[str, AccessRule] = {}

    def add(self, template: Sequence[str], found: AccessRule) -> None:
        node = self
        for segment in template:
            if segment[0] == "{":
                node.variable = node = node.variable or _Node()
            else:
                node = node.literals.setdefault(segment, _Node())
        node.operations[found.method] = found

    def find(self, segments: Sequence[str], method: str, start: int = 0) -> AccessRule | None:
        """Follow the segments, literals first; no deeper than the longest template, however long the path is."""
        if start == len(segments):
            return self.operations.get(method)
        following = self.literals.get(segments[start])
        found = following.find(segments, method, start + 1) if following is not None else None
        if found is None and self.variable is not None:
            found = self.variable.find(segments, method, start + 1)
        return found


@cache
def _trie(product: Product) -> _Node:
    root = _Node()
    for found in _rows(product):
        template = found.path.removeprefix("/wiki").split("/")[1:]
        root.add(template, found)
        if tuple(template[1:3]) == _AS_PRINTED and product == "confluence":
            root.add(template[1:], found)
    return root


@cache
def _rows(product: Product) -> tuple[AccessRule, ...]:
    text = files(__package__).joinpath("data", f"{product}_app_access.csv").read_text(encoding="utf-8")
    return tuple(_read(product, row) for row in csv.DictReader(text.splitlines()))


def _read(product: Product, row: Mapping[str, str]) -> AccessRule:
    document, openapi = (cast("Effect | None", row[source] or None) for source in ("document", "openapi"))
    return AccessRule(
        effect=document or openapi or "unknown",
        product=product,
        method=row["method"],
        path=row["path"],
        api_version=row["api_version"],
        group=row["group"],
        name=row["name"],
        scope=row["scope"] or None,
        document=document,
        openapi=openapi,
        deprecated_by=tuple(filter(None, row["deprecated"].split(";"))),
        successors=tuple(filter(None, row["successors"].split("; "))),
    )
