"""Bodies as documents, and back: both ways say the same, and what cannot be said is named."""

from __future__ import annotations

from typing import Any

import pytest

from atlassian_connect.sandbox import Sandbox
from atlassian_connect.sandbox.adf_schema import problem_of
from atlassian_connect.sandbox.macros.document_to_storage import MACRO_TYPE, storage_of
from atlassian_connect.sandbox.macros.storage import StorageFormatError, UnsupportedPartError, macros_in, parse
from atlassian_connect.sandbox.macros.storage_to_document import document_of


def text(value: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"marks": list(marks)} if marks else {})}


def node(kind: str, *content: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), **({"attrs": attributes} if attributes else {})}


def leaf(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"type": kind, **({"attrs": attributes} if attributes else {})}


def doc(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def paragraph(*content: dict[str, Any]) -> dict[str, Any]:
    return node("paragraph", *content)


def extension(kind: str, key: str, *content: dict[str, Any], **parameters: str) -> dict[str, Any]:
    values = {name: {"value": value} for name, value in parameters.items()}
    given = {"macroParams": values, "macroMetadata": {"macroId": {"value": "m1"}}}
    made = leaf(kind, extensionType=MACRO_TYPE, extensionKey=key, parameters=given)
    return made | ({"content": list(content)} if content else {})


STRONG, LINK = {"type": "strong"}, {"type": "link", "attrs": {"href": "https://x.example/?a=1&b=%22"}}
SAME = [
    (paragraph(text("a < b & c")), "<p>a &lt; b &amp; c</p>"),
    (paragraph(text("x", STRONG, {"type": "em"})), "<p><strong><em>x</em></strong></p>"),
    (paragraph(text("x", LINK)), '<p><a href="https://x.example/?a=1&amp;b=%22">x</a></p>'),
    (paragraph(text("2", {"type": "subsup", "attrs": {"type": "sup"}})), "<p><sup>2</sup></p>"),
    (
        paragraph(text("red", {"type": "textColor", "attrs": {"color": "#ff0000"}})),
        '<p><span style="color: #ff0000;">red</span></p>',
    ),
    (
        paragraph(text("on", {"type": "annotation", "attrs": {"id": "r", "annotationType": "inlineComment"}})),
        '<p><ac:inline-comment-marker ac:ref="r">on</ac:inline-comment-marker></p>',
    ),
    (paragraph(text("a"), leaf("hardBreak"), text("b")), "<p>a<br />b</p>"),
    (paragraph(leaf("date", timestamp="1769817600000")), '<p><time datetime="2026-01-31" /></p>'),
    (
        paragraph(leaf("mention", id="557058:0", text="")),
        '<p><ac:link><ri:user ri:account-id="557058:0" /></ac:link></p>',
    ),
    (node("heading", text("H"), level=2), "<h2>H</h2>"),
    (
        node("bulletList", node("listItem", paragraph(text("a")), node("orderedList", node("listItem", paragraph())))),
        "<ul><li><p>a</p><ol><li><p></p></li></ol></li></ul>",
    ),
    (node("blockquote", paragraph(text("q"))), "<blockquote><p>q</p></blockquote>"),
    (leaf("rule"), "<hr />"),
    (
        node(
            "table",
            node("tableRow", node("tableHeader", paragraph(text("h"))), node("tableCell", paragraph(), colspan=2)),
        ),
        '<table><tbody><tr><th><p>h</p></th><td colspan="2"><p></p></td></tr></tbody></table>',
    ),
    (
        node("taskList", node("taskItem", text("do"), localId="1", state="TODO"), localId="tasks"),
        "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>incomplete</ac:task-status>"
        "<ac:task-body>do</ac:task-body></ac:task></ac:task-list>",
    ),
    (
        node("codeBlock", text("if a < b: ]]> c"), language="python"),
        '<ac:structured-macro ac:name="code" ac:schema-version="1">'
        '<ac:parameter ac:name="language">python</ac:parameter>'
        "<ac:plain-text-body><![CDATA[if a < b: ]]]]><![CDATA[> c]]></ac:plain-text-body></ac:structured-macro>",
    ),
    *(
        (
            node("panel", paragraph(text("p")), panelType=panel),
            f'<ac:structured-macro ac:name="{macro}" ac:schema-version="1">'
            "<ac:rich-text-body><p>p</p></ac:rich-text-body></ac:structured-macro>",
        )
        for panel, macro in (("info", "info"), ("warning", "note"), ("error", "warning"), ("success", "tip"))
    ),
    (
        paragraph(leaf("status", text="Done", color="green")),
        '<p><ac:structured-macro ac:name="status" ac:schema-version="1">'
        '<ac:parameter ac:name="title">Done</ac:parameter><ac:parameter ac:name="colour">Green</ac:parameter>'
        "</ac:structured-macro></p>",
    ),
    (
        extension("extension", "poll", question='is "a" < b?'),
        '<ac:structured-macro ac:name="poll" ac:schema-version="1" ac:macro-id="m1"><ac:parameter ac:name="question">'
        "is &quot;a&quot; &lt; b?</ac:parameter></ac:structured-macro>",
    ),
    (
        extension("extension", "diagram", __bodyContent="a -> b"),
        '<ac:structured-macro ac:name="diagram" ac:schema-version="1" ac:macro-id="m1">'
        "<ac:plain-text-body><![CDATA[a -> b]]></ac:plain-text-body></ac:structured-macro>",
    ),
    (
        extension("bodiedExtension", "frame", paragraph(text("in"))),
        '<ac:structured-macro ac:name="frame" ac:schema-version="1" ac:macro-id="m1">'
        "<ac:rich-text-body><p>in</p></ac:rich-text-body></ac:structured-macro>",
    ),
    (
        paragraph(text("a "), extension("inlineExtension", "count")),
        '<p>a <ac:structured-macro ac:name="count" ac:schema-version="1" ac:macro-id="m1"></ac:structured-macro></p>',
    ),
]


@pytest.mark.parametrize(
    ("block", "storage"), SAME, ids=lambda value: value if isinstance(value, str) else value["type"]
)
def test_both_formats_say_the_same(block: dict[str, Any], storage: str):
    assert problem_of(doc(block)) is None
    assert storage_of(doc(block)) == storage
    assert document_of(storage) == doc(block)


def test_every_page_of_the_sandbox_can_be_a_document(sandbox: Sandbox):
    for page in sandbox.content.all_pages():
        document = document_of(page.body)
        again = storage_of(document)
        assert document_of(again) == document
        assert " ".join("".join(parse(again).itertext()).split()) == " ".join(
            "".join(parse(page.body).itertext()).split()
        )
        assert [macro.name for macro in macros_in(again)] == [macro.name for macro in macros_in(page.body)]


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("loose <b>words</b><p>p</p> more", ["paragraph", "paragraph", "paragraph"]),
        ("<div><p>a</p></div>\n<div>b</div>", ["paragraph"] * 2),
        ("<pre>x</pre>", ["codeBlock"]),
        (
            '<ac:structured-macro ac:name="info"><ac:parameter ac:name="title">T</ac:parameter>'
            "<ac:rich-text-body><p>x</p></ac:rich-text-body></ac:structured-macro>",
            ["bodiedExtension"],
        ),
        ("", []),
    ],
)  # fmt: skip
def test_what_has_no_node_of_its_own_is_written_with_others(body: str, blocks: list[str]):
    assert [one["type"] for one in document_of(body)["content"]] == blocks


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('<ac:image><ri:url ri:value="x" /></ac:image>', "ac:image"),
        ('<p><ac:link><ri:page ri:content-title="T" /></ac:link></p>', "ac:link"),
        ('<p><time datetime="soon" /></p>', "soon"),
        ("<ac:layout><ac:layout-section /></ac:layout>", "ac:layout"),
        ("<ul><li><h2>x</h2></li></ul>", "heading"),
        ("<ul></ul>", "bulletList"),
    ],
)
def test_a_body_that_no_document_can_say_is_named(body: str, named: str):
    with pytest.raises(UnsupportedPartError, match=named):
        document_of(body)


