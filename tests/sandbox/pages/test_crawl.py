"""Every address of the sandbox with what nobody expects: no server error, no page without its policy, no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import quote, urlencode

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from ..connect_app import APP_KEY, ConnectApp
from .browser import Browser

PEOPLE = [ADMIN, MEMBER, "anonymous"]
_PART = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
_LONG = "x" * 5000
JUNK = ["0", "99999999999999999999", "NO-1", "a b<b>&'\"", "ä漢\U0001f600\u202e", "\x00", "..", "%", "{{7*7}}", _LONG]
JUNK_NUMBERS = ["0", "1", "99999999999999999999", "9" * 400]
#: What there is, by the names that addresses have for it.
REAL = {
    "app_key": [APP_KEY],
    "module_key": ["page"],
    "space_key": ["DS"],
    "page_id": ["65601"],
    "project_key": ["OPS"],
    "issue_key": ["OPS-1"],
    "account_id": [MEMBER],
    "container": ["OPS", "DS"],
    "dashboard_id": ["10000"],
    "step": ["31"],
    "number": ["1"],
}
#: Names of values that forms and addresses have.
_FIELDS = [
    "account_id", "next", "descriptor_url", "app_key", "licence", "kind", "times", "key", "name", "description",
    "title", "body", "text", "message", "version", "type", "parent", "step", "summary", "priority", "assignee",
    "labels", "duedate", "project", "item", "config", "space", "label", "target", "value", "jql", "cql", "q", "tab",
    "start", "url", "user", "notice", "blueprint", "pageId", "product", "direction", "answer", "verdict", "event",
    "outcome", "app", "ctx.page.id", "page.id", "issue.key", "space.key", "project.key", "content.id", "module",
    "macro", "parameters", "context", "frame",
]  # fmt: skip


@pytest.fixture(params=PEOPLE, ids=["admin", "member", "anonymous"])
def somebody(request, browser: Browser, jira_app: Installation, confluence_app: Installation) -> Browser:
    browser.post("/sandbox/viewer", account_id=request.param)
    return browser


@pytest.fixture
def secrets(app: ConnectApp, jira_app: Installation, confluence_app: Installation) -> list[str]:
    """The shared secrets, as the app was told them."""
    return [tenant["sharedSecret"] for tenant in app.tenants.values()]


def routes(sandbox: Sandbox, method: str) -> list[Rule]:
    """Those of the site. What is its REST has tests of its own, with signed requests."""
    rules = sandbox.wsgi_app.url_map.iter_rules()
    return [one for one in rules if method in (one.methods or ()) and not one.endpoint.startswith("rest of ")]


def paths(rule: Rule, junk: list[str] | None) -> Iterator[str]:
    """The addresses of a route: with what there is, or with one of its parts replaced."""
    parts = [(found[3], found[1] or "", found[2] or "") for found in _PART.finditer(rule.rule)]
    real = [_choices(name, kind, among) for name, kind, among in parts]
    if junk is None:
        for values in product(*real):
            yield _filled(rule, values)
        return
    for index, (_, kind, _) in enumerate(parts):
        for value in JUNK_NUMBERS if kind == "int" else junk:
            yield _filled(rule, [value if at == index else one[0] for at, one in enumerate(real)])


def _choices(name: str, kind: str, among: str) -> list[str]:
    if kind == "any":
        return [one.strip(" '\"") for one in among.split(",")]
    return REAL.get(name, ["1"])


def _filled(rule: Rule, values) -> str:
    remaining = iter(values)
    return _PART.sub(lambda _: quote(next(remaining), safe=""), rule.rule)


def check(answer: TestResponse, secrets: list[str], what: str, *, page: bool) -> None:
    assert answer.status_code < 500 or answer.status_code == 501, what
    if page and not (300 <= answer.status_code < 400) and answer.mimetype == "text/html":
        assert "default-src 'none'" in answer.headers.get("Content-Security-Policy", ""), what
    if page and answer.status_code in (200, 404):
        assert answer.headers.get("X-Content-Type-Options") == "nosniff", what
    text = answer.text if answer.mimetype != "application/octet-stream" else ""
    assert "Traceback (most recent" not in text, what
    assert not any(secret in text for secret in secrets), what


def test_every_page_takes_what_nobody_expects_in_its_address(somebody: Browser, sandbox: Sandbox, secrets):
    tried = 0
    for rule in routes(sandbox, "GET"):
        for path in [*paths(rule, None), *paths(rule, JUNK)]:
            check(somebody.get(path), secrets, path, page=rule.endpoint.startswith("pages."))
            tried += 1
    assert tried > 500


@pytest.mark.parametrize("value", ["", "-1", "\x00", "<b>'\"&\u202e\U0001f600", "x" * 3000])
def test_every_page_takes_what_nobody_expects_in_its_query(browser: Browser, sandbox: Sandbox, secrets, value: str):
    query = urlencode(dict.fromkeys(_FIELDS, value))
    for rule in routes(sandbox, "GET"):
        for path in paths(rule, None):
            check(browser.get(f"{path}?{query}"), secrets, path, page=rule.endpoint.startswith("pages."))


@pytest.mark.parametrize("value", ["", "-1", "\x00", "<b>'\"&]]>", "9" * 5000, '{"a": [1]}'])
def test_every_form_takes_what_nobody_expects(somebody: Browser, sandbox: Sandbox, secrets, value: str):
    fields = dict.fromkeys(_FIELDS, value)
    for path, is_page, _ in _forms(sandbox, JUNK):
        check(somebody.post(path, **fields), secrets, path, page=is_page)
    for path, is_page, ends in _forms(sandbox, None):
        if not ends:
            check(somebody.post(path), secrets, path, page=is_page)
            check(somebody.post(path, **fields), secrets, path, page=is_page)
    for path, is_page, ends in _forms(sandbox, None):
        if ends:
            check(somebody.post(path, **fields), secrets, path, page=is_page)


def _forms(sandbox: Sandbox, junk: list[str] | None) -> Iterator[tuple[str, bool, bool]]:
    """The addresses of forms: whether pages answer there, and whether something ends there that others are about."""
    for rule in routes(sandbox, "POST"):
        for path in paths(rule, junk[:4] if junk else None):
            yield (
                path,
                rule.endpoint.startswith("pages."),
                path.endswith(("/uninstall", "/disable", "/delete", "/purge", "/trash", "/viewer")),
            )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"{}", b"\xff\xfe", b"[" * 5000])
def test_what_scripts_ask_takes_what_nobody_expects(browser: Browser, sandbox: Sandbox, secrets, body: bytes):
    headers = {"Origin": "http://localhost:2990", "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": browser.token}
    odd = json.dumps({name: {"a": [1]} for name in _FIELDS})
    for path, _, _ in _forms(sandbox, None):
        for sent in (body, odd.encode()):
            answer = browser.client.post(
                path, base_url="http://localhost:2990", data=sent, headers=headers, content_type="application/json"
            )
            check(answer, secrets, path, page=False)
