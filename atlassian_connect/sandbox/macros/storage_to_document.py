"""Storage format as Atlassian Document Format: what apps get that ask for the body-format ``atlas_doc_format``.

Source: https://developer.atlassian.com/cloud/confluence/atlassian-document-format/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree.ElementTree import Element

from ..adf_schema import problem_of
from .document_to_storage import BODY_PARAMETER, MACRO_TYPE, MARKS, PANELS
from .storage import Macro, UnsupportedPartError, macro_of, parse

__all__ = ["document_of"]

_MACROS: Final = ("ac:structured-macro", "ac:macro")
_PANELS: Final = {macro: panel for panel, macro in PANELS.items()}
_MARKS: Final = {tag: mark for mark, tag in MARKS.items()} | {"b": "strong", "i": "em", "s": "strike"}
_SPACES = re.compile(r"\s+")
_COLOUR = re.compile(r"color:\s*(#[0-9a-fA-F]{3,8})\s*;?").fullmatch
_HEADING = re.compile(r"h([1-6])").fullmatch
_SPAN = re.compile(r"[0-9]{1,3}").fullmatch
_LISTS: Final = {"ul": "bulletList", "ol": "orderedList"}
_Node = dict[str, Any]


def document_of(body: str) -> _Node:
    """Write storage format as a document.

    :raises StorageFormatError: it is not well formed.
    :raises UnsupportedPartError: see there.
    """
    document = {"type": "doc", "version": 1, "content": _blocks(parse(body))}
    problem = problem_of(document)
    if problem:  # a table in a panel, and the like
        raise UnsupportedPartError(f"a body of this structure ({problem})")
    return document


def _blocks(element: Element) -> list[_Node]:
    """The blocks of an element; text that stands between them becomes paragraphs."""
    found: list[_Node] = []
    loose: list[_Node] = _texts(element.text, [])
    for child in element:
        if _is_block(child):
            found += [*_paragraph(loose), *_block(child)]
            loose = []
        else:
            loose += _inline(child, [])
        loose += _texts(child.tail, [])
    return [*found, *_paragraph(loose)]


def _paragraph(inline: list[_Node]) -> list[_Node]:
    if all(one["type"] == "text" and not one["text"].strip() for one in inline):
        return []
    return [{"type": "paragraph", "content": inline}]


def _is_block(element: Element) -> bool:
    known = element.tag in _WRITERS or element.tag == "div" or _HEADING(element.tag) is not None
    return known and not (element.tag in _MACROS and element.get("ac:name") == "status")


# --- blocks -----------------------------------------------------------------------------------------------------------


def _block(element: Element) -> list[_Node]:
    tag, heading = element.tag, _HEADING(element.tag)
    if tag == "div":
        return _blocks(element)
    if heading:
        return [{"type": "heading", "attrs": {"level": int(heading[1])}, "content": _inlines(element, [])}]
    return [_WRITERS[tag](element)]


def _list(element: Element) -> _Node:
    return {"type": _LISTS[element.tag], "content": [_filled("listItem", one) for one in element if one.tag == "li"]}


def _filled(kind: str, element: Element, **attributes: int) -> _Node:
    """A node that cannot be without a block."""
    node: _Node = {"type": kind, "content": _blocks(element) or [{"type": "paragraph", "content": []}]}
    return node | ({"attrs": attributes} if attributes else {})


def _table(element: Element) -> _Node:
    rows = [row for part in element for row in ([part] if part.tag == "tr" else part) if row.tag == "tr"]
    return {"type": "table", "content": [{"type": "tableRow", "content": _cells(row)} for row in rows]}


def _cells(row: Element) -> list[_Node]:
    found = []
    for cell in row:
        spans = {name: int(cell.get(name, "")) for name in ("colspan", "rowspan") if _SPAN(cell.get(name, ""))}
        found.append(_filled("tableHeader" if cell.tag == "th" else "tableCell", cell, **spans))
    return found


def _tasks(element: Element) -> _Node:
    items = []
    for number, task in enumerate(element, start=1):
        parts = {part.tag: part for part in task}
        done = "ac:task-status" in parts and parts["ac:task-status"].text == "complete"
        body = _inlines(parts["ac:task-body"], []) if "ac:task-body" in parts else []
        state = {"localId": str(number), "state": "DONE" if done else "TODO"}
        items.append({"type": "taskItem", "attrs": state, "content": body})
    return {"type": "taskList", "attrs": {"localId": "tasks"}, "content": items}


def _macro(macro: Macro) -> _Node:
    given = set(macro.parameters)
    body = _macro_body(macro) if macro.body_type == "rich-text" else []
    if macro.name in _PANELS and body and not given:
        return {"type": "panel", "attrs": {"panelType": _PANELS[macro.name]}, "content": body}
    if macro.name == "expand" and body and given <= {"title"}:
        return {"type": "expand", "attrs": {"title": macro.parameters.get("title", "")}, "content": body}
    if macro.name == "code" and given <= {"language"}:
        return _code_block(macro.body, macro.parameters.get("language", ""))
    return _extension(macro, "bodiedExtension" if body else "extension") | ({"content": body} if body else {})


def _macro_body(macro: Macro) -> list[_Node]:
    parts = macro.element if macro.element is not None else ()
    found = next((part for part in parts if part.tag == "ac:rich-text-body"), None)
    return _blocks(found) if found is not None else []


def _code_block(text: str, language: str) -> _Node:
    content = [{"type": "text", "text": text}] if text else []
    return {"type": "codeBlock", "attrs": {"language": language} if language else {}, "content": content}


def _extension(macro: Macro, kind: str) -> _Node:
    parameters = {name: {"value": value} for name, value in macro.parameters.items()}
    if macro.body_type == "plain-text":
        parameters[BODY_PARAMETER] = {"value": macro.body}
    attributes = {
        "extensionType": MACRO_TYPE,
        "extensionKey": macro.name,
        "parameters": {"macroParams": parameters, "macroMetadata": {"macroId": {"value": macro.id}}},
    }
    return {"type": kind, "attrs": attributes}


_WRITERS: Final[Mapping[str, Callable[[Element], _Node]]] = {
    **dict.fromkeys(_LISTS, _list),
    **dict.fromkeys(_MACROS, lambda element: _macro(macro_of(element))),
    "p": lambda element: {"type": "paragraph", "content": _inlines(element, [])},
    "table": _table,
    "ac:task-list": _tasks,
    "hr": lambda element: {"type": "rule"},
    "pre": lambda element: _code_block("".join(element.itertext()), ""),
    "blockquote": lambda element: _filled("blockquote", element),
}


# --- in a line --------------------------------------------------------------------------------------------------------


def _inlines(element: Element, marks: list[_Node]) -> list[_Node]:
    found = _texts(element.text, marks)
    for child in element:
        found += [*_inline(child, marks), *_texts(child.tail, marks)]
    return found


def _texts(text: str | None, marks: list[_Node]) -> list[_Node]:
    text = _SPACES.sub(" ", text or "")
    return [{"type": "text", "text": text, **({"marks": marks} if marks else {})}] if text else []


def _inline(element: Element, marks: list[_Node]) -> list[_Node]:
    mark = _mark(element)
    if mark is not None:
        return _inlines(element, [*marks, *mark])
    if element.tag == "br":
        return [{"type": "hardBreak"}]
    if element.tag == "time":
        return [{"type": "date", "attrs": {"timestamp": _milliseconds(element.get("datetime", ""))}}]
    if element.tag == "ac:link" and len(element) == 1 and element[0].tag == "ri:user":
        return [{"type": "mention", "attrs": {"id": element[0].get("ri:account-id", ""), "text": ""}}]
    if element.tag in _MACROS:
        return [_inline_macro(macro_of(element))]
    raise UnsupportedPartError(f"the element {element.tag}")


def _mark(element: Element) -> list[_Node] | None:
    """The marks that an element gives to its text. None: it is no such element."""
    tag = element.tag
    if tag in _MARKS:
        return [{"type": _MARKS[tag]}]
    if tag in ("sub", "sup"):
        return [{"type": "subsup", "attrs": {"type": tag}}]
    if tag == "a":
        return [{"type": "link", "attrs": {"href": element.get("href", "")}}]
    if tag == "ac:inline-comment-marker":
        return [{"type": "annotation", "attrs": {"id": element.get("ac:ref", ""), "annotationType": "inlineComment"}}]
    if tag == "span":
        colour = _COLOUR(element.get("style", ""))
        return [{"type": "textColor", "attrs": {"color": colour[1]}}] if colour else []
    return None


def _inline_macro(macro: Macro) -> _Node:
    if macro.name == "status":
        colour = macro.parameters.get("colour", "neutral").lower()
        return {"type": "status", "attrs": {"text": macro.parameters.get("title", ""), "color": colour}}
    if macro.body_type == "rich-text":
        raise UnsupportedPartError(f"the macro {macro.name} within a line")
    return _extension(macro, "inlineExtension")


def _milliseconds(day: str) -> str:
    try:
        return str(int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000))
    except ValueError:
        raise UnsupportedPartError(f"the date {day}") from None
