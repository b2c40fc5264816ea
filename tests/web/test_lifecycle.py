"""installed, uninstalled, enabled, disabled."""

from __future__ import annotations

import json
import logging

import pytest

from atlassian_connect.errors import HostUnreachableError
from atlassian_connect.protocol.lifecycle import LifecycleChange
from atlassian_connect.signals import tenant_installed, tenant_uninstalled
from tests.conftest import BASE_URL
from tests.host import INSTALLED, KEY_ID, Host


@pytest.fixture
def host(app):
    return Host(app)


@pytest.fixture
def store(app):
    return app.extensions["atlassian_connect"].store


def test_a_signed_install_stores_the_tenant(host, store):
    response = host.install(body={"displayUrl": "https://wiki.example.com/wiki", "oauthClientId": "oauth"})

    assert (response.status_code, response.data) == (204, b"")
    tenant = store.get("tenant-1")
    assert tenant.shared_secret.reveal() == host.secret
    assert tenant.base_url == "https://tenant-1.atlassian.net/wiki"
    assert tenant.frame_ancestors == "https://tenant-1.atlassian.net https://wiki.example.com"


@pytest.mark.parametrize(
    "origin", ["https://*", "https://*.example.com", "https://a;script-src", "https://a,b", "https://'x'"]
)
def test_a_display_url_says_nothing_in_a_policy_but_its_origin(host, store, origin):
    """The body is not signed: `https://*` would let any site frame the app's pages."""
    assert (
        host.install(body={"displayUrl": origin, "displayUrlServicedeskHelpCenter": "https://[::1]"}).status_code == 204
    )

    assert store.get("tenant-1").frame_ancestors == "https://tenant-1.atlassian.net https://[::1]"
    assert host.get("/connect/hello").headers["Content-Security-Policy"] == (
        "frame-ancestors https://tenant-1.atlassian.net https://[::1]"
    )


def test_reinstall_rotates_the_shared_secret(host, store):
    host.install()
    old = host.token("GET", "/connect/hello")
    host.secret = "second-secret-of-the-tenant-0123456789"

    assert host.install().status_code == 204

    assert host.get("/connect/hello", old).status_code == 401, "what the old secret signed ends at once"
    assert host.get("/connect/hello").status_code == 200


def test_the_install_key_is_fetched_once(host):
    host.install()
    host.install()
    host.uninstall()

    assert host.keys.asked == [f"/{KEY_ID}"]


def test_the_second_key_server_is_asked_with_the_same_key_id(host):
    """Atlassian's Express framework 11.5 forgets the key id here."""
    asked = []

    def first_server(environ, start_response):
        asked.append(environ["PATH_INFO"])
        start_response("404 Not Found", [])
        return [b"<html>"]

    transport = host.app.extensions["atlassian_connect"].transport
    transport.mount("https://asap-distribution.us-west-2.prod.atl-asap.net", first_server)

    assert host.install().status_code == 204
    assert asked == host.keys.asked == [f"/{KEY_ID}"]


@pytest.mark.parametrize(
    "change",
    [
        {"aud": ["https://x.example"]},
        {"aud": []},
        {"aud": BASE_URL + "/more"},
        {"qsh": "0" * 64},
        {"qsh": "context-qsh"},
        {"exp": 0},
        {"iss": "tenant-2"},
    ],
)
def test_forged_install_leaves_no_tenant(host, store, change):
    assert host.install(claims=change).status_code == 401
    assert list(store.tenants()) == []


@pytest.mark.parametrize("audience", [BASE_URL, [BASE_URL + "/"], ["x", BASE_URL.upper().replace("HTTPS", "https")]])
def test_the_audience_is_compared_as_a_base_url(host, audience):
    assert host.install(claims={"aud": audience}).status_code == 204


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil-atlassian.net/wiki",
        "https://atlassian.net.evil.com/wiki",
        "https://a.b.atlassian.net/wiki",
        "https://atlassian.net/wiki",
        "http://tenant-1.atlassian.net/wiki",
        "https://tenant-1.atlassian.net:8443/wiki",
        "https://169.254.169.254/latest",
        "https://localhost/wiki",
    ],
)
def test_ssrf_and_spoofing_by_base_url(host, store, base_url):
    assert host.install(body={"baseUrl": base_url}).status_code == 401
    assert list(store.tenants()) == []
    assert host.keys.asked == [], "refused before any key was fetched"


