"""AP, call by call, as an app's page sees it."""

from __future__ import annotations

import json

import jwt
import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER

from .helpers import frame_of, open_frames, wait_until

KEY = "com.example.framed"


@pytest.fixture
def confluence(sandbox, app):
    return sandbox.confluence.install(app.descriptor_url)


@pytest.fixture
def jira(sandbox, app):
    return sandbox.jira.install(app.descriptor_url)


@pytest.fixture
def wiki_page(sandbox):
    return sandbox.content.pages()[0]


@pytest.fixture
def panel(page, sandbox, confluence, wiki_page):
    """A panel on a Confluence page."""
    return open_frames(
        page, sandbox, "confluence", f"{KEY}/panel", content_id=wiki_page.id, content_type="page", space_key="DS"
    )


@pytest.fixture
def jira_panel(page, sandbox, jira):
    """A panel on a Jira issue."""
    return open_frames(page, sandbox, "jira", f"{KEY}/panel", issue_key="OPS-1", issue_id="10100", project_key="OPS")


@pytest.fixture
def full_page(page, sandbox, confluence):
    return open_frames(page, sandbox, "confluence", f"{KEY}/main")


# --- who and where ----------------------------------------------------------------------------------------------------


def test_a_context_token_is_signed_for_the_viewer_and_place_and_kept_until_it_expires(
    page, sandbox, app, panel, wiki_page
):
    tokens = panel.evaluate("Promise.all([AP.context.getToken(), AP.context.getToken()])")
    claims = jwt.decode(tokens[0], app.tenants["confluence"]["sharedSecret"], algorithms=["HS256"])

    assert claims["qsh"] == "context-qsh"
    assert claims["sub"] == ADMIN
    assert claims["iss"] == app.tenants["confluence"]["clientKey"]
    assert claims["context"]["confluence"]["content"] == {"id": wiki_page.id, "type": "page"}
    assert tokens[0] == tokens[1] == panel.evaluate("new Promise(done => AP.context.getToken(done))")
    page.evaluate("connectHost.setJwtClockSkew(100000)")  # now what is kept counts as expired
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    panel.evaluate("AP.context.getToken()")
    assert asked == [f"{sandbox.origin}/sandbox/bridge/token"]


def test_the_context_tells_where_the_user_is(panel, wiki_page):
    context = panel.evaluate("AP.context.getContext()")
    assert context["confluence"] == {"content": {"id": wiki_page.id, "type": "page"}, "space": {"key": "DS"}}
    assert context["license"] == {"active": False}


def test_jira_context_names_issue_and_project(jira_panel):
    context = jira_panel.evaluate("AP.context.getContext()")
    assert context["jira"] == {"issue": {"id": "10100", "key": "OPS-1"}, "project": {"key": "OPS"}}


def test_location_is_that_of_the_hosts_page(page, panel):
    assert panel.evaluate("new Promise(done => AP.getLocation(done))") == page.url


def test_the_user_is_told_by_account_id_locale_and_time_zone(panel):
    assert panel.evaluate("AP.user.getCurrentUser()") == {"atlassianAccountId": ADMIN}
    assert panel.evaluate("new Promise(done => AP.user.getCurrentUser(done))") == {"atlassianAccountId": ADMIN}
    assert panel.evaluate("AP.user.getLocale()") == "en_GB"
    assert panel.evaluate("AP.getTimeZone()") == panel.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")


def test_the_product_is_told_by_which_module_is_there(panel, page, sandbox, jira):
    assert panel.evaluate("[typeof AP.confluence, typeof AP.jira]") == ["object", "undefined"]
    other = open_frames(page, sandbox, "jira", f"{KEY}/panel")
    assert other.evaluate("[typeof AP.confluence, typeof AP.jira]") == ["undefined", "object"]


# --- request ----------------------------------------------------------------------------------------------------------


