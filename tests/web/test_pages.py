"""What a view behind a guard gets, and what its answer carries."""

from __future__ import annotations

import logging

import pytest
from flask import Response, render_template_string

from atlassian_connect import AtlassianConnect, current_account_id, current_context, current_tenant
from atlassian_connect.errors import (
    HostTimeoutError,
    HostUnreachableError,
    NotAuthenticatedError,
    PermissionDeniedError,
    StorageError,
)
from atlassian_connect.web.responses import merge_frame_ancestors
from tests.host import Host


@pytest.fixture
def host(app):
    host = Host(app)
    host.install()
    return host


def test_a_page_knows_tenant_and_user(host):
    response = host.get("/connect/hello")

    assert "user-1 at tenant-1" in response.text


def test_an_anonymous_visitor_has_no_account_id(host):
    token = host.token("GET", "/api/qsh", sub=None)

    assert host.get("/api/qsh", token).json["account_id"] is None


def test_the_context_of_a_context_token(host):
    context = {"confluence": {"content": {"id": "65536"}}}
    token = host.token("GET", "/api/context", qsh="context-qsh", context=context)

    assert host.get("/api/context", token).json["context"] == context


def test_the_account_id_may_stand_in_the_context_of_old_tokens(host):
    token = host.token("GET", "/api/qsh", sub=None, context={"user": {"accountId": "557058:abc"}})

    assert host.get("/api/qsh", token).json["account_id"] == "557058:abc"


@pytest.mark.parametrize(
    "proxy", [current_tenant, current_account_id, current_context], ids=["tenant", "account", "context"]
)
def test_outside_a_verified_request_a_proxy_says_how_to_get_one(app, proxy):
    with pytest.raises(NotAuthenticatedError, match="@connect"):
        proxy._get_current_object()
    with app.test_request_context("/open"), pytest.raises(RuntimeError, match="as an argument"):
        proxy._get_current_object()
    assert not proxy


def test_who_was_verified_does_not_leak_into_the_next_request(app):
    """Tests run requests inside one app context, where flask.g would be shared."""
    app.add_url_rule("/whoami", "whoami", lambda: current_tenant.client_key)
    host = Host(app)
    host.install()
    with app.app_context():
        host.get("/connect/hello")
        with pytest.raises(NotAuthenticatedError):
            host.http.get("/whoami")


# --- session tokens ---------------------------------------------------------------------------------------------------


def session_token_of(page: str) -> str:
    return page.split('content="')[1].split('"', maxsplit=1)[0]


def test_a_page_can_call_its_app_with_its_session_token(host):
    token = session_token_of(host.get("/connect/hello").text)

    response = host.post("/api/session", token, {"anything": 1})

    assert response.json == {"client_key": "tenant-1", "account_id": "user-1", "context": {}}


def test_a_session_token_carries_no_secret_and_opens_no_page(host):
    token = session_token_of(host.get("/connect/hello").text)

    assert host.get("/connect/hello", token).status_code == 401
    assert host.secret not in token


def test_a_session_token_ends_with_a_rotation(host):
    token = session_token_of(host.get("/connect/hello").text)
    host.secret = "another-secret-of-the-tenant-0123456789"
    host.install()

    assert host.post("/api/session", token).status_code == 401


# --- response headers -------------------------------------------------------------------------------------------------


def test_headers_of_a_page(host):
    headers = host.get("/connect/hello").headers

    assert headers["Content-Security-Policy"] == "frame-ancestors https://tenant-1.atlassian.net"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "X-Frame-Options" not in headers


def test_a_custom_domain_may_frame_its_own_tenant_only(app):
    """Clickjacking: a list that fits every tenant would let any of them frame all others."""
    one, two = Host(app), Host(app, client_key="tenant-2")
    one.install(
        body={"displayUrl": "https://wiki.example.com", "displayUrlServicedeskHelpCenter": "https://help.example.com"}
    )
    two.install()

    assert one.get("/connect/hello").headers["Content-Security-Policy"] == (
        "frame-ancestors https://tenant-1.atlassian.net https://wiki.example.com https://help.example.com"
    )
    assert "example.com" not in two.get("/connect/hello").headers["Content-Security-Policy"]


def test_a_display_url_cannot_smuggle_a_directive(app):
    host = Host(app)
    host.install(body={"displayUrl": "https://x.example.com; script-src *"})

    assert (
        host.get("/connect/hello").headers["Content-Security-Policy"]
        == "frame-ancestors https://tenant-1.atlassian.net"
    )


