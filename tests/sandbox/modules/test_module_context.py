"""The values of variables in URLs."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox
from atlassian_connect.sandbox.module_urls import substitute, variables_in
from atlassian_connect.sandbox.modules import places
from atlassian_connect.sandbox.modules.context import macro_values, url_context
from atlassian_connect.sandbox.modules.situation import Situation

from ..connect_app import ConnectApp
from .conftest import Install


def test_an_issue_brings_its_project(sandbox: Sandbox):
    issue = sandbox.content.issue("WEB-2")
    values = url_context(sandbox.jira, Situation(account_id=MEMBER, issue=issue.id))
    assert values == {
        "issue.id": issue.id,
        "issue.key": "WEB-2",
        "issue.summary": issue.summary,
        "issuetype.id": "10001",
        "project.id": "10001",
        "project.key": "WEB",
        "user.accountId": MEMBER,
    }


def test_a_page_brings_its_space(sandbox: Sandbox):
    page = sandbox.content.page("65601")
    values = url_context(sandbox.confluence, Situation(account_id=None, page=page.id))
    facts = {"id": page.id, "version": str(page.version), "type": "page"}
    assert values == {
        **{f"content.{name}": value for name, value in facts.items()},
        **{f"page.{name}": value for name, value in facts.items()},
        "page.title": page.title,
        "space.id": "98305",
        "space.key": "DS",
    }


@pytest.mark.parametrize("given", ["DS", "98305"])
def test_a_space_is_found_by_id_and_key(sandbox: Sandbox, given):
    values = url_context(sandbox.confluence, Situation(account_id=None, space=given))
    assert values == {"space.id": "98305", "space.key": "DS"}


@pytest.mark.parametrize("given", ["OPS", "10000"])
def test_a_project_is_found_by_id_and_key(sandbox: Sandbox, given):
    values = url_context(sandbox.jira, Situation(account_id=None, project=given))
    assert values == {"project.id": "10000", "project.key": "OPS"}


def test_what_is_not_there_has_no_values(sandbox: Sandbox):
    assert url_context(sandbox.jira, Situation(account_id=None, issue="NO-1", project="NO")) == {}
    assert url_context(sandbox.confluence, Situation(account_id=None, page="1", space="NO")) == {}


def test_a_profile_is_jiras(sandbox: Sandbox):
    assert url_context(sandbox.jira, Situation(account_id=None, profile=MEMBER)) == {"profileUser.accountId": MEMBER}


def test_given_values_are_added_but_never_take_the_place_of_what_is_found(sandbox: Sandbox):
    given = {"dashboardItem.id": "7", "issue.key": "MINE", "project.id": "5", "user.accountId": ADMIN}
    values = url_context(sandbox.jira, Situation(account_id=MEMBER, issue="OPS-1", values=given))
    assert (values["dashboardItem.id"], values["issue.key"], values["project.key"]) == ("7", "OPS-1", "OPS")
    assert (values["project.id"], values["user.accountId"]) == (sandbox.content.project("OPS").id, MEMBER)


@pytest.mark.parametrize("name", ["issue.id", "issue.key", "project.id", "project.key"])
def test_what_a_viewer_does_not_see_has_no_values(sandbox: Sandbox, name: str):
    names = {name: url_context(sandbox.jira, Situation(account_id=ADMIN, issue="OPS-1"))[name]}
    sandbox.permissions.restrict("OPS", [ADMIN])
    assert url_context(sandbox.jira, Situation.named(ADMIN, names))["project.key"] == "OPS"
    assert url_context(sandbox.jira, Situation.named(MEMBER, names)) == {"user.accountId": MEMBER}
    assert url_context(sandbox.jira, Situation.named(None, names)) == {}


@pytest.mark.parametrize("names", [{"page.id": "65537"}, {"content.id": "65537"}, {"space.key": "DS"}])
def test_what_a_viewer_of_confluence_does_not_see_has_no_values(sandbox: Sandbox, names: dict[str, str]):
    sandbox.permissions.restrict("DS", [ADMIN])
    assert url_context(sandbox.confluence, Situation.named(ADMIN, names))["space.key"] == "DS"
    assert url_context(sandbox.confluence, Situation.named(MEMBER, names)) == {}


def test_a_parameter_of_a_macro_never_names_another_page(sandbox: Sandbox):
    parameters = macro_values(macro_id="m", parameters={"page.id": "1", "colour": "red"})
    values = url_context(sandbox.confluence, Situation(account_id=ADMIN, page="65537", values=parameters))
    assert (values["page.id"], values["colour"], values["macro.id"]) == ("65537", "red", "m")


def test_macros_tell_their_body_cut_and_their_parameters():
    values = macro_values(macro_id="m1", body="é" * 129, parameters={"colour": "red", "macro.id": "forged"})
    assert values == {
        "colour": "red",
        "macro.id": "m1",
        "macro.hash": "m1",
        "macro.body": "é" * 128,
        "macro.truncated": "true",
        "output.type": "display",
    }
    assert macro_values(macro_id="m1", body="x" * 128)["macro.truncated"] == "false"


def test_both_forms_and_conditions_are_filled():
    url = "/p/${issue.key}/{condition.c(a=b)}?x={issue.key}&y={condition.c(a=z)}&z={gone}"
    assert variables_in(url) == ["issue.key", "condition.c(a=b)", "condition.c(a=z)", "gone"]
    values = {"issue.key": "A 1", "condition.c(a=b)": "true", "condition.c": "false"}
    assert substitute(url, values) == "/p/A%201/true?x=A+1&y=false&z="


def load(installation: Installation, key: str, situation: Situation) -> dict[str, list[str]]:
    """Open a module with the values of its place; returns the query that the app gets."""
    (placed,) = [one for one in places.all_of(installation, situation) if one.module.key == key]
    frame = installation.frame(placed.opens_key, account_id=situation.account_id, context=placed.values)
    return parse_qs(urlsplit(frame.url).query, keep_blank_values=True)


def test_the_app_gets_the_values_of_the_place(install: Install, app: ConnectApp):
    url = "/p?issue={issue.key}&admin={condition.user_is_admin}&none={board.id}"
    url += "&may={condition.has_project_permission(permission=ADMINISTER_PROJECTS)}"
    panel = {"key": "panel", "location": "atl.jira.view.issue.right.context", "url": url, "name": {"value": "P"}}
    installation = install(webPanels=[panel])
    for person, expected in ((ADMIN, "true"), (MEMBER, "false")):
        query = load(installation, "panel", Situation(account_id=person, issue="OPS-1"))
        assert [query[name] for name in ("issue", "admin", "none", "may")] == [["OPS-1"], [expected], [""], [expected]]


def test_a_condition_in_a_url_is_the_viewers_own_whatever_is_given(install: Install):
    installation = install(generalPages=[{"key": "p", "url": "/p?a={condition.user_is_admin}", "name": {"value": "P"}}])
    given = Situation(account_id=MEMBER, values={"condition.user_is_admin": "true"})
    assert load(installation, "p", given)["a"] == ["false"]


def test_variables_that_stay_empty_are_said(install: Install):
    url = "/p?a={issue.key}&b={moon.phase}&c={condition.moon_is_full}&d={ac.mine}&e={board.id}"
    installation = install(generalPages=[{"key": "p", "url": url, "name": {"value": "P"}}])
    (placed,) = places.all_of(installation, Situation(account_id=ADMIN, project="OPS"))
    said = {re.search(r"\{(.+?)\}", note)[1]: note for note in placed.notes}
    assert set(said) == {"issue.key", "moon.phase", "condition.moon_is_full", "board.id"}
    assert said["issue.key"] == "{issue.key} has no value here."


def test_the_sample_context_is_that_of_the_first_page_and_issue(sandbox: Sandbox):
    assert sandbox.confluence.sample_context()["page.id"] == "65537"
    assert sandbox.jira.sample_context()["issue.key"] == "OPS-1"
