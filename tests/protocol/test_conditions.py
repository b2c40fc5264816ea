"""Conditions in every form a descriptor has, and written in code."""

from __future__ import annotations

import pytest

from atlassian_connect.errors import DescriptorError
from atlassian_connect.protocol.condition_trees import AllOf, AnyOf, Condition, parse_conditions
from atlassian_connect.protocol.conditions import (
    all_of,
    any_of,
    check_conditions,
    condition,
    conditions_json,
    known_conditions,
    property_equals,
)

LOGGED_IN = Condition("user_is_logged_in")
ADMIN = Condition("user_is_admin")
BOTH = [{"condition": "user_is_logged_in"}, {"condition": "user_is_admin"}]


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        (None, AllOf(())),
        ([], AllOf(())),
        ({"condition": "user_is_logged_in"}, LOGGED_IN),
        (BOTH, AllOf((LOGGED_IN, ADMIN))),
        ([{"type": "or", "conditions": BOTH}], AllOf((AnyOf((LOGGED_IN, ADMIN)),))),
        ({"type": "AND", "conditions": BOTH}, AllOf((LOGGED_IN, ADMIN))),
        ({"type": "Or", "conditions": []}, AnyOf(())),
        ([{"or": BOTH}], AllOf((AnyOf((LOGGED_IN, ADMIN)),))),
        ({"and": BOTH}, AllOf((LOGGED_IN, ADMIN))),
        ({"or": BOTH, "and": BOTH}, AllOf((AllOf((LOGGED_IN, ADMIN)), AnyOf((LOGGED_IN, ADMIN))))),
        ({"condition": "user_is_admin", "invert": True}, Condition("user_is_admin", invert=True)),
        ({"condition": "user_is_admin", "invert": "true"}, Condition("user_is_admin", invert=True)),
        ({"condition": "user_is_admin", "invert": "False", "params": None}, ADMIN),
        ({"or": [{"type": "and", "conditions": BOTH}]}, AnyOf((AllOf((LOGGED_IN, ADMIN)),))),
        (
            {"condition": "content_type", "params": {"contentTypes": ["page"]}},
            Condition("content_type", params={"contentTypes": ["page"]}),
        ),
    ],
)
def test_every_form_is_read(value, tree):
    assert parse_conditions(value) == tree


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("user_is_admin", "conditions"),
        (["user_is_admin"], "conditions[0]"),
        ([None], "conditions[0]"),
        ([{}], "conditions[0]"),
        ([{"condition": ""}], "conditions[0].condition"),
        ([{"condition": ["user_is_admin"]}], "conditions[0].condition"),
        ([{"condition": "x", "invert": "yes"}], "conditions[0].invert"),
        ([{"condition": "x", "invert": 1}], "conditions[0].invert"),
        ([{"condition": "x", "params": ["a"]}], "conditions[0].params"),
        ([{"conditions": BOTH}], "conditions[0].type"),
        ([{"type": "xor", "conditions": BOTH}], "conditions[0].type"),
        ([{"type": "or", "conditions": {"condition": "x"}}], "conditions[0].conditions"),
        ([{"or": [{"and": [{"condition": 3}]}]}], "conditions[0].or[0].and[0].condition"),
    ],
)
def test_wrong_structure_is_located(value, path):
    with pytest.raises(DescriptorError) as caught:
        parse_conditions(value)

    assert caught.value.path == path


def test_conditions_without_end_are_refused_instead_of_exhausting_the_stack():
    value: object = {"condition": "user_is_admin"}
    for _ in range(500):
        value = {"or": [value]}

    with pytest.raises(DescriptorError, match="nested"):
        parse_conditions(value)


def test_each_product_has_its_own_names():
    assert "has_project_permission" in known_conditions("jira")
    assert "has_project_permission" not in known_conditions("confluence")
    assert {"user_is_logged_in", "addon_is_licensed"} <= set(known_conditions("jira")) & set(
        known_conditions("confluence")
    )
    assert not known_conditions("confluence")["viewing_content"].inline


