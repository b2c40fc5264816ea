"""Manage apps: one app's pages."""

from __future__ import annotations

import re
from html import unescape

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from ..connect_app import APP_KEY, ConnectApp, HostCaller
from .browser import Browser, check_html

APP = f"/sandbox/apps/jira/{APP_KEY}"
PAGE = {"key": "a", "url": "/admin", "name": {"value": "Settings of it"}}


def test_every_page_of_an_app_is_there_in_each_state(browser: Browser, jira_app: Installation):
    for change in (lambda: None, jira_app.disable, jira_app.uninstall):
        change()
        for tab in ("", "/modules", "/access", "/properties", "/descriptor"):
            assert "Stale pages" in browser.page(APP + tab)
    assert browser.get(f"{APP}/nothing").status_code == 404


def test_a_refused_descriptor_lists_what_is_wrong_and_where(
    app: ConnectApp, browser: Browser, descriptor_url: str, sandbox: Sandbox
):
    app.descriptor["modules"]["generalPages"][0]["key"] = "x y"
    app.descriptor["scopes"] = ["NOPE"]
    page = unescape(browser.after(browser.post("/sandbox/apps/jira/install", descriptor_url=descriptor_url)))
    assert "The app descriptor is not valid" in page
    assert "<code>modules.generalPages[0].key</code>" in page
    assert f'value="{descriptor_url}"' in page
    assert sandbox.jira.known == []


def test_an_update_that_fails_leaves_the_app_as_it_was(
    app: ConnectApp, browser: Browser, descriptor_url: str, jira_app: Installation
):
    install = "/sandbox/apps/jira/install"
    app.descriptor["name"] = "Renamed"
    page = browser.after(browser.post(install, descriptor_url=descriptor_url, app_key=APP_KEY))
    assert "is up to date" in page
    assert "Renamed" in page
    app.descriptor["scopes"] = ["NOPE"]
    answer = browser.post(install, descriptor_url=descriptor_url, app_key=APP_KEY)
    assert answer.headers["Location"].startswith(f"{APP}?notice=")
    assert "READ" in browser.after(answer)
    assert jira_app.state == "enabled"


@pytest.mark.parametrize(
    ("licence", "lic", "active", "evaluation"),
    [("licensed", "active", True, False), ("evaluation", "active", True, True), ("unlicensed", "none", False, False)],
)
def test_the_app_sees_its_licence(
    app: ConnectApp,
    browser: Browser,
    sandbox: Sandbox,
    host: HostCaller,
    descriptor_url: str,
    licence: str,
    lic: str,
    active: bool,
    evaluation: bool,
):
    app.descriptor["enableLicensing"] = True
    installation = sandbox.jira.install(descriptor_url)
    browser.after(browser.post(f"{APP}/licence", licence=licence))
    assert f"lic={lic}" in installation.iframe_url("page")
    told = host("GET", f"/rest/atlassian-connect/1/addons/{APP_KEY}").json["license"]
    assert (told["active"], told["evaluation"]) == (active, evaluation)
    browser.after(browser.post(f"{APP}/licence", licence="none"))
    assert "license" not in host("GET", f"/rest/atlassian-connect/1/addons/{APP_KEY}").json


def test_there_are_four_licences(browser: Browser, jira_app: Installation):
    assert "There is no such licence" in browser.after(browser.post(f"{APP}/licence", licence="free"))
    assert jira_app.licence == "none"


def test_dynamic_modules_are_marked_beside_those_of_the_descriptor(browser: Browser, jira_app: Installation):
    assert ">dynamic</span>" not in browser.page(f"{APP}/modules")
    jira_app.register_modules(
        {
            "webPanels": [
                {"key": "p", "location": "atl.jira.view.issue.right.context", "name": {"value": "P"}, "url": "/p"}
            ]
        }
    )
    page = browser.page(f"{APP}/modules")
    assert page.count(">dynamic</span>") == 1
    assert "Issue › Right" in page
    assert "/hooks/page?id=${page.id}" in page


