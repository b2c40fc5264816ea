"""Confluence's pages: reading, writing, what apps put into them, and what visitors may not."""

from __future__ import annotations

import json
import re
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Sandbox
from atlassian_connect.sandbox.macros.storage import macros_in
from atlassian_connect.sandbox.modules.catalogue import places

from ..connect_app import APP_KEY, ConnectApp
from .browser import Browser, check_html

EVIL = '"><script>alert(1)</script>'
MODULES = {
    "dynamicContentMacros": [
        {
            "key": "poll",
            "url": "/poll?q={question}&id={macro.id}&out={output.type}&page={page.id}",
            "name": {"value": "Poll"},
            "parameters": [{"identifier": "question", "name": {"value": "Question"}, "type": "string"}],
            "editor": {"url": "/poll-editor?q={question}"},
        }
    ],
    "staticContentMacros": [{"key": "fixed", "url": "/fixed?p={page.id}", "name": {"value": "Fixed"}}],
    "blueprints": [
        {
            "key": "minutes",
            "name": {"value": "Minutes"},
            "template": {"url": "/template", "blueprintContext": {"url": "/variables"}},
        }
    ],
    "webItems": [
        {
            "key": "act",
            "name": {"value": EVIL},
            "location": "system.content.action/modify",
            "url": "/act?c={content.id}",
            "context": "addon",
        }
    ],
}


def poll(question: str = "Tea?", name: str = "poll") -> str:
    parameter = f'<ac:parameter ac:name="question">{question}</ac:parameter>' if question else ""
    return f'<ac:structured-macro ac:name="{name}" ac:macro-id="m-1">{parameter}</ac:structured-macro>'


@pytest.fixture
def answers(app: ConnectApp, transport) -> dict[str, object]:
    """What the app answers, by path: text, or a status."""
    given: dict[str, object] = {}
    original = app.respond

    def respond(request):
        response = original(request)
        answer = given.get(request.path.removeprefix(app.base_path))
        if response.status_code == 401 or answer is None:
            return response
        if isinstance(answer, int):
            response.status_code = answer
        else:
            response.status_code = 200
            response.set_data(answer)
        return response

    app.respond = respond
    return given


@pytest.fixture
def wiki(sandbox: Sandbox, app: ConnectApp, answers, descriptor_url: str):
    app.descriptor["modules"] = {**app.descriptor["modules"], **MODULES}
    return sandbox.confluence.install(descriptor_url)


@pytest.fixture
def page(sandbox: Sandbox):
    return sandbox.content.page_by_title(sandbox.content.spaces()[0].id, "Colour tokens")


def write(sandbox: Sandbox, page, body: str):
    sandbox.content.edit_page(page.id, account_id=ADMIN, body=body)
    return f"/wiki/spaces/DS/pages/{page.id}"


# --- reading ----------------------------------------------------------------------------------------------------------


def test_every_page_of_the_site_is_there(sandbox: Sandbox, browser: Browser, wiki, page):
    for path in (
        *("/wiki/home", "/wiki/spaces", "/wiki/spaces/DS", "/wiki/spaces/DS/overview", "/wiki/spaces/DS/blog"),
        *("/wiki/spaces/DS/settings", "/wiki/spaces/DS/trash", "/wiki/create", "/wiki/spaces/DS/pages/create"),
        *(f"/wiki/spaces/DS/pages/{page.id}", f"/wiki/spaces/DS/pages/{page.id}/Colour+tokens"),
        *(f"/wiki/spaces/DS/pages/edit-v2/{page.id}", f"/wiki/pages/{page.id}/history"),
        *(f"/wiki/pages/{page.id}/versions/1", f"/wiki/pages/{page.id}/attachments", "/wiki/admin"),
        *("/wiki/search", "/wiki/search?text=colour", "/wiki/search?cql=label=tokens", f"/wiki/people/{ADMIN}"),
    ):
        assert "alert(1)</script>" not in browser.page(path)
    assert browser.get(f"/wiki/x/{page.id}").headers["Location"].endswith(f"/pages/{page.id}")


@pytest.mark.parametrize(
    "path",
    [
        *("/wiki/spaces/NO", "/wiki/spaces/DS/pages/1", "/wiki/spaces/NO/blog", "/wiki/pages/1/history", "/wiki/x/y"),
        *("/wiki/pages/65537/versions/99", "/wiki/people/nobody", "/wiki/download/attachments/65537/none.txt"),
        *(
            "/wiki/spaces/DS/pages/edit-v2/nothing",
            "/wiki/spaces/DS/pages/create?blueprint=a/b",
            "/wiki/pages/x/attachments",
        ),
    ],
)
def test_what_is_not_there(browser: Browser, path: str):
    check_html(browser.get(path), status=404)


