from __future__ import annotations

import jwt
import pytest
import requests
from atlassian_jwt.url_utils import hash_url

from atlassian_connect.client import HostAuth
from atlassian_connect.errors import TenantUninstalledError, UrlNotAllowedError
from atlassian_connect.protocol.urls import target_below
from atlassian_connect.secret import Secret

from .hosts import APP_KEY, CLIENT_KEY, SECRET, make_tenant

BASE = "https://example.atlassian.net/wiki"


def prepared(url, method="GET"):
    return requests.Request(method, url).prepare()


def test_the_token_says_who_when_what_and_for_whom():
    tenant = make_tenant(BASE)
    target = target_below(tenant.base, "/rest/api/content?b=2&a=1")
    request = prepared(target.url)

    HostAuth(tenant, clock=lambda: 1_700_000_000.9)(request, target)

    scheme, _, token = request.headers["Authorization"].partition(" ")
    assert scheme == "JWT"
    assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "HS256"}
    assert jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_aud": False}) == {
        "iss": APP_KEY,
        "iat": 1_700_000_000,
        "exp": 1_700_000_180,
        "aud": [CLIENT_KEY],
        "qsh": hash_url("GET", "/rest/api/content?a=1&b=2"),
    }


def test_the_lifetime_can_be_set():
    tenant = make_tenant(BASE)
    target = target_below(tenant.base, "/x")
    request = prepared(target.url)

    HostAuth(tenant, token_lifetime_seconds=60, clock=lambda: 100)(request, target)

    token = request.headers["Authorization"][4:]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60
    with pytest.raises(ValueError, match="second"):
        HostAuth(tenant, token_lifetime_seconds=0)


@pytest.mark.parametrize(
    "sent",
    [
        "https://evil.example/wiki/x",
        "https://example.atlassian.net/wiki/y",
        "https://example.atlassian.net/wiki/x?a=1",
        "https://example.atlassian.net/x",
        "http://example.atlassian.net/wiki/x",
        "https://example.atlassian.net:444/wiki/x",
        "https://example.atlassian.net.evil.example/wiki/x",
    ],
)
def test_signature_for_another_url_than_the_one_sent(sent):
    tenant = make_tenant(BASE)
    request = prepared(sent)

    with pytest.raises(UrlNotAllowedError):
        HostAuth(tenant)(request, target_below(tenant.base, "/x"))

    assert "Authorization" not in request.headers


def test_an_uninstalled_tenant_signs_nothing():
    tenant = make_tenant(BASE, installed=False)
    request = prepared(f"{BASE}/x")

    with pytest.raises(TenantUninstalledError):
        HostAuth(tenant)(request, target_below(tenant.base, "/x"))

    assert "Authorization" not in request.headers


def test_an_empty_secret_signs_nothing():
    tenant = make_tenant(BASE, shared_secret=Secret(""))
    request = prepared(f"{BASE}/x")

    with pytest.raises(ValueError, match="empty secret"):
        HostAuth(tenant)(request, target_below(tenant.base, "/x"))

    assert "Authorization" not in request.headers
