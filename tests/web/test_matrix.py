"""Every kind of token against every kind of endpoint: exactly the right ones are let in.

CVE-2021-26073, CVE-2021-26074 and CVE-2021-26077 were entries of this table that said yes.
"""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest

from tests.conftest import APP_KEY
from tests.host import INSTALLED, UNINSTALLED, Host, public_pem, rsa_key

ENDPOINTS = {
    "installed": ("POST", INSTALLED),
    "uninstalled": ("POST", UNINSTALLED),
    "enabled": ("POST", "/connect/lifecycle/enabled"),
    "page": ("GET", "/connect/hello"),
    "webhook": ("POST", "/connect/webhooks/page_updated"),
    "qsh": ("GET", "/api/qsh"),
    "context": ("GET", "/api/context"),
    "session": ("GET", "/api/session"),
    "both": ("GET", "/api/both"),
}
REQUEST_KINDS = {"enabled", "page", "webhook", "qsh"}
LIFECYCLE_KINDS = {"installed", "uninstalled"}


def unsigned(header, claims):
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, ""])


def session_token(host, **change):
    from atlassian_connect.protocol.tokens import session_key
    from atlassian_connect.secret import Secret

    now = int(time.time())
    claims = {"iss": APP_KEY, "aud": [host.client_key], "iat": now, "exp": now + 60, "sub": "user-1", **change}
    return jwt.encode(claims, session_key(Secret(host.secret)), algorithm="HS256")


#: name → (how to make the token for an endpoint, endpoints that accept it)
TOKENS = {
    "none": (lambda host, other, method, url: "", set()),
    "malformed": (lambda host, other, method, url: "not.a-token", set()),
    "alg none": (lambda host, other, method, url: unsigned({"alg": "none"}, host.claims(method, url)), set()),
    "alg none with a signature": (
        lambda host, other, method, url: unsigned({"alg": "none"}, host.claims(method, url)) + "c2ln",
        set(),
    ),
    "request token": (lambda host, other, method, url: host.token(method, url), REQUEST_KINDS),
    "signed install": (
        lambda host, other, method, url: host.signed_install(url, qsh=_qsh(host, method, url)),
        LIFECYCLE_KINDS,
    ),
    "context token": (
        lambda host, other, method, url: host.token(method, url, qsh="context-qsh"),
        {"context", "both"},
    ),
    "session token": (lambda host, other, method, url: session_token(host), {"session", "both"}),
    "HS384": (lambda host, other, method, url: host.token(method, url, secret="x" * 48, algorithm="HS384"), set()),
    "HS256 by the public install key (algorithm confusion)": (
        lambda host, other, method, url: _hs256_by_pem(host, method, url),
        set(),
    ),
    "RS256 by another key": (
        lambda host, other, method, url: host.signed_install(url, key=rsa_key("other"), qsh=_qsh(host, method, url)),
        set(),
    ),
    "signed install without kid": (
        lambda host, other, method, url: host.signed_install(url, key_id=None, qsh=_qsh(host, method, url)),
        set(),
    ),
    "signed install, kid with a path (SSRF)": (
        lambda host, other, method, url: host.signed_install(url, key_id="../../evil", qsh=_qsh(host, method, url)),
        set(),
    ),
    "signed install with context-qsh": (
        lambda host, other, method, url: host.signed_install(url, qsh="context-qsh"),
        set(),
    ),
    "signed install for another app (aud)": (
        lambda host, other, method, url: host.signed_install(
            url, aud=["https://other.example.com"], qsh=_qsh(host, method, url)
        ),
        set(),
    ),
    "signed install without aud": (
        lambda host, other, method, url: host.signed_install(url, aud=None, qsh=_qsh(host, method, url)),
        set(),
    ),
    "signed install of another tenant": (
        lambda host, other, method, url: host.signed_install(url, iss="tenant-2", qsh=_qsh(host, method, url)),
        set(),
    ),
    "wrong secret": (lambda host, other, method, url: host.token(method, url, secret="z" * 40), set()),
    "unknown tenant": (lambda host, other, method, url: host.token(method, url, iss="nobody"), set()),
    "another tenant's secret": (
        lambda host, other, method, url: host.token(method, url, secret=other.secret),
        set(),
    ),
    "expired": (lambda host, other, method, url: host.token(method, url, exp=int(time.time()) - 60), set()),
    "not yet valid": (lambda host, other, method, url: host.token(method, url, nbf=int(time.time()) + 120), set()),
    "issued in the future": (
        lambda host, other, method, url: host.token(method, url, iat=int(time.time()) + 120),
        set(),
    ),
    "missing exp": (lambda host, other, method, url: host.token(method, url, exp=None), set()),
    "missing qsh": (lambda host, other, method, url: host.token(method, url, qsh=None), set()),
    "wrong qsh": (lambda host, other, method, url: host.token(method, url, qsh="0" * 64), set()),
    "qsh of another method": (
        lambda host, other, method, url: host.token("PUT", url),
        set(),
    ),
    "token of another app (aud)": (
        lambda host, other, method, url: host.token(method, url, aud=["https://other.example.com"]),
        set(),
    ),
    "expired context token": (
        lambda host, other, method, url: host.token(method, url, qsh="context-qsh", exp=int(time.time()) - 60),
        set(),
    ),
    "expired session token": (
        lambda host, other, method, url: session_token(host, exp=int(time.time()) - 60),
        set(),
    ),
    "session token by the shared secret": (
        lambda host, other, method, url: host.token(method, url, iss=APP_KEY, aud=[host.client_key], qsh=None),
        set(),
    ),
    "session token with a qsh": (
        lambda host, other, method, url: session_token(host, qsh="context-qsh"),
        set(),
    ),
    "session token for two tenants": (
        lambda host, other, method, url: session_token(host, aud=[host.client_key, other.client_key]),
        set(),
    ),
    "our own token for the host, sent back": (
        lambda host, other, method, url: host.token(method, url, iss=APP_KEY, aud=[host.client_key]),
        set(),
    ),
}