def test_a_page_shows_what_belongs_to_it(sandbox: Sandbox, browser: Browser, page):
    html = browser.page(f"/wiki/spaces/DS/pages/{page.id}")
    for text in ("Colour tokens", "Semantic colours", "background.brand", "tokens", "Comments", "Not yet. It comes"):
        assert text in html
    assert 'class="macro-box info"' in html


def test_texts_of_people_do_not_run(sandbox: Sandbox, browser: Browser, wiki, page):
    write(sandbox, page, f"<p>ok</p><script>alert(1)</script>{poll('&lt;script&gt;alert(1)&lt;/script&gt;')}")
    sandbox.content.edit_page(page.id, account_id=ADMIN, title=EVIL)
    sandbox.content.add_comment(page.id, "<p>x</p><script>alert(1)</script>", account_id=MEMBER)
    sandbox.content.edit_space(page.space_id, account_id=ADMIN, name=EVIL, description=EVIL)
    sandbox.users.edit(ADMIN, name=EVIL)
    for path in (
        *(f"/wiki/spaces/DS/pages/{page.id}", f"/wiki/spaces/DS/pages/edit-v2/{page.id}", "/wiki/spaces", "/wiki/home"),
        *(f"/wiki/pages/{page.id}/history", f"/wiki/people/{ADMIN}", "/wiki/search?text=ok", "/wiki/admin"),
        *("/wiki/spaces/DS/settings", f"/wiki/search?cql={EVIL}", f"/wiki/search?text={EVIL}"),
    ):
        assert "<script>alert" not in browser.page(path)


def test_who_may_not_see_a_space_finds_nothing_of_it(sandbox: Sandbox, browser: Browser, page):
    sandbox.permissions.restrict("DS", [ADMIN])
    browser.post("/sandbox/viewer", account_id=MEMBER)
    for path in (
        *("/wiki/spaces/DS", f"/wiki/spaces/DS/pages/{page.id}", f"/wiki/pages/{page.id}/history"),
        *(f"/wiki/spaces/DS/pages/edit-v2/{page.id}", f"/wiki/pages/{page.id}/attachments", "/wiki/spaces/DS/trash"),
    ):
        assert browser.get(path).status_code == 404
    assert "Colour tokens" not in browser.page("/wiki/search?text=colour")
    assert "Design System" not in browser.page("/wiki/spaces")
    assert browser.post(f"/wiki/spaces/DS/pages/{page.id}", title="Mine").status_code == 404


def test_visitors_read_what_is_public_and_write_nothing(sandbox: Sandbox, browser: Browser, page):
    browser.post("/sandbox/viewer", account_id="anonymous")
    assert "Log in to comment" in browser.page(f"/wiki/spaces/DS/pages/{page.id}")
    assert browser.get("/wiki/spaces/ENG").status_code == 404
    before = sandbox.content.page(page.id)
    for path, fields in (
        (f"/wiki/spaces/DS/pages/{page.id}", {"title": "x"}),
        (f"/wiki/pages/{page.id}/comments", {"text": "x"}),
        (f"/wiki/pages/{page.id}/labels/add", {"names": "x"}),
        (f"/wiki/pages/{page.id}/trash", {}),
        ("/wiki/spaces/DS/pages/create", {"title": "x"}),
        ("/wiki/spaces", {"key": "X", "name": "x"}),
    ):
        assert browser.post(path, **fields).status_code == 403
    assert sandbox.content.page(page.id) == before


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_page_is_written_and_its_macros_get_ids(sandbox: Sandbox, app: ConnectApp, browser: Browser, wiki, page):
    address = f"/wiki/spaces/DS/pages/{page.id}"
    body = '<p>new</p><ac:structured-macro ac:name="poll" />'
    answer = browser.post(address, title="New", body=body, version=str(page.version + 1), message="why")
    assert "is saved" in browser.after(answer)
    saved = sandbox.content.page(page.id)
    assert (saved.title, saved.version, saved.message, saved.modified_by) == ("New", page.version + 1, "why", ADMIN)
    assert [bool(macro.id) for macro in macros_in(saved.body)] == [True]
    assert app.received_paths()[-1] == "/hooks/page"


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        ({"title": " "}, 400, "A title has"),
        ({"title": "x" * 256}, 400, "A title has"),
        ({"title": "T", "body": "<p>half"}, 400, "Error parsing xhtml"),
        ({"title": "T", "body": "<p>" * 300}, 400, "cannot be saved"),
        ({"title": "T", "version": "2"}, 409, "Somebody else saved version"),
        ({"title": "Button guidelines"}, 409, "exists already"),
    ],
)
def test_what_cannot_be_saved_stays_in_the_editor(sandbox: Sandbox, browser: Browser, page, fields, status, why):
    body = fields.get("body", "<p>my words</p>")
    answer = browser.post(f"/wiki/spaces/DS/pages/{page.id}", **{"body": body, **fields})
    html = check_html(answer, status=status)
    assert why in unescape(html)
    assert unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL)[1]) == body
    assert sandbox.content.page(page.id) == page


