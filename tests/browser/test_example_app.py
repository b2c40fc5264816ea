"""The example app from its installation to its end, as somebody at a browser sees it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from werkzeug.serving import WSGIRequestHandler, make_server

from atlassian_connect.protocol.qsh import query_string_hash
from atlassian_connect.protocol.tokens import sign_hs256, unverified
from atlassian_connect.sandbox import ADMIN, NetworkTransport
from atlassian_connect.tenants import new_encryption_key
from example_app import create_app
from example_app.extensions import db

UP = "main iframe[data-bridge=up]"
DIALOG = "dialog iframe[data-bridge=up]"
BLOCKED = "An administrator of this site does not let the app use this content."


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@pytest.fixture
def app_url(sandbox, tmp_path) -> Iterator[str]:
    """The example app, served on an origin of its own; where it is."""
    server = make_server("127.0.0.1", 0, Flask("later"), threaded=True, request_handler=_Quiet)
    app = create_app(
        {
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/app.sqlite",
            "ATLASSIAN_CONNECT_BASE_URL": f"http://127.0.0.1:{server.server_port}",
            "ATLASSIAN_CONNECT_SANDBOX_URL": sandbox.origin,
            "ATLASSIAN_CONNECT_ENCRYPTION_KEYS": new_encryption_key(),
            "ATLASSIAN_CONNECT_DESCRIPTOR": "../atlassian-connect.json",
            "ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL": False,
        }
    )
    with app.app_context():
        upgrade()
    server.app = app  # which had to know its port first
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def installed(sandbox, app_url):
    """The app on Confluence, installed without the page."""
    return sandbox.confluence.install(f"{app_url}/atlassian-connect.json")


class Screen:
    """What the user does."""

    def __init__(self, sandbox: Any, page: Any) -> None:
        self.sandbox, self.page = sandbox, page

    def open(self, module: str, *, product: str = "confluence") -> Any:
        """Open a page of the app, and wait until its script has run; gives its frame."""
        base = self.sandbox.confluence.base_url if product == "confluence" else self.sandbox.jira.base_url
        self.page.goto(f"{base}/plugins/servlet/ac/stale-pages/{module}")
        frame = self.page.frame_locator(UP)
        frame.locator("html[data-color-mode]").wait_for()  # the last thing that the script does when it starts
        return frame

    def flag(self, text: str) -> None:
        """Wait for a flag of the product, and close it."""
        flag = self.page.locator("#app-flags .app-flag", has_text=text)
        flag.wait_for()
        flag.get_by_role("button", name="Dismiss").click()
        flag.wait_for(state="detached")

    def answer(self, button: str, *, note: str | None = None) -> None:
        """Answer the app's dialog."""
        frame = self.page.frame_locator(DIALOG)
        frame.locator("#text").wait_for()
        if note is not None:
            frame.get_by_label("Note").fill(note)
        self.page.get_by_role("dialog").get_by_role("button", name=button, disabled=False).click()
        self.page.locator("dialog[open]").wait_for(state="detached")


@pytest.fixture
def screen(sandbox, page) -> Screen:
    return Screen(sandbox, page)


def titles(frame: Any) -> list[str]:
    frame.locator("#list").wait_for()
    return frame.locator("a.item").all_inner_texts()