def test_properties_of_the_app_are_shown(browser: Browser, host: HostCaller, jira_app: Installation):
    host("PUT", f"/rest/atlassian-connect/1/addons/{APP_KEY}/properties/x", {"a": "<b>"})
    assert "&lt;b&gt;" in browser.page(f"{APP}/properties")


def test_neither_secret_nor_token_is_on_any_page_of_the_app(browser: Browser, jira_app: Installation):
    browser.page(f"{APP}/modules/page")
    for tab in ("", "/modules", "/access", "/properties", "/descriptor"):
        page = browser.page(APP + tab)
        assert jira_app.shared_secret.reveal() not in page
        assert "eyJ" not in page


def test_pages_of_the_administration_are_for_administrators(
    app: ConnectApp, browser: Browser, sandbox: Sandbox, descriptor_url: str
):
    app.descriptor["modules"] |= {"adminPages": [PAGE], "configurePage": PAGE | {"key": "c"}}
    sandbox.jira.install(descriptor_url)
    assert "Configure</a>" in browser.page(APP)
    for key in ("a", "c"):
        assert "<iframe" in browser.page(f"/plugins/servlet/ac/{APP_KEY}/{key}")
    assert "Settings of it" in browser.page("/sandbox/apps/jira")
    browser.post("/sandbox/viewer", account_id=MEMBER)
    for key in ("a", "c"):
        assert "<iframe" not in check_html(browser.get(f"/plugins/servlet/ac/{APP_KEY}/{key}"), status=403)
    assert "Settings of it" not in check_html(browser.get("/sandbox/apps/jira"), status=403)


def test_a_page_of_an_app_has_all_of_the_room(browser: Browser, jira_app: Installation):
    page = browser.page(f"/plugins/servlet/ac/{APP_KEY}/page")
    main = page.partition('<main id="main" class="whole"')[2].partition("</main>")[0]
    assert re.findall(r"<([a-z]\w*)", main) == ["h1", "div", "div", "iframe"]
    assert '<h1 class="hidden">Stale</h1>' in main  # for those who do not see the page


def test_conditions_keep_a_page_from_those_it_is_not_for(
    app: ConnectApp, browser: Browser, sandbox: Sandbox, descriptor_url: str
):
    app.descriptor["modules"]["generalPages"][0]["conditions"] = [{"condition": "user_is_admin"}]
    sandbox.jira.install(descriptor_url)
    address = f"/plugins/servlet/ac/{APP_KEY}/page"
    assert address in browser.page("/jira/projects")
    browser.post("/sandbox/viewer", account_id=MEMBER)
    assert address not in browser.page("/jira/projects")
    assert "user_is_admin" in check_html(browser.get(address), status=404)
    browser.post("/sandbox/viewer", account_id=ADMIN)
    assert "<iframe" in browser.page(address)


def test_an_item_without_a_page_leads_to_the_app_itself(
    app: ConnectApp, browser: Browser, sandbox: Sandbox, descriptor_url: str
):
    item = {
        "key": "i",
        "location": "system.top.navigation.bar",
        "name": {"value": "Go there"},
        "url": "/shell?a={user}",
    }
    app.descriptor["modules"]["webItems"] = [
        item,
        item | {"key": "w", "url": "https://example.com/", "context": "page"},
    ]
    sandbox.jira.install(descriptor_url)
    assert f"{APP}/modules/i/go" in browser.get("/jira/projects").text
    answer = browser.get(f"{APP}/modules/i/go")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("http://app.localhost:5000/base/shell?a=&xdm_e=")
    assert browser.get(f"{APP}/modules/none/go").status_code == 404


@pytest.mark.parametrize("name", ["product", "app_key", "module_key", "endpoint", "values", "_external"])
def test_a_variable_of_any_name_breaks_no_page(
    app: ConnectApp, browser: Browser, sandbox: Sandbox, descriptor_url: str, name: str
):
    app.descriptor["modules"]["generalPages"][0]["url"] = f"/page?x={{{name}}}"
    sandbox.jira.install(descriptor_url)
    browser.page(f"{APP}/modules")
    browser.page(f"{APP}/modules/page?ctx.{name}=1")
    browser.page(f"/plugins/servlet/ac/{APP_KEY}/page?{name}=1")
