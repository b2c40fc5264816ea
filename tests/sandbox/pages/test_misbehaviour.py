"""The form that lets the registration of modules go wrong."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Installation, Sandbox
from atlassian_connect.sandbox.faults import DYNAMIC_MODULES, ModuleRefused, Unavailable
from atlassian_connect.sandbox.pages.misbehaviour import MISBEHAVIOURS

from ..connect_app import APP_KEY, HostCaller
from .browser import Browser

APP = f"/sandbox/apps/jira/{APP_KEY}"
PANEL = {"key": "p", "location": "atl.jira.view.issue.right.context", "name": {"value": "P"}, "url": "/p"}


def test_a_module_is_refused_until_it_is_switched_off(browser: Browser, host: HostCaller, jira_app: Installation):
    page = browser.after(browser.post(f"{APP}/misbehave", kind="refuse", key="p", times=""))
    assert "goes wrong from now on" in page
    assert "ModuleRefused(key=&#39;p&#39;" in page

    assert host("POST", DYNAMIC_MODULES, {"webPanels": [PANEL]}).status_code == 400
    assert '<td class="end">1</td>' in browser.page(f"{APP}/modules")

    page = browser.after(browser.post(f"{APP}/behave"))
    assert "works as it should again" in page
    assert "Switch all off" not in page
    assert host("POST", DYNAMIC_MODULES, {"webPanels": [PANEL]}).status_code == 200


@pytest.mark.parametrize("kind", MISBEHAVIOURS)
def test_each_choice_can_be_switched_on(browser: Browser, sandbox: Sandbox, jira_app: Installation, kind: str):
    browser.after(browser.post(f"{APP}/misbehave", kind=kind, key="p", times="once"))

    (active,) = sandbox.jira.faults.active
    assert active.path == DYNAMIC_MODULES
    assert sandbox.confluence.faults.active == []


def test_a_failure_after_the_removal(browser: Browser, host: HostCaller, jira_app: Installation):
    browser.post(f"{APP}/misbehave", kind="fail", times="once")

    assert host("DELETE", f"{DYNAMIC_MODULES}?moduleKey=p").status_code == 204
    answers = [host("POST", DYNAMIC_MODULES, {"webPanels": [PANEL]}).status_code for _ in range(2)]
    assert answers == [500, 200]


@pytest.mark.parametrize("fields", [{"kind": "nothing"}, {}, {"kind": "refuse"}, {"kind": "refuse", "key": "k" * 101}])
def test_what_makes_no_sense_is_said_and_changes_nothing(
    browser: Browser, sandbox: Sandbox, jira_app: Installation, fields: dict[str, str]
):
    page = browser.after(browser.post(f"{APP}/misbehave", **fields))

    assert "There is no such misbehaviour." in page or "fill in its key" in page
    assert sandbox.jira.faults.active == []


def test_faults_of_other_resources_are_left_alone(browser: Browser, sandbox: Sandbox, jira_app: Installation):
    other = sandbox.jira.faults.add(Unavailable(), path="/rest/api/3/issue")
    sandbox.jira.faults.add(ModuleRefused("<x>"), path=DYNAMIC_MODULES)
    assert "Unavailable" not in browser.page(f"{APP}/modules")

    browser.after(browser.post(f"{APP}/behave"))

    assert sandbox.jira.faults.active == [other]