@pytest.mark.parametrize(
    "base_url", ["https://user@tenant-1.atlassian.net", "https://tenant-1.atlassian.net\\@evil.com", "//x", "", 7, None]
)
def test_a_base_url_that_is_none_is_a_bad_request(host, store, base_url):
    assert host.install(body={"baseUrl": base_url}).status_code == 400
    assert list(store.tenants()) == []


def test_an_install_for_another_app_is_refused(host, store):
    assert host.install(body={"key": "com.other"}).status_code == 400
    assert list(store.tenants()) == []


@pytest.mark.parametrize("field", ["clientKey", "baseUrl", "sharedSecret", "eventType"])
@pytest.mark.parametrize("value", [..., None, "", 1, True, [], {}, "\u0000", "x" * 3000])
def test_wrong_types_in_required_fields(host, store, field, value):
    response = host.install(body={field: value})

    assert response.status_code in (400, 401)
    assert list(store.tenants()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"clientKey": "\\ud800"}',
        b"x" * (1024 * 1024 + 1),
    ],
    ids=lambda data: repr(data[:12]),
)
@pytest.mark.parametrize("event", ["installed", "uninstalled", "enabled", "disabled"])
def test_bodies_that_are_none(host, store, event, data):
    url = f"/connect/lifecycle/{event}"
    token = host.signed_install(url)
    response = host.http.post(
        url, data=data, headers={"Authorization": f"JWT {token}"}, content_type="application/json"
    )

    assert response.status_code == (413 if len(data) > 1024 * 1024 else 400)
    assert list(store.tenants()) == []


def test_an_unreachable_key_server_is_a_503_and_not_a_401(host, store):
    """The administrator can simply try again."""

    def unreachable(environ, start_response):
        raise HostUnreachableError("no route")

    transport = host.app.extensions["atlassian_connect"].transport
    for server in ("asap-distribution.us-west-2.prod.atl-asap.net", "connect-install-keys.atlassian.com"):
        transport.mount(f"https://{server}", unreachable)

    assert host.install().status_code == 503
    assert list(store.tenants()) == []


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error", "302 Found"])
def test_an_error_page_of_the_key_server_is_no_key(host, store, status):
    host.keys.status, host.keys.body = status, b"<html><body>Sorry</body></html>"

    assert host.install().status_code in (401, 503)
    assert list(store.tenants()) == []


def test_made_up_key_ids_are_remembered_for_a_while(host):
    """Flooding: the key server is not asked again and again for what it does not have."""
    for _ in range(5):
        token = host.signed_install(INSTALLED, key_id="00000000-0000-4000-8000-000000000000")
        assert host.install(token=token).status_code == 401

    assert len(host.keys.asked) == 2, "once on each of the two servers"


def test_uninstall_keeps_the_row_and_ends_trust(host, store):
    host.install()

    assert host.uninstall().status_code == 204

    assert store.get("tenant-1").installed is False
    assert host.get("/connect/hello").status_code == 401


def test_uninstall_of_an_unknown_tenant_is_nothing_to_do(host, store):
    assert host.uninstall().status_code == 204
    assert list(store.tenants()) == []


def test_reinstall_after_uninstall_revives_the_tenant(host, store):
    host.install()
    store.put_setting("tenant-1", "days", 30)
    host.uninstall()
    host.secret = "third-secret-of-the-tenant-0123456789"

    assert host.install().status_code == 204

    assert host.get("/connect/hello").status_code == 200
    assert store.settings("tenant-1") == {"days": 30}


def switch(host, event, **change):
    url = f"/connect/lifecycle/{event}"
    return host.post(url, host.token("POST", url), host.body(event, **change))


def test_disabled_and_enabled_are_noted(host, store):
    host.install()

    assert switch(host, "disabled").status_code == 204
    assert store.get("tenant-1").enabled is False
    assert switch(host, "enabled").status_code == 204
    assert store.get("tenant-1").enabled is True