@pytest.mark.parametrize("when", ["before", "after"])
def test_x_frame_options_of_a_security_extension_is_taken_off(make_app, when):
    connect = AtlassianConnect()
    connect.add_module("generalPages", "page", lambda: "page", name="Page")

    def deny(response: Response) -> Response:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    app = make_app(connect)
    if when == "before":
        app.after_request_funcs[None].append(deny)
    else:
        app.after_request(deny)
    host = Host(app)
    host.install()

    assert "X-Frame-Options" not in host.get("/connect/page").headers


def test_the_rest_of_a_views_policy_stays(make_app):
    connect = AtlassianConnect()
    policy = {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"}
    connect.add_module("generalPages", "page", lambda: ("page", policy), name="Page")
    host = Host(make_app(connect))
    host.install()

    assert host.get("/connect/page").headers["Content-Security-Policy"] == (
        "default-src 'self'; frame-ancestors https://tenant-1.atlassian.net"
    )


def test_so_does_each_of_several_policies(make_app):
    """Browsers obey all of them; they come as headers of their own, or in one with commas."""
    connect = AtlassianConnect()
    policies = [("Content-Security-Policy", "default-src 'self'"), ("Content-Security-Policy", "img-src *, sandbox")]
    connect.add_module("generalPages", "page", lambda: ("page", policies), name="Page")
    host = Host(make_app(connect))
    host.install()

    here = "frame-ancestors https://tenant-1.atlassian.net"
    assert host.get("/connect/page").headers.getlist("Content-Security-Policy") == [
        f"default-src 'self'; {here}",
        f"img-src *; {here}",
        f"sandbox; {here}",
    ]


def test_merging_a_policy():
    assert merge_frame_ancestors("", "a") == "frame-ancestors a"
    assert merge_frame_ancestors(" ; Frame-Ancestors x y ;img-src *;", "a") == "img-src *; frame-ancestors a"


def test_an_open_route_keeps_its_own_headers(host):
    headers = host.http.get("/open").headers

    assert "Content-Security-Policy" not in headers
    assert "Cache-Control" not in headers


def test_a_cacheable_page_is_a_shell_that_every_allowed_host_may_frame(make_app):
    connect = AtlassianConnect()
    connect.add_module("generalPages", "shell", lambda: "shell", name="Shell", cacheable=True)
    host = Host(make_app(connect))

    response = host.http.get("/connect/shell")

    assert (response.status_code, response.text) == (200, "shell")
    assert response.headers["Content-Security-Policy"].startswith("frame-ancestors https://*.atlassian.net ")
    assert "no-store" not in response.headers.get("Cache-Control", "")


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_refusal_answers_as_the_client_asked(host):
    html = host.http.get("/connect/hello", headers={"Accept": "text/html,*/*;q=0.8"})
    text = host.http.get("/connect/hello", headers={"Accept": "text/plain"})
    anything = host.http.get("/connect/hello")

    assert html.mimetype == "text/html"
    assert "Reload the whole page" in html.text
    assert text.text == "This request could not be authenticated.\n"
    assert anything.json == {"message": "This request could not be authenticated."}
    assert {html.status_code, text.status_code, anything.status_code} == {401}
    assert "frame-ancestors https://*.atlassian.net" in html.headers["Content-Security-Policy"]


def test_views_may_refuse_with_403(make_app):
    connect = AtlassianConnect()

    def view():
        raise PermissionDeniedError("not an administrator")

    connect.add_module("generalPages", "page", view, name="Page")
    host = Host(make_app(connect))
    host.install()
    response = host.get("/connect/page")

    assert response.status_code == 403
    assert "administrator" not in response.text


@pytest.mark.parametrize(("error", "status"), [(HostUnreachableError("x"), 502), (HostTimeoutError("x"), 504)])
def test_a_host_that_fails_is_not_our_500(make_app, error, status):
    connect = AtlassianConnect()

    def view():
        raise error

    connect.add_module("generalPages", "page", view, name="Page")
    host = Host(make_app(connect))
    host.install()

    assert host.get("/connect/page").status_code == status


def test_a_qsh_mismatch_is_explained_in_the_log_and_nowhere_else(host, caplog):
    token = host.token("GET", "/connect/hello?page=1")
    response = host.http.get("/connect/hello?page=1&tracking=secret-value", headers={"Authorization": f"JWT {token}"})

    assert response.status_code == 401
    assert "qsh" not in response.text
    assert "qsh_mismatch" in caplog.text
    assert "GET&/connect/hello&page=*&tracking=*" in caplog.text
    assert "'GET&/connect/hello&page=*'" in caplog.text, "what the sender signed"
    assert "'tracking' was added after signing" in caplog.text
    assert "secret-value" not in caplog.text


@pytest.mark.parametrize("path", ["/file/a%3Fb", "/file/a%23b", "/file/a%00", "/file/a%20b", "/file/%C3%A9"])
def test_a_qsh_mismatch_of_a_path_with_odd_characters_is_a_refusal_too(make_app, caplog, path):
    """What the path decodes to cannot be hashed as it stands: a question mark would begin a query."""
    connect = AtlassianConnect()
    app = make_app(connect)
    app.add_url_rule("/file/<path:name>", "file", connect.require(lambda name: "file"))
    host = Host(app)
    host.install()

    response = host.http.get(path, headers={"Authorization": f"JWT {host.token('GET', '/file/other')}"})

    assert response.status_code == 401
    assert f"GET&{path}&" in caplog.text


def test_the_reason_is_in_the_log(host, caplog):
    host.get("/connect/hello", host.token("GET", "/connect/hello", exp=1))

    assert "(expired)" in caplog.text


def test_storage_that_fails_is_a_500_without_details(host, monkeypatch):
    def broken(self, client_key):
        raise StorageError("could not connect to server: password=geheim")

    monkeypatch.setattr("atlassian_connect.tenants.store.SqlTenantStore.get", broken)
    host.app.extensions["atlassian_connect"].tenants.drop("tenant-1")

    response = host.get("/connect/hello")

    assert response.status_code == 500
    assert "geheim" not in response.text


# --- closed by default ------------------------------------------------------------------------------------------------


def test_a_route_that_the_descriptor_names_is_guarded_even_when_it_forgot_to(make_app):
    """A marker that opens a view when it is forgotten is how such apps are broken into."""
    template = {
        "key": "com.example.app",
        "name": "App",
        "modules": {"webPanels": [{"key": "p", "url": "/panel?x={page.id}", "location": "l", "name": {"value": "P"}}]},
    }
    app = make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR=template)
    app.add_url_rule("/panel", "panel", lambda: "panel")
    app.add_url_rule("/other", "other", lambda: "other")
    host = Host(app)
    host.install()

    assert host.http.get("/panel?x=1").status_code == 401
    assert host.http.get("/other").text == "other"
    assert host.get("/panel?x=1").text == "panel"


