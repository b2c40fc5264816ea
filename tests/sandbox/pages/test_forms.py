"""Forms, the token in their place for scripts, and pages that are not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from atlassian_connect.sandbox import Installation, Sandbox

from ..connect_app import ConnectApp
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


@pytest.mark.parametrize("path", ["/browse/OPS-1/attachments", "/wiki/pages/65601/attachments"])
@pytest.mark.parametrize(("megabytes", "status"), [(3, 303), (33, 413)])
def test_a_file_may_be_as_large_as_by_rest(browser: Browser, path: str, megabytes: int, status: int):
    data = {"csrf_token": browser.token, "file": FileStorage(BytesIO(bytes(megabytes * 1024 * 1024)), "large.bin")}
    boundary, body = encode_multipart(data)
    headers = {"Origin": BASE, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = browser.client.post(path, base_url=BASE, data=body, headers=headers)
    assert answer.status_code == status
    if status == 413:
        assert "That is too large" in check_html(answer, status=413)
    else:
        assert "large.bin" in browser.after(answer)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("7", 7), ("-2.5", -2.5), ("", None), ("1e9", 1), ("9.9e999", 1), ("nan", 1), ("1_0", 1), ("9" * 99, 1)],
)
def test_a_number_field_takes_numbers_only(
    sandbox: Sandbox, app: ConnectApp, browser: Browser, descriptor_url: str, text: str, kept: float | None
):
    field = {"key": "score", "type": "number", "name": {"value": "Score"}, "description": {"value": "Of it"}}
    app.descriptor["modules"]["jiraIssueFields"] = [field]
    sandbox.jira.install(descriptor_url)
    (name,) = re.findall(r'name="(customfield_\d+)" value="" inputmode="decimal"', browser.page("/browse/OPS-1/edit"))
    browser.post("/browse/OPS-1", **{name: "1"})
    page = browser.after(browser.post("/browse/OPS-1", **{name: text}))
    assert sandbox.content.issue("OPS-1").fields.get(name) == kept
    assert ("Score is a number" in page) is (kept == 1)
