from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests
from flask import Flask

from atlassian_connect import Tenant
from atlassian_connect.client.auth import HostAuth
from atlassian_connect.protocol.tokens import session_key, sign_hs256, unverified, verify_hs256
from atlassian_connect.protocol.urls import target_below
from atlassian_connect.secret import Secret
from atlassian_connect.web.context import ConnectState

from .conftest import CLIENT_KEY, SECRET, Run, store_tenant

URL = "/rest/api/content?b=2&a=1"


# --- sign -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [URL, "https://example.atlassian.net/wiki" + URL, "/wiki" + URL])
def test_sign_as_app_makes_what_the_client_sends(run: Run, state: ConnectState, tenant: Tenant, url: str) -> None:
    token = run("jwt", "sign", "get", url, "--tenant", CLIENT_KEY).stdout.strip()

    target = target_below(tenant.base, URL)
    request = requests.Request("GET", target.url).prepare()
    made = dict(unverified(token).claims)
    HostAuth(tenant, token_lifetime_seconds=state.settings.token_lifetime_seconds, clock=lambda: made["iat"])(
        request, target
    )
    assert request.headers["Authorization"] == f"JWT {token}"


def test_sign_as_host_opens_a_page_of_the_app(run: Run, app: Flask, tenant: Tenant) -> None:
    token = run(
        "jwt", "sign", "GET", "/connect/hello?x=1", "--tenant", CLIENT_KEY, "--as", "host", "--account-id", "acc:1"
    ).stdout.strip()

    page = app.test_client().get(f"/connect/hello?x=1&jwt={token}")

    assert page.status_code == 200
    assert f"acc:1 at {CLIENT_KEY}" in page.text
    assert app.test_client().get(f"/connect/hello?x=2&jwt={token}").status_code == 401


def test_sign_context_token(run: Run, app: Flask, tenant: Tenant) -> None:
    token = run("jwt", "sign", "--context", "--tenant", CLIENT_KEY, "--account-id", "acc:1").stdout.strip()

    client = app.test_client()
    assert client.get("/api/context", headers={"Authorization": f"JWT {token}"}).json == {
        "client_key": CLIENT_KEY,
        "account_id": "acc:1",
        "context": {},
    }
    assert client.get(f"/connect/hello?jwt={token}").status_code == 401


def test_sign_refuses_foreign_urls(run: Run, tenant: Tenant) -> None:
    for signer in ("app", "host"):
        result = run(
            "jwt", "sign", "GET", "https://evil.example/x", "--tenant", CLIENT_KEY, "--as", signer, exit_code=1
        )
        assert result.stdout == ""


def test_sign_refuses_uninstalled_tenants(run: Run, state: ConnectState, tenant: Tenant) -> None:
    with state.app.app_context():
        state.store.uninstall(CLIENT_KEY, now=datetime.now(UTC))

    for args in (["GET", "/x"], ["GET", "/x", "--as", "host"], ["--context"]):
        result = run("jwt", "sign", *args, "--tenant", CLIENT_KEY, exit_code=1)
        assert "has uninstalled the app" in result.stderr
        assert result.stdout == ""


@pytest.mark.parametrize(
    "args", [["GET", "/x", "--account-id", "a"], ["GET"], [], ["GET", "/x", "--as", "app", "--context"]]
)
def test_sign_with_arguments_that_make_no_token(run: Run, tenant: Tenant, args: list[str]) -> None:
    run("jwt", "sign", *args, "--tenant", CLIENT_KEY, exit_code=2)


def test_sign_more_parameters_than_can_be_hashed_is_one_line(run: Run, tenant: Tenant) -> None:
    url = "/x?" + "&".join(f"p{number}=1" for number in range(1001))

    assert run("jwt", "sign", "GET", url, "--tenant", CLIENT_KEY, exit_code=1).stderr.count("\n") == 1


# --- decode -----------------------------------------------------------------------------------------------------------


def host_token(**changes: object) -> str:
    claims = {"iss": CLIENT_KEY, "iat": 1_700_000_000, "exp": 1_700_000_900, "qsh": "0" * 64, **changes}
    return sign_hs256(claims, Secret(SECRET))


