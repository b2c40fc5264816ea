"""AP.dialog: sizes, buttons, data both ways, Esc."""

from __future__ import annotations

import re

import pytest

from .helpers import frame_of, open_frames, wait_until

KEY = "com.example.framed"
DIALOG = "dialog iframe[data-bridge=up]"


@pytest.fixture
def opener(page, sandbox, app):
    sandbox.confluence.install(app.descriptor_url)
    return open_frames(page, sandbox, "confluence", f"{KEY}/panel", content_id="65537")


def create(opener, page, **options):
    """Open the dialog of the app and give its frame."""
    opener.evaluate(
        "options => { window.endings = []; AP.events.on('dialog.close', data => endings.push(data));"
        " AP.dialog.create(options) }",
        {"key": "dialog", **options},
    )
    return frame_of(page, DIALOG)


def test_data_goes_in_and_comes_back(opener, page, app):
    dialog = create(opener, page, customData={"issue": 7})
    assert dialog.evaluate("new Promise(done => AP.dialog.getCustomData(done))") == {"issue": 7}
    assert app.seen[-1]["c"] == "65537"  # the place of the opener goes along
    dialog.evaluate("() => { AP.dialog.close({ chosen: 'b' }) }")
    page.locator("dialog").wait_for(state="detached")
    opener.wait_for_function("endings.length")
    assert opener.evaluate("endings") == [{"chosen": "b"}]


def test_the_descriptor_says_size_and_header_and_the_call_overrules(opener, page):
    create(opener, page)
    box = page.get_by_role("dialog", name="Sized")
    assert "size-medium" in box.get_attribute("class")
    assert page.get_by_role("heading", name="Sized").is_visible()
    page.get_by_role("button", name="Cancel").click()
    box.wait_for(state="detached")
    create(opener, page, header="Mine", size="small")
    assert "size-small" in page.get_by_role("dialog", name="Mine").get_attribute("class")


@pytest.mark.parametrize(
    ("size", "name", "width"),
    [
        ("small", "small", 400),
        ("medium", "medium", 600),
        ("large", "large", 800),
        ("x-large", "xlarge", 968),
        ("fullscreen", "fullscreen", 1200),
        ("maximum", "maximum", 1200),
    ],
)
def test_sizes(opener, page, size, name, width):
    create(opener, page, key="panel", size=size, chrome=True)
    box = page.locator(f"dialog.size-{name}")
    assert box.evaluate("element => element.offsetWidth") == pytest.approx(width, abs=20)
    assert page.locator("dialog header").count() == (0 if size == "maximum" else 1)


def test_width_and_height_without_chrome(opener, page):
    create(opener, page, key="panel", width="444px", height="222px")
    assert page.locator("dialog iframe").evaluate("frame => [frame.offsetWidth, frame.offsetHeight]") == [444, 222]
    assert page.locator("dialog footer").is_hidden()


def test_submit_and_cancel_tell_the_app_and_close(opener, page):
    dialog = create(opener, page, submitText="Save it", cancelText="Leave")
    submit = page.get_by_role("button", name="Save it", disabled=False)  # enabled once the bridge is up
    dialog.evaluate("() => { AP.events.on('dialog.submit', data => AP.events.emit('got', data.button.name)) }")
    opener.evaluate("() => { window.got = null; AP.events.on('got', name => { window.got = name }) }")
    submit.click()
    page.locator("dialog").wait_for(state="detached")
    opener.wait_for_function("got === 'submit'")
    create(opener, page, submitText="Save it", cancelText="Leave")
    page.get_by_role("button", name="Leave").click()
    page.locator("dialog").wait_for(state="detached")


def test_an_app_keeps_its_dialog_open_on_submit(opener, page):
    dialog = create(opener, page)
    dialog.evaluate("""() => {
      window.clicks = 0;
      AP.dialog.disableCloseOnSubmit();
      AP.events.on('dialog.submit', () => { window.clicks += 1 });
    }""")
    page.get_by_role("button", name="Submit").click()
    dialog.wait_for_function("clicks === 1")
    assert page.locator("dialog").count() == 1


def test_buttons_are_disabled_hidden_and_added(opener, page):
    dialog = create(opener, page, buttons=[{"text": "Third", "identifier": "third"}])
    assert page.get_by_role("button", name="Third").is_visible()
    dialog.evaluate("() => { AP.dialog.getButton('submit').disable() }")
    page.get_by_role("button", name="Submit", disabled=True).wait_for()
    assert dialog.evaluate("new Promise(done => AP.dialog.getButton('submit').isEnabled(done))") is False
    dialog.evaluate("() => { AP.dialog.getButton('submit').toggle() }")
    page.get_by_role("button", name="Submit", disabled=False).wait_for()
    dialog.evaluate("() => { AP.dialog.getButton('cancel').hide() }")
    page.get_by_role("button", name="Cancel").wait_for(state="hidden")
    assert dialog.evaluate("new Promise(done => AP.dialog.getButton('cancel').isHidden(done))") is True
    dialog.evaluate("() => { AP.dialog.getButton('cancel').show() }")
    page.get_by_role("button", name="Cancel").wait_for()
    dialog.evaluate("""() => {
      window.pressed = [];
      AP.events.on('dialog.button.click', data => pressed.push(data.button.identifier));
      AP.dialog.createButton({ text: 'More', identifier: 'more' });
    }""")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Third").click()
    dialog.wait_for_function("pressed.length === 2")
    assert dialog.evaluate("pressed") == ["more", "third"]


