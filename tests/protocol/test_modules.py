"""Modules: the catalogue, the rules of one module, and the shape that crosses the wire."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian_connect.errors import DescriptorError
from atlassian_connect.protocol.modules import (
    Module,
    check_module,
    check_module_key,
    flatten_modules,
    group_modules,
    known_events,
    module_types,
    name_object,
    set_path,
    value_at,
)


def panel(key: str, **fields: object) -> Module:
    return Module("webPanels", {"key": key, "name": {"value": "A"}, "location": "l", "url": "/p", **fields})


def error_of(module: Module, **options: object) -> str:
    with pytest.raises(DescriptorError) as caught:
        check_module(module, **options)
    return caught.value.path


# --- catalogue --------------------------------------------------------------------------------------------------------


def test_the_catalogue_has_every_type_of_both_products():
    types = module_types()

    assert len(types) == 70
    assert sum(len(known.products) for known in types.values()) == 80
    assert all(known.products <= {"jira", "confluence"} for known in types.values())
    assert all(name == known.name for name, known in types.items())


def test_a_type_of_both_products():
    pages = module_types()["generalPages"]

    assert pages.products == {"jira", "confluence"}
    assert pages.is_list
    assert pages.required == {"key", "name", "url"}
    assert pages.url_fields == ("url",)
    assert not pages.deprecated


def test_a_type_that_a_descriptor_has_one_of():
    assert not module_types()["configurePage"].is_list


def test_a_type_with_urls_below_the_surface():
    assert module_types()["dynamicContentMacros"].url_fields[:2] == ("url", "editor.url")
    assert module_types()["jiraIssueContents"].url_fields == ("target.url",)


def test_retired_and_deprecated_types_are_marked():
    types = module_types()

    assert types["jiraProjectTabPanels"].status == "deprecated"
    assert types["jiraProfileTabPanels"].status == types["profilePages"].status == "retired"
    assert types["profilePages"].deprecated
    assert not types["webPanels"].deprecated


def test_the_catalogue_of_one_product():
    jira, confluence = module_types("jira"), module_types("confluence")

    assert (len(jira), len(confluence)) == (60, 20)
    assert set(jira) | set(confluence) == set(module_types())
    assert all(known.products == {"jira"} for known in jira.values())
    assert (jira["webItems"].dynamic, confluence["webItems"].dynamic) == (None, True)
    assert module_types()["webItems"].dynamic


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        (
            "jiraIssueFields",
            {"container": "array", "conditions": False, "dynamic": True, "link_fields": ("template.url",)},
        ),
        ("configurePage", {"container": "object", "conditions": True, "has_name": True}),
        ("jiraDeploymentGating", {"container": "unknown", "required": {"callback", "key", "name"}}),
        ("dialogs", {"has_name": False, "conditions": False, "required": {"key", "url"}}),
        ("webhooks", {"has_key": False, "has_name": False, "required": {"event", "url"}}),
        ("staticContentMacros", {"dynamic": False, "link_fields": ("documentation.url", "icon.url")}),
        ("contentBylineItems", {"dynamic": None, "required": {"key", "name"}}),
    ],
)
def test_what_is_known_of_a_type(name, facts):
    assert {fact: getattr(module_types()[name], fact) for fact in facts} == facts


def test_events():
    events = known_events()

    assert events["jira:issue_created"] == {"jira"}
    assert events["page_created"] == {"confluence"}
    assert all(products <= {"jira", "confluence"} and products for products in events.values())


# --- one module -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["a", "A-1", "-", "0", "a" * 100])
def test_module_key(key):
    assert check_module_key(key) == key


@pytest.mark.parametrize("key", ["", "a b", "a_b", "a.b", "a/b", "é", "a\n", "a" * 101, None, 1, True, ["a"], {"a": 1}])
def test_module_key_that_is_none(key):
    with pytest.raises(DescriptorError) as caught:
        check_module_key(key, path="modules.webPanels[0].key")
    assert caught.value.path == "modules.webPanels[0].key"
    assert str(caught.value).startswith("modules.webPanels[0].key: ")


@pytest.mark.parametrize(
    "module",
    [
        panel("a"),
        panel("a", conditions=[{"condition": "user_is_logged_in"}], anything={"goes": True}),
        Module("webhooks", {"event": "page_created", "url": "/hook"}),
        Module("webhooks", {"key": "hook", "event": "page_created", "url": "/hook"}),
        Module("notYetInvented", {"key": "a"}),
        Module("notYetInvented", {"key": "a", "name": "as it likes", "url": 1}),
        Module("configurePage", {"key": "a", "name": {"value": "A"}, "url": "/c"}),
        Module("jiraReports", {"key": "a", "name": {"value": "A"}, "url": "/r", "description": {"value": "D"}}),
    ],
    ids=lambda module: module.type,
)
def test_good_module(module):
    check_module(module)


@pytest.mark.parametrize(
    ("module", "path"),
    [
        (Module("web panels", {"key": "a"}), "here"),
        (Module("", {"key": "a"}), "here"),
        (Module("../x", {"key": "a"}), "here"),
        (Module("webPanels", []), "here"),
        (Module("webPanels", {}), "here"),
        (Module("notYetInvented", {}), "here"),
        (panel("a b"), "here.key"),
        (panel(None), "here.key"),
        (Module("webhooks", {"key": "a b", "event": "e", "url": "/"}), "here.key"),
        (Module("webhooks", {"url": "/hook"}), "here.event"),
        (Module("webhooks", {"event": "e"}), "here.url"),
        (panel("a", location=None), "here.location"),
        (panel("a", location=""), "here.location"),
        (panel("a", url=None), "here.url"),
        (panel("a", name={}), "here.name"),
        (panel("a", name="A"), "here.name"),
        (panel("a", name={"i18n": "a"}), "here.name"),
        (panel("a", name={"value": 1}), "here.name"),
        (panel("a", url=1), "here.url"),
        (panel("a", url=["/p"]), "here.url"),
        (
            Module("dynamicContentMacros", {"key": "a", "name": {"value": "A"}, "url": "/m", "editor": {"url": 1}}),
            "here.editor.url",
        ),
    ],
)
def test_module_error_says_where(module, path):
    assert error_of(module, path="here") == path
    assert error_of(module) == path.removeprefix("here").removeprefix(".")


def test_a_dynamic_module_needs_a_key():
    """Without one it could never be removed again."""
    assert error_of(Module("webhooks", {"event": "e", "url": "/"}), path="here", keyless=False) == "here"


def test_key_of_a_module():
    assert panel("a").key == "a"
    assert Module("webhooks", {}).key == ""
    assert Module("webhooks", {"key": 1}).key == ""


def test_modules_can_be_put_into_sets():
    assert len({panel("a"), panel("a"), panel("b")}) == 2


def test_name_object():
    assert name_object("Poll") == {"value": "Poll"}
    assert name_object({"value": "Poll", "i18n": "poll.name"}) == {"value": "Poll", "i18n": "poll.name"}


@pytest.mark.parametrize(
    ("dotted", "value"),
    [("url", "/a"), ("target.url", "/b"), ("target.none", None), ("url.none", None), ("none.none", None)],
)
def test_value_at(dotted, value):
    assert value_at({"url": "/a", "target": {"url": "/b"}}, dotted) == value


def test_set_path():
    definition = {"key": "a", "target": {"type": "web_panel"}}

    set_path(definition, "url", "/a")
    set_path(definition, "target.url", "/b")
    set_path(definition, "editor.page.url", "/c")

    assert definition == {
        "key": "a",
        "url": "/a",
        "target": {"type": "web_panel", "url": "/b"},
        "editor": {"page": {"url": "/c"}},
    }


# --- the shape on the wire --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({}, []),
        ({"webPanels": []}, []),
        ({"webPanels": [{"key": "a"}, {"key": "b"}]}, [("webPanels", "a"), ("webPanels", "b")]),
        ({"configurePage": {"key": "a"}}, [("configurePage", "a")]),
        ({"modules": {"webPanels": [{"key": "a"}]}}, [("webPanels", "a")]),
        ({"modules": {}}, []),
        ({"webPanels": None, "webItems": "x", "dialogs": [1, None, "a", []]}, []),
        ({"webhooks": [{"event": "e"}]}, [("webhooks", "")]),
    ],
)
def test_flatten(sent, read):
    assert [(module.type, module.key) for module in flatten_modules(sent)] == read


def test_group_keeps_the_order():
    grouped = group_modules([panel("b"), Module("webItems", {"key": "c"}), panel("a")])

    assert list(grouped) == ["webPanels", "webItems"]
    assert [entry["key"] for entry in grouped["webPanels"]] == ["b", "a"]


keys = st.from_regex(r"[a-z0-9-]{1,4}", fullmatch=True)
modules = st.builds(
    lambda kind, key, extra: Module(kind, {"key": key, **extra}),
    st.sampled_from(["alpha", "beta", "gamma"]),
    keys,
    st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 2) | st.lists(st.integers(0, 1), max_size=2)),
)


@given(st.lists(modules, max_size=8))
def test_grouped_and_flattened_are_the_same_modules(listed):
    again = flatten_modules(json.loads(json.dumps(group_modules(listed))))

    assert sorted(map(repr, again)) == sorted(map(repr, listed))
    assert group_modules(again) == group_modules(listed)