def test_a_request_is_made_as_the_viewer(context, page, sandbox, confluence):
    context.add_cookies([{"name": "sandbox-user", "value": MEMBER, "url": sandbox.origin}])
    frame = open_frames(page, sandbox, "confluence", f"{KEY}/panel")
    answer = frame.evaluate(
        "AP.request('/rest/api/user/current').then(({ body, xhr }) => ({ body, status: xhr.status,"
        " type: xhr.getResponseHeader('Content-Type'), all: xhr.getAllResponseHeaders() }))"
    )
    assert answer["status"] == 200
    assert json.loads(answer["body"])["accountId"] == MEMBER
    assert answer["type"] == "application/json;charset=UTF-8"
    assert f"x-aaccountid: {MEMBER}" in answer["all"]
    crossing = sandbox.log[-1]
    assert (crossing.verdict, crossing.status, crossing.method) == ("bridge", 200, "GET")


def test_request_calls_back_with_text_status_and_xhr(panel, wiki_page):
    answer = panel.evaluate(
        "id => new Promise(done => AP.request({ url: '/rest/api/content/' + id,"
        " success: (text, status, xhr) => done([JSON.parse(text).id, status, xhr.status]) }))",
        wiki_page.id,
    )
    assert answer == [wiki_page.id, "success", 200]


def test_a_request_that_fails_tells_why_in_both_styles(panel):
    assert panel.evaluate(
        "AP.request('/rest/api/content/999').catch(failure => [failure.xhr.status, failure.err])"
    ) == [404, "NOT FOUND"]
    status, kind, text = panel.evaluate(
        "new Promise(done => AP.request({ url: '/rest/api/content/999',"
        " error: (xhr, kind, thrown) => done([xhr.status, kind, xhr.responseText]) }))"
    )
    assert (status, kind) == (404, "error")
    assert json.loads(text)["statusCode"] == 404


def test_a_request_sends_json(panel, sandbox, wiki_page):
    status = panel.evaluate(
        "id => AP.request({ url: `/rest/api/content/${id}/property`, type: 'POST', contentType: 'application/json',"
        " data: JSON.stringify({ key: 'seen', value: { by: 'app' } }) }).then(({ xhr }) => xhr.status)",
        wiki_page.id,
    )
    assert status == 200
    read = panel.evaluate(
        "id => AP.request(`/rest/api/content/${id}/property/seen`).then(({ body }) => JSON.parse(body).value)",
        wiki_page.id,
    )
    assert read == {"by": "app"}


def test_a_file_goes_up_and_comes_down_as_it_is(jira_panel):
    """The bytes are no text, so both ways would show a wrong decoding."""
    answer = jira_panel.evaluate("""async () => {
      const file = new File([new Uint8Array([0, 255, 128, 10])], 'four.bin', { type: 'application/octet-stream' });
      const up = await AP.request({ url: '/rest/api/3/issue/OPS-1/attachments', type: 'POST',
        contentType: 'multipart/form-data', data: { file }, headers: { 'X-Atlassian-Token': 'no-check' },
        experimental: true });
      const [{ id, filename }] = JSON.parse(up.body);
      const url = `/rest/api/3/attachment/content/${id}`;
      const down = await AP.request({ url, binaryAttachment: true, experimental: true });
      return [filename, [...new Uint8Array(down.body)]];
    }""")
    assert answer == ["four.bin", [0, 255, 128, 10]]


def test_query_parameters_of_a_get_may_be_given_as_data(jira_panel):
    found = jira_panel.evaluate(
        "id => AP.request({ url: '/rest/api/3/user', data: { accountId: id } }).then(({ body }) => JSON.parse(body))",
        MEMBER,
    )
    assert found["accountId"] == MEMBER


def test_the_app_sees_no_token_of_the_host(page, panel):
    panel.evaluate("window.said = []; addEventListener('message', event => said.push(JSON.stringify(event.data)))")
    panel.evaluate("AP.request('/rest/api/user/current')")
    said = panel.evaluate("said")
    secrets = page.evaluate("[JSON.parse(document.getElementById('bridge-page').textContent).csrfToken]")
    assert said
    assert not [text for text in said if "ticket" in text or secrets[0] in text]


# --- size -------------------------------------------------------------------------------------------------------------


def test_resize_sets_width_and_height(page, sandbox, confluence, app):
    frame = open_frames(page, sandbox, "confluence", f"{KEY}/fixed")
    frame.evaluate("AP.resize('50%', '321')")
    wait_until(page, "document.querySelector('iframe').style.height === '321px'")
    assert page.evaluate("document.querySelector('iframe').style.width") == "50%"