def soon(what: Callable[[], bool], *, seconds: float = 20) -> None:
    """Wait for what happens on another thread."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def refused_by_the_host(sandbox: Any, installation: Any) -> bool:
    """Whether a call that the app signs as it did before is refused."""
    now, path = int(time.time()), "/rest/api/user/current"
    claims = {"iss": "stale-pages", "iat": now, "exp": now + 60, "qsh": query_string_hash("GET", path)}
    token = sign_hs256(claims, installation.shared_secret)
    return answer_to(sandbox.confluence.base_url + path, token) == 401


def refused_by_the_app(app_url: str, installation: Any) -> bool:
    """Whether a page that the host signs as it did before is refused."""
    return answer_to(f"{app_url}/stale", installation.sign("GET", "/stale", account_id=ADMIN)) == 401


def answer_to(url: str, token: str) -> int:
    return NetworkTransport().send("GET", url, headers={"Authorization": f"JWT {token}"}, body=b"", timeout=10).status


def test_from_its_installation_to_its_end(sandbox, app_url, page, screen):
    """Install by URL, watch a space, edit a page, block the space, uninstall."""
    page.goto(f"{sandbox.origin}/sandbox/apps/confluence")
    page.get_by_label("URL of its descriptor").fill(f"{app_url}/atlassian-connect.json")
    page.get_by_role("button", name="Install", exact=True).click()
    page.get_by_text("is installed on Confluence").wait_for()
    installation = sandbox.confluence.installation("stale-pages")

    screen.open("stale-pages-settings").get_by_role("button", name="Watch Engineering").click()
    screen.flag("Engineering is watched now.")
    module = installation.dynamic_modules[0].key

    before = titles(screen.open(module))
    assert len(before) > 2
    stale = next(one for one in sandbox.content.pages() if one.title == before[0])
    page.goto(f"{sandbox.confluence.base_url}/spaces/ENG/pages/{stale.id}")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Title", exact=True).fill(f"{before[0]}, looked through")
    page.get_by_role("button", name="Update", exact=True).click()
    page.get_by_role("heading", name="looked through").wait_for()
    soon(lambda: any("page_updated" in one.url or "page_updated" in (one.note or "") for one in sandbox.log))
    soon(lambda: titles(screen.open(module)) == before[1:])

    page.goto(f"{sandbox.origin}/sandbox/rules/confluence")
    page.get_by_role("button", name="Block Stale pages in Engineering", exact=True).click()
    page.get_by_text("blocked", exact=True).first.wait_for()
    frame = screen.open("stale-pages")
    frame.get_by_label("Space").select_option("ENG")
    frame.locator("#list .empty", has_text=BLOCKED).wait_for()

    assert not refused_by_the_host(sandbox, installation)
    assert not refused_by_the_app(app_url, installation)
    page.goto(f"{sandbox.origin}/sandbox/apps/confluence/stale-pages")
    page.get_by_role("button", name="Uninstall", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Uninstall").click()
    page.get_by_text("is uninstalled").wait_for()
    for path in ("/wiki/spaces/ENG", "/wiki/spaces"):
        page.goto(sandbox.origin + path)
        assert page.locator("iframe").count() == 0
        assert page.get_by_text("Stale").locator("visible=true").count() == 0
        assert page.locator("a[href*='stale-pages'], [data-frame*='stale-pages']").count() == 0
    page.goto(f"{sandbox.confluence.base_url}/plugins/servlet/ac/stale-pages/stale-pages")
    page.get_by_text("uninstalled").first.wait_for()
    assert page.locator("iframe").count() == 0
    assert refused_by_the_host(sandbox, installation)
    assert refused_by_the_app(app_url, installation)


def test_a_page_is_marked_as_checked_in_the_users_name(sandbox, installed, page, screen):
    """The dialog's data comes back, ``AP.request`` writes, and the list follows."""
    frame = screen.open("stale-pages")
    before = titles(frame)
    stale = next(one for one in sandbox.content.pages() if one.title == before[1])

    frame.get_by_role("button", name=f"Mark {before[1]} as checked").click()
    screen.answer("Cancel")
    frame.get_by_role("button", name=f"Mark {before[1]} as checked").click()
    screen.answer("Mark as checked", note="Read it through.")
    screen.flag(f"“{before[1]}” is marked as checked.")

    soon(lambda: titles(frame) == [before[0], *before[2:]])
    after = sandbox.content.page(stale.id)
    assert (after.version, after.body, after.title) == (stale.version + 1, stale.body, stale.title)
    assert frame.locator("[data-count]").inner_text() == str(len(before) - 1)
    written = [one for one in sandbox.log if one.method == "PUT"]
    assert [(one.verdict, one.status) for one in written] == [("bridge", 200)]