@pytest.mark.parametrize(
    ("url", "rule", "path"),
    [
        ("/issue/{issue.key}", "/issue/<key>", "/issue/OPS-1"),
        ("/issue/{issue.key}/{space.id}/end?x={page.id}", "/issue/<key>/<int:number>/end/", "/issue/OPS-1/7/end/"),
        ("/files/{attachment.id}", "/files/<path:rest>", "/files/a/b"),
        ("https://app.example.com/panel", "/panel", "/panel"),
        ("https://app.example.com/issue/${issue.key}", "/issue/<key>", "/issue/OPS-1"),
    ],
)
def test_so_is_one_whose_url_has_variables_or_is_absolute(url, rule, path, make_app):
    panel = {"key": "p", "url": url, "location": "l", "name": {"value": "P"}}
    template = {"key": "com.example.app", "name": "App", "modules": {"webPanels": [panel]}}
    app = make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR=template)
    app.add_url_rule(rule, "panel", lambda **variables: "panel")
    app.add_url_rule("/issue/new", "other", lambda: "other")
    host = Host(app)
    host.install()

    assert host.http.get(path).status_code == 401
    assert host.http.get("/issue/new").text == "other"
    assert host.get(path).text == "panel"


def test_so_is_one_below_the_path_of_the_base_url_that_no_proxy_takes_off(make_app):
    panel = {"key": "p", "url": "/panel", "location": "l", "name": {"value": "P"}}
    template = {"key": "com.example.app", "name": "App", "modules": {"webPanels": [panel]}}
    app = make_app(
        AtlassianConnect(),
        ATLASSIAN_CONNECT_DESCRIPTOR=template,
        ATLASSIAN_CONNECT_BASE_URL="https://app.example.com/base",
    )
    app.add_url_rule("/base/panel", "panel", lambda: "panel")
    host = Host(app)

    assert host.http.get("/base/panel").status_code == 401


