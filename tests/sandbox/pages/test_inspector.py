"""The inspector and the deliveries, as pages."""

from __future__ import annotations

from html import unescape

import pytest

from atlassian_connect.sandbox.people import ADMIN

from .browser import Browser, check_html

ISSUE = "/rest/api/3/issue/OPS-1"


def rows(browser: Browser, query: str = "") -> list[str]:
    """The rows of the list."""
    page = unescape(browser.page(f"/sandbox/inspector{query}"))
    return page.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr")[1:]


def test_both_directions_are_listed_the_newest_first(sandbox, browser, host, jira_app):
    host("GET", ISSUE)
    jira_app.open("page")

    newest, second, *older = rows(browser)

    assert "module page" in newest
    assert "→ app" in newest
    assert "/rest/api/3/issue/OPS-1" in second
    assert "verified" in second
    assert any("installed" in row for row in older)
    assert "eyJ" not in "".join((newest, second, *older))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=ops-1+summary", ["OPS-1"]),  # a word of the URL, and one of the answer's body
        ("?verdict=qsh_mismatch", ["OPS-2"]),
        ("?status=refused", ["OPS-2"]),
        ("?status=401", ["OPS-2"]),
        ("?status=%C2%B2", []),  # a digit, and no number
        (f"?status={'9' * 5000}", []),
        ("?direction=app→host&q=issue", ["OPS-2", "OPS-1"]),
        ("?direction=host→app&q=OPS-1", []),
        ("?app=com.example.stale&q=rest/api/3/issue", ["OPS-2", "OPS-1"]),
        ("?app=com.example.other", []),
        ("?q=nowhere-to-be-found", []),
    ],
)
def test_search(browser, host, jira_app, query, expected):
    host("GET", ISSUE)
    host("GET", "/rest/api/3/issue/OPS-2", signed=ISSUE)

    found = rows(browser, query)

    assert len(found) == len(expected)
    assert all(key in row for key, row in zip(expected, found, strict=True))


@pytest.mark.parametrize("body", [b"[" * 8000, b'{"a":' * 1500, b'{"a":' * 800 + b"1" + b"}" * 800])
def test_what_is_nested_deeply_is_shown_too(sandbox, browser, host, jira_app, body):
    host("PUT", ISSUE, body)
    host("PUT", f"{ISSUE}/properties/deep", body)
    jira_app.deliver("jira:issue_updated", {"issue": {"key": "OPS-1"}, "deep": nested(900)})

    for crossing in sandbox.log:
        browser.page(f"/sandbox/inspector/{crossing.number}")
    browser.page(f"/sandbox/webhooks/{sandbox.deliveries.all()[-1].number}")


def nested(depth: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def test_one_request_is_shown_whole_and_without_secrets(sandbox, browser, host, jira_app):
    host("PUT", ISSUE, {"fields": {"summary": "New"}})
    written = next(one for one in sandbox.log if one.method == "PUT")

    page = unescape(browser.page(f"/sandbox/inspector/{written.number}"))

    for text in (f"PUT&{ISSUE}&", '"iss": "com.example.stale"', '"summary": "New"', '"alg": "HS256"', "JWT •••"):
        assert text in page
    assert "Why was this refused?" not in page
    assert "eyJ" not in page


def test_the_install_shows_no_secret(sandbox, browser, jira_app):
    installed = next(one for one in sandbox.log if one.note == "installed")

    page = unescape(browser.page(f"/sandbox/inspector/{installed.number}"))

    assert '"sharedSecret": "•••"' in page
    assert f'"kid": "{sandbox.key_id}"' in page
    assert jira_app.shared_secret.reveal() not in page


def test_why_is_one_click_away(sandbox, browser, host, jira_app):
    host("GET", ISSUE, signed="/rest/api/3/issue/OPS-3")
    (row,) = rows(browser, "?status=refused")
    address = f"/sandbox/inspector/{sandbox.log[-1].number}"

    assert f'{address}#why">Why?' in row
    assert "Why was this refused?" in browser.page(address)


def test_a_request_that_is_forgotten_is_not_found(browser):
    check_html(browser.get("/sandbox/inspector/999"), status=404)
    check_html(browser.get("/sandbox/webhooks/999"), status=404)


# --- deliveries -------------------------------------------------------------------------------------------------------


@pytest.fixture
def delivery(sandbox, app, jira_app):
    app.answers["OPS-1"] = 500
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="Other")
    app.answers.clear()
    return sandbox.deliveries.all()[-1]


def test_deliveries_are_listed_and_filtered(browser, delivery):
    page = browser.page("/sandbox/webhooks")
    assert f"/sandbox/webhooks/{delivery.number}" in page
    assert "next at" in page
    for query in ("?app=com.example.stale", "?event=jira:issue_updated", "?outcome=waiting"):
        assert "next at" in browser.page(f"/sandbox/webhooks{query}")
    for query in ("?app=other", "?event=page_updated", "?outcome=delivered"):
        assert "Nothing matches" in browser.page(f"/sandbox/webhooks{query}")


def test_a_delivery_shows_body_and_attempts(sandbox, browser, delivery):
    sandbox.deliveries.run_waiting()

    page = unescape(browser.page(f"/sandbox/webhooks/{delivery.number}"))

    for text in ('"webhookEvent": "jira:issue_updated"', delivery.identifier, "retry 1", "Retry", "Ada Okafor"):
        assert text in page


def test_send_again_is_a_new_attempt(browser, app, delivery):
    path = f"/sandbox/webhooks/{delivery.number}/send"

    assert "Sent again; the app took it." in browser.after(browser.post(path))
    assert "by hand" in browser.page(f"/sandbox/webhooks/{delivery.number}")
    app.answers["OPS-1"] = 404
    assert "Sent again; the app answered 404." in browser.after(browser.post(path))


def test_send_again_says_why_it_was_not_done(browser, jira_app, delivery):
    jira_app.disable()

    assert "it gets no webhooks" in browser.after(browser.post(f"/sandbox/webhooks/{delivery.number}/send"))
    assert len(delivery.attempts) == 1


def test_only_the_sandboxs_own_pages_send_again(browser, delivery):
    answer = browser.post(f"/sandbox/webhooks/{delivery.number}/send", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert len(delivery.attempts) == 1
