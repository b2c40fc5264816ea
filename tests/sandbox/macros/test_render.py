"""Bodies as HTML: what is shown, and that nothing in them runs."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from atlassian_connect.sandbox.macros.render import Links, Renderer

LINKS = Links(
    page=lambda space, title: f"/wiki/{space}/{title}" if title == "Known" else None,
    attachment=lambda name: f"/files/{name}" if name == "a.png" else None,
    user=lambda account_id: "Ada" if account_id == "1" else None,
)


def render(body: str) -> str:
    return str(Renderer(LINKS, lambda macro, renderer: Markup("[{}]").format(macro.name)).render(body))


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("<h1>T</h1>", '<h2 class="level-1" data-anchor="T">T</h2>'),
        ("<ul><li>a</li></ul>", "<ul><li>a</li></ul>"),
        ('<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>', '<td colspan="2">x</td>'),
        ('<a href="https://example.com/?a=1&amp;b=2">x</a>', 'href="https://example.com/?a=1&amp;b=2"'),
        ('<ac:link><ri:page ri:content-title="Known" /></ac:link>', '<a href="/wiki/None/Known">Known</a>'),
        (
            '<ac:link><ri:page ri:space-key="DS" ri:content-title="Known" /><ac:link-body>go</ac:link-body></ac:link>',
            '<a href="/wiki/DS/Known">go</a>',
        ),
        ('<ac:link><ri:page ri:content-title="Gone" /></ac:link>', "Gone</span>"),
        ('<ac:link><ri:user ri:account-id="1" /></ac:link>', "@Ada"),
        ('<ac:image ac:alt="A"><ri:attachment ri:filename="a.png" /></ac:image>', '<img src="/files/a.png" alt="A">'),
        ('<ac:image><ri:attachment ri:filename="gone.png" /></ac:image>', "[gone.png]"),
        (
            "<ac:task-list><ac:task><ac:task-status>complete</ac:task-status><ac:task-body>do</ac:task-body></ac:task>"
            "</ac:task-list>",
            '<input type="checkbox" disabled checked> do',
        ),
        (
            '<ac:structured-macro ac:name="info"><ac:rich-text-body><p>I</p></ac:rich-text-body></ac:structured-macro>',
            '<div class="macro-box info" data-macro-name="info"><p>I</p></div>',
        ),
        (
            '<ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Green</ac:parameter>'
            '<ac:parameter ac:name="title">Done</ac:parameter></ac:structured-macro>',
            '<span class="lozenge raw good">Done</span>',
        ),
        (
            '<ac:structured-macro ac:name="expand"><ac:rich-text-body>x</ac:rich-text-body></ac:structured-macro>',
            "<summary>Click here to expand…</summary>x",
        ),
        ('<h2>Part</h2><ac:structured-macro ac:name="toc" />', '<li class="level-2">Part</li>'),
        ("<ac:layout><ac:layout-section><ac:layout-cell>c</ac:layout-cell></ac:layout-section></ac:layout>", ">c<"),
        ('<ac:structured-macro ac:name="poll" />', "[poll]"),
        ('<time datetime="2026-01-31" />', ">2026-01-31<"),
    ],
)
def test_what_is_shown(body: str, html: str):
    assert html in render(body)


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<p onclick='alert(1)'>x</p>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java&#10;script:alert(1)">x</a>',
        '<a href="//evil.example">x</a>',
        '<a href="/\\evil.example">x</a>',
        '<img src="x" onerror="alert(1)" />',
        "<svg><script>alert(1)</script></svg>",
        "<style>p{}</style>",
        "<iframe src='https://evil.example'></iframe>",
        '<form action="https://evil.example"><input name="x" /></form>',
        '<p style="position:fixed">x</p>',
        '<td colspan="2&quot; onclick=&quot;alert(1)">x</td>',
        '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[<script>alert(1)</script>]]>'
        "</ac:plain-text-body></ac:structured-macro>",
        '<ac:structured-macro ac:name="&lt;script&gt;alert(1)&lt;/script&gt;" />',
        '<ac:structured-macro ac:name="info"><ac:parameter ac:name="title">&lt;script&gt;</ac:parameter>'
        "</ac:structured-macro>",
        '<ac:link ac:anchor="&quot; onmouseover=&quot;alert(1)"><ac:link-body>x</ac:link-body></ac:link>',
        '<ac:image ac:alt="&quot; onerror=&quot;alert(1)"><ri:attachment ri:filename="a.png" /></ac:image>',
        '<ac:image><ri:url ri:value="javascript:alert(1)" /></ac:image>',
        "<p><script>alert(1)",
    ],
)
def test_nothing_runs(body: str):
    html = render(body)
    for bad in ("<script", "<style", "<iframe", "<form", "javascript:", 'href="//', 'href="/\\', "<svg"):
        assert bad not in html.lower()
    assert not [name for name in attribute_names(html) if name.startswith("on") or name == "style"]


def attribute_names(html: str) -> list[str]:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.extend(name for name, _ in attrs)

    Reader().feed(html)
    return found


def test_a_body_that_cannot_be_read_is_shown_as_it_is_written():
    html = render("<p>half <b>open")
    assert "not well formed" in html
    assert "<pre>&lt;p&gt;half &lt;b&gt;open</pre>" in html


def test_a_frame_ends_its_paragraph():
    renderer = Renderer(LINKS, lambda macro, renderer: Markup("<div>frame</div>"))
    html = renderer.render('<p>a <ac:structured-macro ac:name="poll" /></p>')
    assert html == "<div>a <div>frame</div></div>"
