"""Storage format: reading it, the macros in it, and its ids."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox.macros.editor import editable
from atlassian_connect.sandbox.macros.storage import (
    StorageFormatError,
    inner,
    macros_in,
    parse,
    plain_text,
    with_macro_ids,
)

POLL = (
    '<ac:structured-macro ac:name="poll" ac:schema-version="1" ac:macro-id="m1">'
    '<ac:parameter ac:name="question">Tea &amp; milk?</ac:parameter>'
    "<ac:rich-text-body><p>Choose.</p></ac:rich-text-body></ac:structured-macro>"
)
CODE = (
    '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[a < b && "c" ]]]]><![CDATA[> d]]>'
    "</ac:plain-text-body></ac:structured-macro>"
)


@pytest.mark.parametrize("text", ["", "plain", "<p>a<br />b</p>", POLL, f"<p>x</p>{POLL}<p>&amp; &lt;y&gt;</p>"])
def test_what_is_read_is_written_the_same(text: str):
    assert inner(parse(text)) == text


def test_plain_text_of_a_macro_keeps_its_signs():
    (macro,) = macros_in(CODE)
    assert (macro.body, macro.body_type) == ('a < b && "c" ]]> d', "plain-text")
    (again,) = macros_in(inner(parse(CODE)))
    assert again.body == macro.body


def test_macros_are_found_wherever_they_are():
    nested = POLL.replace("<p>Choose.</p>", CODE)
    first, second = macros_in(f"<table><tbody><tr><td>{nested}</td></tr></tbody></table>")
    assert (first.name, first.id, first.parameters) == ("poll", "m1", {"question": "Tea & milk?"})
    assert second.name == "code"
    assert list(macros_in("<p>broken")) == []


def test_entities_of_html_are_known_and_others_refused():
    assert "".join(parse("a&nbsp;b &auml; &amp;").itertext()) == "a\u00a0b ä &"
    with pytest.raises(StorageFormatError):
        parse("&nosuchentity;")


@pytest.mark.parametrize(
    "text",
    [
        "<p>",
        "</body>",
        "</body><body>",
        "a & b",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><p>&a;</p>",
        "<p x=1>y</p>",
        "\x00",
        "\ud800",
        "<p>" * 500 + "</p>" * 500,
        "<unknown:tag />",
    ],
)
def test_what_is_not_well_formed_is_refused(text: str):
    with pytest.raises(StorageFormatError):
        parse(text)
    assert isinstance(plain_text(text), str)


def test_macros_get_an_id_once():
    numbers = iter("abc")
    body = f'{POLL}<ac:structured-macro ac:name="x"/><ac:macro ac:name="y" /><![CDATA[<ac:macro ac:name="z">]]>'
    made = with_macro_ids(body, lambda: next(numbers))
    assert [one.id for one in macros_in(made.partition("<![CDATA[")[0])] == ["m1", "a", "b"]
    assert with_macro_ids(made, lambda: "never") == made
    assert made.endswith('<![CDATA[<ac:macro ac:name="z">]]>')


def test_the_editor_keeps_what_it_cannot_show_as_it_was_written():
    image = '<ac:image ac:width="100"><ri:attachment ri:filename="a.png" /></ac:image>'
    html = editable(f'<p style="color: red">x</p><p>see {image}</p>{POLL}<script>alert(1)</script>')
    assert image.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in html
    assert "<script" not in html
    assert '<p style="' not in html
    assert "<p>see <span" in html


@pytest.mark.parametrize("href", ["javascript:alert(1)", "JaVaScRiPt:1", "data:text/html,x", " javascript:1"])
def test_the_editor_has_no_link_that_runs(href: str):
    assert "script" not in editable(f'<a href="{href}">x</a>').lower()


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ('<ac:structured-macro\nac:name="x"></ac:structured-macro>', ["new"]),
        ('<ac:structured-macro\tac:name="x"/>', ["new"]),
        ('<ac:structured-macro ac:name="x" data-x="a>b"/>', ["new"]),
        ("<ac:structured-macro ac:name='x' ac:macro-id = 'k'/>", ["k"]),
        ('<ac:structured-macro ac:name="x" data-x="ac:macro-id=" />', ["new"]),
        ('<!-- <ac:structured-macro ac:name="x"> --><p/>', []),
        ("<ac:macro/>", ["new"]),
    ],
)
def test_macros_get_ids_however_they_are_written(body: str, ids: list[str]):
    made = with_macro_ids(body, lambda: "new")
    parse(made)
    assert [macro.id for macro in macros_in(made)] == ids
