"""The pages for people."""

from __future__ import annotations

import gc
import re
import warnings
from html import unescape

import jwt
import pytest
from werkzeug.test import Client, EnvironBuilder

from atlassian_connect.sandbox import MEMBER, Installation, Sandbox

from ..connect_app import APP_KEY, ConnectApp
from .browser import Browser, check_html


def test_where_to_begin(browser: Browser):
    assert browser.get("/sandbox/").headers["Location"] == "/"
    assert browser.get("/wiki/").headers["Location"] == "/wiki/spaces"
    assert browser.get("/sandbox/log").headers["Location"] == "/sandbox/inspector"
    assert "Your sites" in check_html(browser.get("/"))
    assert browser.get("/sandbox/static/sandbox.css").status_code == 200


def test_install_act_and_uninstall(sandbox: Sandbox, app: ConnectApp, browser: Browser, descriptor_url: str):
    assert "No app is installed" in check_html(browser.get("/sandbox/apps/confluence"))
    answer = browser.post("/sandbox/apps/confluence/install", descriptor_url=descriptor_url)
    assert answer.status_code == 303
    page = check_html(browser.get(answer.headers["Location"]))
    assert "is installed on Confluence" in page
    modules = check_html(browser.get(f"/sandbox/apps/confluence/{APP_KEY}/modules"))
    assert f"/sandbox/apps/confluence/{APP_KEY}/modules/page" in modules
    for action, state in (("disable", "disabled"), ("enable", "enabled"), ("uninstall", "uninstalled")):
        answer = browser.post(f"/sandbox/apps/confluence/{APP_KEY}/{action}")
        assert answer.status_code == 303
        assert sandbox.confluence.installation(APP_KEY).state == state
    answer = browser.post(f"/sandbox/apps/confluence/{APP_KEY}/enable")
    assert "not installed" in check_html(browser.get(answer.headers["Location"]))
    assert browser.post("/sandbox/apps/confluence/other/enable").status_code == 404
    assert browser.post(f"/sandbox/apps/confluence/{APP_KEY}/explode").status_code in (404, 405)


def test_a_refused_install_says_why(app: ConnectApp, browser: Browser, descriptor_url: str):
    app.descriptor["key"] = "<b>bad</b>"
    answer = browser.post("/sandbox/apps/jira/install", descriptor_url=descriptor_url)
    page = check_html(browser.get(answer.headers["Location"]))
    assert "The app descriptor is not valid" in page
    answer = browser.post("/sandbox/apps/jira/install", descriptor_url="<script>alert(1)</script>")
    page = check_html(browser.get(answer.headers["Location"]))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_text_of_an_app_is_escaped(sandbox: Sandbox, app: ConnectApp, browser: Browser, descriptor_url: str):
    evil = '"><script>alert(1)</script>'
    app.descriptor["name"] = evil
    app.descriptor["modules"]["generalPages"][0]["name"]["value"] = evil
    sandbox.jira.install(descriptor_url)
    sandbox.content.edit_issue("OPS-1", summary=evil)
    for path in (
        "/",
        "/sandbox/apps/jira",
        f"/sandbox/apps/jira/{APP_KEY}",
        f"/sandbox/apps/jira/{APP_KEY}/modules",
        f"/sandbox/apps/jira/{APP_KEY}/descriptor",
        f"/sandbox/apps/jira/{APP_KEY}/modules/page",
        "/projects/OPS",
        "/browse/OPS-1",
        "/sandbox/inspector",
    ):
        assert "alert(1)</script>" not in check_html(browser.get(path))