@pytest.mark.parametrize("focus", ["host", "frame"])
def test_escape_closes_and_tells_the_opener(opener, page, focus):
    create(opener, page)
    if focus == "frame":
        page.frame_locator(DIALOG).locator("h1").click()
    else:
        page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    opener.wait_for_function("endings.length === 1")


def test_escape_does_nothing_when_the_app_says_so(opener, page):
    dialog = create(opener, page, closeOnEscape=False)
    page.keyboard.press("Escape")
    page.frame_locator(DIALOG).locator("h1").click()
    page.keyboard.press("Escape")
    assert dialog.evaluate("AP.user.getLocale()") == "en_GB"
    assert page.locator("dialog").count() == 1


def test_a_dialog_opens_another(opener, page):
    first = create(opener, page)
    first.evaluate(
        "() => { AP.dialog.create({ key: 'panel', width: '300px', height: '200px', chrome: true, header: 'Two' }) }"
    )
    second = frame_of(page, "dialog[aria-label=Two] iframe[data-bridge=up]")
    second.evaluate("() => { AP.dialog.close() }")
    page.get_by_role("dialog", name="Two").wait_for(state="detached")
    assert page.get_by_role("dialog", name="Sized").is_visible()


def test_flags_and_menus_of_a_dialog_can_be_clicked_and_flags_outlive_it(opener, page):
    dialog = create(opener, page)
    dialog.evaluate("""() => {
      window.heard = [];
      AP.events.on('flag.action', data => heard.push(data.actionIdentifier));
      AP.events.on('dropdown-item-selected', data => heard.push(data.item.itemId));
      AP.flag.create({ title: 'Inside', actions: { act: 'Act' } });
      AP.dropdown.create({ dropdownId: 'menu', list: [{ list: [{ text: 'Only', itemId: 'one' }] }] });
      AP.dropdown.showAt('menu', 5, 5);
    }""")
    page.get_by_role("menuitem", name="Only").click()
    page.get_by_role("button", name="Act").click()
    dialog.wait_for_function("heard.length === 2")
    assert dialog.evaluate("heard") == ["one", "act"]
    dialog.evaluate("() => { AP.dialog.close() }")
    page.locator("dialog").wait_for(state="detached")
    page.locator(".app-flag").get_by_role("button", name="Dismiss").click()


def test_a_page_of_the_app_opens_by_its_relative_url(opener, page, app):
    create(opener, page, key="/anything?x=1")
    assert app.seen[-1]["x"] == "1"
    assert "jwt" in app.seen[-1]


def test_a_dialog_that_is_not_there_says_so(opener, page):
    opener.evaluate("() => { AP.dialog.create({ key: 'nothing', chrome: true, header: 'Lost' }) }")
    assert "has no module 'nothing'" in page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Cancel").click()
    page.locator("dialog").wait_for(state="detached")


def test_a_button_of_the_page_opens_one(page, sandbox, app):
    sandbox.confluence.install(app.descriptor_url)
    open_frames(page, sandbox, "confluence", f"{KEY}/panel", button=f"{KEY}/dialog")
    page.locator("button.app-dialog").click()
    dialog = frame_of(page, DIALOG)
    assert "size-small" in page.locator("dialog").get_attribute("class")
    assert dialog.evaluate("AP.context.getContext().then(context => Object.keys(context))")
    dialog.evaluate("() => { AP.dialog.close() }")
    page.locator("dialog").wait_for(state="detached")


def test_a_button_of_a_page_that_was_open_for_long_gets_a_fresh_url(page, sandbox, app):
    sandbox.confluence.install(app.descriptor_url)
    open_frames(page, sandbox, "confluence", f"{KEY}/panel", button=f"{KEY}/dialog")
    page.evaluate("connectHost.setJwtClockSkew(100000)")  # what the page has counts as expired
    with page.expect_request(f"{sandbox.origin}/sandbox/bridge/frame"):
        page.locator("button.app-dialog").click()
    frame_of(page, DIALOG)


def test_closing_without_a_dialog_breaks_nothing_but_that_call(opener, page):
    opener.evaluate("() => { AP.dialog.close() }")
    wait_until(page, "bridge.some(one => one.call === 'dialog.close')")
    assert opener.evaluate("AP.user.getLocale()") == "en_GB"
    page.errors[:] = [text for text in page.errors if not re.search("Failed to find an active dialog", text)]
