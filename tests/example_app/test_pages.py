from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

import example_app
from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox
from atlassian_connect.sandbox.store.schema import PAGES
from example_app import CONTENT_SECURITY_POLICY, days_ago
from example_app.stale import today

from .conftest import Visitor, titles

BLOCKED = "An administrator of this site does not let the app use this content."


def test_page_lists_what_nobody_touched_the_oldest_first(confluence: Installation) -> None:
    page = confluence.open("stale-pages")

    assert page.status == 200
    assert titles(page.text) == [
        "Component audit results",
        "Typography scale (2024)",
        "Accessibility checklist",
        "Icon requests",
        "Spacing and grid",
    ]
    assert "411 days ago" in page.text


def test_page_on_jira_lists_open_issues(jira: Installation) -> None:
    found = titles(jira.open("stale-pages").text)

    assert found[0] == "OPS-8 Inventory of unused DNS records"
    assert len(found) == 4


def test_links_lead_into_the_product(confluence: Installation, jira: Installation) -> None:
    assert 'href="http://localhost:2990/wiki/spaces/DS/pages/' in confluence.open("stale-pages").text
    assert 'href="http://localhost:2990/browse/OPS-8"' in jira.open("stale-pages").text


def test_another_space_is_fetched_with_the_session_token(admin: Visitor) -> None:
    answer = admin.get("/stale/list?area=HR")

    assert answer.status_code == 200
    assert titles(answer.text)[0] == "Office seating plan"


@pytest.mark.parametrize("area", ["", "NOPE", "OPS", "DS' OR 1=1"])
def test_unknown_area_is_not_found(admin: Visitor, area: str) -> None:
    assert admin.get(f"/stale/list?area={area}").status_code == 404


def test_others_choose_among_watched_spaces_only(admin: Visitor, member: Visitor) -> None:
    assert "No space to show" in member.installation.open("stale-pages", account_id=MEMBER).text
    assert member.get("/stale/list?area=ENG").status_code == 404

    admin.post("/api/watch", {"key": "ENG"})

    page = member.installation.open("stale-pages", account_id=MEMBER).text
    assert page.count("<option") == 1
    assert titles(page)[0] == "Kubernetes upgrade 1.27"
    assert member.get("/stale/list?area=ENG").status_code == 200


def test_pages_that_the_user_may_not_read_are_left_out(
    confluence: Installation, host_answers: Callable[..., None]
) -> None:
    """The app sees more than its users do."""
    host_answers("/65985/permission/check", "200 OK", b'{"hasPermission": false, "errors": []}')

    assert "Component audit results" not in titles(confluence.open("stale-pages").text)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", b'{"hasPermission": true, "errors": [{"translation": "no"}]}'),
        ("200 OK", b'{"hasPermission": "true"}'),
        ("404 Not Found", b"{}"),
        ("503 Service Unavailable", b""),
    ],
)
def test_doubt_about_permissions_hides_pages(
    confluence: Installation, host_answers: Callable[..., None], status: str, body: bytes
) -> None:
    host_answers("/permission/check", status, body)

    page = confluence.open("stale-pages")

    assert page.status == 200
    assert titles(page.text) == []


@pytest.mark.parametrize("watched", [False, True])
def test_page_says_when_an_administrator_blocks_the_app(admin: Visitor, watched: bool) -> None:
    """The host leaves the pages of such a space out of what it lists, which must not read as if none were stale."""
    admin.post("/api/watch", {"key": "DS"})
    (module,) = admin.installation.dynamic_modules
    admin.installation.block("DS")

    page = admin.installation.open(module.key if watched else "stale-pages")

    assert page.status == 200
    assert BLOCKED in page.text


def test_script_is_told_when_an_administrator_blocks_the_app(admin: Visitor) -> None:
    token = admin.token
    admin.installation.block("DS")

    answer = admin.get("/stale/list?area=DS", token=token)

    assert BLOCKED in answer.text
    assert titles(answer.text) == []