def test_an_issue_is_marked_as_checked_by_a_comment(sandbox, app_url, page, screen):
    """On Jira the same page writes a comment, which counts as a change of the issue."""
    sandbox.jira.install(f"{app_url}/atlassian-connect.json")
    frame = screen.open("stale-pages", product="jira")
    before = titles(frame)
    key = before[0].partition(" ")[0]

    frame.get_by_role("button", name=f"Mark {before[0]} as checked").click()
    screen.answer("Mark as checked", note="Asked the owner: still needed.")
    screen.flag(f"“{before[0]}” is marked as checked.")

    soon(lambda: titles(frame) == before[1:])
    comment = sandbox.content.issue_comments(sandbox.content.issue(key).id)[-1]
    assert comment.author == ADMIN
    assert "Asked the owner: still needed." in json.dumps(comment.body)


def test_a_frame_is_as_high_as_what_is_in_it_and_follows_the_theme(sandbox, installed, page, screen):
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    for mode in ("Dark", "Light"):
        page.goto(f"{sandbox.origin}/wiki/spaces")
        theme = page.locator("details.menu", has=page.locator("summary", has_text="Theme"))
        theme.locator("summary").click()
        theme.get_by_role("button", name=mode, exact=True).click()
        frame = screen.open("stale-pages")
        frame.locator(f"html[data-color-mode={mode.lower()}]").wait_for()
        text = frame.locator("h1").evaluate("one => getComputedStyle(one).color")
        assert (sum(map(int, text[4:-1].split(","))) > 382) == (mode == "Dark")
        assert frame.locator("html").evaluate("one => one.scrollHeight <= innerHeight")
    assert complaints == []  # the policy lets the themes in


def test_its_calls_carry_the_hosts_context_tokens(sandbox, installed, page, screen):
    frame = screen.open("stale-pages")
    with page.expect_request("**/stale/list?*") as asked:
        frame.get_by_label("Space").select_option("HR")
    frame.get_by_role("link", name="Office seating plan").wait_for()

    token = unverified(asked.value.headers["authorization"].removeprefix("JWT "))
    assert token.claims["qsh"] == "context-qsh"
    assert token.claims["iss"] == installed.client_key


def test_without_the_bridge_the_page_can_still_be_read(sandbox, installed, page):
    sandbox.bridge = None
    page.goto(f"{sandbox.confluence.base_url}/plugins/servlet/ac/stale-pages/stale-pages")
    frame = page.frame_locator("main iframe")
    frame.get_by_label("Space").select_option("HR")
    frame.get_by_role("link", name="Office seating plan").wait_for()
    assert frame.locator("button[data-check]:visible").count() == 0


def test_who_may_not_change_settings_is_told_so(sandbox, installed, page, screen):
    page.goto(f"{sandbox.origin}/wiki/spaces")
    page.locator("details.menu", has=page.locator("summary", has_text="You are")).locator("summary").click()
    page.get_by_role("button", name="Jonas Lindqvist").click()
    page.goto(f"{sandbox.confluence.base_url}/plugins/servlet/ac/stale-pages/stale-pages")
    page.frame_locator(UP).get_by_text("No space to show").wait_for()


def test_stopping_to_watch_asks_first(sandbox, installed, page, screen):
    frame = screen.open("stale-pages-settings")
    button = frame.get_by_role("button", name="Watch Engineering")
    button.click()
    screen.flag("Engineering is watched now.")
    button.click()
    screen.answer("Cancel")
    assert len(installed.dynamic_modules) == 1
    button.click()
    screen.answer("Stop watching")
    screen.flag("Engineering is no longer watched.")
    assert installed.dynamic_modules == []
