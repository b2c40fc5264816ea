"""Acting as a user: the token endpoint, and what a token may do."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from .connect_app import APP_KEY, ConnectApp, HostCaller

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@pytest.fixture
def app(app: ConnectApp) -> ConnectApp:
    app.descriptor["scopes"] = ["READ", "WRITE", "ACT_AS_USER"]
    return app


def assertion(installation: Installation, account_id: str = MEMBER, *, key: str = "", **changes: Any) -> str:
    now = int(time.time())
    changes = {name: change(now) if callable(change) else change for name, change in changes.items()}
    claims = {
        "iss": f"urn:atlassian:connect:clientid:{installation.oauth_client_id}",
        "sub": f"urn:atlassian:connect:useraccountid:{account_id}",
        "tnt": installation.site.base_url,
        "aud": installation.site.origin,
        "iat": now,
        "exp": now + 60,
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key or installation.shared_secret.reveal())


def ask(host: HostCaller, token: str, **fields: str):
    form = {"grant_type": GRANT, "assertion": token, **fields}
    return host.send("POST", "http://localhost:2990/oauth2/token", FORM, urlencode(form).encode())


def token_for(host: HostCaller, installation: Installation, account_id: str = MEMBER, **fields: str) -> str:
    response = ask(host, assertion(installation, account_id), **fields)
    assert response.status_code == 200, response.data
    return response.json["access_token"]


def test_a_token(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    response = ask(host, assertion(jira_app))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    token = response.json.pop("access_token")
    assert len(token) > 40
    assert {**response.json, "access_token": ""} == {"access_token": "", "expires_in": 900, "token_type": "Bearer"}
    assert sandbox.token_url == "http://localhost:2990/oauth2/token"
    assert token not in repr(sandbox.log)
    me = host.with_token("GET", "/rest/api/3/myself", token, scheme="Bearer")
    assert (me.json["accountId"], me.headers["X-AAccountId"]) == (MEMBER, MEMBER)
    assert sandbox.log[-1].verdict == "impersonated"
    own = host("GET", "/rest/api/3/myself")
    assert own.headers["X-AAccountId"] == jira_app.account_id


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"iss": "urn:atlassian:connect:clientid:other"}, 401, "unauthorized_client"),
        ({"iss": "com.example.stale"}, 400, "invalid_grant"),
        ({"iss": None}, 400, "invalid_grant"),
        ({"sub": "urn:atlassian:connect:useraccountid:nobody"}, 400, "invalid_grant"),
        ({"sub": MEMBER}, 400, "invalid_grant"),
        ({"sub": None}, 400, "invalid_grant"),
        ({"tnt": "http://localhost:2990/wiki"}, 400, "invalid_grant"),
        ({"tnt": None}, 400, "invalid_grant"),
        ({"aud": "https://auth.example"}, 400, "invalid_grant"),
        ({"aud": None}, 400, "invalid_grant"),
        ({"exp": lambda now: now + 600}, 400, "invalid_grant"),
        ({"exp": 1}, 400, "invalid_grant"),
        ({"exp": None}, 400, "invalid_grant"),
        ({"iat": None}, 400, "invalid_grant"),
        ({"key": "x" * 40}, 400, "invalid_grant"),
    ],
)
def test_assertions_that_are_refused(host: HostCaller, jira_app: Installation, changes, status: int, error: str):
    response = ask(host, assertion(jira_app, **changes))
    assert (response.status_code, response.json["error"]) == (status, error)
    assert response.json["error_description"]


def test_requests_that_are_refused(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    good = assertion(jira_app)
    for fields, error in (
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"assertion": ""}, "invalid_request"),
        ({"assertion": "x.y.z"}, "invalid_grant"),
        ({"scope": "ADMIN"}, "invalid_scope"),
        ({"scope": "READ NONSENSE"}, "invalid_scope"),
    ):
        response = ask(host, fields.pop("assertion", good), **fields)
        assert (response.status_code, response.json["error"]) == (400, error)
    response = ask(host, assertion(jira_app, jira_app.account_id))
    assert (response.status_code, response.json["error"]) == (403, "access_denied")
    assert sandbox.log[-1].status == 403


def test_the_scope_to_act_as_a_user_is_needed(sandbox: Sandbox, app: ConnectApp, host: HostCaller, descriptor_url: str):
    app.descriptor["scopes"] = ["READ"]
    installation = sandbox.jira.install(descriptor_url)
    response = ask(host, assertion(installation))
    assert (response.status_code, response.json["error"]) == (401, "unauthorized_client")
    assert "not authorized to use this authorization grant type" in response.json["error_description"]


def test_scopes_of_a_token(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    change = {"fields": {"summary": "By a member"}}
    reading = token_for(host, jira_app, scope="read")
    assert host.with_token("GET", "/rest/api/3/issue/OPS-1", reading, scheme="Bearer").status_code == 200
    refused = host.with_token("PUT", "/rest/api/3/issue/OPS-1", reading, change, scheme="Bearer")
    assert (refused.status_code, refused.headers["X-AAccountId"]) == (403, MEMBER)
    writing = token_for(host, jira_app, scope="WRITE")
    assert host.with_token("PUT", "/rest/api/3/issue/OPS-1", writing, change, scheme="Bearer").status_code == 204


def test_what_is_written_is_the_users(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, jira_app: Installation, confluence_app: Installation
):
    token = token_for(host, confluence_app)
    page = sandbox.content.pages()[0]
    body = {"id": page.id, "status": "current", "title": "T", "version": {"number": page.version + 1}}
    response = host.with_token("PUT", f"/api/v2/pages/{page.id}", token, body, product="confluence", scheme="Bearer")
    assert response.json["version"]["authorId"] == MEMBER
    assert app.received[-1][1]["sub"] == MEMBER


def test_permissions_of_the_user_count(sandbox: Sandbox, host: HostCaller, confluence_app: Installation):
    sandbox.permissions.restrict("HR", [ADMIN])
    space_id = next(space.id for space in sandbox.content.spaces() if space.key == "HR")
    page_id = sandbox.content.pages(space_id)[0].id

    def get(account_id: str | None, path: str):
        if account_id is None:
            return host("GET", path, product="confluence")
        token = token_for(host, confluence_app, account_id)
        return host.with_token("GET", path, token, product="confluence", scheme="Bearer")

    for account_id, status, count in ((ADMIN, 200, 24), (MEMBER, 404, 18), (None, 200, 24)):
        assert get(account_id, f"/api/v2/pages/{page_id}").status_code == status
        assert get(account_id, f"/rest/api/content/{page_id}").status_code == status
        assert len(get(account_id, "/api/v2/pages?limit=100").json["results"]) == count


def test_access_rules_hold_for_impersonated_calls(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    jira_app.block("OPS")
    token = token_for(host, jira_app, ADMIN)
    assert host.with_token("GET", "/rest/api/3/issue/OPS-1", token, scheme="Bearer").status_code == 403


def test_apps_only(host: HostCaller, confluence_app: Installation):
    token = token_for(host, confluence_app, ADMIN)
    paths = ["/api/v2/data-policies/metadata", "/rest/atlassian-connect/1/app/module/dynamic"]
    paths += [f"/rest/atlassian-connect/1/addons/{APP_KEY}/properties", f"/rest/atlassian-connect/1/addons/{APP_KEY}"]
    for path in paths:
        assert host.with_token("GET", path, token, product="confluence", scheme="Bearer").status_code == 401
        assert host("GET", path, product="confluence").status_code == 200


def test_how_tokens_end(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, clock, jira_app: Installation, descriptor_url: str
):
    def status(token: str) -> int:
        return host.with_token("GET", "/rest/api/3/myself", token, scheme="Bearer").status_code

    token = token_for(host, jira_app)
    clock.ahead = 899
    assert status(token) == 200
    clock.ahead = 901
    assert (status(token), sandbox.log[-1].verdict) == (401, "expired")
    clock.ahead = 0
    token = token_for(host, jira_app)
    sandbox.permissions.deactivate(MEMBER)
    assert (status(token), sandbox.log[-1].verdict) == (401, "inactive_user")
    assert ask(host, assertion(jira_app)).json["error"] == "invalid_grant"
    sandbox.permissions.activate(MEMBER)
    sandbox.jira.install(descriptor_url, shared_secret="n" * 40)
    assert (status(token), sandbox.log[-1].verdict) == (401, "rotated")
    token = token_for(host, jira_app)
    jira_app.uninstall()
    assert status(token) == 401
    assert ask(host, assertion(jira_app)).json["error"] == "unauthorized_client"
    sandbox.jira.install(descriptor_url)
    assert status(token) == 401
    assert status("nothing") == 401


def test_a_token_allows_no_more_than_the_app_may_by_now(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, jira_app: Installation, descriptor_url: str
):
    """An update with fewer scopes holds for the tokens that were made before it, too."""
    token, change = token_for(host, jira_app, ADMIN), {"fields": {"summary": "x"}}

    def status(method: str, path: str, body: object = None) -> int:
        return host.with_token(method, path, token, body, scheme="Bearer").status_code

    assert status("PUT", "/rest/api/3/issue/OPS-1", change) == 204
    app.descriptor["scopes"] = ["READ", "ACT_AS_USER"]
    sandbox.jira.install(descriptor_url)
    assert (status("PUT", "/rest/api/3/issue/OPS-1", change), status("GET", "/rest/api/3/myself")) == (403, 200)
    app.descriptor["scopes"] = ["READ"]
    sandbox.jira.install(descriptor_url)
    assert (status("GET", "/rest/api/3/myself"), sandbox.log[-1].verdict) == (401, "no_impersonation")


def test_the_log_has_the_form_without_the_assertion(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    sent = assertion(jira_app)
    ask(host, sent, scope="READ")
    shown = sandbox.log[-1].request
    assert "grant_type=urn" in shown.body
    assert "scope=READ" in shown.body
    assert sent not in str(sandbox.log)
    assert sent.rpartition(".")[2] not in shown.body


def test_a_token_is_for_one_site(host: HostCaller, jira_app: Installation, confluence_app: Installation):
    token = token_for(host, confluence_app)
    assert host.with_token("GET", "/rest/api/3/myself", token, scheme="Bearer").status_code == 401
    current = host.with_token("GET", "/rest/api/user/current", token, product="confluence", scheme="Bearer")
    assert current.json["accountId"] == MEMBER


def test_another_name_of_the_server(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    token = assertion(jira_app, aud="https://oauth.example/")
    assert ask(host, token).status_code == 400
    sandbox.oauth.audiences.add("https://oauth.example")
    assert ask(host, token).status_code == 200
