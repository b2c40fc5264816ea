"""What every page of the sites has around it: menus, the theme, who looks, Manage apps."""

from __future__ import annotations

import pytest

from .helpers import frame_of, wait_until

ITEM = {
    "key": "ask",
    "location": "system.top.navigation.bar",
    "name": {"value": "Ask the owners"},
    "url": "/page",
    "target": {"type": "dialog", "options": {"size": "medium"}},
}


def menu(page, name: str):
    return page.locator("details.menu", has=page.locator("summary", has_text=name))


def test_the_theme_stays_and_frames_can_follow_it(sandbox, page):
    page.goto(f"{sandbox.origin}/wiki/spaces")
    for name, mode in (("Dark", "dark"), ("Light", "light")):
        menu(page, "Theme").locator("summary").click()
        page.get_by_role("button", name=name, exact=True).click()
        assert page.evaluate("document.documentElement.dataset.colorMode") == mode
        page.reload()
        assert page.evaluate("document.documentElement.dataset.colorMode") == mode
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == mode


def test_menus_are_used_by_keyboard(sandbox, page):
    page.goto(f"{sandbox.origin}/browse/OPS-1")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    switcher = menu(page, "Switch site")
    switcher.locator("summary").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent.trim()").endswith("Jira")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent.trim()").endswith("Confluence")
    page.keyboard.press("Escape")
    assert switcher.get_attribute("open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_one_menu_is_open_at_a_time(sandbox, page):
    page.goto(f"{sandbox.origin}/browse/OPS-1")
    menu(page, "Theme").locator("summary").click()
    menu(page, "Apps").locator("summary").click()
    assert page.locator("details.menu[open]").count() == 1
    page.get_by_role("heading", name="Details").click()
    assert page.locator("details.menu[open]").count() == 0


def test_switching_the_user_stays_on_the_page(sandbox, page):
    page.goto(f"{sandbox.origin}/browse/OPS-1")
    menu(page, "You are").locator("summary").click()
    page.get_by_role("button", name="Jonas Lindqvist").click()
    page.wait_for_url("**/browse/OPS-1")
    assert menu(page, "You are Jonas Lindqvist").count() == 1


def test_an_app_is_installed_and_uninstalled_by_hand(sandbox, app, page):
    page.goto(f"{sandbox.origin}/sandbox/apps/confluence")
    page.get_by_label("URL of its descriptor").fill(app.descriptor_url)
    page.get_by_role("button", name="Install", exact=True).click()
    page.get_by_text("is installed on Confluence").wait_for()
    page.wait_for_load_state()  # its scripts are what opens the dialog
    installation = sandbox.confluence.installations[0]
    page.get_by_role("button", name="Uninstall", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert installation.state == "enabled"
    page.get_by_role("button", name="Uninstall", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Uninstall").click()
    page.get_by_text("is uninstalled").wait_for()
    assert installation.state == "uninstalled"


def test_a_dialog_in_the_navigation_is_signed_when_it_is_opened(sandbox, app, page):
    installation = sandbox.jira.install(app.descriptor_url)
    installation.register_modules({"webItems": [ITEM]})
    page.goto(f"{sandbox.origin}/browse/OPS-1")
    assert not [one for one in sandbox.log if one.note.startswith("module")]
    menu(page, "Apps").locator("summary").click()
    page.get_by_role("button", name="Ask the owners").click()
    frame_of(page, "dialog iframe[data-bridge=up]")
    assert [one.note for one in sandbox.log if one.note.startswith("module")] == ["module ask, loaded by the browser"]


def test_a_dialog_of_an_app_that_is_gone_says_so(sandbox, app, page):
    installation = sandbox.jira.install(app.descriptor_url)
    installation.register_modules({"webItems": [ITEM]})
    page.goto(f"{sandbox.origin}/browse/OPS-1")
    installation.disable()
    menu(page, "Apps").locator("summary").click()
    page.get_by_role("button", name="Ask the owners").click()
    page.locator("#flags .flag.error").wait_for()
    page.get_by_role("button", name="Close").click()
    assert page.locator("#flags .flag").count() == 0


@pytest.mark.parametrize("path", ["/", "/wiki/spaces/DS", "/browse/OPS-1", "/sandbox/apps/jira", "/sandbox/rules/jira"])
def test_nothing_is_cut_off_in_a_narrow_window(sandbox, app, page, path):
    sandbox.jira.install(app.descriptor_url)
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(sandbox.origin + path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if page.locator(".sidebar-toggle").count():
        assert not page.locator("#sidebar").is_visible()
        page.locator(".sidebar-toggle").click()
        assert page.locator("#sidebar").is_visible()
        page.keyboard.press("Escape")
        wait_until(page, "!document.body.classList.contains('sidebar-open')")
