"""From the values of a request to a principal: paths, mounts and proxies."""

from __future__ import annotations

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from atlassian_connect import AtlassianConnect, current_tenant
from atlassian_connect.errors import AuthenticationError
from atlassian_connect.inbound import InboundRequest
from tests.host import Host


def paths(base_path="", **request):
    return list(InboundRequest("GET", **request).paths(base_path))


def test_a_plain_path_has_one_form():
    assert paths(path="/connect/hello", raw_path="/connect/hello") == ["/connect/hello"]


def test_escapes_are_tried_as_they_came_and_decoded():
    assert paths(path="/p/ä b", raw_path="/p/%c3%a4+%20b".replace("+", "")) == [
        "/p/%C3%A4%20b",
        "/p/%c3%a4%20b",
        "/p/ä b",
    ]


def test_a_raw_path_that_means_another_path_is_not_believed():
    """What was routed is what counts: a token for /a must not open /b because a header or server says /a."""
    assert paths(path="/b", raw_path="/a") == ["/b"]


def test_a_decoded_query_mark_is_no_candidate():
    assert paths(path="/p?x=1", raw_path="/p%3Fx=1") == ["/p%3Fx=1"]


def test_the_base_path_is_taken_off_where_nothing_did():
    assert paths("/app", path="/app/hello") == ["/hello"]
    assert paths("/app", path="/hello") == ["/hello"], "a proxy did"
    assert paths("/app", path="/hello", mount="/app") == ["/hello"], "the server did"
    assert paths("/app", path="/application") == ["/application"]


def test_invalid_utf8_in_a_path_is_no_crash():
    assert paths(path="/p/\udcff", raw_path="/p/%FF") == ["/p/%FF", "/p/\udcff"]


@pytest.mark.parametrize("query", ["jwt=a&jwt=b", "jwt=a&x=1&%6a%77%74=b"])
def test_several_tokens(query):
    with pytest.raises(AuthenticationError) as caught:
        InboundRequest("GET", "/", query).token()

    assert caught.value.reason == "conflicting_tokens"


def test_names_that_only_look_like_jwt_are_no_tokens():
    with pytest.raises(AuthenticationError) as caught:
        InboundRequest("GET", "/", "JWT=a&xjwt=b&jwtx=c").token()

    assert caught.value.reason == "missing_token"


# --- through the app --------------------------------------------------------------------------------------------------


def app_at(make_app, base_url):
    connect = AtlassianConnect()

    @connect.general_page("hello", name="Hello", url="/hello/{name}")
    def hello(name):
        return f"{name} {current_tenant.client_key}"

    return make_app(connect, ATLASSIAN_CONNECT_BASE_URL=base_url)


@pytest.mark.parametrize("name", ["plain", "a%20b", "%C3%A4", "%c3%a4", "x%2Cy", "a&b", "%7Etilde", "a+b", "(x)"])
def test_escapes_in_paths(make_app, name):
    host = Host(app_at(make_app, "https://app.example.com"))
    host.install()
    url = f"/hello/{name}"

    assert host.get(url).status_code == 200, url


def test_a_token_for_one_path_does_not_open_another(make_app):
    host = Host(app_at(make_app, "https://app.example.com"))
    host.install()

    assert host.get("/hello/b", host.token("GET", "/hello/a")).status_code == 401


def test_a_server_that_reports_another_raw_path_is_not_believed(make_app):
    host = Host(app_at(make_app, "https://app.example.com"))
    host.install()
    token = host.token("GET", "/hello/a")
    for name in ("RAW_URI", "REQUEST_URI"):
        response = host.http.get(
            "/hello/b", headers={"Authorization": f"JWT {token}"}, environ_overrides={name: "/hello/a"}
        )
        assert response.status_code == 401


@pytest.mark.parametrize("how", ["mounted", "proxy with prefix header", "proxy without"])
def test_a_base_url_with_a_path(make_app, how):
    """The host hashes what stands below the base URL, whoever takes the base path off on the way."""
    app = app_at(make_app, "https://app.example.com/base")
    prefix, headers = "", {}
    if how == "mounted":
        app.wsgi_app = DispatcherMiddleware(_not_found, {"/base": app.wsgi_app})
        prefix = "/base"
    elif how == "proxy with prefix header":
        app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)
        headers = {"X-Forwarded-Prefix": "/base"}
    host = Host(app)
    claims = {"aud": ["https://app.example.com/base"]}
    install = host.signed_install("/connect/lifecycle/installed", **claims)

    assert (
        host.post(f"{prefix}/connect/lifecycle/installed", install, host.body("installed"), **headers).status_code
        == 204
    )
    token = host.token("GET", "/hello/x?a=1")
    response = host.http.get(f"{prefix}/hello/x?a=1", headers={"Authorization": f"JWT {token}", **headers})
    assert response.text == "x tenant-1"


def _not_found(environ, start_response):
    start_response("404 Not Found", [])
    return [b""]


def test_raw_bytes_in_the_query_are_no_crash(make_app):
    host = Host(app_at(make_app, "https://app.example.com"))
    host.install()
    response = host.http.get(
        "/hello/x",
        headers={"Authorization": f"JWT {host.token('GET', '/hello/x')}"},
        environ_overrides={"QUERY_STRING": "a=\xff\xfe&b=\x00"},
    )

    assert response.status_code == 401


def test_a_flood_of_parameters_is_a_bad_request(make_app):
    host = Host(app_at(make_app, "https://app.example.com"))
    host.install()
    query = "&".join(f"p{number}=1" for number in range(1500))
    token = host.token("GET", "/hello/x")

    response = host.http.get(f"/hello/x?{query}", headers={"Authorization": f"JWT {token}"})

    assert response.status_code == 400
