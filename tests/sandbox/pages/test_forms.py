"""Forms, the token in their place for scripts, and pages that are not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from atlassian_connect.sandbox import Installation, Sandbox

from .browser import BASE, Browser, check_html


def test_a_script_sends_the_token_in_a_header(browser: Browser):
    headers = {"Origin": BASE, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": browser.token}
    assert browser.post("/sandbox/viewer", csrf_token="", account_id="anonymous", headers=headers).status_code == 303
    headers["X-CSRF-Token"] = "x"
    assert browser.post("/sandbox/viewer", account_id="anonymous", headers=headers).status_code == 403


def test_a_refused_form_says_so_as_a_page(browser: Browser):
    page = check_html(browser.post("/sandbox/viewer", csrf_token="x"), status=403)
    assert "not sent from a page of this sandbox" in page


@pytest.mark.parametrize(
    "path", ["/browse/NO-1", "/wiki/spaces/NO", "/projects/NO", "/wiki/spaces/DS/pages/1", "/sandbox/no", "/no/<b>"]
)
def test_what_is_not_there_is_a_page_of_its_own(browser: Browser, path: str):
    page = check_html(browser.get(path), status=404)
    assert "We could not find that" in page
    assert "<b>" not in page


def test_a_notice_of_another_number_is_none(browser: Browser):
    browser.post("/sandbox/apps/jira/install", descriptor_url="x")
    assert "is not the URL of a descriptor" in browser.page("/?notice=1")
    for number in ("2", "", "-1", "x", "1e0"):
        assert "is not the URL of a descriptor" not in browser.page(f"/?notice={number}")


def test_a_form_is_answered_before_the_apps_are_told(sandbox: Sandbox, browser: Browser, confluence_app: Installation):
    waiting: list[Callable[[], None]] = []
    sandbox.later = waiting.append
    page = sandbox.content.pages()[0]

    answer = browser.post(f"/wiki/spaces/DS/pages/{page.id}", title="Another title", body=page.body)

    assert answer.status_code == 303
    assert sandbox.deliveries.all("page_updated") == []
    for deliver in waiting:
        deliver()
    assert len(sandbox.deliveries.all("page_updated")) == 1