def test_a_late_disabled_changes_nothing(host, store):
    """On uninstall hosts send disabled and uninstalled at once, in any order."""
    host.install()
    host.uninstall()
    before = store.get("tenant-1")

    assert switch(host, "disabled").status_code == 401
    assert store.get("tenant-1") == before


def test_a_disabled_without_token_has_no_effect(host, store):
    host.install()

    assert host.post("/connect/lifecycle/disabled", None, host.body("disabled")).status_code == 401
    assert store.get("tenant-1").enabled is True


def test_enabled_for_another_tenant_than_the_signer(host, store):
    host.install()

    assert switch(host, "disabled", clientKey="tenant-2").status_code == 400
    assert store.get("tenant-1").enabled is True


def test_legacy_query_parameters_are_part_of_the_hash(host, store):
    url = f"{INSTALLED}?user_key=abc&user_id=1"

    assert host.post(url, host.signed_install(url), host.body("installed")).status_code == 204
    assert host.post(url, host.signed_install(INSTALLED), host.body("installed")).status_code == 401


def test_an_import_makes_a_second_tenant(app, store, caplog):
    first, second = Host(app), Host(app, client_key="tenant-2")
    second.base_url = first.base_url
    first.install()

    with caplog.at_level(logging.WARNING):
        assert second.install().status_code == 204

    assert store.get("tenant-1").superseded_by == "tenant-2"
    assert "kept apart" in caplog.text


# --- callbacks and signals --------------------------------------------------------------------------------------------


def test_callbacks_run_after_the_commit(make_app, connect):
    seen = []

    @connect.on_installed
    def installed(tenant):
        seen.append(
            ("installed", tenant.client_key, app.extensions["atlassian_connect"].store.get("tenant-1") is not None)
        )

    @connect.on_uninstalled
    def uninstalled(tenant):
        seen.append(("uninstalled", tenant.client_key, tenant.installed))

    @connect.on_enabled
    def enabled(tenant):
        seen.append(("enabled", tenant.client_key, tenant.enabled))

    @connect.on_disabled
    def disabled(tenant):
        seen.append(("disabled", tenant.client_key, tenant.enabled))

    app = make_app(connect)
    host = Host(app)
    host.install()
    switch(host, "disabled")
    switch(host, "enabled")
    host.uninstall()
    host.uninstall()

    assert seen == [
        ("installed", "tenant-1", True),
        ("disabled", "tenant-1", False),
        ("enabled", "tenant-1", True),
        ("uninstalled", "tenant-1", False),
    ], "and nothing is told twice"


def test_a_callback_that_raises_is_logged_and_does_not_undo_the_install(make_app, connect, caplog):
    later = []

    @connect.on_installed
    def broken(tenant):
        raise RuntimeError("the app's own trouble")

    connect.on_installed(later.append)
    app = make_app(connect)

    assert Host(app).install().status_code == 204
    assert app.extensions["atlassian_connect"].store.get("tenant-1").installed
    assert "on_installed callback" in caplog.text
    assert len(later) == 1, "the others still run"


def test_signals_tell_what_happened(app):
    told = []

    def on_installed(sender, tenant, change):
        told.append((sender, tenant.client_key, change))

    def on_uninstalled(sender, tenant):
        raise RuntimeError("a receiver's own trouble")

    host = Host(app)
    with tenant_installed.connected_to(on_installed, app), tenant_uninstalled.connected_to(on_uninstalled, app):
        host.install()
        host.install()
        assert host.uninstall().status_code == 204

    assert told == [(app, "tenant-1", LifecycleChange.NEW), (app, "tenant-1", LifecycleChange.UPGRADED)]


@pytest.mark.parametrize("status", [204, 401, 400])
def test_no_secret_and_no_token_in_logs_and_answers(host, caplog, status):
    caplog.set_level(logging.DEBUG)
    token = host.signed_install(INSTALLED, **({"qsh": "0" * 64} if status == 401 else {}))
    response = host.post(INSTALLED, token, host.body("installed", **({"baseUrl": 1} if status == 400 else {})))

    assert response.status_code == status
    for place in (caplog.text, response.text, json.dumps(dict(response.headers))):
        assert host.secret not in place
        assert token not in place