def test_pages_and_posts_are_created(sandbox: Sandbox, browser: Browser, page):
    answer = browser.post("/wiki/spaces/DS/pages/create", title="Below", body="<p>b</p>", type="page", parent=page.id)
    assert "is published" in browser.after(answer)
    assert sandbox.content.page_by_title(page.space_id, "Below").parent_id == page.id
    browser.post("/wiki/spaces/DS/pages/create", title="News", body="", type="blogpost")
    assert "News" in browser.page("/wiki/spaces/DS/blog")
    check_html(browser.post("/wiki/spaces/DS/pages/create", title="", type="page"), status=400)
    check_html(browser.post("/wiki/spaces/DS/pages/create", title="Below", type="page"), status=409)
    assert browser.post("/wiki/spaces/DS/pages/create", title="x", type="whiteboard").status_code == 400
    answer = browser.post("/wiki/spaces", key="TEAM", name="Team")
    assert "Team" in browser.after(answer)
    assert "exists already" in browser.after(browser.post("/wiki/spaces", key="TEAM", name="x"))


def test_comments_labels_and_files(sandbox: Sandbox, browser: Browser, page):
    before = len(sandbox.content.comments(page.id))
    browser.post(f"/wiki/pages/{page.id}/comments", text="one < two\n\nthree")
    comment = sandbox.content.comments(page.id)[-1]
    assert (len(sandbox.content.comments(page.id)), comment.body) == (before + 1, "<p>one &lt; two</p><p>three</p>")
    browser.post(f"/wiki/pages/{page.id}/comments", text="answer", parent_id=comment.id)
    assert [one.body for one in sandbox.content.answers(comment.id)] == ["<p>answer</p>"]
    browser.post(f"/wiki/comments/{comment.id}/resolve")
    assert sandbox.content.comment(comment.id).resolved
    browser.post(f"/wiki/comments/{comment.id}/delete")
    assert len(sandbox.content.comments(page.id)) == before
    browser.post(f"/wiki/pages/{page.id}/labels/add", names="Alpha beta")
    assert {"alpha", "beta"} <= {one.name for one in sandbox.content.labels(page.id)}
    browser.post(f"/wiki/pages/{page.id}/labels/remove", names="beta")
    assert "beta" not in {one.name for one in sandbox.content.labels(page.id)}
    assert "A label has" in browser.after(browser.post(f"/wiki/pages/{page.id}/labels/add", names="a:b"))
    data = {"csrf_token": browser.token, "file": (BytesIO(b"<script>alert(1)</script>"), "x.html", "text/html")}
    sent = {"Origin": "http://localhost:2990"}
    answer = browser.client.post(
        f"/wiki/pages/{page.id}/attachments", base_url="http://localhost:2990", data=data, headers=sent
    )
    assert "is attached" in browser.after(answer)
    file = browser.get(f"/wiki/download/attachments/{page.id}/x.html")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Content-Security-Policy"].startswith("sandbox")
    (stored,) = sandbox.attachments.of(("page", page.id))
    browser.post(f"/wiki/pages/{page.id}/attachments/{stored.id}/delete")
    assert sandbox.attachments.of(("page", page.id)) == []


def test_versions_and_the_trash(sandbox: Sandbox, browser: Browser, page):
    sandbox.content.edit_page(page.id, account_id=ADMIN, title="Changed", body="<p>c</p>")
    browser.post(f"/wiki/pages/{page.id}/versions/{page.version}/restore")
    assert sandbox.content.page(page.id).body == page.body
    assert "in the trash" in browser.after(browser.post(f"/wiki/pages/{page.id}/trash"))
    assert sandbox.content.page(page.id).status == "trashed"
    assert browser.post(f"/wiki/pages/{page.id}/trash").status_code == 400
    browser.post(f"/wiki/pages/{page.id}/restore")
    assert sandbox.content.page(page.id).status == "current"
    browser.post("/sandbox/viewer", account_id=MEMBER)
    assert browser.post(f"/wiki/pages/{page.id}/trash").status_code == 403
    browser.post("/sandbox/viewer", account_id=ADMIN)
    browser.post(f"/wiki/pages/{page.id}/trash")
    browser.post(f"/wiki/pages/{page.id}/purge")
    with pytest.raises(KeyError):
        sandbox.content.page(page.id)


