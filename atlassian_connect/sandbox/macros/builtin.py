"""Confluence's own macros, as simple equivalents.

Source: *Macros*, https://support.atlassian.com/confluence-cloud/docs/what-are-macros/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from .storage import Macro

if TYPE_CHECKING:
    from .render import Renderer

__all__ = ["CATALOGUE", "MACROS", "box"]

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_STATUS_TONES: Final = {"green": "good", "yellow": "warn", "red": "bad", "blue": "info", "purple": "info"}
_TONES: Final = {"info": "info", "note": "warn", "tip": "good", "warning": "bad", "panel": ""}


def box(kind: str, content: Markup, title: str = "") -> Markup:
    """A box around some text: ``info``, ``note``, ``tip``, ``warning`` or ``panel``."""
    head = Markup('<p class="box-title">{}</p>').format(title) if title else ""
    return Markup('<div class="macro-box {}" data-macro-name="{}">{}{}</div>').format(_TONES[kind], kind, head, content)


def _body(renderer: Renderer, macro: Macro) -> Markup:
    parts = macro.element if macro.element is not None else ()
    found = next((child for child in parts if child.tag == "ac:rich-text-body"), None)
    return renderer.children(found) if found is not None else escape(macro.body)


def _boxed(renderer: Renderer, macro: Macro) -> Markup:
    return box(macro.name, _body(renderer, macro), macro.parameters.get("title", ""))


def _code(renderer: Renderer, macro: Macro) -> Markup:
    title, language = macro.parameters.get("title", ""), macro.parameters.get("language", "")
    caption = Markup("<figcaption>{}</figcaption>").format(title or language) if title or language else ""
    return Markup('<figure class="macro-code">{}<pre><code>{}</code></pre></figure>').format(caption, macro.body)


def _expand(renderer: Renderer, macro: Macro) -> Markup:
    title = macro.parameters.get("title") or "Click here to expand…"
    return Markup('<details class="disclosure macro-expand"><summary>{}</summary>{}</details>').format(
        title, _body(renderer, macro)
    )


def _status(renderer: Renderer, macro: Macro) -> Markup:
    tone = _STATUS_TONES.get(macro.parameters.get("colour", "").lower(), "neutral")
    return Markup('<span class="lozenge raw {}">{}</span>').format(tone, macro.parameters.get("title") or "Status")


def _contents(renderer: Renderer, macro: Macro) -> Markup:
    found = [element for element in renderer.root.iter() if element.tag in _HEADINGS]
    items = Markup("").join(
        Markup('<li class="level-{}">{}</li>').format(one.tag[1], "".join(one.itertext())) for one in found
    )
    return Markup('<ul class="macro-toc">{}</ul>').format(items) if items else Markup()


def _anchor(renderer: Renderer, macro: Macro) -> Markup:
    name = re.sub(r"\W+", "-", macro.parameters.get("", ""))
    return Markup('<span data-anchor="{}"></span>').format(name)


def _through(renderer: Renderer, macro: Macro) -> Markup:
    return _body(renderer, macro)


#: By name.
MACROS: Final[dict[str, Callable[[Renderer, Macro], Markup]]] = {
    **dict.fromkeys(_TONES, _boxed),
    "code": _code,
    "noformat": _code,
    "expand": _expand,
    "status": _status,
    "toc": _contents,
    "anchor": _anchor,
    "excerpt": _through,
    "section": _through,
    "column": _through,
}

_TITLE: Final = {"identifier": "title", "name": "Title", "type": "string"}
_COLOURS: Final = {
    "identifier": "colour",
    "name": "Colour",
    "type": "enum",
    "values": ["Grey", "Blue", "Green", "Yellow", "Red"],
}


def _offered(key: str, name: str, description: str, body_type: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    output = "inline" if key == "status" else "block"
    return {
        "key": key,
        "name": name,
        "description": description,
        "bodyType": body_type,
        "outputType": output,
        "parameters": list(parameters),
    }


#: What the macro browser offers of them, described as modules of apps are.
CATALOGUE: Final = (
    _offered("info", "Info panel", "Highlights useful information.", "rich-text", _TITLE),
    _offered("note", "Note panel", "Highlights what matters.", "rich-text", _TITLE),
    _offered("tip", "Success panel", "Highlights advice.", "rich-text", _TITLE),
    _offered("warning", "Warning panel", "Highlights what can go wrong.", "rich-text", _TITLE),
    _offered("panel", "Panel", "Puts a box around text.", "rich-text", _TITLE),
    _offered("expand", "Expand", "Hides text until it is asked for.", "rich-text", _TITLE),
    _offered(
        "code", "Code block", "Shows code as it is written.", "plain-text", _TITLE,
        {"identifier": "language", "name": "Language", "type": "string"},
    ),
    _offered("status", "Status", "A coloured word.", "none", _TITLE, _COLOURS),
    _offered("toc", "Table of contents", "Lists the headings of the page.", "none"),
)  # fmt: skip