def test_both_products_together_ask_for_no_more_and_take_no_less_than_each():
    jira, confluence, both = known_conditions("jira"), known_conditions("confluence"), known_conditions()

    assert set(both) == set(jira) | set(confluence)
    for name, known in both.items():
        of_each = [catalogue[name] for catalogue in (jira, confluence) if name in catalogue]
        taken = [one.required | one.optional for one in of_each]
        assert known.required == frozenset.intersection(*(one.required for one in of_each)), name
        assert known.required | known.optional == frozenset.union(*taken), name
        assert known.further == any(one.further for one in of_each), name
        assert known.inline == all(one.inline for one in of_each), name


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ([{"condition": "phase_of_moon"}], "conditions[0].condition", "no host"),
        ([{"condition": "/is-poll?x=1"}], "conditions[0].condition", "Remote"),
        ([{"or": [{"condition": "has_project_permission"}]}], "conditions[0].or[0].params.permission", "needs"),
        (
            [{"condition": "user_is_admin", "params": {"permission": "x"}}],
            "conditions[0].params.permission",
            "no parameter",
        ),
        (
            [{"condition": "addon_property_equal_to", "params": {"propertyKey": "k", "value": "done"}}],
            "conditions[0].params.value",
            "JSON",
        ),
    ],
)
def test_what_hosts_take_and_nobody_means_is_said(value, path, words):
    (note,) = check_conditions(value)

    assert note[0] == path
    assert words in note[1]


def test_a_name_of_the_other_product_is_unknown():
    value = [{"condition": "has_project_permission", "params": {"permission": "BROWSE_PROJECTS"}}]

    assert check_conditions(value, product="jira") == []
    assert check_conditions(value) == []
    assert check_conditions(value, product="confluence") != []


def test_conditions_combine_like_python():
    tree = condition("user_is_logged_in") & (condition("user_is_admin") | ~condition("is_sub_task"))

    assert conditions_json(tree) == [
        {"condition": "user_is_logged_in"},
        {
            "type": "or",
            "conditions": [{"condition": "user_is_admin"}, {"condition": "is_sub_task", "invert": True}],
        },
    ]
    assert parse_conditions(conditions_json(tree)) == tree
    assert any_of(LOGGED_IN, ADMIN) == LOGGED_IN | ADMIN
    assert all_of(LOGGED_IN, ADMIN) == LOGGED_IN & ADMIN


def test_a_chain_is_one_list():
    assert (LOGGED_IN & ADMIN & condition("is_sub_task")).children == (LOGGED_IN, ADMIN, Condition("is_sub_task"))


def test_not_of_a_combination_inverts_its_parts():
    assert AnyOf((~LOGGED_IN, ~ADMIN)) == ~(LOGGED_IN & ADMIN)
    assert ~~(LOGGED_IN | ADMIN) == LOGGED_IN | ADMIN


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (42, "42"), ("done", '"done"'), (["a", "é"], '["a", "é"]'), (None, "null")]
)
def test_the_value_of_a_property_is_written_as_json_text(value, text):
    assert property_equals("issue", "poll", value, object_name="a.b").to_json() == {
        "condition": "entity_property_equal_to",
        "params": {"entity": "issue", "propertyKey": "poll", "objectName": "a.b", "value": text},
    }


@pytest.mark.parametrize("owner", ["addon", "content", "space"])
def test_app_content_and_space_properties_have_conditions_of_their_own(owner):
    assert property_equals(owner, "poll", 1) == Condition(
        f"{owner}_property_equal_to", params={"propertyKey": "poll", "value": "1"}
    )


def test_a_value_that_is_no_text_is_written_as_json_too():
    assert condition("addon_property_contains_any", propertyKey="k", value=["a"]).params["value"] == '["a"]'


@pytest.mark.parametrize(
    ("name", "params", "path"),
    [
        ("has_project_permission", {}, "condition 'has_project_permission'.permission"),
        ("user_is_admin", {"permission": "x"}, "condition 'user_is_admin'.permission"),
        ("addon_property_equal_to", {"propertyKey": "k", "value": "done"}, "condition 'addon_property_equal_to'.value"),
        ("", {}, "condition"),
    ],
)
def test_wrong_parameters_are_refused_when_written(name, params, path):
    with pytest.raises(DescriptorError) as caught:
        condition(name, **params)

    assert caught.value.path == path


def test_conditions_of_other_apps_pass():
    assert condition("appforest_enabled", moduleKey="x").to_json() == {
        "condition": "appforest_enabled",
        "params": {"moduleKey": "x"},
    }


def test_json_and_trees_stand_side_by_side():
    assert conditions_json([ADMIN, {"or": BOTH}]) == [{"condition": "user_is_admin"}, {"or": BOTH}]
    assert conditions_json({"or": BOTH}) == [{"or": BOTH}]
    assert conditions_json([]) == []


@pytest.mark.parametrize("value", ["user_is_admin", ["user_is_admin"], 3])
def test_what_is_no_condition_is_refused(value):
    with pytest.raises(DescriptorError):
        conditions_json(value)


def test_a_name_alone_does_not_combine():
    with pytest.raises(TypeError, match="condition"):
        LOGGED_IN & "user_is_admin"
    with pytest.raises(TypeError):
        any_of(LOGGED_IN, "user_is_admin")


def test_any_of_nothing_would_hide_the_module_for_ever():
    with pytest.raises(DescriptorError):
        any_of()