def test_a_space_without_its_homepage_says_so(sandbox: Sandbox, browser: Browser):
    sandbox.content.trash_page(sandbox.content.spaces()[0].homepage_id, account_id=ADMIN)
    assert "homepage of this space is in the trash" in browser.page("/wiki/spaces/DS")


def test_forms_need_the_token_of_this_sandbox(sandbox: Sandbox, browser: Browser, page):
    for path in (f"/wiki/spaces/DS/pages/{page.id}", f"/wiki/pages/{page.id}/trash", "/wiki/editor/body"):
        assert browser.post(path, csrf_token="x", title="x").status_code == 403
    assert sandbox.content.page(page.id) == page


# --- apps -------------------------------------------------------------------------------------------------------------


def test_a_dynamic_macro_is_a_frame_with_its_variables(sandbox: Sandbox, app: ConnectApp, browser: Browser, wiki, page):
    response = browser.get(write(sandbox, page, f"<p>before</p>{poll('Tea &amp; milk?')}"))
    html = check_html(response)
    assert "frame-src http://app.localhost:5000;" in response.headers["Content-Security-Policy"]
    source = unescape(re.search(r'<iframe[^>]* src="([^"]*)"', html)[1])
    assert "/poll?q=Tea+%26+milk%3F&id=m-1&out=display&page=" in source
    sandbox.wire.transport.send("GET", source, headers={}, body=b"", timeout=1)
    assert app.refused == []


def test_a_static_macro_is_fetched_signed_and_cleaned(sandbox: Sandbox, app, browser: Browser, wiki, answers, page):
    answers["/fixed"] = f"<p>From the app</p><script>alert(1)</script>{poll()}"
    html = browser.page(write(sandbox, page, poll("", "fixed")))
    assert '<div class="static-macro" data-macro="fixed"><p>From the app</p>' in html
    assert "<script>alert" not in html
    assert "<iframe" not in html  # macros of apps in macros of apps are left out
    path, claims, _, headers = app.received[-1]
    assert (path, claims["sub"]) == ("/fixed", ADMIN)
    assert "jwt" not in headers.get("Referer", "")
    assert app.refused == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [(500, "status 500"), (404, "status 404"), ("<p>half", "no storage format"), (b"\xff", "not UTF-8")],
)
def test_a_static_macro_that_fails_says_why(sandbox: Sandbox, browser: Browser, wiki, answers, page, answer, why):
    answers["/fixed"] = answer
    html = browser.page(write(sandbox, page, f"<p>stays</p>{poll('', 'fixed')}"))
    assert why in unescape(html)
    assert "<p>stays</p>" in html


def test_an_app_that_is_not_there_is_asked_once_for_a_page(sandbox: Sandbox, browser: Browser, wiki, page, transport):
    transport._apps.clear()
    html = browser.page(write(sandbox, page, poll("", "fixed") * 3))
    assert html.count("did not answer") == 3
    assert len([one for one in sandbox.log if one.note == "static macro fixed"]) == 1


def test_macros_without_their_app_keep_their_text(sandbox: Sandbox, browser: Browser, wiki, page):
    body = (
        '<ac:structured-macro ac:name="gone"><ac:rich-text-body><p>inside</p></ac:rich-text-body></ac:structured-macro>'
    )
    html = browser.page(write(sandbox, page, body))
    assert "Unknown macro: gone" in html
    assert "<p>inside</p>" in html
    wiki.disable()
    assert "Unknown macro: poll" in browser.page(write(sandbox, page, poll()))


def test_a_blocked_space_shows_the_hosts_message(sandbox: Sandbox, app, browser: Browser, wiki, answers, page):
    wiki.block("DS")
    received = len(app.received)
    html = browser.page(write(sandbox, page, poll() + poll("", "fixed")))
    assert html.count("This content has been blocked") >= 2
    assert "<iframe" not in html
    assert [one[0] for one in app.received[received:]] == []


