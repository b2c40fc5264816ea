"""A body in the page editor: text that can be changed, and chips for what cannot, which keep what was written.

The editor's script (``static/confluence-storage.js``) writes storage format again: a chip becomes the text in its
``data-storage``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from ..modules.places import PlacedModule
from .builtin import CATALOGUE
from .storage import Macro, macro_of, parse, written

__all__ = ["catalogue", "editable"]

_TEXT: Final = frozenset(
    {
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "br", "hr"),
        *("table", "thead", "tbody", "tr", "th", "td", "strong", "b", "em", "i", "u", "s", "del", "sub", "sup", "code"),
    }
)
_VOID: Final = frozenset({"br", "hr"})
_BLOCKS: Final = frozenset({"body", "td", "th", "li", "blockquote"})
_LABELS: Final = {
    "ac:image": "Image",
    "ac:link": "Link",
    "ac:task-list": "Tasks",
    "ac:layout": "Layout",
    "ac:emoticon": "Emoji",
    "time": "Date",
}


def editable(body: str) -> Markup:
    """A body as the editor's HTML.

    :raises StorageFormatError: it cannot be read; then it is edited as text only.
    """
    return _children(parse(body))


def _children(element: Element) -> Markup:
    parts = [escape(element.text or "")]
    for child in element:
        parts += [_element(child, inline=element.tag not in _BLOCKS), escape(child.tail or "")]
    return Markup("").join(parts)


def _element(element: Element, *, inline: bool) -> Markup:
    tag = element.tag
    if tag in _VOID:
        return Markup("<{}>").format(tag)
    if tag == "a" and set(element.keys()) <= {"href"}:
        return Markup('<a href="{}">{}</a>').format(_harmless(element.get("href", "")), _children(element))
    if tag in _TEXT and set(element.keys()) <= {"colspan", "rowspan"}:
        given = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in element.items())
        return Markup("<{0}{1}>{2}</{0}>").format(tag, given, _children(element))
    if tag in ("span", "div"):
        return _children(element)
    return _chip(element, inline=inline)


def _harmless(href: str) -> str:
    return href if href.lower().startswith(("http://", "https://", "mailto:", "/", "#")) else ""


def _chip(element: Element, *, inline: bool) -> Markup:
    tail, element.tail = element.tail, None
    source = written(element)
    element.tail = tail
    tag, details = "span" if inline else "div", ""
    if element.tag in ("ac:structured-macro", "ac:macro"):
        macro = macro_of(element)
        details, label = json.dumps(_described(macro)), macro.name
    else:
        label = _LABELS.get(element.tag, element.tag.removeprefix("ac:"))
    return Markup(
        '<{0} class="chip" contenteditable="false" tabindex="0" data-storage="{1}" data-macro="{2}">{3}</{0}>'
    ).format(tag, source, details, label)


def _described(macro: Macro) -> dict[str, Any]:
    return {
        "name": macro.name,
        "id": macro.id,
        "parameters": dict(macro.parameters),
        "body": macro.body,
        "bodyType": macro.body_type,
    }


def catalogue(macros: Iterable[PlacedModule]) -> list[dict[str, Any]]:
    """What the macro browser offers: macros of apps, featured ones first, then Confluence's own."""
    offered = [_offered(placed) for placed in macros]
    offered.sort(key=lambda one: (not one["featured"], one["name"].lower()))
    return [*offered, *CATALOGUE]


def _offered(placed: PlacedModule) -> dict[str, Any]:
    definition = placed.module.definition
    parameters = definition.get("parameters")
    editor = definition.get("editor")
    panel = definition.get("propertyPanel")
    return {
        "app": placed.installation.app_key,
        "appName": str(placed.installation.descriptor.get("name") or placed.installation.app_key),
        "key": placed.module.key,
        "name": placed.label,
        "description": _text(definition.get("description")),
        "icon": placed.icon_url,
        "bodyType": str(definition.get("bodyType", "none")),
        "outputType": str(definition.get("outputType", "block")),
        "featured": definition.get("featured") is True,
        "hidden": definition.get("hidden") is True,
        "parameters": [_parameter(one) for one in parameters if isinstance(one, Mapping)]
        if isinstance(parameters, list)
        else [],
        "editor": _dialog(editor) if "editor.url" in placed.urls and isinstance(editor, Mapping) else None,
        "panel": _panel(panel) if "propertyPanel.url" in placed.urls and isinstance(panel, Mapping) else None,
        "autoconvert": _patterns(definition.get("autoconvert")),
    }


def _parameter(given: Mapping[str, Any]) -> dict[str, Any]:
    values = given.get("values")
    return {
        "identifier": str(given.get("identifier", "")),
        "name": _text(given.get("name")) or str(given.get("identifier", "")),
        "description": _text(given.get("description")),
        "type": str(given.get("type", "string")),
        "required": given.get("required") is True,
        "hidden": given.get("hidden") is True,
        "defaultValue": str(given.get("defaultValue", "")),
        "values": [str(one) for one in values] if isinstance(values, list) else [],
    }


def _dialog(editor: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {name: editor[name] for name in ("width", "height") if isinstance(editor.get(name), str | int)}
    return {**sizes, "insertTitle": _text(editor.get("insertTitle")), "editTitle": _text(editor.get("editTitle"))}


def _panel(panel: Mapping[str, Any]) -> list[dict[str, str]]:
    controls = panel.get("controls")
    found = [one for one in controls if isinstance(one, Mapping)] if isinstance(controls, list) else []
    return [{"key": str(one.get("key", "")), "name": _text(one.get("name"))} for one in found]


def _patterns(autoconvert: object) -> dict[str, Any] | None:
    if not isinstance(autoconvert, Mapping):
        return None
    matchers = autoconvert.get("matchers")
    patterns = (
        [one.get("pattern") for one in matchers if isinstance(one, Mapping)] if isinstance(matchers, list) else []
    )
    return {
        "parameter": str(autoconvert.get("urlParameter", "url")),
        "patterns": [one for one in patterns if isinstance(one, str)],
    }


def _text(value: object) -> str:
    text = value.get("value") if isinstance(value, Mapping) else value
    return text if isinstance(text, str) else ""
