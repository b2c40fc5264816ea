"""Pages that are opened and webhooks that are delivered. The app checks signatures and hashes with other libraries."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from .connect_app import APP_KEY, ConnectApp, HostCaller


def test_opening_a_module(sandbox: Sandbox, app: ConnectApp, confluence_app: Installation):
    answer = confluence_app.open("page", account_id=MEMBER, context={"space.key": "D S/é&"})
    assert (answer.status, app.refused) == (200, [])
    path, claims, _, _ = app.received[-1]
    assert path == "/page"
    assert claims["sub"] == MEMBER
    assert list(claims) == ["sub", "qsh", "iss", "context", "exp", "iat"]
    assert (claims["iss"], claims["context"], claims["exp"] - claims["iat"]) == (confluence_app.client_key, {}, 900)
    crossing = sandbox.log[-1]
    assert (crossing.note, crossing.status, crossing.claims["sub"]) == ("module page", 200, MEMBER)
    assert crossing.canonical.startswith("GET&/page&cp=%2Fwiki&cv=")


def test_parameters_of_an_iframe(confluence_app: Installation, jira_app: Installation):
    url = confluence_app.iframe_url("page", context={"space.key": "D S"})
    assert url.startswith("http://app.localhost:5000/base/page?space=D+S&q=a+b&r=2&r=1&")
    parameters = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    assert parameters["xdm_e"] == "http://localhost:2990"
    assert parameters["xdm_c"] == f"channel-{APP_KEY}__page"
    assert parameters["cp"] == "/wiki"
    assert parameters["xdm_deprecated_addon_key_do_not_use"] == APP_KEY
    assert parameters["lic"] == "none"
    assert parameters["cv"]
    assert jwt.get_unverified_header(parameters["jwt"]) == {"typ": "JWT", "alg": "HS256"}
    of_jira = dict(parse_qsl(urlsplit(jira_app.iframe_url("page")).query, keep_blank_values=True))
    assert (of_jira["cp"], of_jira["space"]) == ("", "")


def test_an_anonymous_visitor_has_no_sub(jira_app: Installation, app: ConnectApp):
    jira_app.open("page", account_id=None)
    assert "sub" not in app.received[-1][1]


def test_a_cacheable_page_is_loaded_as_it_stands(jira_app: Installation):
    assert jira_app.iframe_url("shell") == "http://app.localhost:5000/base/shell?x=%7Bspace.key%7D"
    assert jira_app.open("shell").status == 200


def test_variables_in_path_and_nested_urls(sandbox: Sandbox, app: ConnectApp, descriptor_url: str):
    app.descriptor["modules"]["jiraIssueGlances"] = [
        {
            "key": "glance",
            "name": {"value": "G"},
            "content": {"type": "label", "label": {"value": "x"}},
            "icon": {"url": "/i.png", "width": 1, "height": 1},
            "target": {"type": "web_panel", "url": "/issue/{issue.key}/${project.key}?i={issue.id}&n={none}"},
        }
    ]
    installation = sandbox.jira.install(descriptor_url)
    values = {"issue.key": "OPS-1/x", "project.key": "O P", "issue.id": "10 100"}
    url = installation.iframe_url("glance", context=values)
    assert url.startswith("http://app.localhost:5000/base/issue/OPS-1%2Fx/O%20P?i=10+100&n=&xdm_e=")


def test_the_context_cannot_leave_the_path(sandbox: Sandbox, app: ConnectApp, descriptor_url: str):
    app.descriptor["modules"]["generalPages"].append({"key": "p", "url": "/a/{issue.key}/b", "name": {"value": "P"}})
    installation = sandbox.jira.install(descriptor_url)
    with pytest.raises(ValueError, match="dot segments"):
        installation.iframe_url("p", context={"issue.key": ".."})


def test_urls_are_written_behind_the_base_url(sandbox: Sandbox, app: ConnectApp, descriptor_url: str):
    app.descriptor["modules"]["generalPages"] = [
        {"key": key, "url": url, "name": {"value": key}}
        for key, url in {"a": "/base/x", "b": "x#part", "c": "http://app.localhost:5000/base/x", "d": "/a%2fb"}.items()
    ]
    installation = sandbox.jira.install(descriptor_url)
    urls = {key: installation.iframe_url(key).partition("?")[0] for key in "abcd"}
    assert urls["a"] == "http://app.localhost:5000/base/base/x"
    assert urls["b"] == urls["c"] == "http://app.localhost:5000/base/x"
    assert installation.open("d").status == 200
    assert app.refused == []


def test_modules_that_cannot_be_opened(jira_app: Installation):
    with pytest.raises(KeyError, match="no module 'nothing'"):
        jira_app.iframe_url("nothing")
    jira_app.register_modules({"webSections": [{"key": "s", "location": "x", "name": {"value": "S"}}]})
    with pytest.raises(ValueError, match="no page"):
        jira_app.iframe_url("s")


# --- webhooks ---------------------------------------------------------------------------------------------------------


def test_a_jira_webhook(app: ConnectApp, jira_app: Installation):
    answers = jira_app.deliver("jira:issue_updated", {"issue": {"id": "1", "key": "OPS-1"}}, account_id=ADMIN)
    assert [answer.status for answer in answers] == [204]
    path, claims, body, headers = app.received[-1]
    assert path == "/hooks/issue/OPS-1"
    assert claims["sub"] == ADMIN
    assert body["webhookEvent"] == "jira:issue_updated"
    assert body["timestamp"] > 1_600_000_000_000
    assert headers["X-Atlassian-Webhook-Flow"] == "Primary"
    assert len(headers["X-Atlassian-Webhook-Identifier"]) == 36
    assert "X-Atlassian-Webhook-Retry" not in headers


def test_a_retry_has_the_same_identifier(app: ConnectApp, jira_app: Installation):
    for retry in (None, 1):
        jira_app.deliver("jira:issue_updated", {}, identifier="d-1", retry=retry)
    assert [received[3]["X-Atlassian-Webhook-Identifier"] for received in app.received[-2:]] == ["d-1", "d-1"]
    assert app.received[-1][3]["X-Atlassian-Webhook-Retry"] == "1"
    assert "sub" not in app.received[-1][1]


def test_a_confluence_webhook(app: ConnectApp, confluence_app: Installation):
    answers = confluence_app.deliver("page_updated", {"page": {"id": 65537, "title": "é"}}, account_id=ADMIN)
    assert [answer.status for answer in answers] == [204]
    path, _, body, headers = app.received[-1]
    assert path == "/hooks/page"
    assert set(body) == {"userAccountId", "accountType", "timestamp", "page"}
    assert not [name for name in headers if name.startswith("X-Atlassian-Webhook")]


def test_who_gets_an_event(app: ConnectApp, jira_app: Installation):
    assert jira_app.deliver("jira:issue_created", {}) == []
    hooks = [
        {"key": "h1", "event": "jira:issue_created", "url": "/one"},
        {"key": "h2", "event": "jira:issue_created", "url": "/two", "excludeBody": True},
        {"key": "h3", "event": "jira:issue_created", "url": "/three", "filter": "project = WEB"},
    ]
    jira_app.register_modules({"webhooks": hooks})
    answers = jira_app.deliver("jira:issue_created", {"issue": {"key": "OPS-1"}})
    assert len(answers) == 2
    assert [(path, body is None) for path, _, body, _ in app.received[-2:]] == [("/one", False), ("/two", True)]
    assert len(jira_app.deliver("jira:issue_created", {"issue": {"key": "WEB-1"}})) == 3


def test_an_app_that_is_gone_leaves_a_log_entry(
    sandbox: Sandbox, app: ConnectApp, jira_app: Installation, transport, caplog
):
    transport._apps.clear()
    assert jira_app.deliver("jira:issue_updated", {}) == []
    assert (sandbox.log[-1].note, sandbox.log[-1].status) == ("webhook jira:issue_updated", None)
    jira_app.uninstall()
    assert jira_app.state == "uninstalled"
    assert "was not told 'uninstalled'" in caplog.text


def test_editing_a_page_tells_the_app(sandbox: Sandbox, app: ConnectApp, confluence_app: Installation):
    before = sandbox.content.pages()[3]
    edited = sandbox.confluence.edit_page(before.id, title="Spacing, revised")
    assert (edited.version, edited.title) == (before.version + 1, "Spacing, revised")
    assert edited.modified > before.modified
    path, claims, body, _ = app.received[-1]
    assert (path, claims["sub"]) == ("/hooks/page", ADMIN)
    assert body["page"]["idAsString"] == before.id
    assert body["page"]["spaceKey"] == "DS"
    assert body["page"]["version"] == edited.version
    assert body["page"]["lastModifierAccountId"] == ADMIN
    assert body["updateTrigger"] == "edit_page"
    assert f"id={before.id}" in sandbox.log[-1].url


def test_editing_an_issue_tells_the_app(sandbox: Sandbox, app: ConnectApp, jira_app: Installation):
    before = sandbox.content.issue("OPS-4")
    sandbox.jira.edit_issue("OPS-4", summary="New words")
    path, _, body, _ = app.received[-1]
    assert path == "/hooks/issue/OPS-4"
    assert body["issue"]["fields"]["summary"] == "New words"
    assert body["user"]["accountId"] == ADMIN
    change = body["changelog"]["items"][0]
    assert (change["field"], change["fromString"], change["toString"]) == ("summary", before.summary, "New words")


def test_an_edit_of_the_app_comes_back_as_a_webhook(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, jira_app: Installation
):
    token_path = "/rest/api/3/issue/OPS-1"
    assert host("PUT", token_path, {"fields": {"summary": "By the app"}}).status_code == 204
    _, claims, body, _ = app.received[-1]
    assert claims["sub"] == body["user"]["accountId"] == jira_app.account_id
    assert body["user"]["accountType"] == "app"


def test_reset(sandbox: Sandbox, jira_app: Installation):
    sandbox.content.edit_issue("OPS-1", summary="x")
    with pytest.raises(ValueError, match="cannot move"):
        sandbox.move_to("http://localhost:1")
    sandbox.reset()
    assert sandbox.jira.installations == []
    assert sandbox.log == []
    assert sandbox.content.issue("OPS-1").summary != "x"