def test_head_and_options_show_nothing(host):
    assert host.http.head("/connect/hello").status_code == 401
    response = host.http.options("/connect/hello")
    assert response.data == b""


# --- template helpers -------------------------------------------------------------------------------------------------


def test_the_host_script_tag(app):
    with app.test_request_context():
        text = render_template_string("{{ connect_host_script(sizeToParent=True, margin=False, extra='\"><b>') }}")

    assert text == (
        '<script src="https://connect-cdn.atl-paas.net/all.js"'
        ' data-options="sizeToParent:true;margin:false;extra:&#34;&gt;&lt;b&gt;"></script>'
    )


def test_links_go_where_users_are(make_app):
    connect = AtlassianConnect()
    connect.add_module(
        "generalPages", "page", lambda: render_template_string("{{ connect_host_base_url() }}"), name="Page"
    )
    app = make_app(connect)
    one, two = Host(app), Host(app, client_key="tenant-2")
    one.install(body={"displayUrl": "https://wiki.example.com/wiki"})
    two.install()

    assert one.get("/connect/page").text == "https://wiki.example.com/wiki"
    assert two.get("/connect/page").text == "https://tenant-2.atlassian.net/wiki"


def test_templates_are_not_given_the_tenant(app, host):
    """A template that can print a tenant can print its secret."""
    with app.test_request_context():
        assert render_template_string("{{ tenant }}{{ current_tenant }}{{ connect }}") == ""


def test_async_views_are_run(make_app):
    pytest.importorskip("asgiref", reason="Flask's extra for async views")
    connect = AtlassianConnect()

    async def view():
        return current_tenant.client_key

    connect.add_module("generalPages", "page", view, name="Page")
    host = Host(make_app(connect))
    host.install()

    assert host.get("/connect/page").text == "tenant-1"


def test_a_rotation_in_another_process_refuses_no_good_request(app, host):
    """The cached secret fails, so the store is asked once more."""
    host.get("/connect/hello")
    store = app.extensions["atlassian_connect"].store
    other_process = Host(app)
    other_process.secret = host.secret = "rotated-elsewhere-0123456789-0123456789"
    from tests.tenants.conftest import NOW, payload

    store.install(payload(secret=host.secret, base_url=host.base_url), app_key="com.example.app", now=NOW)

    assert host.get("/connect/hello").status_code == 200


def test_log_lines_of_werkzeug_show_no_token(host):
    token = host.token("GET", "/connect/hello")
    record = logging.LogRecord(
        "werkzeug", logging.INFO, "", 0, '"GET /connect/hello?jwt=%s HTTP/1.1" 200', (token,), None
    )
    for log_filter in logging.getLogger("werkzeug").filters:
        log_filter.filter(record)

    assert token not in record.getMessage()
    assert "/connect/hello?jwt=[token]" in record.getMessage()


@pytest.mark.parametrize("url", ["/panel", "/panel/", "/other-name", "/any/panel"])
def test_no_other_spelling_of_a_guarded_url_opens_its_view(make_app, url):
    template = {
        "key": "com.example.app",
        "name": "App",
        "modules": {
            "webPanels": [{"key": "p", "url": "/panel", "location": "l", "name": {"value": "P"}}],
            "generalPages": [{"key": "g", "url": "any/panel", "name": {"value": "G"}}],
        },
    }
    app = make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR=template)
    app.add_url_rule("/panel", "panel", lambda: "panel", strict_slashes=False)
    app.add_url_rule("/other-name", "panel")
    app.add_url_rule("/any/<name>", "any", lambda name: name)
    host = Host(app)
    host.install()

    assert host.http.get(url).status_code == 401
    assert host.http.get("/any/else").text == "else"


def test_no_piece_of_a_value_is_logged_as_a_name(host, caplog):
    """A sender that decoded its query before hashing: what was one value reads as two parameters."""
    from hashlib import sha256

    signed = sha256(b"GET&/connect/hello&a=x&secret-piece=").hexdigest()
    token = host.token("GET", "/connect/hello", qsh=signed)
    response = host.http.get("/connect/hello?a=x%26secret-piece", headers={"Authorization": f"JWT {token}"})

    assert response.status_code == 401
    assert "the same with other parameters" in caplog.text
    assert "decoded once before hashing" in caplog.text
    assert "secret-piece" not in caplog.text
