"""The inspector and the deliveries of webhooks, as a developer uses them."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import ADMIN

from .helpers import wait_until


@pytest.fixture
def app(serve_app):
    """It has no page there: it answers 500."""
    return serve_app(webhooks=[{"event": "jira:issue_updated", "url": "/nowhere/{issue.key}"}])


@pytest.fixture
def installation(sandbox, app):
    return sandbox.jira.install(app.descriptor_url)


def rows(page):
    return page.locator("table.log tbody tr")


def test_new_requests_appear_by_themselves(sandbox, installation, page):
    page.goto(f"{sandbox.origin}/sandbox/inspector?q=nowhere/OPS-1")
    assert "Nothing matches" in page.locator("main").inner_text()

    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Now here")

    page.wait_for_selector("table.log tbody tr")
    assert "webhook jira:issue_updated" in rows(page).first.inner_text()


def test_why_is_answered_by_one_click(sandbox, installation, page):
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Now here")
    page.goto(f"{sandbox.origin}/sandbox/inspector")

    page.get_by_role("link", name="Why?").first.click()

    why = page.locator("#why")
    assert "Why was this refused?" in why.inner_text()
    assert "The app failed." in why.inner_text()


def test_searching_keeps_what_was_asked_in_the_address(sandbox, installation, page):
    page.goto(f"{sandbox.origin}/sandbox/inspector")

    page.get_by_role("searchbox", name="Search").fill("installed")
    page.get_by_role("button", name="Search").click()

    wait_until(page, "location.search.includes('q=installed')")
    assert "installed" in rows(page).first.inner_text()
    page.get_by_role("link", name="Show everything").click()
    wait_until(page, "!location.search.includes('q=')")


def test_a_delivery_is_sent_again(sandbox, app, installation, page):
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Now here")
    page.goto(f"{sandbox.origin}/sandbox/webhooks")
    assert "next at" in rows(page).first.inner_text()

    page.get_by_role("link", name="jira:issue_updated").click()
    page.get_by_role("button", name="Send again").click()

    page.wait_for_selector("text=Sent again; the app answered 500.")
    assert "by hand" in rows(page).nth(1).inner_text()
    assert '"webhookEvent": "jira:issue_updated"' in page.locator("pre.body").inner_text()


@pytest.mark.parametrize("width", [1200, 420])
@pytest.mark.parametrize("path", ["inspector", "inspector/{refused}", "webhooks", "webhooks/1"])
def test_nothing_is_wider_than_the_window(sandbox, installation, page, width, path):
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Now here")
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(f"{sandbox.origin}/sandbox/{path.format(refused=sandbox.log[-1].number)}")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