def _qsh(host, method, url):
    from atlassian_jwt.url_utils import hash_url

    return hash_url(method, url)


def _hs256_by_pem(host, method, url):
    """PyJWT refuses to sign so; an attacker does it by hand."""
    import hashlib
    import hmac

    head, payload, _ = unsigned(
        {"alg": "HS256", "typ": "JWT", "kid": "0b2b7d2e-1111-4222-8333-444455556666"}, host.claims(method, url)
    ).split(".")
    signature = hmac.new(public_pem("host"), f"{head}.{payload}".encode(), hashlib.sha256).digest()
    return f"{head}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.fixture
def hosts(app):
    first = Host(app)
    assert first.install().status_code == 204
    second = Host(app, client_key="tenant-2", secret="secret-of-the-other-tenant-9876543210")
    assert second.install().status_code == 204
    return first, second


def call(host, endpoint, token):
    method, url = ENDPOINTS[endpoint]
    if method == "GET":
        return host.http.get(url, headers={"Authorization": f"JWT {token}"} if token else {})
    body = host.body(endpoint) if endpoint in ("installed", "uninstalled", "enabled") else {"page": {"id": 1}}
    return host.post(url, token, body)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", TOKENS)
def test_token_against_endpoint(hosts, name, endpoint):
    host, other = hosts
    make, accepted_by = TOKENS[name]
    before = host.app.extensions["atlassian_connect"].store.get(host.client_key)

    response = call(host, endpoint, make(host, other, *ENDPOINTS[endpoint]))

    if endpoint in accepted_by:
        assert response.status_code in (200, 204), response.text
    else:
        assert response.status_code == 401, response.text
        assert response.json == {"message": "This request could not be authenticated."}
        assert response.headers["WWW-Authenticate"] == f'JWT realm="{APP_KEY}"'
        assert host.app.extensions["atlassian_connect"].store.get(host.client_key) == before


@pytest.mark.parametrize("endpoint", sorted(REQUEST_KINDS | {"context", "session", "both"}))
def test_nothing_of_an_uninstalled_tenant_is_believed(hosts, endpoint):
    host, other = hosts
    assert host.uninstall().status_code == 204

    for make, accepted_by in TOKENS.values():
        if endpoint in accepted_by:
            assert call(host, endpoint, make(host, other, *ENDPOINTS[endpoint])).status_code == 401


