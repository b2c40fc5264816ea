from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from .conftest import Visitor, titles


def test_days_are_kept_per_tenant_and_change_the_list(
    admin: Visitor, jira: Installation, confluence: Installation
) -> None:
    answer = admin.post("/api/settings", {"days": 400})

    assert answer.json == {"days": 400}
    assert titles(confluence.open("stale-pages").text) == ["Component audit results", "Typography scale (2024)"]
    assert 'value="400"' in confluence.open("stale-pages-settings").text
    assert 'value="90"' in jira.open("stale-pages-settings").text


@pytest.mark.parametrize(
    "body",
    [
        *({"days": days} for days in (0, -1, 3651, 10**30, 1.5, "90", True, None, [90], {})),
        {},
        [],
        "90",
        None,
        90,
    ],
)
def test_days_that_are_none_are_refused(admin: Visitor, body: Any) -> None:
    answer = admin.post("/api/settings", body)

    assert answer.status_code == 400
    assert answer.json["message"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"days=90"])
def test_bodies_that_are_no_json_are_refused(app: Flask, admin: Visitor, data: bytes) -> None:
    headers = {"Authorization": f"JWT {admin.token}", "Content-Type": "application/json"}
    assert app.test_client().post("/api/settings", data=data, headers=headers).status_code == 400


def test_long_bodies_are_refused(admin: Visitor) -> None:
    assert admin.post("/api/watch", {"key": "A" * 100_000}).status_code in (400, 413)


@pytest.mark.parametrize("key", ["", "NOPE", "eng", "ENG,DS", "ENG\n", " ENG", "A" * 256, None, 1, ["ENG"], "OPS"])
@pytest.mark.parametrize("path", ["/api/watch"])
def test_only_spaces_of_the_host_can_be_watched(admin: Visitor, path: str, key: Any) -> None:
    answer = admin.post(path, {"key": key})

    assert answer.status_code == 400
    assert admin.installation.dynamic_modules == []


@pytest.mark.parametrize("key", ["", "NOPE", "ops", "OPS,WEB", '" OR key != "', "ENG", None])
def test_only_projects_of_the_host_can_be_watched(jira_admin: Visitor, key: Any) -> None:
    assert jira_admin.post("/api/watch", {"key": key}).status_code == 400


CHANGES = [("/api/settings", {"days": 10}), ("/api/watch", {"key": "ENG"}), ("/api/unwatch", {"key": "ENG"})]
JIRA_CHANGES = [("/api/settings", {"days": 10}), ("/api/watch", {"key": "OPS"}), ("/api/unwatch", {"key": "OPS"})]


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_changes_are_for_administrators_of_confluence(member: Visitor, path: str, body: Any) -> None:
    assert member.post(path, body).status_code == 403
    assert member.installation.dynamic_modules == []


@pytest.mark.parametrize(("path", "body"), JIRA_CHANGES)
def test_changes_are_for_administrators_of_jira(jira_member: Visitor, path: str, body: Any) -> None:
    assert jira_member.post(path, body).status_code == 403


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_nobody_is_an_administrator_while_the_host_cannot_be_asked(
    admin: Visitor, host_answers: Callable[..., None], path: str, body: Any
) -> None:
    token = admin.token
    for status in ("500 Internal Server Error", "403 Forbidden", "429 Too Many Requests"):
        host_answers("/rest/api/user", status)
        assert admin.post(path, body, token=token).status_code == 403


@pytest.mark.parametrize(
    "operations",
    [
        b"[]",
        b'[{"operation": "administer", "targetType": "space"}]',
        b'[{"operation": "use", "targetType": "application"}]',
    ],
)
def test_administering_something_else_is_not_enough(
    admin: Visitor, host_answers: Callable[..., None], operations: bytes
) -> None:
    token = admin.token
    host_answers("/rest/api/user", "200 OK", b'{"operations": ' + operations + b"}")

    assert admin.post("/api/settings", {"days": 10}, token=token).status_code == 403


def test_jira_administrators_have_administer(jira_admin: Visitor, host_answers: Callable[..., None]) -> None:
    token = jira_admin.token
    host_answers("/permissions/check", "200 OK", b'{"globalPermissions": [], "projectPermissions": []}')

    assert jira_admin.post("/api/settings", {"days": 10}, token=token).status_code == 403


def test_anonymous_visitors_change_nothing(admin: Visitor) -> None:
    token = admin.installation.context_token(account_id=None)
    assert admin.post("/api/settings", {"days": 10}, token=token).status_code == 403


def test_context_tokens_of_the_host_are_taken(admin: Visitor) -> None:
    for account_id, status in ((ADMIN, 200), (MEMBER, 403)):
        token = admin.installation.context_token(account_id=account_id)
        assert admin.post("/api/settings", {"days": 10}, token=token).status_code == status


@pytest.mark.parametrize("path", ["/api/settings", "/api/watch", "/api/unwatch"])
def test_no_token_no_change(app: Flask, admin: Visitor, path: str) -> None:
    """No cookie either: nothing that a browser sends by itself counts."""
    client = app.test_client()
    assert client.post(path, json={"days": 1, "key": "ENG"}).status_code == 401
    assert client.get(path).status_code == 405
    assert "Set-Cookie" not in admin.post(path, {}).headers


def test_tokens_of_iframe_urls_are_not_taken(admin: Visitor) -> None:
    token = admin.installation.sign("POST", "/api/settings", account_id=ADMIN)
    assert admin.post("/api/settings", {"days": 1}, token=token).status_code == 401


def test_session_ends_with_the_installation(sandbox: Sandbox, admin: Visitor) -> None:
    token = admin.token
    admin.installation.uninstall()
    assert admin.post("/api/settings", {"days": 10}, token=token).status_code == 401