@pytest.mark.parametrize(
    ("block", "named"),
    [
        (node("mediaSingle", leaf("media", type="file", id="1", collection="c")), "mediaSingle"),
        (paragraph(text("x", {"type": "annotation", "attrs": {"id": "1"}})), "annotation"),
        (paragraph(text("x", {"type": "textColor", "attrs": {"color": "red; x"}})), "textColor"),
        (leaf("extension", extensionType="com.example", extensionKey="k"), "com.example"),
        (node("panel", paragraph(), panelType="custom"), "custom"),
    ],
)
def test_a_document_that_no_body_can_say_is_named(block: dict[str, Any], named: str):
    with pytest.raises(UnsupportedPartError, match=named):
        storage_of(doc(block))


@pytest.mark.parametrize(
    "document",
    [
        None, [], {}, {"type": "doc"}, doc() | {"version": 2}, doc() | {"content": 3}, doc(text("x")),
        doc(node("heading", level=9)), doc(paragraph(text("x", {"type": "shout"}))), doc(leaf("date", timestamp="x")),
        doc(paragraph(leaf("date", timestamp="1" * 400))),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused(document: object):
    with pytest.raises(StorageFormatError):
        storage_of(document)


def test_a_span_of_thousands_of_digits_is_no_number():
    (table,) = document_of(f'<table><tbody><tr><td colspan="{"9" * 5000}" rowspan="2">x</td></tr></tbody></table>')[
        "content"
    ]
    assert table["content"][0]["content"][0]["attrs"] == {"rowspan": 2}
