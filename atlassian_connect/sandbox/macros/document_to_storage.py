"""Atlassian Document Format, as apps may send bodies in version 2 of Confluence's REST, as storage format.

Source: https://developer.atlassian.com/cloud/confluence/atlassian-document-format/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from ..adf_schema import problem_of
from .storage import StorageFormatError, UnsupportedPartError, cdata

__all__ = ["BODY_PARAMETER", "MACRO_TYPE", "MARKS", "PANELS", "storage_of"]

#: Of extensions that are macros.
MACRO_TYPE: Final = "com.atlassian.confluence.macro.core"
#: The parameter of an extension that has a macro's plain text.
BODY_PARAMETER: Final = "__bodyContent"
#: Type of a panel → the macro that it is.
PANELS: Final = {"info": "info", "note": "panel", "warning": "note", "error": "warning", "success": "tip"}
#: Mark → element.
MARKS: Final = {"strong": "strong", "em": "em", "underline": "u", "strike": "del", "code": "code"}
_TAGS: Final = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "tableRow": "tr",
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}").fullmatch
_Node = Mapping[str, Any]


def storage_of(document: object) -> str:
    """Write a document as storage format.

    :raises StorageFormatError: it is no document that hosts take.
    :raises UnsupportedPartError: see there.
    """
    if not isinstance(document, Mapping) or document.get("type") != "doc" or document.get("version") != 1:
        raise StorageFormatError("The value is no document: it must have the type doc, and the version 1.")
    problem = problem_of(document)
    if problem:
        raise StorageFormatError(problem)
    return _content(document)


def _content(node: _Node) -> str:
    return "".join(_node(one) for one in node.get("content", ()))


def _node(node: _Node) -> str:
    kind = node["type"]
    if kind in _TAGS:
        return _element(_TAGS[kind], _content(node))
    if kind not in _WRITERS:
        raise UnsupportedPartError(f"the node {kind}")
    return _WRITERS[kind](node, _attributes(node))


def _attributes(node: _Node) -> _Node:
    found = node.get("attrs")
    return found if isinstance(found, Mapping) else {}


def _element(tag: str, content: str, **attributes: object) -> str:
    given = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items() if value)
    return f"<{tag}{given}>{content}</{tag}>"


def _macro(name: str, body: str = "", *, id: object = "", parameters: Mapping[str, object] | None = None) -> str:
    given = "".join(
        f'<ac:parameter ac:name="{escape(str(key))}">{escape(str(value))}</ac:parameter>'
        for key, value in (parameters or {}).items()
    )
    marked = f' ac:macro-id="{escape(str(id))}"' if id else ""
    head = f'<ac:structured-macro ac:name="{escape(name)}" ac:schema-version="1"{marked}>'
    return f"{head}{given}{body}</ac:structured-macro>"


def _rich(node: _Node) -> str:
    return _element("ac:rich-text-body", _content(node))


# --- nodes ------------------------------------------------------------------------------------------------------------


def _text(node: _Node, attributes: _Node) -> str:
    written = escape(node["text"], quote=False)
    for mark in reversed(node.get("marks", [])):
        written = _marked(mark, _attributes(mark), written)
    return written


def _marked(mark: _Node, attributes: _Node, text: str) -> str:
    kind = mark.get("type")
    if kind in MARKS:
        return _element(MARKS[kind], text)
    if kind == "link" and isinstance(attributes.get("href"), str):
        return _element("a", text, href=attributes["href"])
    if kind == "subsup" and attributes.get("type") in ("sub", "sup"):
        return _element(attributes["type"], text)
    if kind == "annotation" and attributes.get("annotationType") == "inlineComment":
        return _element("ac:inline-comment-marker", text, **{"ac:ref": attributes.get("id", "")})
    if kind == "textColor" and _COLOUR(str(attributes.get("color"))):
        return _element("span", text, style=f"color: {attributes['color']};")
    raise UnsupportedPartError(f"the mark {kind}")


def _heading(node: _Node, attributes: _Node) -> str:
    return _element(f"h{int(attributes['level'])}", _content(node))


def _code(node: _Node, attributes: _Node) -> str:
    text = "".join(one.get("text", "") for one in node.get("content", ()))
    language = attributes.get("language")
    body = _element("ac:plain-text-body", cdata(text))
    return _macro("code", body, parameters={"language": language} if language else {})


def _panel(node: _Node, attributes: _Node) -> str:
    kind = attributes.get("panelType")
    if not isinstance(kind, str) or kind not in PANELS:
        raise UnsupportedPartError(f"the panel {kind}")
    return _macro(PANELS[kind], _rich(node))


def _expand(node: _Node, attributes: _Node) -> str:
    title = attributes.get("title")
    return _macro("expand", _rich(node), parameters={"title": title} if title else {})


def _cell(tag: str) -> Callable[[_Node, _Node], str]:
    def write(node: _Node, attributes: _Node) -> str:
        spans = {name: attributes.get(name) for name in ("colspan", "rowspan")}
        given = {name: value for name, value in spans.items() if type(value) is int and value > 1}
        return _element(tag, _content(node), **given)

    return write


def _tasks(node: _Node, attributes: _Node) -> str:
    written = []
    for number, task in enumerate(node.get("content", ()), start=1):
        if task["type"] != "taskItem":
            raise UnsupportedPartError(f"the node {task['type']} in a taskList")
        status = "complete" if _attributes(task).get("state") == "DONE" else "incomplete"
        parts = f"<ac:task-id>{number}</ac:task-id><ac:task-status>{status}</ac:task-status>"
        written.append(f"<ac:task>{parts}{_element('ac:task-body', _content(task))}</ac:task>")
    return _element("ac:task-list", "".join(written))


def _status(node: _Node, attributes: _Node) -> str:
    named = {"title": attributes.get("text"), "colour": str(attributes.get("color", "")).title()}
    return _macro("status", parameters={key: value for key, value in named.items() if value and value != "Neutral"})


def _mention(node: _Node, attributes: _Node) -> str:
    return f'<ac:link><ri:user ri:account-id="{escape(str(attributes.get("id", "")))}" /></ac:link>'


def _date(node: _Node, attributes: _Node) -> str:
    try:
        day = datetime.fromtimestamp(int(attributes["timestamp"]) / 1000, UTC).date().isoformat()
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise StorageFormatError("A date has a timestamp in milliseconds.") from None
    return f'<time datetime="{day}" />'


def _emoji(node: _Node, attributes: _Node) -> str:
    return escape(str(attributes.get("text") or attributes.get("shortName", "")), quote=False)


def _card(node: _Node, attributes: _Node) -> str:
    url = attributes.get("url")
    if not isinstance(url, str):
        raise UnsupportedPartError("an inlineCard without a url")
    return _element("a", escape(url, quote=False), href=url)


def _extension(node: _Node, attributes: _Node) -> str:
    name, given = attributes.get("extensionKey"), attributes.get("parameters")
    if attributes.get("extensionType") != MACRO_TYPE or not isinstance(name, str):
        raise UnsupportedPartError(f"the extension {attributes.get('extensionType')} {name}")
    parameters = _values(given, "macroParams")
    body = _rich(node) if node["type"] == "bodiedExtension" else ""
    if BODY_PARAMETER in parameters:
        body = _element("ac:plain-text-body", cdata(str(parameters.pop(BODY_PARAMETER))))
    return _macro(name, body, id=_values(given, "macroMetadata").get("macroId", ""), parameters=parameters)


def _values(given: object, name: str) -> dict[str, object]:
    inner = given.get(name) if isinstance(given, Mapping) else None
    if not isinstance(inner, Mapping):
        return {}
    return {str(key): one.get("value", "") for key, one in inner.items() if isinstance(one, Mapping)}


_WRITERS: Final[Mapping[str, Callable[[_Node, _Node], str]]] = {
    "text": _text,
    "heading": _heading,
    "rule": lambda node, attributes: "<hr />",
    "hardBreak": lambda node, attributes: "<br />",
    "codeBlock": _code,
    "panel": _panel,
    "expand": _expand,
    "nestedExpand": _expand,
    "table": lambda node, attributes: f"<table><tbody>{_content(node)}</tbody></table>",
    "tableHeader": _cell("th"),
    "tableCell": _cell("td"),
    "taskList": _tasks,
    "status": _status,
    "mention": _mention,
    "date": _date,
    "emoji": _emoji,
    "inlineCard": _card,
    "extension": _extension,
    "inlineExtension": _extension,
    "bodiedExtension": _extension,
}