def test_opening_a_module(sandbox: Sandbox, app: ConnectApp, browser: Browser, jira_app: Installation):
    jira_app.register_modules(
        {"webPanels": [{"key": "p", "location": "x", "name": {"value": "P"}, "url": "/panel?i={issue.key}"}]}
    )
    response = browser.get(f"/sandbox/apps/jira/{APP_KEY}/modules/p?user={MEMBER}")
    page = check_html(response)
    assert "frame-src http://app.localhost:5000" in response.headers["Content-Security-Policy"]
    assert "allow-scripts" in re.search(r'<iframe[^>]* sandbox="([^"]*)"', page)[1]
    assert 'referrerpolicy="no-referrer"' in page
    source = unescape(re.search(r'<iframe[^>]* src="([^"]*)"', page)[1])
    assert source.startswith("http://app.localhost:5000/base/panel?i=OPS-1&xdm_e=")
    sandbox.wire.transport.send("GET", source, headers={}, body=b"", timeout=1)
    assert app.refused == []
    assert app.received[-1][1]["sub"] == MEMBER
    other = browser.get(f"/sandbox/apps/jira/{APP_KEY}/modules/p?user=&ctx.issue.key=WEB-2")
    source = unescape(re.search(r'<iframe[^>]* src="([^"]*)"', check_html(other))[1])
    assert "i=WEB-2&" in source
    assert "Anonymous" in other.text


def test_modules_that_cannot_be_opened(browser: Browser, jira_app: Installation):
    assert browser.get(f"/sandbox/apps/jira/{APP_KEY}/modules/none").status_code == 404
    assert browser.get("/sandbox/apps/jira/none/modules/none").status_code == 404
    jira_app.disable()
    page = check_html(browser.get(f"/sandbox/apps/jira/{APP_KEY}/modules/page"))
    assert f"{APP_KEY} is disabled" in page
    assert "<iframe" not in page


def test_blocking_by_buttons(sandbox: Sandbox, browser: Browser, confluence_app: Installation, jira_app: Installation):
    rules = f"/sandbox/rules/confluence/{APP_KEY}"
    access = f"/sandbox/apps/confluence/{APP_KEY}/access"
    assert "/block/DS" in check_html(browser.get(access))
    assert "/block/OPS" in check_html(browser.get("/sandbox/rules/jira"))
    answer = browser.post(f"{rules}/block/DS", next=access)
    assert answer.headers["Location"].startswith(access)
    assert "kept out of DS" in check_html(browser.get(answer.headers["Location"]))
    assert confluence_app.blocked == {"DS"}
    assert "/unblock/DS" in check_html(browser.get("/sandbox/rules/confluence"))
    blocked = check_html(browser.get(f"/sandbox/apps/confluence/{APP_KEY}/modules/page?ctx.space.key=DS"))
    assert "This content has been blocked" in blocked
    assert "<iframe" not in blocked
    assert browser.post(f"{rules}/unblock/DS").status_code == 303
    assert confluence_app.blocked == frozenset()
    assert browser.post(f"{rules}/block/OPS").status_code == 404
    assert browser.post(f"{rules}/block/DS", csrf_token="x").status_code == 403
    assert browser.post("/sandbox/rules/jira/none/block/OPS").status_code == 404


def test_a_module_has_the_address_of_real_hosts(
    sandbox: Sandbox, app: ConnectApp, browser: Browser, confluence_app: Installation
):
    response = browser.get(f"/wiki/plugins/servlet/ac/{APP_KEY}/page?space.key=ENG")
    source = unescape(re.search(r'<iframe[^>]* src="([^"]*)"', check_html(response))[1])
    assert source.startswith("http://app.localhost:5000/base/page?space=ENG&")
    assert "frame-src http://app.localhost:5000;" in response.headers["Content-Security-Policy"]


def test_editing_content(
    sandbox: Sandbox, app: ConnectApp, browser: Browser, jira_app: Installation, confluence_app: Installation
):
    page = sandbox.content.pages()[0]
    address = f"/wiki/spaces/DS/pages/{page.id}"
    assert page.title in check_html(browser.get(address))
    assert browser.post(address, title="Renamed").status_code == 303
    assert sandbox.content.page(page.id).title == "Renamed"
    assert app.received_paths()[-1] == "/hooks/page"
    assert "OPS-1" in check_html(browser.get("/projects/OPS"))
    assert browser.post("/browse/OPS-1", summary="Reworded").status_code == 303
    assert app.received_paths()[-1] == "/hooks/issue/OPS-1"
    assert browser.post("/browse/OPS-99", summary="x").status_code == 404
    answer = browser.post("/browse/OPS-1", summary=" ")
    assert "A summary has" in check_html(browser.get(answer.headers["Location"]))
    assert sandbox.content.issue("OPS-1").summary == "Reworded"


