"""The host's script, and the policy that lets a page load it: Atlassian's for sites, the sandbox's for its tenants."""

from __future__ import annotations

import pytest
from flask import Response, render_template_string

from atlassian_connect import AtlassianConnect
from atlassian_connect.sandbox import Sandbox, WsgiTransport
from atlassian_connect.web.host_script import allow_sandbox_script
from tests.host import BASE_URL, Host
from tests.test_settings import load

CDN = "https://connect-cdn.atl-paas.net"
SANDBOX = "http://localhost:2990"
POLICY = f"default-src 'none'; script-src 'self' {CDN}; style-src 'self' {CDN} 'unsafe-inline'; connect-src 'self'"
_PAGE = "{{ connect_host_script() }}<p>{{ connect_host_script_origin() }}</p>"


def page() -> Response:
    return Response(render_template_string(_PAGE), headers={"Content-Security-Policy": POLICY})


@pytest.fixture
def app(make_app):
    connect = AtlassianConnect()
    connect.add_module("generalPages", "page", page, name="Page")
    connect.add_module("generalPages", "shell", page, name="Shell", cacheable=True)
    return lambda **config: make_app(connect, **config)


@pytest.mark.parametrize("product", ["jira", "confluence"])
def test_pages_of_a_sandbox_load_its_script_and_may(app, product):
    made = app(ATLASSIAN_CONNECT_SANDBOX_URL=SANDBOX)
    sandbox = Sandbox(SANDBOX, transport=WsgiTransport({BASE_URL: made.wsgi_app}))
    made.extensions["atlassian_connect"].transport.mount(SANDBOX, sandbox.wsgi_app)
    site = sandbox.jira if product == "jira" else sandbox.confluence

    answer = site.install(f"{BASE_URL}/atlassian-connect.json").open("page")

    assert f'src="{SANDBOX}/atlassian-connect/all.js"' in answer.text
    assert f"<p>{SANDBOX}</p>" in answer.text
    assert answer.headers["Content-Security-Policy"] == f"{POLICY.replace(CDN, SANDBOX)}; frame-ancestors {SANDBOX}"


@pytest.mark.parametrize("config", [{}, {"ATLASSIAN_CONNECT_SANDBOX_URL": SANDBOX}], ids=["no sandbox", "a sandbox"])
def test_pages_of_sites_load_atlassians_whether_a_sandbox_is_set_or_not(app, config):
    host = Host(app(**config))
    host.install()

    response = host.get("/connect/page")

    assert f'src="{CDN}/all.js"' in response.text
    assert f"<p>{CDN}</p>" in response.text
    assert response.headers["Content-Security-Policy"] == f"{POLICY}; frame-ancestors https://tenant-1.atlassian.net"


@pytest.mark.parametrize(("base_url", "origin"), [("http://localhost:5000", SANDBOX), ("https://app.example.com", CDN)])
def test_a_page_for_all_is_for_the_sandbox_where_no_other_host_could_call(app, base_url, origin):
    made = app(ATLASSIAN_CONNECT_SANDBOX_URL=SANDBOX, ATLASSIAN_CONNECT_BASE_URL=base_url)
    response = made.test_client().get("/connect/shell")

    assert f"<p>{origin}</p>" in response.text
    assert f"script-src 'self' {origin};" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (f"script-src {CDN}/all.js", f"script-src {SANDBOX}"),
        ("script-src connect-cdn.atl-paas.net", f"script-src {SANDBOX}"),
        ("script-src 'self'", "script-src 'self'"),
        (f"script-src {CDN}.example.com x{CDN}", f"script-src {CDN}.example.com x{CDN}"),
        ("", ""),
    ],
)
def test_only_the_scripts_own_origin_is_replaced(policy, expected):
    settings = load(base_url="http://localhost:5000", sandbox_url=SANDBOX)

    assert allow_sandbox_script(policy, settings, None) == expected
