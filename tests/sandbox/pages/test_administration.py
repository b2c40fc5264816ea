"""What is for administrators: others are told so, and may look as one of them."""

from __future__ import annotations

import re

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox

from ..connect_app import APP_KEY, ConnectApp
from .browser import Browser, check_html

APP = f"/sandbox/apps/jira/{APP_KEY}"
PAGES = [
    "/sandbox/apps/jira", "/sandbox/apps/confluence", APP, f"{APP}/modules", f"{APP}/access", f"{APP}/properties",
    f"{APP}/descriptor", f"{APP}/modules/page", "/sandbox/rules/jira", "/wiki/admin", "/sandbox/api-tokens",
]  # fmt: skip
FORMS = {
    "/sandbox/apps/jira/install": {"descriptor_url": "http://app.localhost:5000/base/atlassian-connect.json"},
    f"{APP}/disable": {},
    f"{APP}/uninstall": {},
    f"{APP}/licence": {"licence": "licensed"},
    f"{APP}/misbehave": {"kind": "fail"},
    f"{APP}/behave": {},
    f"/sandbox/rules/jira/{APP_KEY}/block/OPS": {},
}
NAME = {"value": "Page"}


def state_of(installation: Installation) -> tuple:
    """What the forms change, and how much has crossed."""
    site = installation.site
    return installation.state, installation.licence, installation.blocked, site.faults.active, len(site.wire.log.all())


@pytest.mark.parametrize("account_id", [MEMBER, "anonymous"])
@pytest.mark.parametrize("path", PAGES)
def test_others_are_told_and_may_look_as_an_administrator(
    browser: Browser, jira_app: Installation, path: str, account_id: str
):
    browser.post("/sandbox/viewer", account_id=account_id)
    page = check_html(browser.get(path), status=403)
    assert "for administrators" in page
    form = re.search(r'<form class="actions".*?</form>', page, re.DOTALL)[0]
    assert f'name="next" value="{path}"' in form
    assert "Look as Ada Okafor" in form
    browser.post("/sandbox/viewer", account_id=ADMIN)
    browser.page(path)


@pytest.mark.parametrize("account_id", [MEMBER, "anonymous"])
@pytest.mark.parametrize("path", FORMS)
def test_others_change_nothing(browser: Browser, jira_app: Installation, path: str, account_id: str):
    before = state_of(jira_app)
    browser.post("/sandbox/viewer", account_id=account_id)
    page = check_html(browser.post(path, **FORMS[path]), status=403)
    assert 'name="next" value="/"' in page
    assert state_of(jira_app) == before


def test_without_an_administrator_there_is_nobody_to_look_as(browser: Browser, sandbox: Sandbox):
    sandbox.permissions.deactivate(ADMIN)
    page = check_html(browser.get("/sandbox/apps/jira"), status=403)
    assert "Look as" not in page


@pytest.mark.parametrize("how", ["", "/go", "/frame"])
def test_no_way_leads_others_to_a_page_of_the_administration_or_one_that_is_hidden(
    app: ConnectApp, browser: Browser, sandbox: Sandbox, descriptor_url: str, how: str
):
    hidden = {"key": "hidden", "url": "/hidden", "name": NAME, "conditions": [{"condition": "user_is_admin"}]}
    app.descriptor["modules"]["adminPages"] = [{"key": "admin", "url": "/admin", "name": NAME}]
    app.descriptor["modules"]["generalPages"].append(hidden)
    sandbox.jira.install(descriptor_url)

    def status(key: str) -> int:
        start = f"{APP}/modules/{key}{how}" if how else f"/plugins/servlet/ac/{APP_KEY}/{key}"
        return browser.get(start).status_code

    assert [status(key) for key in ("admin", "hidden", "page")] == [303 if how == "/go" else 200] * 3
    browser.post("/sandbox/viewer", account_id=MEMBER)
    assert [status(key) for key in ("admin", "hidden")] == [403, 404]


def test_the_explanation_of_a_publish_condition_is_there_when_it_does_not_hold(
    app: ConnectApp, browser: Browser, sandbox: Sandbox, descriptor_url: str
):
    never = {"key": "never", "dialog": {"url": "/why"}, "name": NAME, "errorMessage": {"value": "Not yet"}}
    app.descriptor["modules"]["publishConditions"] = [never | {"conditions": [{"condition": "feature_flag"}]}]
    sandbox.confluence.install(descriptor_url)
    assert browser.get(f"/sandbox/apps/confluence/{APP_KEY}/modules/never/frame").status_code == 200


def test_a_page_is_not_told_of_what_its_viewer_does_not_see(
    app: ConnectApp, browser: Browser, sandbox: Sandbox, descriptor_url: str
):
    url = "/secret?i={issue.summary}&k={issue.key}&p={project.key}"
    app.descriptor["modules"]["generalPages"].append({"key": "secret", "url": url, "name": NAME})
    sandbox.jira.install(descriptor_url)
    sandbox.permissions.restrict("OPS", [ADMIN])
    address = f"/plugins/servlet/ac/{APP_KEY}/secret?issue.key=OPS-1"
    assert "k=OPS-1&amp;p=OPS&amp;" in browser.page(address)
    browser.post("/sandbox/viewer", account_id=MEMBER)
    assert "/secret?i=&amp;k=&amp;p=&amp;" in browser.page(address)


def test_a_module_is_tried_out_as_somebody_there_is(browser: Browser, jira_app: Installation, sandbox: Sandbox):
    page = f"{APP}/modules/page"
    assert browser.get(f"{page}?user={MEMBER}").status_code == 200
    assert browser.get(f"{page}?user=nobody").status_code == 404
    sandbox.permissions.deactivate(MEMBER)
    assert browser.get(f"{page}?user={MEMBER}").status_code == 404


def test_a_module_can_be_tried_out_on_a_site_without_issues(browser: Browser, jira_app: Installation, sandbox: Sandbox):
    for issue in sandbox.content.issues():
        if not issue.parent_id:
            sandbox.content.delete_issue(issue.key, account_id=ADMIN)
    assert sandbox.content.issues() == []
    browser.page(f"{APP}/modules/page")
