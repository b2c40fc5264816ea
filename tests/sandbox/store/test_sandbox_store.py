"""A sandbox and its store: the same world by the same seed, back to it by a reset, and through a restart by a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlassian_connect.sandbox import MEMBER, Installation, Sandbox, WsgiTransport
from atlassian_connect.sandbox.ids import install_key_pem
from atlassian_connect.sandbox.store.database import DatabaseFileError

from ..conftest import APP_URL, Clock
from ..connect_app import ConnectApp, HostCaller


def world(sandbox: Sandbox) -> list[object]:
    content, now = sandbox.content, round(sandbox.wire.clock(), 3)
    dated = [
        (one.id, one.title, one.body, one.version, round((now - one.modified) / 86_400)) for one in content.pages()
    ]
    return [
        dated,
        [(one.key, one.summary, one.status, round((now - one.updated) / 86_400)) for one in content.issues()],
        [len(content.comments()), len(content.blog_posts()), content.all_labels()],
        [sandbox.users.all(), sandbox.permissions.restricted()],
        [[one.app_key for one in site.known] for site in sandbox.sites],
    ]


def test_a_reset_puts_everything_back(
    sandbox: Sandbox, clock: Clock, app: ConnectApp, descriptor_url: str, transport: WsgiTransport
):
    def use() -> list[object]:
        one = sandbox.confluence.install(descriptor_url)
        one.properties.put("k", b"1")
        page = sandbox.content.create_page(one.site.content.spaces()[0].id, "T", "", account_id=MEMBER)
        issue = sandbox.content.create_issue("OPS", "x", account_id=MEMBER)
        file = sandbox.attachments.add(("page", page.id), name="f", media_type="t/t", data=b"", account_id=MEMBER)
        secret = one.shared_secret.reveal() if one.shared_secret else None
        return [sandbox.key_id, one.client_key, one.account_id, secret, page.id, issue.id, file.id, file.media_id]

    before, first = world(sandbox), use()
    sandbox.permissions.restrict("HR", [MEMBER])
    sandbox.permissions.deactivate(MEMBER)
    sandbox.jira.tells_policies = False
    sandbox.tasks.start("jira", "t", MEMBER, lambda: None)
    clock.ahead = 86_400.0 * 30
    sandbox.reset()
    assert (world(sandbox), sandbox.log, sandbox.jira.tells_policies) == (before, [], True)
    clock.ahead = 0.0
    assert use() == first
    other = Sandbox(transport=transport, clock=clock, seed=8)
    assert other.key_id != sandbox.key_id


def test_everything_outlives_a_restart(tmp_path: Path, descriptor_url: str, transport: WsgiTransport):
    path = tmp_path / "site.db"

    def start(base_url: str = "http://localhost:2990") -> Sandbox:
        return Sandbox(base_url, transport=transport, seed=7, data=path)

    first = start()
    app = ConnectApp(APP_URL, lambda key_id: install_key_pem())
    transport.mount("http://app.localhost:5000", app.wsgi)
    jira = first.jira.install(descriptor_url)
    first.confluence.install(descriptor_url).uninstall()
    jira.register_modules({"webPanels": [{"key": "p", "location": "x", "name": {"value": "P"}, "url": "/p"}]})
    jira.properties.put("k", b'{"a": 1}')
    jira.block("WEB")
    jira.licensed = True
    jira.disable()
    page = first.content.create_page(first.content.spaces()[0].id, "Kept", "<p>x</p>", account_id=MEMBER)
    issue = first.content.create_issue("OPS", "Kept", account_id=MEMBER, fields={"customfield_10100": ["a"]})
    first.permissions.deactivate(MEMBER)
    first.close()

    with pytest.raises(ValueError, match="which is http://localhost:2990"):
        start("http://localhost:2991")
    second = start()
    again = second.jira.installation(jira.app_key)
    assert isinstance(again, Installation)
    same = (
        "client_key",
        "account_id",
        "oauth_client_id",
        "state",
        "licence",
        "descriptor",
        "blocked",
        "dynamic_modules",
    )
    assert [getattr(again, name) for name in same] == [getattr(jira, name) for name in same]
    assert (again.state, again.blocked, again.licensed) == ("disabled", {"WEB"}, True)
    assert again.shared_secret is not None
    assert jira.shared_secret is not None
    assert again.shared_secret.reveal() == jira.shared_secret.reveal()
    assert again.properties.get("k") == {"a": 1}
    assert [one.state for one in second.confluence.known] == ["uninstalled"]
    assert (second.content.page(page.id), second.content.issue(issue.key)) == (page, issue)
    assert not second.permissions.is_active(MEMBER)
    assert second.ids.uuid() not in (jira.client_key, first.key_id)
    second.reset()
    assert (second.jira.known, len(second.content.pages())) == ([], 24)
    second.close()
    third = start("http://localhost:2991")
    assert third.content.page_by_title(page.space_id, "Kept") is None
    third.close()


def test_another_installation_in_the_place_of_one_leaves_nothing_of_it(
    sandbox: Sandbox, app: ConnectApp, descriptor_url: str
):
    first = sandbox.jira.install(descriptor_url)
    first.properties.put("k", b"1")
    second = sandbox.jira.install(descriptor_url, client_key="another")
    assert [row.client_key for row in sandbox.store.installations.of("jira")] == ["another"]
    assert (first.state, second.properties.keys()) == ("uninstalled", [])


def test_a_file_that_cannot_be_used(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("not a database " * 100)
    with pytest.raises(DatabaseFileError, match="no SQLite database"):
        Sandbox(data=tmp_path / "notes.txt")


def test_changes_by_the_store_are_webhooks(sandbox: Sandbox, app: ConnectApp, jira_app: Installation):
    sandbox.content.edit_issue("OPS-1", account_id=MEMBER, summary="By hand")
    assert app.received[-1][2]["changelog"]["items"][0]["toString"] == "By hand"
    count, due = len(app.received), []
    with sandbox.changes.caused_by(trace="t-1", later=due.append):
        sandbox.content.edit_issue("OPS-1", account_id=MEMBER, summary="Later")
    assert (len(app.received), len(due)) == (count, 1)
    due[0]()
    assert len(app.received) == count + 1


def test_rest_tells_who_caused_a_change(host: HostCaller, app: ConnectApp, jira_app: Installation):
    header = {"X-Atlassian-Webhook-Trace": "abc"}
    answer = host("PUT", "/rest/api/3/issue/OPS-1", {"fields": {"summary": "Traced"}}, headers=header)
    assert answer.status_code == 204
    assert "abc" in str(app.received[-1])


def test_a_thousand_pages(sandbox: Sandbox):
    space = sandbox.content.create_space("BIG", "Big", account_id=MEMBER)
    with sandbox.store.database.transaction():
        for number in range(1000):
            sandbox.content.create_page(space.id, f"Page {number}", "<p>x</p>", account_id=MEMBER)
    assert len(sandbox.content.pages(space.id)) == 1001
    assert [page.title for page in sandbox.content.pages(space.id)][-1] == "Page 999"
