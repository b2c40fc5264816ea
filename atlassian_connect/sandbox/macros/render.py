"""Storage format as HTML that is safe to put into a page: what is not known to be harmless is left out.

Apps write bodies, and so does whoever may edit; a script in one must not run on the pages of the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from . import builtin
from .storage import Macro, StorageFormatError, macro_of, parse

__all__ = ["Links", "Renderer", "anchor"]

#: Shown with their names; of their attributes, those in :data:`_ATTRIBUTES`.
_TAGS: Final = frozenset(
    {
        *(
            "p",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "ul",
            "ol",
            "li",
            "dl",
            "dt",
            "dd",
            "blockquote",
            "pre",
            "div",
            "hr",
        ),
        *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col", "caption", "br", "span"),
        *("strong", "b", "em", "i", "u", "s", "del", "ins", "sub", "sup", "small", "code", "kbd", "q", "cite"),
        *("abbr", "time"),
    }
)
_VOID: Final = frozenset({"br", "hr", "col"})
_ATTRIBUTES: Final = {
    "colspan": re.compile(r"\d{1,3}"),
    "rowspan": re.compile(r"\d{1,3}"),
    "datetime": re.compile(r"[\dT:.Z+-]+"),
}
#: Left out with all that is in them.
_DROPPED: Final = frozenset(
    {
        *("script", "style", "iframe", "object", "embed", "template", "noscript", "svg", "math", "head", "title"),
        *("form", "button", "input", "textarea", "select", "video", "audio"),
        *("ac:parameter", "ac:placeholder", "ac:adf-attribute", "ac:adf-node", "ac:task-id", "ac:task-uuid"),
    }
)
_CONTAINERS: Final = {"ac:layout": "layout", "ac:layout-section": "layout-section", "ac:layout-cell": "layout-cell"}
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|/(?![/\\])|#)[^\x00-\x20]*", re.IGNORECASE).fullmatch
_HEADING = re.compile(r"h[1-6]").fullmatch


@dataclass(frozen=True, slots=True)
class Links:
    """Where things that a body names are. Each gives None for what is not there, or not for who looks.

    :ivar page: address of a page, by space key (None: the same space) and title.
    :ivar attachment: address of a file of the page.
    :ivar user: name of the person of an account id.
    """

    page: Callable[[str | None, str], str | None]
    attachment: Callable[[str], str | None]
    user: Callable[[str], str | None]


class Renderer:
    """Shows storage format.

    :param macro: shows a macro that is none of Confluence's own; its result is trusted.
    """

    def __init__(self, links: Links, macro: Callable[[Macro, Renderer], Markup]) -> None:
        self.links = links
        self._macro = macro
        self.root = Element("body")

    def render(self, body: str) -> Markup:
        """Show a body. One that cannot be read is shown as it is written, and said to be so."""
        try:
            self.root = parse(body)
        except StorageFormatError as error:
            why = builtin.box("warning", Markup("<p>This body is not well formed: {}</p>").format(str(error)))
            return why + Markup("<pre>{}</pre>").format(body)
        return self.children(self.root)

    def fragment(self, body: str) -> Markup:
        """Show storage format from elsewhere, such as the answer of a static macro.

        :raises StorageFormatError: it cannot be read.
        """
        return self.children(parse(body))

    def children(self, element: Element) -> Markup:
        """Show what is inside of an element."""
        parts = [escape(element.text or "")]
        for child in element:
            parts += [self.element(child), escape(child.tail or "")]
        return Markup("").join(parts)

    def element(self, element: Element) -> Markup:
        """Show an element."""
        tag = element.tag
        if tag in ("ac:structured-macro", "ac:macro"):
            return self.macro(macro_of(element))
        if tag in _DROPPED:
            return Markup()
        if tag in _SPECIAL:
            return _SPECIAL[tag](self, element)
        if tag in _CONTAINERS:
            return Markup('<div class="{}">{}</div>').format(_CONTAINERS[tag], self.children(element))
        return _plain(self, element) if tag in _TAGS else self.children(element)

    def macro(self, macro: Macro) -> Markup:
        """Show a macro."""
        own = builtin.MACROS.get(macro.name)
        return own(self, macro) if own else self._macro(macro, self)


def anchor(heading: Element) -> str:
    """The id of a heading, for links to it."""
    return "-".join(re.findall(r"\w+", "".join(heading.itertext())))


def _plain(renderer: Renderer, element: Element) -> Markup:
    given = {
        name: value for name, value in element.items() if name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(value)
    }
    attributes = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in given.items())
    if element.tag in _VOID:
        return Markup("<{}{}>").format(element.tag, attributes)
    content = renderer.children(element)
    if element.tag == "table":
        return Markup('<div class="table-scroll"><table>{}</table></div>').format(content)
    if element.tag == "time":
        content = content or escape(element.get("datetime", ""))
    if element.tag == "p" and ("<div" in content or "<p" in content):
        return Markup("<div{}>{}</div>").format(attributes, content)  # a block, such as a frame, ends a paragraph
    return Markup("<{0}{1}>{2}</{0}>").format(element.tag, attributes, content)


def _link(renderer: Renderer, element: Element) -> Markup:
    content, href = renderer.children(element), (element.get("href") or "").strip()
    if not _SAFE_LINK(href):
        return content
    return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(href, content)


def _confluence_link(renderer: Renderer, element: Element) -> Markup:
    body = next((child for child in element if child.tag in ("ac:link-body", "ac:plain-text-link-body")), None)
    text = renderer.children(body) if body is not None else Markup()
    for child in element:
        if child.tag == "ri:user":
            name = renderer.links.user(child.get("ri:account-id", ""))
            return Markup('<span class="mention">@{}</span>').format(name or "somebody")
        if child.tag == "ri:page":
            title = child.get("ri:content-title", "")
            return _linked(renderer.links.page(child.get("ri:space-key"), title), text or escape(title))
        if child.tag == "ri:attachment":
            name = child.get("ri:filename", "")
            return _linked(renderer.links.attachment(name), text or escape(name))
    place = element.get("ac:anchor", "")
    return _linked(f"#{place}", text or escape(place)) if place else text


def _linked(address: str | None, text: Markup) -> Markup:
    if address is None:
        return Markup('<span class="quiet" title="It is not there, or not for you">{}</span>').format(text)
    return Markup('<a href="{}">{}</a>').format(address, text)


def _image(renderer: Renderer, element: Element) -> Markup:
    alternative = element.get("ac:alt") or ""
    for child in element:
        if child.tag == "ri:attachment":
            name = child.get("ri:filename", "")
            address = renderer.links.attachment(name)
            if address is None:
                return Markup('<span class="quiet">[{}]</span>').format(name)
            width = element.get("ac:width", "")
            size = Markup(' width="{}"').format(width) if re.fullmatch(r"\d{1,4}", width) else ""
            return Markup('<img src="{}" alt="{}"{}>').format(address, alternative or name, size)
        if child.tag == "ri:url" and _SAFE_LINK(child.get("ri:value", "")):
            # The pages of the sandbox load nothing from elsewhere.
            address = child.get("ri:value", "")
            return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(address, alternative or "Image")
    return Markup()


def _task(renderer: Renderer, element: Element) -> Markup:
    done = any(child.tag == "ac:task-status" and child.text == "complete" for child in element)
    body = next((child for child in element if child.tag == "ac:task-body"), None)
    content = renderer.children(body) if body is not None else Markup()
    mark = Markup(" checked") if done else ""
    return Markup('<li><input type="checkbox" disabled{}> {}</li>').format(mark, content)


def _tasks(renderer: Renderer, element: Element) -> Markup:
    return Markup('<ul class="tasks">{}</ul>').format(Markup("").join(map(renderer.element, element)))


def _emoticon(renderer: Renderer, element: Element) -> Markup:
    return escape(element.get("ac:emoji-fallback") or f"({element.get('ac:name', '')})")


def _heading(renderer: Renderer, element: Element) -> Markup:
    # A page has a title of its own: its text begins one level below.
    level = min(int(element.tag[1]) + 1, 6)
    return Markup('<h{0} class="level-{1}" data-anchor="{2}">{3}</h{0}>').format(
        level, element.tag[1], anchor(element), renderer.children(element)
    )


_SPECIAL: Final[dict[str, Callable[[Renderer, Element], Markup]]] = {
    "a": _link,
    "ac:link": _confluence_link,
    "ac:image": _image,
    "ac:task-list": _tasks,
    "ac:task": _task,
    "ac:emoticon": _emoticon,
    **{f"h{level}": _heading for level in range(1, 7)},
}
