"""Storage format: XHTML with elements of Confluence's own.

Source: *Confluence storage format*, https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from html.entities import html5
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

__all__ = [
    "BODY_TAGS",
    "Macro",
    "StorageFormatError",
    "UnsupportedPartError",
    "cdata",
    "inner",
    "macro_of",
    "macros_in",
    "parse",
    "plain_text",
    "with_macro_ids",
    "written",
]

_MAX_DEPTH: Final = 100
_SPACES: Final = {"ac": "ac", "ri": "ri", "at": "at"}
_XML: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ENTITY = re.compile(r"<!\[CDATA\[.*?\]\]>|&([A-Za-z][A-Za-z0-9]*);", re.DOTALL)
_QUOTED: Final = r"""("[^"]*"|'[^']*')"""
_MACRO_TAG = re.compile(
    rf"""<!\[CDATA\[.*?\]\]>|<!--.*?-->|(<ac:(?:structured-)?macro)(?=[\s/>])((?:[^>"']|{_QUOTED})*)>""", re.DOTALL
)

#: The element of a macro's body → what ``bodyType`` of a module calls it.
BODY_TAGS: Final = {"ac:rich-text-body": "rich-text", "ac:plain-text-body": "plain-text"}


class StorageFormatError(ValueError):
    """It is no well-formed XHTML."""


class UnsupportedPartError(ValueError):
    """It has a part that the sandbox cannot express in the other format. The text is what the part is."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro on a page.

    :ivar name: for macros of apps the key of the module.
    :ivar id: of this macro on this page; empty when it was never saved.
    :ivar parameters: by name, as text.
    :ivar body: storage format, or plain text; empty without.
    :ivar body_type: ``none``, ``rich-text`` or ``plain-text``.
    :ivar element: where it was read from.
    """

    name: str
    id: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    body: str = ""
    body_type: str = "none"
    element: Element | None = field(default=None, repr=False, compare=False)


class _Limited(TreeBuilder):
    """Builds the tree, and gives up where nobody would have nested by hand: those who walk it recurse."""

    depth = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise StorageFormatError(f"Elements are nested deeper than {_MAX_DEPTH}.")
        return super().start(_name(tag), {_name(name): value for name, value in attrs.items()})

    def end(self, tag: str, /) -> Element:
        self.depth -= 1
        return super().end(_name(tag))


def parse(text: str) -> Element:
    """Read storage format. Names of the tree are written as in the text: ``ac:structured-macro``.

    :return: an element around everything.
    :raises StorageFormatError: it is not well formed, or nested too deep.
    """
    spaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _SPACES.items())
    # Expat expands nothing here: a document type, which declares entities, is refused inside of an element.
    parser = XMLParser(target=_Limited())  # noqa: S314 - see above
    try:
        parser.feed(f"<body {spaces}>{_ENTITY.sub(_resolved, text)}</body>")
        root: Element = parser.close()
    except (ParseError, UnicodeError) as error:
        raise StorageFormatError(f"Error parsing xhtml: {error}") from error
    return root


def _resolved(match: re.Match[str]) -> str:
    """XML knows five names of HTML's entities; names of neither stay, and are refused as they are on real sites."""
    name = match[1]
    known = None if name is None or name in _XML else html5.get(f"{name};")
    return match[0] if known is None else known.replace("&", "&amp;").replace("<", "&lt;")


def _name(tag: str) -> str:
    space, _, local = tag.removeprefix("{").rpartition("}")
    return f"{space}:{local}" if space else local


def inner(element: Element) -> str:
    """The storage format inside of an element."""
    return escape(element.text or "", quote=False) + "".join(map(written, element))


def written(element: Element) -> str:
    """Write an element, and the text behind it, as storage format."""
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.items())
    tail = escape(element.tail or "", quote=False)
    if element.tag == "ac:plain-text-body":
        return f"<{element.tag}{attributes}>{cdata(element.text or '')}</{element.tag}>{tail}"
    content = inner(element)
    end = f">{content}</{element.tag}>" if content else " />"
    return f"<{element.tag}{attributes}{end}{tail}"


def cdata(text: str) -> str:
    """Text as a CDATA section."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def macro_of(element: Element) -> Macro:
    """Read a macro's element."""
    parameters, body, body_type = {}, "", "none"
    for child in element:
        if child.tag == "ac:parameter":
            # Some parameters name a page or a user by an element.
            parameters[child.get("ac:name", "")] = "".join(child.itertext()) or _reference(child)
        elif child.tag in BODY_TAGS:
            body_type = BODY_TAGS[child.tag]
            body = inner(child) if body_type == "rich-text" else "".join(child.itertext())
    return Macro(element.get("ac:name", ""), element.get("ac:macro-id", ""), parameters, body, body_type, element)


def _reference(element: Element) -> str:
    values = (value for child in element.iter() if child.tag.startswith("ri:") for value in child.attrib.values())
    return next(values, "")


def macros_in(body: str) -> Iterator[Macro]:
    """The macros of a page's body in their order, nested ones included. Of what cannot be read there are none."""
    try:
        root = parse(body)
    except StorageFormatError:
        return
    for element in root.iter():
        if element.tag in ("ac:structured-macro", "ac:macro"):
            yield macro_of(element)


def plain_text(body: str) -> str:
    """The words of a body, for searches and excerpts."""
    try:
        texts = parse(body).itertext()
    except StorageFormatError:
        return re.sub(r"<[^>]*>", " ", body)
    return " ".join(" ".join(texts).split())


def with_macro_ids(body: str, new_id: Callable[[], str]) -> str:
    """Give an id to every macro that has none, as the host does when a page is saved."""

    def named(match: re.Match[str]) -> str:
        if match[1] is None or "ac:macro-id" in re.sub(_QUOTED, "", match[2]):
            return match[0]
        rest = match[2].removesuffix("/")
        return f'{match[1]}{rest.rstrip()} ac:macro-id="{new_id()}"{" /" if rest != match[2] else ""}>'

    return _MACRO_TAG.sub(named, body)