def test_decode_shows_header_claims_times_and_who_signed(run: Run, tenant: Tenant) -> None:
    output = run("jwt", "decode", host_token(sub="acc:1")).stdout

    assert '"alg": "HS256"' in output
    assert '"sub": "acc:1"' in output
    assert "exp        2023-11-14 22:28:20 UTC (" in output
    assert "s ago)" in output
    assert f"Signed with the shared secret of tenant {CLIENT_KEY}" in output
    assert "NOT VERIFIED" not in output


@pytest.mark.parametrize("form", ["{}", "JWT {}", "Authorization: JWT {}", "  {}\n"])
def test_decode_takes_what_people_paste(run: Run, tenant: Tenant, form: str) -> None:
    assert "Signed with" in run("jwt", "decode", form.format(host_token())).stdout
    assert "Signed with" in run("jwt", "decode", "-", stdin=form.format(host_token())).stdout


def test_decode_knows_our_own_tokens(run: Run, state: ConnectState, tenant: Tenant) -> None:
    ours = {"iss": state.app_key, "aud": [CLIENT_KEY], "exp": 1}
    session = run("jwt", "decode", sign_hs256(ours, session_key(tenant.shared_secret))).stdout
    outbound = run("jwt", "decode", sign_hs256({**ours, "qsh": "0" * 64}, tenant.shared_secret)).stdout

    assert "session token of this app's pages" in session
    assert "Signed with the session key" in session
    assert "token of this app for a host" in outbound
    assert "Signed with the shared secret" in outbound


def test_decode_says_when_nothing_is_proven(run: Run, tenant: Tenant) -> None:
    forged = sign_hs256({"iss": CLIENT_KEY, "exp": 1, "qsh": "x"}, Secret("another"))

    assert "NOT VERIFIED: the signature does not fit" in run("jwt", "decode", forged).stdout
    assert "NOT VERIFIED: there is no tenant 'x' here." in run("jwt", "decode", host_token(iss="x")).stdout
    assert "NOT VERIFIED: it names no tenant." in run("jwt", "decode", host_token(iss=7)).stdout
    rs256 = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJjbGllbnQta2V5LTEifQ.AAAA"
    assert "NOT VERIFIED: only HS256" in run("jwt", "decode", rs256).stdout


def test_decode_says_when_the_signer_has_uninstalled(run: Run, state: ConnectState, tenant: Tenant) -> None:
    with state.app.app_context():
        state.store.uninstall(CLIENT_KEY, now=datetime.now(UTC))

    assert "which has uninstalled the app" in run("jwt", "decode", host_token()).stdout


@pytest.mark.parametrize(
    "garbage", ["", "x", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.W10.AAAA", "..", "\x00", "é.é.é", "a" * 20_000]
)
def test_decode_garbage_is_one_line_that_does_not_repeat_it(run: Run, garbage: str) -> None:
    result = run("jwt", "decode", "--", garbage, exit_code=1)

    assert result.stderr == "Error: What was sent as a token is none.\n"


@pytest.mark.parametrize("time", ["soon", True, 1e400, -1e300, None, [], 2**60])
def test_decode_strange_times(run: Run, tenant: Tenant, time: object) -> None:
    run("jwt", "decode", host_token(exp=time))


def test_decode_keeps_control_characters_from_the_terminal(run: Run, tenant: Tenant) -> None:
    assert "\x9b" not in run("jwt", "decode", host_token(sub="\x9b2J\x1b[2J")).stdout


def test_tokens_of_other_tenants_are_told_apart(run: Run, state: ConnectState, tenant: Tenant) -> None:
    store_tenant(state, "other", sharedSecret="another secret of another tenant")

    output = run("jwt", "decode", host_token(iss="other")).stdout
    assert "NOT VERIFIED: the signature does not fit the secret of tenant other." in output


def test_signed_token_verifies(run: Run, state: ConnectState, tenant: Tenant) -> None:
    token = run("jwt", "sign", "GET", "/", "--tenant", CLIENT_KEY).stdout.strip()

    claims = verify_hs256(unverified(token), tenant.shared_secret, now=state.clock())
    assert (claims.issuer, claims.audience) == (state.app_key, (CLIENT_KEY,))
    assert claims.expires_at - (claims.issued_at or 0) == state.settings.token_lifetime_seconds
    assert json.dumps(dict(unverified(token).claims))
