"""What the inspector says about refused requests. Every answer comes from a request that was really refused."""

from __future__ import annotations

import pytest
from atlassian_jwt import encode_token

from atlassian_connect.sandbox.people import ADMIN
from atlassian_connect.sandbox.why import why_refused

from .connect_app import APP_KEY

ISSUE = "/rest/api/3/issue/OPS-1"


@pytest.fixture
def why(sandbox):
    """About the last request that crossed."""
    return lambda: why_refused(sandbox, sandbox.log[-1])


def token(app, path=ISSUE, *, product="jira", issuer=APP_KEY, secret=None, **claims):
    secret = secret or app.tenants[product]["sharedSecret"]
    return encode_token("GET", path, issuer, secret, timeout_secs=180, payload_kwargs=claims)


def test_nothing_is_said_about_what_went_well(host, jira_app, why):
    assert host("GET", ISSUE).status_code == 200
    assert why() is None


def test_another_request_than_the_signed_one(host, jira_app, why):
    host("GET", ISSUE, signed="/rest/api/3/issue/OPS-2")
    assert "None of the usual mistakes" in why().sentence
    facts = dict(why().facts)
    assert facts["The host hashed"] == f"GET&{ISSUE}&"
    assert facts["which gives"] != facts["The token has"]


def test_a_usual_mistake_is_named_with_what_was_hashed(host, confluence_app, why):
    host("GET", "/api/v2/pages", product="confluence", signed="/wiki/api/v2/pages")
    assert "base path /wiki" in why().sentence
    assert dict(why().facts)["which is the hash of"] == "GET&/wiki/api/v2/pages&"


def test_the_secret_of_the_other_product(host, app, jira_app, confluence_app, why):
    host.with_token("GET", ISSUE, token(app, product="confluence"))
    assert f"shared secret of {APP_KEY} on Confluence" in why().sentence
    assert "two secrets" in why().advice


def test_a_secret_of_nobody(host, app, jira_app, why):
    host.with_token("GET", ISSUE, token(app, secret="x" * 40))
    assert "does not fit the shared secret" in why().sentence


def test_the_client_key_as_issuer(host, app, jira_app, why):
    host.with_token("GET", ISSUE, token(app, issuer=jira_app.client_key))
    assert "iss is the client key" in why().sentence


@pytest.mark.parametrize(
    ("claims", "advice"),
    [
        ({"exp": 1}, "token for every request"),
        ({"exp": 4 * 10**9}, "three minutes"),
        ({"qsh": "context-qsh"}, "AP.request"),
    ],
)
def test_tokens_with_bad_claims(host, jira_app, why, claims, advice):
    host("GET", ISSUE, **claims)
    assert advice in why().advice


@pytest.mark.parametrize(("state", "advice"), [("disable", "Enable the app"), ("uninstall", "Install the app again")])
def test_an_app_that_is_not_enabled(host, jira_app, why, state, advice):
    getattr(jira_app, state)()
    host("GET", ISSUE)
    assert advice in why().advice


def test_a_scope_that_the_app_has_not(sandbox, host, app, descriptor_url, why):
    app.descriptor["scopes"] = ["READ"]
    sandbox.jira.install(descriptor_url)
    assert host("PUT", ISSUE, {"fields": {"summary": "x"}}).status_code == 403
    assert "it needs WRITE" in why().sentence
    assert "Add the scope" in why().advice
    assert dict(why().facts)["Scopes of the app"] == "READ"


def test_an_access_rule(host, jira_app, why):
    jira_app.block("OPS")
    host("GET", ISSUE)
    assert "access rule" in why().sentence
    assert "App access rules" in why().advice


def test_something_that_is_not_there(host, jira_app, why):
    host("GET", "/rest/api/3/issue/OPS-9999")
    assert "does not see it" in why().advice
    assert "the user of the app" in dict(why().facts)["Made as"]


def test_something_that_the_sandbox_does_not_have(host, jira_app, why):
    assert host("GET", "/rest/api/3/nonsense").status_code == 501
    assert "operations that it has" in why().advice


# --- what apps refuse -------------------------------------------------------------------------------------------------


def test_an_app_that_does_not_know_the_sandbox(sandbox, app, descriptor_url, why, monkeypatch):
    monkeypatch.setattr(app, "fetch_key", lambda key_id: b"of another server")
    with pytest.raises(Exception, match="401"):
        sandbox.jira.install(descriptor_url)
    assert "did not ask for the key" in why().sentence
    assert f"ATLASSIAN_CONNECT_SANDBOX_URL={sandbox.origin}" in why().advice


def test_an_app_that_refused_its_secret(sandbox, app, jira_app, descriptor_url, why):
    app.answers["installed"] = 401
    with pytest.raises(Exception, match="401"):
        sandbox.jira.install(descriptor_url)
    app.tenants["jira"]["sharedSecret"] = "of another time" * 3
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="x")
    assert "refused its last install" in why().sentence


def test_a_good_token_that_the_app_does_not_take(sandbox, app, jira_app, why):
    app.answers["OPS-1"] = 401
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="x")
    assert "The token is good" in why().sentence
    facts = dict(why().facts)
    assert facts["Hash this"] == "POST&/hooks/issue/OPS-1&"
    assert facts["to get"] == sandbox.log[-1].claims["qsh"]
    assert facts["Left out of the path"] == "/base"


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(404, "nothing at this"), (405, "method"), (500, "failed"), (409, "409")],
)
def test_other_answers_of_an_app(sandbox, app, jira_app, why, status, sentence):
    app.answers["OPS-1"] = status
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="x")
    assert sentence in why().sentence


def test_no_answer(sandbox, jira_app, why, transport):
    transport._apps.clear()
    sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary="x")
    assert "no answer" in why().sentence