def test_a_frame_grows_with_its_content_by_itself(page, panel):
    panel.evaluate(
        "document.querySelector('.ac-content').insertAdjacentHTML('beforeend', '<p style=\"height: 777px\">.</p>')"
    )
    wait_until(page, "document.querySelector('iframe').offsetHeight > 777")


def test_size_to_parent_fills_the_window_on_full_pages(page, full_page):
    full_page.evaluate("AP.sizeToParent()")
    page.wait_for_selector("iframe.sized-to-parent")
    bottom = page.evaluate("document.querySelector('iframe').getBoundingClientRect().bottom")
    assert bottom == pytest.approx(800, abs=2)


def test_a_full_page_sets_the_title_and_reads_the_scroll_position(page, full_page):
    full_page.evaluate("AP.page.setTitle('Mine')")
    wait_until(page, "document.title.startsWith('Mine')")
    position = full_page.evaluate("new Promise(done => AP.scrollPosition.getPosition(done))")
    assert position["width"] == 1200


# --- flags, messages, menus -------------------------------------------------------------------------------------------


def test_a_flag_shows_text_and_actions_and_tells_when_it_is_closed(page, panel):
    panel.evaluate("""() => {
      window.heard = [];
      AP.events.on('flag.action', data => heard.push(data.actionIdentifier));
      AP.events.on('flag.close', data => heard.push('closed'));
      const actions = { undo: 'Undo it' };
      AP.flag.create({ title: 'Saved', body: '<b>not bold</b>', type: 'success', actions });
    }""")
    flag = page.locator(".app-flag.type-success")
    flag.wait_for()
    assert "<b>not bold</b>" in flag.inner_text()
    flag.get_by_role("button", name="Undo it").click()
    flag.get_by_role("button", name="Dismiss").click()
    panel.wait_for_function("heard.length === 2")
    assert panel.evaluate("heard") == ["undo", "closed"]


def test_an_app_closes_its_flag(page, panel):
    panel.evaluate("window.flag = AP.flag.create({ title: 'Soon gone', close: 'manual' })")
    page.locator(".app-flag").wait_for()
    panel.evaluate("flag.close()")
    page.locator(".app-flag").wait_for(state="detached")


@pytest.mark.parametrize("kind", ["generic", "error", "warning", "success", "info", "hint"])
def test_a_message_shows_and_goes(page, panel, kind):
    panel.evaluate("kind => { window.message = AP.messages[kind]('Title', 'Text') }", kind)
    page.locator(f".app-message.type-{kind}").wait_for()
    panel.evaluate(
        "() => { window.gone = false; AP.messages.onClose(message, () => { window.gone = true });"
        " AP.messages.clear(message) }"
    )
    page.locator(".app-message").wait_for(state="detached")
    panel.wait_for_function("gone")


def test_a_dropdown_tells_which_item_was_chosen(page, panel):
    panel.evaluate("""() => {
      window.chosen = null;
      AP.events.on('dropdown-item-selected', data => { window.chosen = data.item });
      AP.dropdown.create({ dropdownId: 'menu', list: [{ heading: 'Do', list: [
        { text: 'First', itemId: 'one' }, { text: 'Second', itemId: 'two' }] }] });
      AP.dropdown.itemDisable('menu', 'one');
      AP.dropdown.showAt('menu', 10, 20, 150);
    }""")
    menu = page.get_by_role("menu")
    menu.wait_for()
    assert menu.get_by_role("menuitem", name="First").is_disabled()
    menu.get_by_role("menuitem", name="Second").click()
    panel.wait_for_function("chosen")
    assert panel.evaluate("chosen.itemId") == "two"
    menu.wait_for(state="hidden")


def test_a_dropdown_is_enabled_and_hidden_by_the_app(page, panel):
    panel.evaluate("""() => {
      AP.dropdown.create({ dropdownId: 'menu', list: [{ list: [{ text: 'Only', itemId: 'one', disabled: true }] }] });
      AP.dropdown.itemEnable('menu', 'one');
      AP.dropdown.showAt('menu', 0, 0);
    }""")
    page.get_by_role("menuitem", name="Only", disabled=False).wait_for()
    panel.evaluate("AP.dropdown.hide('menu')")
    page.get_by_role("menu").wait_for(state="hidden")


