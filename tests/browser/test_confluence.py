"""Confluence in Chromium: every kind of module where it belongs, and a macro inserted, rendered and edited."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox.macros.storage import macros_in

from .helpers import frame_of, wait_until

KEY = "com.example.framed"
TITLE = {"identifier": "title", "name": {"value": "Title"}, "type": "string", "required": True}
STYLE = {"identifier": "style", "name": {"value": "Style"}, "type": "enum", "values": ["Bars", "Pie"]}


def named(key: str, **more) -> dict:
    return {"key": key, "url": f"/{key}?c={{content.id}}&s={{space.key}}", "name": {"value": key.title()}, **more}


def item(key: str, location: str, target: str) -> dict:
    return named(key, location=location, context="addon", target={"type": target})


MODULES = {
    "dynamicContentMacros": [
        named("poll", url="/poll?t={title}&m={macro.id}", parameters=[TITLE, STYLE]),
        named(
            "chart",
            parameters=[TITLE],
            bodyType="rich-text",
            editor={"url": "/editor?t={title}", "insertTitle": {"value": "New chart"}},
            propertyPanel={
                "url": "/panel-of-chart",
                "controls": [{"type": "button", "key": "wide", "name": {"value": "Wide"}}],
            },
            autoconvert={"urlParameter": "title", "matchers": [{"pattern": "https://charts.example/{}/show"}]},
        ),
    ],
    "contentBylineItems": [named("byline", target={"type": "inlinedialog"}, context="addon")],
    "webItems": [
        item("action", "system.content.action/modify", "dialog"),
        item("button", "system.content.button", "inlinedialog"),
        item("chosen", "page.view.selection/action", "dialog"),
    ],
    "webPanels": [
        named("banner", location="page.metadata.banner"),
        named("below", location="atl.page"),
        named("said", location="atl.comments"),
        named("ending", location="atl.footer"),
        named("starting", location="atl.header"),
    ],
    "spaceToolsTabs": [named("tab", location="contenttools")],
    "adminPages": [named("settings")],
    "generalPages": [named("main")],
    "keyboardShortcuts": [{"key": "keys", "name": {"value": "K"}, "shortcut": "xy", "target": {"key": "action"}}],
}


@pytest.fixture
def app(serve_app):
    return serve_app(**MODULES)


@pytest.fixture
def installed(sandbox, app):
    return sandbox.confluence.install(app.descriptor_url)


@pytest.fixture
def article(sandbox, installed):
    return sandbox.content.page_by_title(sandbox.content.spaces()[0].id, "Colour tokens")


@pytest.fixture
def address(sandbox, article):
    return f"{sandbox.origin}/wiki/spaces/DS/pages/{article.id}"


def up(page, key: str) -> str:
    return f"iframe[id^='{KEY}__{key}__'][data-bridge=up]"


def test_panels_of_a_page_come_up(page, app, article, address):
    page.goto(address)
    for key in ("banner", "below", "said", "ending", "starting"):
        frame_of(page, up(page, key))
    assert {one["c"] for one in app.seen} == {article.id}


def test_items_of_a_page_open_what_they_name(page, address):
    page.goto(address)
    page.get_by_title("More actions").click()
    page.get_by_role("button", name="Action", exact=True).click()
    frame_of(page, f"dialog {up(page, 'action')}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Byline").click()
    frame_of(page, f"[popover] {up(page, 'byline')}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Button", exact=True).click()
    frame_of(page, f"[popover] {up(page, 'button')}")


def test_selected_text_has_items_of_apps(page, address):
    page.goto(address)
    assert not page.get_by_role("button", name="Chosen").is_visible()
    page.locator(".page-body p").first.dblclick()
    page.get_by_role("button", name="Chosen").click()
    frame_of(page, f"dialog {up(page, 'chosen')}")


def test_a_shortcut_opens_what_it_names(page, address):
    page.goto(address)
    page.locator(".page-body").wait_for()
    page.keyboard.press("x")
    page.keyboard.press("y")
    frame_of(page, f"dialog {up(page, 'action')}")


@pytest.mark.parametrize(
    ("path", "link", "key"), [("/wiki/spaces/DS/settings", "Tab", "tab"), ("/wiki/admin", "Settings", "settings")]
)
def test_pages_of_apps_are_reached_from_their_place(page, sandbox, installed, path, link, key):
    page.goto(sandbox.origin + path)
    page.locator("main").get_by_role("link", name=link, exact=True).click()
    frame_of(page, up(page, key))


# --- writing ----------------------------------------------------------------------------------------------------------


def edit(page, sandbox, article):
    page.goto(f"{sandbox.origin}/wiki/spaces/DS/pages/edit-v2/{article.id}")
    page.get_by_role("textbox", name="Text of the page").wait_for()


def macros(sandbox, article):
    return {one.name: one for one in macros_in(sandbox.content.page(article.id).body)}


def test_a_macro_is_inserted_rendered_and_edited(page, sandbox, app, article, address):
    edit(page, sandbox, article)
    page.get_by_role("button", name="Macro", exact=True).click()
    page.get_by_label("Search macros").fill("poll")
    page.get_by_role("dialog").get_by_role("button", name="Poll").click()
    page.get_by_label("Title", exact=True).last.fill("Tea & <milk>?")
    page.get_by_label("Style").last.select_option("Pie")
    page.get_by_role("button", name="Insert", exact=True).click()
    page.get_by_role("tab", name="Preview").click()
    frame_of(page, f".preview {up(page, 'poll')}")
    page.get_by_role("button", name="Update").click()
    frame_of(page, f".page-body {up(page, 'poll')}")
    saved = macros(sandbox, article)["poll"]
    assert saved.parameters == {"title": "Tea & <milk>?", "style": "Pie"}
    loaded = [(one["m"], one["t"]) for one in app.seen if "m" in one]
    assert loaded == [("", "Tea & <milk>?"), (saved.id, "Tea & <milk>?")]
    edit(page, sandbox, article)
    page.locator(".chip", has_text="Poll").click()
    page.get_by_role("toolbar", name="Macro").get_by_role("button", name="Edit").click()
    assert page.get_by_label("Title", exact=True).last.input_value() == "Tea & <milk>?"
    page.get_by_label("Title", exact=True).last.fill("Coffee?")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Update").click()
    frame_of(page, f".page-body {up(page, 'poll')}")
    again = macros(sandbox, article)["poll"]
    assert (again.id, again.parameters["title"]) == (saved.id, "Coffee?")


def test_an_app_edits_its_macro_in_a_dialog_of_its_own(page, sandbox, app, article):
    edit(page, sandbox, article)
    page.get_by_role("button", name="Macro", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Chart").click()
    editor = frame_of(page, f"dialog {up(page, 'chart')}")
    assert page.get_by_role("heading", name="New chart").is_visible()
    assert editor.evaluate("AP.confluence.getMacroData()") == {}
    editor.evaluate("""() => {
      AP.confluence.saveMacro({ title: 'From the app' }, '<p>the <b>body</b></p>');
      AP.confluence.closeMacroEditor();
    }""")
    page.locator(".chip", has_text="Chart").wait_for()
    page.get_by_role("button", name="Update").click()
    frame_of(page, f".page-body {up(page, 'chart')}")
    saved = macros(sandbox, article)["chart"]
    assert (saved.parameters, saved.body) == ({"title": "From the app"}, "<p>the <b>body</b></p>")
    edit(page, sandbox, article)
    page.locator(".chip", has_text="Chart").click()
    page.get_by_role("toolbar", name="Macro").get_by_role("button", name="Edit").click()
    editor = frame_of(page, f"dialog {up(page, 'chart')}")
    assert editor.evaluate("AP.confluence.getMacroData()") == {"title": "From the app"}
    assert editor.evaluate("AP.confluence.getMacroBody()") == "<p>the <b>body</b></p>"
    assert [one["t"] for one in app.seen if "t" in one] == ["", "From the app"]


def test_text_that_is_not_touched_stays_as_it_was(page, sandbox, article):
    edit(page, sandbox, article)
    page.get_by_role("button", name="Update").click()
    page.get_by_text("is saved").wait_for()
    assert sandbox.content.page(article.id).body == article.body.replace(
        ' ac:name="info" ac:schema-version="1">',
        f' ac:name="info" ac:schema-version="1" ac:macro-id="{macros(sandbox, article)["info"].id}">',
    )


def test_text_is_written_and_its_source_too(page, sandbox, article):
    page.goto(f"{sandbox.origin}/wiki/spaces/DS/pages/create")
    page.get_by_label("Title").fill("Fresh")
    text = page.get_by_role("textbox", name="Text of the page")
    text.click()
    page.keyboard.type("plain ")
    page.get_by_role("button", name="B", exact=True).click()
    page.keyboard.type("bold & <b>")
    page.get_by_role("tab", name="Source").click()
    source = page.get_by_label("Text in storage format")
    assert "<strong>bold &amp; &lt;b&gt;</strong>" in source.input_value()
    source.fill("<p>half")
    page.get_by_role("tab", name="Text", exact=True).click()
    page.get_by_role("alert").get_by_text("Error parsing").wait_for()
    source.fill('<h1>From source</h1><ac:structured-macro ac:name="toc" />')
    page.get_by_role("tab", name="Text", exact=True).click()
    text.get_by_role("heading", name="From source").wait_for()
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("is published").wait_for()
    body = sandbox.content.page_by_title(article.space_id, "Fresh").body
    assert body.startswith("<h1>From source</h1>")
    assert [one.name for one in macros_in(body)] == ["toc"]


@pytest.mark.parametrize("path", ["/pages/{}", "/pages/edit-v2/{}", "/settings", "/blog"])
def test_nothing_of_confluence_is_cut_off_in_a_narrow_window(page, sandbox, article, path):
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{sandbox.origin}/wiki/spaces/DS{path.format(article.id)}")
    page.locator("main").wait_for()
    wait_until(page, "document.readyState === 'complete'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_pasted_address_becomes_the_macro_of_an_app_with_its_own_controls(page, sandbox, article):
    edit(page, sandbox, article)
    text = page.get_by_role("textbox", name="Text of the page")
    text.locator("p").first.click()
    text.evaluate("""node => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', 'https://charts.example/7/show');
      node.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }""")
    page.locator(".chip", has_text="Chart").click()
    # Nobody sees the frame; the app listens in it.
    hidden = page.wait_for_selector(".property-panel iframe[data-bridge=up]", state="attached")
    panel = hidden.content_frame()
    panel.evaluate("""() => {
      AP.confluence.onMacroPropertyPanelEvent({ 'wide.chart.macro.property-panel': async () => {
        const data = await AP.confluence.getMacroData();
        AP.confluence.saveMacro({ ...data, width: 'wide' });
      } });
    }""")
    page.get_by_role("toolbar", name="Macro").get_by_role("button", name="Wide").click()
    page.locator(".chip", has_text="width: wide").wait_for()
    page.get_by_role("button", name="Update").click()
    page.get_by_text("is saved").wait_for()
    assert macros(sandbox, article)["chart"].parameters == {"title": "https://charts.example/7/show", "width": "wide"}
