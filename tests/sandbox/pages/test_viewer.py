"""Who looks at the pages."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from ..connect_app import APP_KEY, ConnectApp
from .browser import Browser


def test_without_a_choice_the_administrator_looks(browser: Browser):
    assert "You are Ada Okafor" in browser.page("/wiki/spaces")


def test_switching_leads_back_to_where_one_was(browser: Browser):
    answer = browser.post("/sandbox/viewer", account_id=MEMBER, next="/browse/OPS-1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/browse/OPS-1")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "You are Jonas Lindqvist" in browser.page("/browse/OPS-1")


def test_one_can_be_anonymous(browser: Browser):
    browser.post("/sandbox/viewer", account_id="anonymous")
    assert "You are an anonymous visitor" in browser.page("/")


@pytest.mark.parametrize("account_id", ["", "nobody", "557058:0", "é"])
def test_one_cannot_be_somebody_unknown(browser: Browser, account_id: str):
    assert browser.post("/sandbox/viewer", account_id=account_id).status_code == 400
    assert "You are Ada Okafor" in browser.page("/")


def test_a_cookie_that_names_nobody_is_an_anonymous_visitor(browser: Browser):
    browser.client.set_cookie("sandbox-user", "somebody", domain="localhost")
    assert "You are an anonymous visitor" in browser.page("/")


def test_nobody_is_somebody_whose_account_was_deactivated(sandbox: Sandbox, browser: Browser):
    browser.post("/sandbox/viewer", account_id=MEMBER)
    sandbox.permissions.deactivate(MEMBER)
    page = browser.page("/")
    assert "You are an anonymous visitor" in page
    assert "Jonas Lindqvist" not in page
    assert browser.post("/sandbox/viewer", account_id=MEMBER).status_code == 400


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "", "/a\r\nb"])
def test_switching_never_leads_to_another_site(browser: Browser, path: str):
    assert browser.post("/sandbox/viewer", account_id=ADMIN, next=path).headers["Location"] == "/"


def test_frames_are_signed_for_who_looks(app: ConnectApp, sandbox: Sandbox, browser: Browser, jira_app: Installation):
    browser.post("/sandbox/viewer", account_id=MEMBER)
    browser.page(f"/plugins/servlet/ac/{APP_KEY}/page")
    assert sandbox.log[-1].claims["sub"] == MEMBER
    browser.post("/sandbox/viewer", account_id="anonymous")
    browser.page(f"/plugins/servlet/ac/{APP_KEY}/page")
    assert "sub" not in sandbox.log[-1].claims