def test_a_public_route_asks_for_nothing(hosts):
    assert hosts[0].http.get("/open").text == "open"


@pytest.mark.parametrize("endpoint", ["page", "qsh"])
def test_the_same_token_in_header_and_query_is_one_token(hosts, endpoint):
    host, _ = hosts
    _, url = ENDPOINTS[endpoint]
    token = host.token("GET", url)

    response = host.http.get(f"{url}?jwt={token}", headers={"Authorization": f"JWT {token}"})

    assert response.status_code == 200


@pytest.mark.parametrize("place", ["header and query", "query twice", "escaped name"])
def test_two_tokens_that_differ_are_refused(hosts, place):
    """Parameter pollution: whoever checks one must not be made to believe the other."""
    host, _ = hosts
    good, bad = host.token("GET", "/connect/hello"), host.token("GET", "/connect/hello", sub="somebody-else")
    if place == "header and query":
        response = host.http.get(f"/connect/hello?jwt={bad}", headers={"Authorization": f"JWT {good}"})
    elif place == "query twice":
        response = host.http.get(f"/connect/hello?jwt={good}&jwt={bad}")
    else:
        response = host.http.get(f"/connect/hello?jwt={good}&%6Awt={bad}")

    assert response.status_code == 401


def test_an_authorization_header_of_another_scheme_is_ignored(hosts):
    host, _ = hosts
    token = host.token("GET", "/connect/hello")

    assert host.http.get(f"/connect/hello?jwt={token}", headers={"Authorization": "Bearer x"}).status_code == 200
    assert host.http.get("/connect/hello", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_form_post_carries_its_token_in_a_field(hosts):
    host, _ = hosts
    token = host.token("POST", "/api/qsh")

    assert host.http.post("/api/qsh", data={"jwt": token}).status_code == 200
    assert host.http.post("/api/qsh", data={"jwt": token, "more": "x"}).status_code == 200


def test_form_fields_may_be_part_of_the_hash(hosts):
    host, _ = hosts
    fields_only = host.token("POST", "/api/qsh?a=1&b=2")
    merged = host.token("POST", "/api/qsh?q=0&a=1&b=2")

    assert host.http.post("/api/qsh", data={"jwt": fields_only, "a": "1", "b": "2"}).status_code == 200
    assert host.http.post("/api/qsh?q=0", data={"jwt": merged, "a": "1", "b": "2"}).status_code == 200
    assert host.http.post("/api/qsh", data={"jwt": fields_only, "a": "1", "b": "3"}).status_code == 401


def test_a_json_body_is_never_part_of_the_hash(hosts):
    host, _ = hosts
    token = host.token("POST", "/api/qsh?a=1")

    assert host.post("/api/qsh", token, {"a": "1"}).status_code == 401


def test_a_token_for_one_tenant_never_shows_another(hosts):
    first, second = hosts

    assert first.get("/api/qsh").json["client_key"] == "tenant-1"
    assert second.get("/api/qsh").json["client_key"] == "tenant-2"


def test_a_thousand_random_authorization_headers(hosts, caplog):
    """Never a 500, never a yes, nothing of it in a response."""
    import random
    import string

    host, _ = hosts
    dice = random.Random(20261121)
    good = host.token("GET", "/connect/hello")
    letters = string.printable.replace("\r", "").replace("\n", "") + "äé\x80\xff"
    for number in range(1000):
        match number % 4:
            case 0:
                text = "".join(dice.choices(letters, k=dice.randrange(0, 200)))
            case 1:
                text = "JWT " + "".join(dice.choices(string.ascii_letters + string.digits + "._-", k=200))
            case 2:
                position = dice.randrange(4, len(good))
                text = "JWT " + good[:position] + dice.choice("AZaz09_-.") * dice.randrange(1, 5) + good[position + 1 :]
            case _:
                payload = base64.urlsafe_b64encode(dice.randbytes(90)).decode()
                text = f"JWT {good.split('.')[0]}.{payload}.{good.split('.')[2]}"
        if text == f"JWT {good}":
            continue
        response = host.http.get("/connect/hello", headers={"Authorization": text})
        assert response.status_code == 401, text
        assert host.secret not in response.text
    assert host.secret not in caplog.text
