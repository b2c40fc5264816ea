"""Frames: the bridge comes up, or the page says what is wrong."""

from __future__ import annotations

from atlassian_connect.sandbox.bridge.package import PINNED

from .helpers import frame_of, open_frames, wait_until


def test_a_page_comes_up_with_what_the_host_adds_to_its_url(sandbox, app, page):
    sandbox.confluence.install(app.descriptor_url)
    frame = open_frames(page, sandbox, "confluence", "com.example.framed/main")

    assert frame.evaluate("AP.context.getContext().then(c => Object.keys(c))") == ["confluence", "license", "url"]
    asked = app.seen[0]
    assert asked["xdm_e"] == sandbox.origin
    assert asked["cp"] == "/wiki"
    assert asked["xdm_c"] == "channel-com.example.framed__main"
    assert asked["lic"] == "none"
    assert {"cv", "jwt"} <= set(asked)


def test_a_page_that_does_not_load_the_bridge_is_told_about(sandbox, app, page):
    sandbox.confluence.install(app.descriptor_url)
    page.clock.install()
    page.goto(f"{sandbox.origin}/test/confluence?frame=com.example.framed/mute")
    page.wait_for_selector("iframe[id^=com]")
    page.clock.run_for(10_001)
    notice = page.get_by_role("status")
    assert "has not called over the AP bridge" in notice.inner_text()
    assert f"{sandbox.origin}/atlassian-connect/all.js" in notice.inner_text()


def test_an_app_that_loads_the_bridge_from_the_products_address_works(sandbox, app, page, cdn):
    app.script = cdn
    sandbox.jira.install(app.descriptor_url)
    frame = open_frames(page, sandbox, "jira", "com.example.framed/fixed", issue_key="OPS-1")
    assert frame.evaluate("AP.request('/rest/api/3/myself').then(({ xhr }) => xhr.status)") == 200
    frame.evaluate("() => { AP.theming.initializeTheming() }")
    frame.wait_for_function("[...document.querySelectorAll('link[data-theme]')].some(link => link.sheet)")
    frame.evaluate("AP.resize('100%', '234')")  # its data-options are read: nothing else sets the size
    wait_until(page, "document.querySelector('iframe').style.height === '234px'")


def test_a_module_that_cannot_be_opened_says_why(sandbox, app, page):
    installation = sandbox.confluence.install(app.descriptor_url)
    installation.block("DS")
    query = "frame=com.example.framed/panel&frame=com.example.framed/none&space.key=DS"
    page.goto(f"{sandbox.origin}/test/confluence?{query}")
    assert page.locator(".app-frame-problem.blocked").inner_text().startswith("This content has been blocked.")
    assert "has no module 'none'" in page.locator(".app-frame-problem").nth(1).inner_text()
    assert page.locator("iframe").count() == 0


def test_without_the_bridge_frames_are_plain(sandbox, app, page):
    sandbox.confluence.install(app.descriptor_url)
    sandbox.bridge = None
    page.goto(f"{sandbox.origin}/test/confluence?frame=com.example.framed/main")
    assert page.frame_locator("iframe").locator("h1").inner_text() == "/main"
    assert "python -m atlassian_connect.sandbox.bridge" in page.locator(".app-frame-problem").inner_text()
    assert page.frames[1].evaluate("typeof AP") == "undefined"


def test_ten_frames_come_up(sandbox, app, page):
    sandbox.confluence.install(app.descriptor_url)
    frames = open_frames(page, sandbox, "confluence", *["com.example.framed/panel"] * 10)
    assert [frame.evaluate("AP.user.getLocale()") for frame in frames] == ["en_GB"] * 10


def test_both_sides_are_of_the_version_that_is_pinned(sandbox, app, page):
    sandbox.jira.install(app.descriptor_url)
    loaded = []
    page.on("request", lambda request: loaded.append(request.url.removeprefix(sandbox.origin)))
    open_frames(page, sandbox, "jira", "com.example.framed/panel")
    assert f"/sandbox/bridge/{PINNED.version}/connect-host.js" in loaded
    assert "/atlassian-connect/all.js" in loaded


def test_frames_that_are_put_into_the_page_later_come_up_too(sandbox, app, page):
    sandbox.confluence.install(app.descriptor_url)
    page.goto(f"{sandbox.origin}/test/confluence?frame=com.example.framed/panel&button=com.example.framed/fixed")
    page.wait_for_selector("iframe[data-bridge=up]")
    page.evaluate("""() => {
      const holder = document.createElement('div');
      holder.className = 'app-frame';
      holder.dataset.frame = document.querySelector('button.app-dialog').dataset.frame;
      document.body.append(holder);
      sandboxBridge.mountAll();
    }""")
    frame = frame_of(page, "iframe[title=Fixed][data-bridge=up]")
    assert frame.evaluate("AP.user.getLocale()") == "en_GB"


def test_escape_on_a_page_without_a_dialog_breaks_nothing(sandbox, app, page):
    sandbox.confluence.install(app.descriptor_url)
    frame = open_frames(page, sandbox, "confluence", "com.example.framed/panel")
    page.locator("h1").click()
    page.keyboard.press("Escape")
    page.frame_locator("iframe").locator("h1").click()
    page.keyboard.press("Escape")
    assert frame.evaluate("AP.user.getLocale()") == "en_GB"


def test_a_frame_whose_app_was_disabled_since_says_so(sandbox, app, page):
    installation = sandbox.confluence.install(app.descriptor_url)
    frame = open_frames(page, sandbox, "confluence", "com.example.framed/panel")
    installation.disable()
    said = "com.example.framed is disabled on Confluence."
    assert frame.evaluate("AP.context.getToken().catch(error => error)") == said
    assert frame.evaluate("AP.request('/rest/x').catch(({ xhr }) => [xhr.status, xhr.responseText])") == [403, said]
