"""Documents that hosts refuse, and documents that they take."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox.adf_schema import problem_of


def doc(*content) -> dict:
    return {"type": "doc", "version": 1, "content": list(content)}


def node(kind: str, *content, **attrs) -> dict:
    return {"type": kind, **({"attrs": attrs} if attrs else {}), "content": list(content)}


def text(said: str = "x", *marks: dict) -> dict:
    return {"type": "text", "text": said, "marks": list(marks)}


PARAGRAPH = node("paragraph", text())
ITEM = node("listItem", PARAGRAPH)
CELL = node("tableCell", PARAGRAPH)
TABLE = node("table", node("tableRow", CELL))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("x", "content[0] is no node"),
        (node("spoiler", text()), "'spoiler' cannot be in doc"),
        ({"type": {}}, "content[0] is no node"),
        (text(), "'text' cannot be in doc"),
        (node("paragraph", PARAGRAPH), "content[0].content[0]: a node 'paragraph' cannot be in paragraph"),
        (node("paragraph", text("")), "a text must not be empty"),
        (node("paragraph", {"type": "text"}), "a text must not be empty"),
        (node("paragraph", {"type": "hardBreak", "content": [text()]}), "cannot have this content"),
        (node("heading", text()), "heading must have the attributes level"),
        (node("heading", text(), level=7), "level of 1 to 6"),
        (node("blockquote", node("heading", text(), level=1)), "'heading' cannot be in blockquote"),
        (node("bulletList"), "cannot have this content"),
        (node("bulletList", PARAGRAPH), "'paragraph' cannot be in bulletList"),
        (node("bulletList", node("listItem", {"type": "rule"})), "'rule' cannot be in listItem"),
        (node("table", node("tableRow", node("tableCell", TABLE))), "'table' cannot be in tableCell"),
        (node("panel", PARAGRAPH), "panelType"),
        (node("paragraph", {"type": "mention", "attrs": {}}), "mention must have the attributes id"),
        (node("paragraph", {"type": "mention", "attrs": []}), "mention must have the attributes id"),
        (node("paragraph", {"type": "text", "text": "x", "attrs": 3}), "attributes"),
        (node("paragraph", text("x", {"type": "blink"})), "marks that are none"),
        (node("paragraph", text("x", {"type": "link"})), "marks that are none"),
        (node("paragraph", {"type": "text", "text": "x", "marks": [{"type": {}}]}), "marks that are none"),
        (node("paragraph", {"type": "text", "text": "x", "marks": {}}), "marks that are none"),
        ({"type": "paragraph", "content": {}}, "cannot have this content"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(content, named: str):
    assert named in str(problem_of(doc(content)))


def test_a_deep_document_is_refused():
    below = PARAGRAPH
    for _ in range(60):
        below = node("bulletList", node("listItem", PARAGRAPH, below))
    assert "deep" in str(problem_of(doc(below)))
    assert problem_of({"type": "doc", "version": 1}) == "A document has a list as its content."


@pytest.mark.parametrize(
    "content",
    [
        PARAGRAPH,
        node("paragraph"),
        {"type": "paragraph"},
        node("heading", text(), level=6),
        node("orderedList", node("listItem", PARAGRAPH, node("bulletList", ITEM)), order=3),
        node("codeBlock", {"type": "text", "text": "print()"}, language="python"),
        node("panel", PARAGRAPH, node("bulletList", ITEM), panelType="info"),
        node("blockquote", PARAGRAPH),
        {"type": "rule"},
        TABLE,
        node("expand", PARAGRAPH, TABLE, title="More"),
        node("taskList", node("taskItem", text(), localId="1", state="TODO"), localId="0"),
        node("mediaSingle", {"type": "media", "attrs": {"type": "external", "url": "https://a.example/x"}}),
        {"type": "blockCard", "attrs": {"url": "https://a.example/"}},
        node("layoutSection", node("layoutColumn", PARAGRAPH, width=50), node("layoutColumn", PARAGRAPH, width=50)),
        node(
            "paragraph",
            text("x", {"type": "strong"}, {"type": "link", "attrs": {"href": "https://a.example/"}}),
            {"type": "mention", "attrs": {"id": "557058:1"}},
            {"type": "emoji", "attrs": {"shortName": ":grin:"}},
            {"type": "status", "attrs": {"text": "Done", "color": "green"}},
            {"type": "date", "attrs": {"timestamp": "1790000000000"}},
            {"type": "inlineCard", "attrs": {"url": "https://a.example/"}},
            {"type": "hardBreak"},
        ),
    ],
)
def test_what_hosts_take_is_taken(content):
    assert problem_of(doc(content)) is None
    assert problem_of(doc()) is None
