"""Atlassian Document Format: the descriptions and comments of Jira, as HTML for people, and made of plain text.

Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup, escape

from .store.jira_history import adf, text_of

__all__ = ["from_text", "to_html", "to_text"]

_MAX_DEPTH: Final = 50
_SAFE_LINKS: Final = ("http://", "https://", "mailto:", "/", "#")
_MARKS: Final = {"strong": "strong", "em": "em", "code": "code", "underline": "u", "strike": "s"}
_TAGS: Final = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "decisionList": "ul",
    "decisionItem": "li",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
}
_PANELS: Final = {"success": "good", "warning": "warn", "error": "bad"}
_LOZENGES: Final = {"blue": "info", "green": "good", "yellow": "warn", "red": "bad"}


def from_text(text: str) -> dict[str, Any] | None:
    """Make a document of plain text, a paragraph per line. None of blank text."""
    lines = text.replace("\r\n", "\n").strip().split("\n")
    return adf(*lines) if any(lines) else None


def to_text(document: Mapping[str, Any] | None) -> str:
    """The text of a document, a line per block."""
    return text_of(document)


def to_html(document: Mapping[str, Any] | None) -> Markup:
    """Write a document as HTML. Nodes that are not known give their content; nothing in it is taken as HTML."""
    return _node(document, 0) if document else Markup("")


def _node(node: object, depth: int) -> Markup:
    if not isinstance(node, Mapping) or depth > _MAX_DEPTH:
        return Markup("")
    kind, attributes = str(node.get("type")), node.get("attrs")
    attributes = attributes if isinstance(attributes, Mapping) else {}
    content = node.get("content")
    inside = Markup("").join(_node(one, depth + 1) for one in content) if isinstance(content, list) else Markup("")
    if kind == "text":
        return _marked(node)
    if kind in _TAGS:
        return _wrapped(_TAGS[kind], inside)
    write = _WRITERS.get(kind)
    return write(attributes, inside) if write else inside


def _wrapped(tag: str, inside: Markup) -> Markup:
    return Markup(f"<{tag}>{{}}</{tag}>").format(inside)  # noqa: S704  # the tag is one of this module's


def _marked(node: Mapping[str, Any]) -> Markup:
    written, marks = escape(str(node.get("text", ""))), node.get("marks")
    for mark in marks if isinstance(marks, list) else []:
        kind = str(mark.get("type")) if isinstance(mark, Mapping) else ""
        if kind in _MARKS:
            written = _wrapped(_MARKS[kind], written)
        elif kind == "link":
            attributes = mark.get("attrs")
            written = _link(attributes.get("href") if isinstance(attributes, Mapping) else None, written)
        elif kind == "subsup":
            below = isinstance(mark.get("attrs"), Mapping) and mark["attrs"].get("type") == "sub"
            written = _wrapped("sub" if below else "sup", written)
    return written


def _link(address: object, inside: Markup) -> Markup:
    if not isinstance(address, str) or not address.lower().startswith(_SAFE_LINKS):
        return inside
    return Markup('<a href="{}" rel="noreferrer nofollow">{}</a>').format(address, inside)


def _heading(attributes: Mapping[str, Any], inside: Markup) -> Markup:
    level = attributes.get("level")
    return _wrapped(f"h{level if level in (1, 2, 3, 4, 5, 6) else 3}", inside)


def _code(attributes: Mapping[str, Any], inside: Markup) -> Markup:
    return Markup("<pre><code>{}</code></pre>").format(inside)


def _panel(attributes: Mapping[str, Any], inside: Markup) -> Markup:
    kind = _PANELS.get(str(attributes.get("panelType")), "info")
    return Markup('<div class="message {}">{}</div>').format(kind, inside)


def _expand(attributes: Mapping[str, Any], inside: Markup) -> Markup:
    return Markup('<details class="disclosure"><summary>{}</summary>{}</details>').format(
        attributes.get("title") or "More", inside
    )


def _task(attributes: Mapping[str, Any], inside: Markup) -> Markup:
    done = Markup(" checked") if attributes.get("state") == "DONE" else ""
    return Markup('<li><label><input type="checkbox" disabled{}> {}</label></li>').format(done, inside)


def _card(attributes: Mapping[str, Any], inside: Markup) -> Markup:
    return _link(attributes.get("url"), escape(str(attributes.get("url", ""))))


def _date(attributes: Mapping[str, Any], inside: Markup) -> Markup:
    try:
        day = datetime.fromtimestamp(int(attributes["timestamp"]) / 1000, UTC).date().isoformat()
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        day = ""
    return Markup("<time>{}</time>").format(day)


def _media(attributes: Mapping[str, Any], inside: Markup) -> Markup:
    return Markup('<span class="lozenge raw">File {}</span>').format(attributes.get("alt") or attributes.get("id", ""))


_WRITERS: Final[Mapping[str, Callable[[Mapping[str, Any], Markup], Markup]]] = {
    "heading": _heading,
    "codeBlock": _code,
    "rule": lambda attributes, inside: Markup("<hr>"),
    "hardBreak": lambda attributes, inside: Markup("<br>"),
    "panel": _panel,
    "expand": _expand,
    "nestedExpand": _expand,
    "table": lambda attributes, inside: Markup(
        '<div class="table-scroll"><table><tbody>{}</tbody></table></div>'
    ).format(inside),
    "taskList": lambda attributes, inside: Markup('<ul class="plain">{}</ul>').format(inside),
    "taskItem": _task,
    "mention": lambda attributes, inside: Markup('<span class="lozenge raw info">{}</span>').format(
        attributes.get("text") or f"@{attributes.get('id', '')}"
    ),
    "emoji": lambda attributes, inside: escape(str(attributes.get("text") or attributes.get("shortName", ""))),
    "status": lambda attributes, inside: Markup('<span class="lozenge {}">{}</span>').format(
        _LOZENGES.get(str(attributes.get("color")), "neutral"), attributes.get("text", "")
    ),
    "date": _date,
    "inlineCard": _card,
    "blockCard": lambda attributes, inside: _wrapped("p", _card(attributes, inside)),
    "embedCard": lambda attributes, inside: _wrapped("p", _card(attributes, inside)),
    "media": _media,
    "mediaInline": _media,
}
