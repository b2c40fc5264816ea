"""The control interface: there for who has the token, and for nobody else."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from atlassian_connect.sandbox import MovableClock

TOKEN = "let-me-in-" * 4
CALLS = [("POST", "reset"), ("POST", "install"), ("GET", "webhooks"), ("POST", "retries"), ("POST", "clock")]


@pytest.fixture
def control(sandbox):
    sandbox.control_token = TOKEN
    client = Client(sandbox.wsgi_app)

    def call(method, action, *, headers=None, **more):
        sent = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
        return client.open(f"/sandbox/control/{action}", method=method, base_url=sandbox.origin, headers=sent, **more)

    return call


@pytest.mark.parametrize(("method", "action"), CALLS)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer "},
     {"Authorization": f"Bearer {TOKEN}", "Origin": "http://localhost:2990"}],
)  # fmt: skip
def test_without_the_token_and_for_browsers_it_is_not_there(sandbox, control, jira_app, method, action, headers):
    assert control(method, action, headers=headers).status_code == 404
    assert sandbox.jira.known == [jira_app]


@pytest.mark.parametrize("sent", ["Bearer None", "Bearer ", "Bearer"])
def test_no_token_opens_a_sandbox_that_has_none(sandbox, control, jira_app, sent):
    sandbox.control_token = None

    assert control("POST", "reset", headers={"Authorization": sent}).status_code == 404
    assert sandbox.jira.known == [jira_app]


def test_install_change_look_and_reset(sandbox, app, control, descriptor_url):
    installed = control("POST", "install", json={"url": descriptor_url, "product": "jira"}).get_json()
    assert installed["clientKey"] == app.tenants["jira"]["clientKey"]
    app.answers["OPS-1"] = 500
    sandbox.jira.edit_issue("OPS-1", summary="Other")
    app.answers.clear()

    assert control("POST", "retries").get_json() == {"attempts": 1}
    (delivery,) = control("GET", "webhooks?event=jira:issue_updated").get_json()
    assert delivery["attempts"] == [{"status": 500, "retry": None}, {"status": 204, "retry": 1}]
    assert delivery["body"]["issue"]["key"] == "OPS-1"
    assert control("POST", "reset").status_code == 204
    assert sandbox.jira.known == []
    assert control("GET", "webhooks").get_json() == []


def test_a_refused_install_is_said(sandbox, app, control, descriptor_url):
    app.answers["installed"] = 500

    answer = control("POST", "install", json={"url": descriptor_url, "product": "jira"})

    assert (answer.status_code, sandbox.jira.known) == (422, [])
    assert "500" in answer.get_json()["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"product": "bamboo"}', b'{"a":' * 5000, b"\xff"])
@pytest.mark.parametrize("action", ["install", "clock"])
def test_a_bad_body_is_refused(sandbox, control, action, body):
    sandbox.wire.clock = MovableClock()
    assert control("POST", action, data=body, content_type="application/json").status_code == 400