def test_a_template_of_an_app_begins_a_page(sandbox: Sandbox, app, browser: Browser, wiki, answers):
    answers["/template"] = '<h1><at:var at:name="topic" /></h1><at:var at:name="table" at:rawxhtml="true" />'
    answers["/variables"] = json.dumps(
        [
            {"identifier": "topic", "value": "Q&A <now>", "representation": "plaintext"},
            {"identifier": "table", "value": "<p>raw</p>", "representation": "storage"},
        ]
    )
    assert f"blueprint={APP_KEY}/minutes" in unescape(browser.page("/wiki/create")).replace("%2F", "/")
    html = browser.page(f"/wiki/spaces/DS/pages/create?blueprint={APP_KEY}/minutes")
    text = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL)[1])
    assert text == "<h1>Q&amp;A &lt;now&gt;</h1><p>raw</p>"
    answers["/variables"] = "[[[["
    assert "cannot be used" in browser.page(f"/wiki/spaces/DS/pages/create?blueprint={APP_KEY}/minutes")
    answers["/template"] = 500
    assert "status 500" in browser.page(f"/wiki/spaces/DS/pages/create?blueprint={APP_KEY}/minutes")


def test_the_editor_asks_for_bodies_and_frames(sandbox: Sandbox, browser: Browser, wiki, page):
    def ask(path: str, **body: object):
        headers = {"X-CSRF-Token": browser.token, "Origin": "http://localhost:2990"}
        return browser.client.post(path, base_url="http://localhost:2990", json=body, headers=headers)

    facts = json.loads(re.search(r'id="editor-facts">(.*?)</script>', browser.page("/wiki/spaces/DS/pages/create"))[1])
    offered = {one["key"]: one for one in facts["macros"]}
    assert offered["poll"]["parameters"][0]["name"] == "Question"
    assert {"fixed", "info", "code"} <= offered.keys()
    assert ask("/wiki/editor/body", body="<p>half").json["problem"].startswith("Error parsing")
    assert 'class="chip"' in ask("/wiki/editor/body", body=poll()).json["html"]
    preview = ask("/wiki/editor/body", body=poll(), page=page.id, how="preview").json["html"]
    assert "out=preview" in unescape(preview)
    for one in sandbox.content.pages():
        sandbox.content.delete_page(one.id, account_id=ADMIN)
    new = ask("/wiki/editor/body", body=poll(), space="DS", how="preview").json["html"]
    assert "out=preview&page=&" in unescape(new)  # it has no id yet
    for path in ("/wiki/editor/macro/none/poll/editor", f"/wiki/editor/macro/{APP_KEY}/fixed/editor"):
        assert ask(path, parameters={}).status_code == 404
    assert ask("/wiki/editor/body", body=3).status_code == 400
    assert ask("/wiki/editor/body", body="", page="none", how="preview").status_code == 404


def test_every_place_has_a_page(sandbox: Sandbox):
    """A place that no template asks for would never be seen."""
    folder = sandbox.wsgi_app.root_path
    texts = "".join(path.read_text() for path in Path(folder, "templates").rglob("*.html"))
    texts += "".join(path.read_text() for path in Path(folder, "pages").glob("*.py"))
    texts += "".join(path.read_text() for path in Path(folder, "macros").glob("*.py"))
    wanted = places("confluence") - {"app", "elsewhere", "manage"}
    assert [place for place in sorted(wanted) if f"'{place}'" not in texts and f'"{place}"' not in texts] == []


def test_files_are_attached_together_or_not_at_all(
    sandbox: Sandbox, browser: Browser, page, monkeypatch: pytest.MonkeyPatch
):
    def attach(*files: tuple[str, bytes]) -> str:
        data = {"csrf_token": browser.token, "file": [(BytesIO(content), name) for name, content in files]}
        path, sent = f"/wiki/pages/{page.id}/attachments", {"Origin": "http://localhost:2990"}
        return browser.after(browser.client.post(path, base_url="http://localhost:2990", data=data, headers=sent))

    monkeypatch.setattr("atlassian_connect.sandbox.store.attachments._MAX_STORED_BYTES", 9)
    assert "keeps no more" in attach(("a.txt", b"1234"), ("b.txt", b"123456"))
    assert sandbox.attachments.of(("page", page.id)) == []
    assert "2 files are attached" in attach(("a.txt", b"1"), ("a.txt", b"2"))
    assert [(one.data, one.version) for one in sandbox.attachments.of(("page", page.id))] == [(b"2", 2)]


def test_the_label_of_the_prefix_that_is_clicked_is_removed(sandbox: Sandbox, browser: Browser, page):
    for prefix in ("global", "team"):
        sandbox.content.add_label(page.id, "plan", account_id=ADMIN, prefix=prefix)
    browser.post(f"/wiki/pages/{page.id}/labels/remove", names="plan", prefix="team")
    assert ("plan", "global") in {(one.name, one.prefix) for one in sandbox.content.labels(page.id)}
    assert ("plan", "team") not in {(one.name, one.prefix) for one in sandbox.content.labels(page.id)}
    assert 'name="prefix" value="global"' in browser.page(f"/wiki/spaces/DS/pages/{page.id}")
