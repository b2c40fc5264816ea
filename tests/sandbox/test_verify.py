"""What apps send, signed by PyPI ``atlassian_jwt`` and PyJWT."""

from __future__ import annotations

import base64
import random
import time

import jwt
import pytest
from atlassian_jwt import encode_token
from atlassian_jwt.url_utils import hash_url

from atlassian_connect.sandbox import Installation, Sandbox

from .connect_app import APP_KEY, ConnectApp, HostCaller

MYSELF = "/rest/api/3/myself"


def claims_for(path: str = MYSELF, **changes: object) -> dict[str, object]:
    now = int(time.time())
    claims = {"iss": APP_KEY, "iat": now, "exp": now + 180, "qsh": hash_url("GET", path), **changes}
    return {name: value for name, value in claims.items() if value is not None}


def call(host: HostCaller, token: str) -> int:
    return host.with_token("GET", MYSELF, token).status_code


def test_a_signed_request_is_accepted_and_logged(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    response = host("GET", MYSELF)
    assert response.status_code == 200
    assert response.json["accountType"] == "app"
    assert response.headers["X-AAccountId"] == jira_app.account_id
    crossing = sandbox.log[-1]
    assert (crossing.verdict, crossing.direction, crossing.product, crossing.status) == (
        "verified",
        "app→host",
        "jira",
        200,
    )
    assert crossing.canonical == "GET&/rest/api/3/myself&"
    assert crossing.claims["iss"] == APP_KEY


@pytest.mark.parametrize(
    "query", ["keys=DS&keys=ENG", "keys=DS,ENG&limit=2", "x=a+b&x=%C3%A9&_=~!*'()", "empty&jwt_=1", "A=1&a=2&_=3"]
)
def test_confluence_signs_below_the_context_path(host: HostCaller, confluence_app: Installation, query: str):
    response = host("GET", f"/api/v2/spaces?{query}", product="confluence")
    assert response.status_code == 200


def test_a_path_with_escapes(host: HostCaller, jira_app: Installation):
    path = f"/rest/atlassian-connect/1/addons/{APP_KEY}/properties/a%20b%2Fc%C3%A9"
    assert host("PUT", path, 1).status_code == 201
    assert host("GET", path).json["key"] == "a b/cé"


def test_a_token_without_iat_is_not_said_to_live_too_long(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    assert host("GET", MYSELF, iat=None).status_code == 401
    assert "iat is missing" in sandbox.log[-1].note


def test_the_token_may_be_in_the_query(host: HostCaller, jira_app: Installation):
    token = encode_token("GET", MYSELF, APP_KEY, jira_app.shared_secret.reveal())
    assert host.send("GET", f"http://localhost:2990{MYSELF}?jwt={token}", {}, b"").status_code == 200
    both = {"Authorization": f"JWT {token}"}
    assert host.send("GET", f"http://localhost:2990{MYSELF}?jwt={token}x", both, b"").status_code == 401


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (lambda now: {"exp": now - 60}, "expired"),
        (lambda now: {"iat": now + 600, "exp": now + 700}, "not_yet_valid"),
        ({"exp": None}, "missing_exp"),
        ({"iat": None}, "lifetime"),
        (lambda now: {"exp": now + 3700}, "lifetime"),
        ({"qsh": None}, "missing_qsh"),
        ({"qsh": "context-qsh"}, "context_token"),
        ({"qsh": "0" * 64}, "qsh_mismatch"),
        ({"qsh": hash_url("POST", MYSELF)}, "qsh_mismatch"),
        ({"qsh": hash_url("GET", MYSELF + "?a=1")}, "qsh_mismatch"),
        ({"qsh": 3}, "malformed_claims"),
        ({"iss": "com.example.other"}, "unknown_app"),
        ({"iss": None}, "unknown_app"),
    ],
)
def test_wrong_claims_are_refused(sandbox: Sandbox, host: HostCaller, jira_app: Installation, changes, reason: str):
    secret = jira_app.shared_secret.reveal()
    if callable(changes):  # times are those of the test, not of its collection
        changes = changes(int(time.time()))
    assert call(host, jwt.encode(claims_for(), secret)) == 200
    assert call(host, jwt.encode(claims_for(**changes), secret)) == 401
    assert sandbox.log[-1].verdict == reason


def test_the_log_tells_the_likely_cause_of_a_wrong_hash(
    sandbox: Sandbox, host: HostCaller, confluence_app: Installation
):
    assert host("GET", "/api/v2/spaces", product="confluence", signed="/wiki/api/v2/spaces").status_code == 401
    assert "base path /wiki" in sandbox.log[-1].note


def test_the_client_key_is_no_issuer(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    claims = claims_for(iss=jira_app.client_key)
    assert call(host, jwt.encode(claims, jira_app.shared_secret.reveal())) == 401


def test_another_secret_or_algorithm_is_refused(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation
):
    assert call(host, jwt.encode(claims_for(), confluence_app.shared_secret.reveal())) == 401
    assert sandbox.log[-1].verdict == "bad_signature"
    for algorithm in ("HS384", "HS512"):
        assert call(host, jwt.encode(claims_for(), jira_app.shared_secret.reveal(), algorithm=algorithm)) == 401
        assert sandbox.log[-1].verdict == "algorithm"
    assert call(host, jwt.encode(claims_for(), None, algorithm="none")) == 401


def test_a_token_of_one_site_is_no_token_of_the_other(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation
):
    path = f"/rest/atlassian-connect/1/addons/{APP_KEY}"
    token = encode_token("GET", path, APP_KEY, jira_app.shared_secret.reveal())
    assert host.with_token("GET", path, token).status_code == 200
    assert host.with_token("GET", path, token, product="confluence").status_code == 401


def test_a_host_token_is_no_app_token(host: HostCaller, jira_app: Installation):
    assert call(host, jira_app.sign("GET", MYSELF)) == 401
    assert call(host, jira_app.context_token()) == 401


def test_no_token(host: HostCaller, sandbox: Sandbox, jira_app: Installation):
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}, {"Authorization": "JWT "}):
        response = host.send("GET", f"http://localhost:2990{MYSELF}", headers, b"")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("JWT ")
        assert response.json["errorMessages"]