def test_a_dropdown_is_walked_through_by_keys(page, panel):
    panel.evaluate("""() => {
      AP.dropdown.create({ dropdownId: 'menu', list: [{ list: ['One', 'Two', 'Three'] }] });
      AP.dropdown.itemDisable('menu', 'Two');
      AP.dropdown.showAt('menu', 0, 0);
    }""")
    walked = []
    for key in ("", "ArrowDown", "ArrowDown", "ArrowUp"):
        page.locator(".app-dropdown button:focus").wait_for()
        if key:
            page.keyboard.press(key)
        walked.append(page.evaluate("document.activeElement.textContent"))
    assert walked == ["One", "Three", "One", "Three"]
    page.keyboard.press("Escape")
    page.locator(".app-dropdown").wait_for(state="hidden")


def test_an_inline_dialog_is_opened_and_closed_by_its_button(page, sandbox, confluence):
    open_frames(page, sandbox, "confluence", f"{KEY}/panel", button=f"{KEY}/dialog")
    button, box = page.locator("button.app-inline"), page.locator(".app-inline-box")
    for _ in range(2):
        button.click()
        inner = frame_of(page, ".app-inline-box iframe[data-bridge=up]")
        box.wait_for(state="visible")
        button.click()
        box.wait_for(state="hidden")
    assert box.count() == 1
    inner.evaluate("document.body.append(document.createElement('button'))")
    page.set_viewport_size({"width": 360, "height": 700})
    button.focus()
    page.keyboard.press("Enter")
    box.wait_for(state="visible")
    wait_until(page, "document.querySelector('.app-inline-box').getBoundingClientRect().right <= innerWidth")
    page.keyboard.press("Tab")  # from the button into the box
    wait_until(page, "document.activeElement.closest('.app-inline-box') !== null")
    page.keyboard.press("Escape")


def test_an_inline_dialog_is_hidden_by_its_app(page, sandbox, confluence):
    open_frames(page, sandbox, "confluence", f"{KEY}/fixed", button=f"{KEY}/panel")
    page.locator("button.app-inline").click()
    inner = frame_of(page, ".app-inline-box iframe[data-bridge=up]")
    inner.evaluate("() => { AP.inlineDialog.hide() }")
    page.locator(".app-inline-box").wait_for(state="hidden")


# --- events -----------------------------------------------------------------------------------------------------------


def test_events_reach_the_frames_of_the_app_and_public_ones_those_of_others(page, sandbox, confluence, serve_app):
    other = serve_app(key="com.example.other")
    sandbox.confluence.install(other.descriptor_url)
    first, second, third = open_frames(
        page, sandbox, "confluence", f"{KEY}/panel", f"{KEY}/fixed", "com.example.other/panel"
    )
    for frame in (first, second, third):
        frame.evaluate("""() => {
          window.heard = [];
          AP.events.on('own', data => heard.push(['own', data]));
          AP.events.onPublic('all', data => heard.push(['all', data]));
        }""")
    first.evaluate("() => { AP.events.emit('own', 'a'); AP.events.emitPublic('all', 'b') }")
    for frame in (first, second, third):
        frame.wait_for_function("heard.some(([name]) => name === 'all')")
    assert first.evaluate("heard") == second.evaluate("heard") == [["own", "a"], ["all", "b"]]
    assert third.evaluate("heard") == [["all", "b"]]


# --- cookies ----------------------------------------------------------------------------------------------------------


def test_cookies_are_kept_per_app(page, sandbox, confluence, serve_app):
    other = serve_app(key="com.example.other")
    sandbox.confluence.install(other.descriptor_url)
    mine, theirs = open_frames(page, sandbox, "confluence", f"{KEY}/panel", "com.example.other/panel")
    mine.evaluate("AP.cookie.save('name', 'a value; with=signs', 30)")
    read = "new Promise(done => AP.cookie.read('name', value => done([value])))"
    assert mine.evaluate(read) == ["a value; with=signs"]
    assert theirs.evaluate(read) != ["a value; with=signs"]
    mine.evaluate("AP.cookie.erase('name')")
    assert mine.evaluate("AP.cookie.read('name').then(value => value)") is None


# --- navigator and history --------------------------------------------------------------------------------------------