def test_the_page_of_an_app_shows_no_secret(browser: Browser, jira_app: Installation):
    assert jira_app.shared_secret.reveal() not in check_html(browser.get(f"/sandbox/apps/jira/{APP_KEY}"))


def test_an_odd_token_does_not_break_the_log(browser: Browser, sandbox: Sandbox):
    token = jwt.encode({"iss": "x", "\ud800": ["\udfff", float("nan")]}, "s" * 40)
    browser.get("/rest/api/3/myself?a=\xff&b=%ff%00", headers={"Authorization": f"JWT {token}"})
    assert "unknown_app" in check_html(browser.get("/sandbox/inspector?q=unknown"))
    assert "udfff" not in browser.page(f"/sandbox/inspector/{sandbox.log[-1].number}")


def test_forms_of_other_pages_are_refused(sandbox: Sandbox, app: ConnectApp, browser: Browser, descriptor_url: str):
    def install(**more):
        return browser.post("/sandbox/apps/jira/install", descriptor_url=descriptor_url, **more).status_code

    assert install(csrf_token="x") == 403
    assert install(csrf_token="é") == 403
    assert install(headers={"Origin": "http://evil.example"}) == 403
    assert install(headers={"Origin": "http://localhost:5000"}) == 403
    assert install(headers={"Origin": "null"}) == 403
    assert install(headers={"Sec-Fetch-Site": "cross-site"}) == 403
    assert install(headers={"Sec-Fetch-Site": "same-site"}) == 403
    assert sandbox.jira.installations == []
    assert install(headers={}) == 303
    assert install(base_url="http://127.0.0.1:2990") == 303


@pytest.mark.parametrize("host_header", ["evil.example", "localhost", "localhost:80", "127.0.0.1", "", "x:2990", "é"])
def test_other_host_names_are_refused(sandbox: Sandbox, host_header: str):
    client = Client(sandbox.wsgi_app)
    for path in ("/", "/rest/api/3/myself", f"/install-keys/{sandbox.key_id}", "/sandbox/static/sandbox.css"):
        assert client.get(path, environ_overrides={"HTTP_HOST": host_header}).status_code in (400, 421)


def test_only_names_of_a_loopback_origin_are_taken():
    sandbox = Sandbox("https://sandbox.example.com", seed=1)
    client = Client(sandbox.wsgi_app)
    assert client.get("/", base_url="https://sandbox.example.com").status_code == 200
    assert client.get("/", base_url="https://localhost").status_code == 421
    with pytest.raises(ValueError, match="has a path"):
        Sandbox("http://localhost:2990/x")


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}, {"If-None-Match": "same"}])
def test_a_file_is_closed_even_when_the_browser_goes_away_before_the_end(sandbox: Sandbox, headers: dict[str, str]):
    path = "/sandbox/static/sandbox.css"
    client = Client(sandbox.wsgi_app)
    if "If-None-Match" in headers:
        headers = {"If-None-Match": client.get(path, base_url="http://localhost:2990").headers["ETag"]}
    environ = EnvironBuilder(path, base_url="http://localhost:2990", headers=headers).get_environ()
    statuses: list[str] = []
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always")
        body = sandbox.wsgi_app(environ, lambda status, _headers: statuses.append(status))
        next(iter(body), b"")
        del body  # neither read to its end nor closed, as a server does that loses its client
        gc.collect()
    assert statuses[0][:3] in ("200", "206", "304")
    assert [str(one.message) for one in left_open] == []
