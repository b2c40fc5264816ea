"""Conditions: who sees a module."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlassian_connect.protocol.conditions import known_conditions
from atlassian_connect.sandbox import ADMIN, MEMBER, Installation, Sandbox
from atlassian_connect.sandbox.modules.checks import CHECKS
from atlassian_connect.sandbox.modules.conditions import evaluate, inline_value
from atlassian_connect.sandbox.modules.situation import Situation

STRANGER = Situation(account_id=None)
MEMBER_HERE = {
    "jira": Situation(account_id=MEMBER, issue="OPS-1", profile=MEMBER),
    "confluence": Situation(account_id=MEMBER, page="65537", profile=MEMBER),
}
ADMIN_HERE = {
    "jira": Situation(account_id=ADMIN, issue="OPS-1", profile=MEMBER),
    "confluence": Situation(account_id=ADMIN, page="65537", profile=MEMBER),
}
YES, NO, MAYBE = {"condition": "user_is_logged_in"}, {"condition": "user_is_sysadmin"}, {"condition": "moon_is_full"}


def visible(value, installation: Installation, situation: Situation) -> bool:
    return evaluate(value, installation, situation).visible


def holds(name: str, installation: Installation, situation: Situation, **params) -> bool | None:
    """What a condition is: shown or not, or undecided."""
    found = evaluate([{"condition": name, "params": params}], installation, situation)
    return None if found.notes else found.visible


# --- one by one -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params", "stranger", "member", "admin"),
    [
        ("user_is_logged_in", {}, False, True, True),
        ("user_is_admin", {}, False, False, True),
        ("user_is_sysadmin", {}, False, False, False),
        ("feature_flag", {"featureFlagKey": "x"}, False, False, False),
        ("addon_is_licensed", {}, False, False, False),
        ("can_use_application", {"applicationKey": "jira-software"}, False, True, True),
        ("can_use_application", {"applicationKey": "jira-servicedesk"}, False, False, False),
        ("can_use_application", {"applicationKey": "toaster"}, None, None, None),
        ("has_global_permission", {"permission": "ADMINISTER"}, False, False, True),
        ("has_global_permission", {"permission": "FLY"}, None, None, None),
        ("has_project_permission", {"permission": "BROWSE_PROJECTS"}, False, True, True),
        ("has_project_permission", {"permission": "browse"}, False, True, True),
        ("has_project_permission", {"permission": "ADMINISTER_PROJECTS"}, False, False, True),
        ("has_issue_permission", {"permission": "EDIT_ISSUES"}, False, True, True),
        ("user_is_project_admin", {}, False, False, True),
        ("has_selected_project", {}, False, True, True),
        ("is_issue_unresolved", {}, False, True, True),
        ("is_issue_reported_by_current_user", {}, False, False, True),
        ("is_issue_editable", {}, False, True, True),
        ("is_sub_task", {}, False, False, False),
        ("project_type", {"projectTypeKey": "software"}, False, True, True),
        ("project_type", {"projectTypeKey": "business"}, False, False, False),
        ("user_is_the_logged_in_user", {}, False, True, False),
        ("voting_enabled", {}, True, True, True),
        ("jira_expression", {"expression": "true"}, True, True, True),
        ("jira_expression", {"expression": "1"}, None, None, None),
        ("jira_expression", {}, None, None, None),
        ("jira_expression", {"expression": "issue.issueType.name == 'Task'"}, None, True, True),
        ("jira_expression", {"expression": "issue.assignee != null && user.accountId == '5'"}, None, False, False),
        ("has_page", {}, None, None, None),  # Confluence's, and Jira does not know it
    ],
)
def test_jira(jira_app: Installation, name, params, stranger, member, admin):
    seen = [holds(name, jira_app, who, **params) for who in (STRANGER, MEMBER_HERE["jira"], ADMIN_HERE["jira"])]
    assert seen == [stranger, member, admin]


@pytest.mark.parametrize(
    ("name", "params", "stranger", "member", "admin"),
    [
        ("user_is_confluence_administrator", {}, False, False, True),
        ("user_can_use_confluence", {}, False, True, True),
        ("has_page", {}, False, True, True),
        ("has_blog_post", {}, False, False, False),
        ("has_space", {}, False, True, True),
        ("viewing_content", {}, False, True, True),
        ("content_type", {"contentTypes": "page,blogpost"}, False, True, True),
        ("content_type", {"contentTypes": ["blogpost"]}, False, False, False),
        ("content_type", {}, None, None, None),
        ("has_page_permission", {"permission": "VIEW"}, False, True, True),
        ("has_page_permission", {"permission": "EDIT"}, False, True, True),
        ("has_page_permission", {"permission": "levitate"}, False, None, None),
        ("space_function_permission", {"permission": "administer"}, False, False, True),
        ("create_content", {}, False, True, True),
        ("favourite_page", {}, False, False, False),
        ("not_personal_space", {}, True, True, True),
        ("viewing_own_profile", {}, False, True, False),
        ("active_theme", {}, None, None, None),
        ("entity_property_equal_to", {"entity": "addon", "propertyKey": "no", "value": "1"}, False, False, False),
    ],
)
def test_confluence(confluence_app: Installation, name, params, stranger, member, admin):
    people = (STRANGER, MEMBER_HERE["confluence"], ADMIN_HERE["confluence"])
    assert [holds(name, confluence_app, who, **params) for who in people] == [stranger, member, admin]


def test_what_a_viewer_may_not_see_gives_them_nothing(sandbox: Sandbox, jira_app: Installation):
    sandbox.permissions.restrict("OPS", [ADMIN])
    for name in ("is_issue_editable", "can_attach_file_to_issue"):
        assert [holds(name, jira_app, who["jira"]) for who in (MEMBER_HERE, ADMIN_HERE)] == [False, True]


def test_a_deactivated_user_is_nobody(sandbox: Sandbox, jira_app: Installation):
    sandbox.permissions.deactivate(MEMBER)
    assert holds("user_is_logged_in", jira_app, MEMBER_HERE["jira"]) is False


def test_a_licence_shows(jira_app: Installation):
    jira_app.licensed = True
    assert holds("addon_is_licensed", jira_app, STRANGER) is True


def test_every_check_is_of_a_known_condition():
    assert set(CHECKS) <= set(known_conditions("jira")) | set(known_conditions("confluence"))


@pytest.mark.parametrize("product", ["jira", "confluence"])
def test_no_known_condition_fails_anywhere(request: pytest.FixtureRequest, product):
    installation = request.getfixturevalue(f"{product}_app")
    situations = (STRANGER, ADMIN_HERE[product], Situation(account_id="x", issue="X-1", page="1", space="-"))
    for name in known_conditions(product):
        for situation in situations:
            assert holds(name, installation, situation) in (True, False, None)


# --- together ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "shown", "hidden_by"),
    [
        (None, True, ()),
        ([], True, ()),
        ([YES, YES], True, ()),
        ([YES, NO], False, ("user_is_sysadmin",)),
        ([MAYBE], True, ()),
        ([MAYBE, NO], False, ("user_is_sysadmin",)),
        ([MAYBE, YES], True, ()),
        ({"or": [NO, YES]}, True, ()),
        ({"or": [NO, MAYBE]}, True, ()),
        ({"or": [NO, NO]}, False, ("user_is_sysadmin",)),
        ({"or": []}, False, ("an “or” of no conditions",)),
        ({"type": "OR", "conditions": [NO, {"and": [YES, YES]}]}, True, ()),
        ([{"type": "and", "conditions": [YES, {"or": [NO]}]}], False, ("user_is_sysadmin",)),
        ([{**YES, "invert": True}], False, ("not user_is_logged_in",)),
        ([{**NO, "invert": True}], True, ()),
        ([{**MAYBE, "invert": True}], True, ()),
    ],
)
def test_composites(jira_app: Installation, conditions, shown, hidden_by):
    found = evaluate(conditions, jira_app, ADMIN_HERE["jira"])
    assert (found.visible, found.hidden_by) == (shown, hidden_by)


def test_an_unknown_condition_is_shown_and_said(jira_app: Installation):
    found = evaluate([MAYBE, MAYBE], jira_app, STRANGER)
    assert found.notes == ("moon_is_full is a condition that no host is known to have.",)


def test_a_condition_on_the_apps_side_is_said(jira_app: Installation):
    (note,) = evaluate([{"condition": "/conditions/hello"}], jira_app, STRANGER).notes
    assert "on the app's side" in note


def test_conditions_that_cannot_be_read_are_said(jira_app: Installation):
    found = evaluate([{"name": "user_is_admin"}], jira_app, STRANGER)
    assert found.visible
    assert "cannot be read" in found.notes[0]


# --- properties -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("exists", {}, True),
        ("exists", {"objectName": "a.b"}, True),
        ("exists", {"objectName": "a.c"}, False),
        ("exists", {"objectName": "a.b.c"}, False),
        ("equal_to", {"objectName": "a.b", "value": "42"}, True),
        ("equal_to", {"objectName": "a.b", "value": '"42"'}, False),
        ("equal_to", {"objectName": "t", "value": '"text"'}, True),
        ("equal_to", {"objectName": "t", "value": "text"}, None),
        ("equal_to", {"objectName": "y", "value": "true"}, True),
        ("equal_to", {"objectName": "y", "value": "1"}, False),
        ("equal_to", {"objectName": "y", "value": True}, None),
        ("equal_to", {"objectName": "gone", "value": "null"}, False),
        ("contains_any", {"objectName": "l", "value": '["b", "z"]'}, True),
        ("contains_any", {"objectName": "l", "value": '["z"]'}, False),
        ("contains_any", {"objectName": "t", "value": '["text"]'}, False),
        ("contains_all", {"objectName": "l", "value": '["a", "b"]'}, True),
        ("contains_all", {"objectName": "l", "value": '["a", "z"]'}, False),
        ("equal_to_context", {"objectName": "p", "contextParameter": "project.key"}, True),
        ("equal_to_context", {"objectName": "t", "contextParameter": "project.key"}, False),
        ("equal_to_context", {"objectName": "p"}, None),
        ("contains_context", {"objectName": "l", "value": "{project.key}"}, True),
        ("contains_context", {"objectName": "l", "value": "{issue.key}"}, False),
        ("contains_any_user_group", {"objectName": "l"}, False),
        ("contains_any_user_group", {"objectName": "g"}, True),
        ("contains_any_user_group", {"objectName": "gone"}, False),
    ],
)
def test_properties_of_jira(sandbox: Sandbox, jira_app: Installation, kind, more, expected):
    value = {"a": {"b": 42}, "t": "text", "y": True, "l": ["a", "b", "OPS"], "g": ["users"], "p": "OPS"}
    jira_app.properties.put("flag", json.dumps(value).encode())
    here, params = MEMBER_HERE["jira"], {"propertyKey": "flag", **more}
    assert holds(f"addon_property_{kind}", jira_app, here, **params) is expected
    issue, project = sandbox.content.issue("OPS-1"), sandbox.content.project("OPS")
    for owner in (("issue", issue.id), ("project", project.id), ("jira-user", MEMBER)):
        sandbox.entity_properties.put(owner, "flag", value, ADMIN)
        entity = owner[0].removeprefix("jira-")
        assert holds(f"entity_property_{kind}", jira_app, here, entity=entity, **params) is expected, owner


@pytest.mark.parametrize("owner", ["content", "space"])
def test_properties_of_confluence(sandbox: Sandbox, confluence_app: Installation, owner):
    named = {"content": ("page", "65537"), "space": ("space", "98305")}
    name, here = f"{owner}_property_equal_to", MEMBER_HERE["confluence"]
    params = {"propertyKey": "flag", "value": "[1, 2]"}
    assert holds(name, confluence_app, here, **params) is False
    sandbox.entity_properties.put(named[owner], "flag", [1, 2], ADMIN)
    assert holds(name, confluence_app, here, **params) is True
    assert holds(name, confluence_app, STRANGER, **params) is False


def test_a_property_of_what_has_none_cannot_be_decided(jira_app: Installation):
    here = MEMBER_HERE["jira"]
    assert holds("entity_property_exists", jira_app, here, entity="comment", propertyKey="x") is None
    assert holds("entity_property_exists", jira_app, here, entity="issue") is None


# --- in URLs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("user_is_admin", "false"),
        ("has_project_permission(permission=browse)", "true"),
        ("has_project_permission( permission = ADMINISTER_PROJECTS )", "false"),
        ("has_project_permission", ""),
        ("moon_is_full", ""),
        ("user_is_the_logged_in_user", ""),
        ("((=,,=", ""),
    ],
)
def test_conditions_in_urls(jira_app: Installation, expression, value):
    found, note = inline_value(expression, jira_app, MEMBER_HERE["jira"])
    assert found == value
    assert bool(note) == (value == "")


# --- anything ---------------------------------------------------------------------------------------------------------

NAMES = sorted({*known_conditions("jira"), *known_conditions("confluence"), "moon_is_full", "/remote"})
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
PARAMS = st.dictionaries(
    st.sampled_from(["permission", "propertyKey", "value", "objectName", "entity", "contextParameter", "contentTypes"]),
    ANYTHING | st.sampled_from(["issue", "flag", "[1]", '"x"', "project.key", "browse"]),
)
ONE = st.fixed_dictionaries({"condition": st.sampled_from(NAMES), "params": PARAMS}, optional={"invert": ANYTHING})
TREES = st.recursive(
    ONE | ANYTHING,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["and", "or", "conditions", "type"]), inner | st.just("or"), max_size=2)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=TREES)
@pytest.mark.parametrize("product", ["jira", "confluence"])
def test_nothing_raises(request: pytest.FixtureRequest, product, value):
    installation = request.getfixturevalue(f"{product}_app")
    found = evaluate(value, installation, ADMIN_HERE[product])
    assert found.visible is not bool(found.hidden_by)


# --- what the store has -----------------------------------------------------------------------------------------------


def test_sub_tasks(sandbox: Sandbox, jira_app: Installation):
    parent = sandbox.content.issue("OPS-1")
    child = sandbox.content.create_issue(
        "OPS", "Order it", account_id=ADMIN, issue_type="Sub-task", parent_id=parent.id
    )
    for issue, expected in ((parent, False), (child, True)):
        here = Situation(account_id=ADMIN, issue=issue.key)
        assert holds("is_sub_task", jira_app, here) is expected
        assert holds("has_sub_tasks_available", jira_app, here) is not expected


def test_blog_posts_are_no_pages(sandbox: Sandbox, confluence_app: Installation):
    here = Situation(account_id=ADMIN, page=sandbox.content.blog_posts()[0].id)
    named = ("has_page", "has_blog_post", "viewing_content")
    assert [holds(name, confluence_app, here) for name in named] == [False, True, True]


def test_properties_of_dashboard_items(sandbox: Sandbox, jira_app: Installation):
    sandbox.entity_properties.put(("dashboard_item", "10000"), "size", 3, ADMIN)
    params = {"entity": "dashboarditem", "propertyKey": "size", "value": "3"}
    for gadget, expected in (("10000", True), ("10001", False)):
        here = Situation(account_id=ADMIN, values={"dashboardItem.id": gadget})
        assert holds("entity_property_equal_to", jira_app, here, **params) is expected


def test_conditions_know_the_restrictions_of_a_page(sandbox: Sandbox, confluence_app: Installation):
    page = sandbox.content.pages()[1]
    looks = Situation(account_id=MEMBER, page=page.id)

    def answers() -> tuple[bool | None, ...]:
        permissions = [
            holds("has_page_permission", confluence_app, looks, permission=name) for name in ("VIEW", "EDIT")
        ]
        return (holds("content_has_any_permissions_set", confluence_app, looks), *permissions)

    assert answers() == (False, True, True)
    sandbox.content.restrict_page(page.id, "update", account_ids=[ADMIN])
    assert answers() == (True, True, False)
    sandbox.content.restrict_page(page.id, "read", account_ids=[ADMIN])
    assert answers() == (False, False, False)