def test_the_navigator_tells_where_it_is(panel, wiki_page):
    assert panel.evaluate("AP.navigator.getLocation()") == {
        "target": "contentview",
        "context": {"contentId": wiki_page.id, "contentType": "page"},
    }


def test_the_navigator_goes_to_pages_of_the_site(page, panel, sandbox, wiki_page):
    panel.evaluate("id => { AP.navigator.go('contentview', { contentId: id }) }", wiki_page.id)
    page.wait_for_url(f"{sandbox.origin}/wiki/spaces/DS/pages/{wiki_page.id}**")


def test_the_navigator_goes_to_an_issue(page, jira_panel, sandbox):
    jira_panel.evaluate("() => { AP.navigator.go('issue', { issueKey: 'OPS-2' }) }")
    page.wait_for_url(f"{sandbox.origin}/browse/OPS-2")


def test_the_navigator_tells_that_a_target_is_not_known(panel):
    refused = panel.evaluate("AP.navigator.go('moon').catch(error => error)")
    assert refused.startswith("The sandbox has no target 'moon' on Confluence; it has ")
    assert "relativeUrl" in panel.evaluate(
        "AP.navigator.go('site', { relativeUrl: '//example.com' }).catch(error => error)"
    )


def test_the_navigator_reloads(page, panel):
    with page.expect_navigation():
        panel.evaluate("() => { AP.navigator.reload() }")


def test_history_keeps_a_state_in_the_address(page, full_page):
    page.evaluate("history.replaceState(null, '')")
    full_page.evaluate("""() => {
      window.popped = [];
      AP.history.popState(event => popped.push(event.key));
      AP.history.pushState('one');
      AP.history.pushState('two');
    }""")
    wait_until(page, "location.hash === '#!two'")
    assert full_page.evaluate("AP.history.getState()") == "two"
    full_page.evaluate("() => { AP.history.back() }")
    full_page.wait_for_function("popped.length === 1")
    assert full_page.evaluate("[popped, AP.history.getState()]") == [["one"], "one"]
    full_page.evaluate("() => { AP.history.forward() }")
    full_page.wait_for_function("popped.length === 2")
    full_page.evaluate("() => { AP.history.replaceState('three') }")
    wait_until(page, "location.hash === '#!three'")
    full_page.evaluate("() => { AP.history.go(-1) }")
    full_page.wait_for_function("popped.length === 3")
    assert page.evaluate("location.hash") == "#!one"


def test_history_starts_with_the_state_of_the_address(page, sandbox, confluence):
    page.goto(f"{sandbox.origin}/test/confluence?frame={KEY}/main#!deep/link")
    frame = frame_of(page, "iframe[data-bridge=up]")
    assert frame.evaluate("AP.history.getState()") == "deep/link"


def test_an_address_that_is_not_escaped_well_is_taken_as_it_stands(page, sandbox, confluence):
    page.goto(f"{sandbox.origin}/test/confluence?frame={KEY}/main#!100%")
    assert frame_of(page, "iframe[data-bridge=up]").evaluate("AP.history.getState()") == "100%"


def test_history_is_for_full_pages(panel):
    assert "full pages" in panel.evaluate("AP._hostModules && AP.history.pushState('x').catch(error => error)")


# --- theming ----------------------------------------------------------------------------------------------------------


def test_theming_follows_the_host(page, panel, sandbox):
    panel.evaluate("() => { AP.theming.initializeTheming() }")
    panel.wait_for_function("document.documentElement.dataset.colorMode === 'light'")
    page.evaluate("document.documentElement.dataset.colorMode = 'dark'")
    panel.wait_for_function("document.documentElement.dataset.colorMode === 'dark'")
    panel.wait_for_function("[...document.querySelectorAll('link[data-theme]')].some(link => link.sheet)")
    assert panel.evaluate("document.querySelector('link[data-theme]').href").startswith(
        f"{sandbox.origin}/sandbox/bridge/"
    )


# --- deprecated ones --------------------------------------------------------------------------------------------------


def test_deprecated_calls_answer(page, panel):
    assert panel.evaluate("new Promise(done => AP.host.getSelectedText(done))") == ""
    panel.evaluate("() => { AP.host.focus() }")
    wait_until(page, "bridge.some(one => one.call === 'host.focus')")
    assert panel.evaluate("new Promise(done => AP.require(['request'], request => done(typeof request)))") == "function"