def test_errors_have_the_shape_of_the_product(host: HostCaller, jira_app: Installation, confluence_app: Installation):
    def get(path: str) -> dict:
        return host.send("GET", f"http://localhost:2990{path}", {}, b"").json

    assert set(get("/rest/api/3/myself")) == {"errorMessages", "errors", "status"}
    assert get("/wiki/api/v2/data-policies/metadata")["errors"][0]["status"] == 401
    assert get("/wiki/rest/api/user/current")["statusCode"] == 401
    for root in ("", "/wiki"):
        assert get(f"{root}/rest/atlassian-connect/1/app/module/dynamic") == {
            "message": "The request is not from a Connect app."
        }
        assert get(f"{root}/rest/atlassian-connect/1/addons/{APP_KEY}/properties") == {
            "message": "Access to this resource must be authenticated as an app.",
            "statusCode": 401,
        }


def test_get_with_a_body_is_refused(host: HostCaller, jira_app: Installation):
    assert host("GET", MYSELF, body={"a": 1}).status_code == 403
    chunked = {"Transfer-Encoding": "chunked"}
    assert host.send("GET", f"http://localhost:2990{MYSELF}", chunked, b"").status_code == 403


def test_scopes_are_enforced(sandbox: Sandbox, app: ConnectApp, host: HostCaller, descriptor_url: str):
    app.descriptor["scopes"] = ["NONE"]
    app.descriptor["modules"].pop("webhooks")
    sandbox.jira.install(descriptor_url)
    sandbox.confluence.install(descriptor_url)
    assert host("GET", MYSELF).status_code == 403
    assert host("GET", "/rest/atlassian-connect/1/app/module/dynamic").status_code == 200
    app.descriptor["scopes"] = ["read"]
    sandbox.jira.install(descriptor_url)
    sandbox.confluence.install(descriptor_url)
    assert host("GET", MYSELF).status_code == 200
    refused = host("PUT", "/rest/api/3/issue/OPS-1", {"fields": {"summary": "x"}})
    assert refused.status_code == 403
    assert "WRITE" in refused.json["errorMessages"][0]
    page_id = sandbox.content.pages()[0].id
    refused = host("PUT", f"/api/v2/pages/{page_id}", {}, product="confluence")
    assert refused.json["errors"][0]["code"] == "FORBIDDEN"


def test_what_is_missing_is_named(host: HostCaller, jira_app: Installation, confluence_app: Installation):
    response = host("DELETE", "/rest/api/3/xyz?x=1")
    assert response.status_code == 501
    assert response.json["errorMessages"] == ["The sandbox does not have DELETE /rest/api/3/xyz."]
    response = host("GET", "/api/v2/xyz", product="confluence")
    assert response.json["errors"][0]["detail"] == "The sandbox does not have GET /wiki/api/v2/xyz."
    assert host("PATCH", "/rest/api/3/myself").status_code == 501
    assert host("GET", "/rest/api/template/1", product="confluence").status_code == 501


def test_too_large_a_body(host: HostCaller, jira_app: Installation):
    response = host("PUT", f"/rest/atlassian-connect/1/addons/{APP_KEY}/properties/x", b"1" * (1024 * 1024 + 1))
    assert response.status_code == 413
    assert response.json["statusCode"] == 413


def test_a_thousand_random_authorization_headers(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    dice = random.Random(5)
    good = jwt.encode(claims_for(), jira_app.shared_secret.reveal())
    for number in range(1000):
        kind = number % 4
        if kind == 0:
            header = "".join(chr(dice.randrange(0x20, 0x7F)) for _ in range(dice.randrange(200)))
        elif kind == 1:
            header = "JWT " + "".join(chr(dice.randrange(0x20, 0xFF)) for _ in range(dice.randrange(300)))
        elif kind == 2:
            noise = [
                base64.urlsafe_b64encode(dice.randbytes(dice.randrange(60))).decode().rstrip("=") for _ in range(3)
            ]
            header = "JWT " + ".".join(noise)
        else:
            position = dice.randrange(len(good) - 1)  # the last character may carry unused bits only
            header = f"JWT {good[:position]}{chr(dice.choice(range(0x21, 0x7E)))}{good[position + 1 :]}"
            if header == f"JWT {good}":
                continue
        response = host.send("GET", f"http://localhost:2990{MYSELF}", {"Authorization": header}, b"")
        assert response.status_code == 401, header
    assert {crossing.status for crossing in sandbox.log[-900:]} == {401}


@pytest.mark.parametrize(
    "query", ["&".join(f"a{number}=1" for number in range(1500)), "%", "%zz=%", "=&=&&", "a=%ff%fe", "jwt", "jwt="]
)
def test_odd_queries_are_no_server_error(host: HostCaller, jira_app: Installation, query: str):
    response = host.send("GET", f"http://localhost:2990{MYSELF}?{query}", {}, b"")
    assert response.status_code == 401
    assert response.json["errorMessages"]
