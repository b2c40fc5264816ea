"""What may stand where in Atlassian Document Format. Hosts refuse a document that is anything else, whole.

The published schema knows more attributes than are looked at here; those are taken as they come.

Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/ and the pages of its nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["problem_of"]

_MAX_DEPTH: Final = 50

_INLINE: Final = frozenset(
    {"text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "mediaInline", "inlineExtension"}
    | {"placeholder"}
)
_LISTS: Final = frozenset({"bulletList", "orderedList"})
_MEDIA: Final = frozenset({"mediaSingle", "mediaGroup"})
_CARDS: Final = frozenset({"blockCard", "embedCard"})
_IN_ITEMS: Final = frozenset({"paragraph", "codeBlock", "mediaSingle", "taskList", "extension"} | _LISTS)
_IN_QUOTES: Final = frozenset({"paragraph", "codeBlock", "extension"} | _LISTS | _MEDIA)
_IN_PANELS: Final = _IN_QUOTES | {"heading", "blockCard", "taskList", "decisionList", "rule"}
_IN_CELLS: Final = _IN_PANELS | _CARDS | {"panel", "blockquote", "nestedExpand"}
_IN_EXPANDS: Final = _IN_CELLS | {"table"}
_BLOCKS: Final = (_IN_EXPANDS - {"nestedExpand"}) | {"expand", "bodiedExtension"}

#: What may stand in each node. Nodes that are not listed have no content.
_CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    "doc": _BLOCKS | {"layoutSection"},
    "paragraph": _INLINE,
    "heading": _INLINE,
    "caption": _INLINE,
    "decisionItem": _INLINE,
    "taskItem": _INLINE,
    "codeBlock": frozenset({"text"}),
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": _IN_ITEMS,
    "blockquote": _IN_QUOTES,
    "panel": _IN_PANELS,
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableCell", "tableHeader"}),
    "tableCell": _IN_CELLS,
    "tableHeader": _IN_CELLS,
    "mediaSingle": frozenset({"media", "caption"}),
    "mediaGroup": frozenset({"media"}),
    "decisionList": frozenset({"decisionItem"}),
    "taskList": frozenset({"taskItem", "taskList", "blockTaskItem"}),
    "blockTaskItem": frozenset({"paragraph", "extension"}),
    "expand": _IN_EXPANDS,
    "nestedExpand": _IN_PANELS | {"panel", "blockquote"},
    "bodiedExtension": _IN_EXPANDS,
    "layoutSection": frozenset({"layoutColumn"}),
    "layoutColumn": _BLOCKS,
}
#: Nodes that are nothing without content.
_FILLED: Final = frozenset(
    {"bulletList", "orderedList", "listItem", "blockquote", "panel", "table", "tableRow", "mediaSingle", "mediaGroup"}
    | {"decisionList", "taskList", "expand", "nestedExpand", "layoutSection", "layoutColumn", "bodiedExtension"}
)
#: The attributes that a node or mark must have.
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "heading": ("level",),
    "panel": ("panelType",),
    "mention": ("id",),
    "emoji": ("shortName",),
    "date": ("timestamp",),
    "status": ("text", "color"),
    "media": ("type",),
    "extension": ("extensionType", "extensionKey"),
    "inlineExtension": ("extensionType", "extensionKey"),
    "bodiedExtension": ("extensionType", "extensionKey"),
    "link": ("href",),
    "textColor": ("color",),
    "backgroundColor": ("color",),
    "subsup": ("type",),
}
_MARKS: Final = frozenset(
    {"strong", "em", "code", "underline", "strike", "subsup", "textColor", "backgroundColor", "link", "annotation"}
    | {"alignment", "indentation", "border", "breakout", "dataConsumer", "fragment"}
)


def problem_of(document: Mapping[str, Any]) -> str | None:
    """Tell what is wrong below the root of a document, and where. None: nothing."""
    if not isinstance(document.get("content"), list):
        return "A document has a list as its content."
    return _problem_inside(document, "doc", "", 0)


def _problem_inside(node: Mapping[str, Any], kind: str, place: str, depth: int) -> str | None:
    content = node.get("content", [])
    if depth > _MAX_DEPTH:
        return f"{place} is nested more than {_MAX_DEPTH} deep."
    if not isinstance(content, list) or (content and kind not in _CHILDREN) or (not content and kind in _FILLED):
        return f"{place} ({kind}) cannot have this content."
    for number, child in enumerate(content):
        at = f"{place}.content[{number}]".lstrip(".")
        problem = _problem_of_node(child, kind, at) or _problem_inside(child, str(child["type"]), at, depth + 1)
        if problem:
            return problem
    return None


def _problem_of_node(node: object, parent: str, place: str) -> str | None:
    kind = node.get("type") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(kind, str):
        return f"{place} is no node."
    if kind not in _CHILDREN[parent]:
        return f"{place}: a node {kind[:40]!r} cannot be in {parent}."
    if not _has_attributes(kind, node):
        return f"{place}: {kind} must have the attributes {', '.join(_REQUIRED.get(kind, ())) or 'in an object'}."
    if kind == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        return f"{place}: a text must not be empty."
    if kind == "heading" and node["attrs"]["level"] not in (1, 2, 3, 4, 5, 6):
        return f"{place}: a heading has a level of 1 to 6."
    marks = node.get("marks", [])
    return None if isinstance(marks, list) and all(map(_is_mark, marks)) else f"{place} has marks that are none."


def _is_mark(mark: object) -> bool:
    name = mark.get("type") if isinstance(mark, Mapping) else None
    return isinstance(mark, Mapping) and isinstance(name, str) and name in _MARKS and _has_attributes(name, mark)


def _has_attributes(kind: str, node: Mapping[str, Any]) -> bool:
    attributes, required = node.get("attrs", {}), _REQUIRED.get(kind, ())
    return isinstance(attributes, Mapping) and all(attributes.get(name) is not None for name in required)