def test_issues_that_the_user_may_not_read_are_left_out(jira: Installation, host_answers: Callable[..., None]) -> None:
    host_answers(
        "/permissions/check",
        "200 OK",
        b'{"globalPermissions": ["ADMINISTER"], "projectPermissions":'
        b' [{"permission": "BROWSE_PROJECTS", "projects": [], "issues": [10107]}]}',
    )

    assert titles(jira.open("stale-pages").text) == ["OPS-8 Inventory of unused DNS records"]


@pytest.mark.parametrize("module", ["stale-pages", "stale-pages-settings"])
def test_anonymous_visitors_see_nothing(confluence: Installation, module: str) -> None:
    assert confluence.open(module, account_id=None).status == 403


def test_settings_page_is_for_administrators(confluence: Installation, jira: Installation) -> None:
    for installation in (confluence, jira):
        assert installation.open("stale-pages-settings", account_id=ADMIN).status == 200
        assert installation.open("stale-pages-settings", account_id=MEMBER).status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/stale",
        "/stale/list?area=ENG",
        "/watched?area=ENG",
        "/watched/list?area=ENG",
        "/settings",
        "/confirm",
    ],
)
def test_no_token_no_page(app: Flask, confluence: Installation, path: str) -> None:
    assert app.test_client().get(path).status_code == 401


def test_the_list_of_a_watched_space_is_fetched_anew(admin: Visitor, member: Visitor) -> None:
    assert admin.get("/watched/list?area=ENG").status_code == 404
    admin.post("/api/watch", {"key": "ENG"})
    module = admin.installation.dynamic_modules[0].key

    for visitor in (admin, member):
        answer = visitor.get("/watched/list?area=ENG")
        assert answer.status_code == 200
        assert titles(answer.text) == titles(visitor.installation.open(module, account_id=visitor.account_id).text)


def test_rows_name_what_they_are_about_to_the_pages_script(confluence: Installation, jira: Installation) -> None:
    for installation, product in ((confluence, "confluence"), (jira, "jira")):
        text = installation.open("stale-pages").text
        ids = re.findall(r'<li data-id="(\d+)" data-title="[^"]+">', text)
        assert len(ids) == len(titles(text)) > 0
        assert f'data-product="{product}"' in text


def test_the_dialog_opens_for_who_is_logged_in(confluence: Installation) -> None:
    assert 'id="question" hidden' in confluence.open("confirm", account_id=MEMBER).text
    assert confluence.open("confirm", account_id=None).status == 403


def test_page_names_are_escaped(sandbox: Sandbox, confluence: Installation) -> None:
    page = next(page for page in sandbox.content.pages() if page.title == "Component audit results")
    sandbox.store.database.save(PAGES, replace(page, title="<script>alert(1)</script>"))  # an edit would touch it

    text = confluence.open("stale-pages").text

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_pages_load_nothing_from_elsewhere_but_the_host_script(confluence: Installation) -> None:
    page = confluence.open("stale-pages")

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' http://localhost:2990;" in policy  # the sandbox's; sites have Atlassian's
    assert "style-src 'self' http://localhost:2990 'unsafe-inline';" in policy
    assert CONTENT_SECURITY_POLICY.count("https://connect-cdn.atl-paas.net") == 2
    assert "frame-ancestors http://localhost:2990" in policy
    assert page.text.index("all.js") > page.text.index("</main>")  # a slow one holds up nothing


@pytest.mark.parametrize("file", sorted(Path(example_app.__file__).parent.joinpath("templates").iterdir()), ids=str)
def test_templates_have_no_inline_code(file: Path) -> None:
    text = file.read_text()
    assert " on" not in "".join(part.partition(">")[0] for part in text.split("<")[1:] if "=" in part and " on" in part)
    assert "style=" not in text
    assert "|safe" not in text


@pytest.mark.parametrize(("days", "text"), [(0, "today"), (1, "yesterday"), (2, "2 days ago"), (412, "412 days ago")])
def test_days_ago(days: int, text: str) -> None:
    day = today() - timedelta(days=days)
    assert days_ago(day) == f'<time datetime="{day}" title="{day}">{text}</time>'
