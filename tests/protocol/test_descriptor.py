"""The descriptor: filling, merging, writing and checking."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atlassian_connect.errors import DescriptorError
from atlassian_connect.protocol.descriptor import (
    API_MIGRATIONS,
    LIFECYCLE_EVENTS,
    Problem,
    build_descriptor,
    check_descriptor,
    descriptor_bytes,
    fill_template,
    host_called_paths,
    host_called_patterns,
    require_valid,
)
from atlassian_connect.protocol.modules import Module

LIFECYCLE = {event: f"/connect/{event}" for event in LIFECYCLE_EVENTS}
PAGE = {"key": "page", "name": {"value": "Page"}, "url": "/page"}
GOOD = {
    "key": "com.example.app",
    "name": "Example",
    "baseUrl": "https://app.example.com",
    "authentication": {"type": "jwt"},
    "lifecycle": LIFECYCLE,
    "scopes": ["READ"],
    "apiMigrations": API_MIGRATIONS,
    "modules": {"generalPages": [PAGE]},
}


def build(template, *modules):
    return build_descriptor(
        template,
        app_key="com.example.app",
        base_url="https://app.example.com",
        modules=modules,
        lifecycle=LIFECYCLE,
    )


def problems(**changes) -> list[tuple[str, str]]:
    """Severity and path of each problem of the good descriptor with some fields changed; ``...`` takes one away."""
    document = {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}
    return [(problem.severity, problem.path) for problem in check_descriptor(document)]


# --- template ---------------------------------------------------------------------------------------------------------


def test_placeholders_are_filled_everywhere():
    template = {
        "baseUrl": "{{ base_url }}",
        "name": "Example ({{env}})",
        "enableLicensing": "{{ licensed }}",
        "scopes": ["READ", "{{ scope }}"],
        "modules": {"webPanels": [{"url": "/p?page={page.id}&env={{env}}", "weight": 5}]},
    }

    assert fill_template(template, {"base_url": "https://a", "env": "dev", "licensed": True, "scope": "WRITE"}) == {
        "baseUrl": "https://a",
        "name": "Example (dev)",
        "enableLicensing": True,
        "scopes": ["READ", "WRITE"],
        "modules": {"webPanels": [{"url": "/p?page={page.id}&env=dev", "weight": 5}]},
    }


@pytest.mark.parametrize("text", ["{page.id}", "{{}}", "{{ a.b }}", "{{ 1 }}", "${x}", "{ {a} }", ""])
def test_what_is_no_placeholder_stays(text):
    assert fill_template({"a": text}, {}) == {"a": text}


def test_a_placeholder_without_a_value_says_where_it_stands():
    with pytest.raises(DescriptorError, match=r"known are a, b") as caught:
        fill_template({"modules": {"webPanels": [{"url": "/{{ c }}/"}]}}, {"b": 1, "a": 2})
    assert caught.value.path == "modules.webPanels[0].url"


def test_values_are_not_filled_again():
    assert fill_template({"a": "{{ x }}", "b": "-{{ x }}"}, {"x": "{{ y }}"}) == {"a": "{{ y }}", "b": "-{{ y }}"}


# --- merging ----------------------------------------------------------------------------------------------------------


def test_the_smallest_template():
    document = build({})

    assert document == {
        "key": "com.example.app",
        "baseUrl": "https://app.example.com",
        "authentication": {"type": "jwt"},
        "lifecycle": LIFECYCLE,
        "apiMigrations": {"signed-install": True, "context-qsh": True, "gdpr": True},
        "modules": {},
    }


def test_the_template_wins_over_defaults():
    document = build(
        {
            "authentication": {"type": "none"},
            "lifecycle": {"installed": "/mine", "dare-migration": "/move"},
            "apiMigrations": {"gdpr": False, "new": True},
        }
    )

    assert document["authentication"] == {"type": "none"}
    assert document["lifecycle"] == {**LIFECYCLE, "installed": "/mine", "dare-migration": "/move"}
    assert document["apiMigrations"] == {"signed-install": True, "context-qsh": True, "gdpr": False, "new": True}


def test_modules_of_template_and_code_stand_side_by_side():
    document = build(
        {"modules": {"generalPages": [PAGE], "newType": [{"key": "n"}]}},
        Module("generalPages", {**PAGE, "key": "second"}),
        Module("webhooks", {"event": "e", "url": "/e"}),
        Module("configurePage", {**PAGE, "key": "settings"}),
    )

    assert document["modules"] == {
        "generalPages": [PAGE, {**PAGE, "key": "second"}],
        "newType": [{"key": "n"}],
        "webhooks": [{"event": "e", "url": "/e"}],
        "configurePage": {**PAGE, "key": "settings"},
    }


def test_building_leaves_the_template_alone():
    template = {"modules": {"generalPages": [PAGE]}, "lifecycle": {"installed": "/mine"}}
    before = copy.deepcopy(template)

    build(template, Module("generalPages", {**PAGE, "key": "second"}))

    assert template == before


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ({"key": "com.example.other"}, "key"),
        ({"baseUrl": "https://other.example.com"}, "baseUrl"),
        ({"lifecycle": []}, "lifecycle"),
        ({"apiMigrations": "all"}, "apiMigrations"),
        ({"modules": [PAGE]}, "modules"),
        ({"modules": None}, "modules"),
        ({"modules": {"configurePage": PAGE}}, "modules.configurePage"),
        ({"modules": {"generalPages": PAGE}}, "modules.generalPages"),
    ],
)
def test_template_that_contradicts(template, path):
    with pytest.raises(DescriptorError) as caught:
        build(template, Module("configurePage", PAGE), Module("generalPages", PAGE))
    assert caught.value.path == path


def test_a_module_of_which_there_is_one_declared_twice():
    with pytest.raises(DescriptorError, match="at most one") as caught:
        build({}, Module("configurePage", PAGE), Module("configurePage", {**PAGE, "key": "b"}))
    assert caught.value.path == "modules.configurePage"


def test_the_same_app_gives_the_same_bytes():
    """A document that differs from one start to the next would be a new version of the app each time."""
    template = {"vendor": {"name": "é"}, "scopes": ["WRITE", "READ"], "modules": {"webItems": []}}
    declared = [Module("generalPages", PAGE), Module("webPanels", {"key": "b"}), Module("webPanels", {"key": "a"})]

    first = descriptor_bytes(build(template, *declared))

    assert descriptor_bytes(build(copy.deepcopy(template), *copy.deepcopy(declared))) == first
    assert list(json.loads(first)) == [
        "key",
        "baseUrl",
        "vendor",
        "scopes",
        "modules",
        "authentication",
        "lifecycle",
        "apiMigrations",
    ]
    assert [entry["key"] for entry in json.loads(first)["modules"]["webPanels"]] == ["b", "a"]


def test_bytes_are_utf8_json_that_people_can_read():
    assert descriptor_bytes({"name": "é", "scopes": []}) == '{\n  "name": "é",\n  "scopes": []\n}\n'.encode()


# --- paths that hosts call --------------------------------------------------------------------------------------------


def test_host_called_paths():
    modules = {
        "generalPages": [PAGE, {**PAGE, "url": "/cached", "cacheable": True}, {**PAGE, "url": "bare?x={page.id}#top"}],
        "webItems": [
            {"key": "a", "url": "/item"},
            {"key": "b", "url": "/of-page", "context": "page"},
            {"key": "c", "url": "/of-product", "context": "product"},
            {"key": "d", "url": "https://elsewhere.example.com/"},
            {"key": "d1", "url": "https://app.example.com/link-to-a-public-page"},
            {"key": "e", "url": "//elsewhere.example.com/"},
            {"key": "f"},
        ],
        "jiraIssueContents": [{"key": "g", "target": {"url": "/glance"}}],
        "dynamicContentMacros": [{"key": "h", "url": "/macro", "editor": {"url": "/editor"}}],
        "webPanels": [{"key": "i", "url": "/of/{space.key}"}, {"key": "j", "url": 7}],
        "adminPages": [
            {**PAGE, "key": "l", "url": "HTTPS://app.example.com/absolute?x={y}"},
            {**PAGE, "key": "m", "url": "https://app.example.com.evil.example/absolute-elsewhere"},
            {**PAGE, "key": "n", "url": "https://app.example.com"},
        ],
        "configurePage": {"key": "k", "url": "/settings"},
        "webhooks": [{"event": "e", "url": "/hook"}],
        "notYetInvented": [{"key": "l", "url": "/new"}],
    }

    assert host_called_paths({**GOOD, "modules": modules}) == {
        "/page",
        "/bare",
        "/item",
        "/glance",
        "/macro",
        "/editor",
        "/settings",
        "/hook",
        "/new",
        "/absolute",
        "/",
    }
    assert host_called_patterns({**GOOD, "modules": modules}) == {"/of/{}"}


def test_an_app_without_modules_is_called_at_no_path():
    assert host_called_paths({}) == host_called_patterns({}) == set()


# --- checking ---------------------------------------------------------------------------------------------------------


def test_good_descriptor():
    assert problems() == []
    assert require_valid(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"key": ...}, "key"),
        ({"key": ""}, "key"),
        ({"key": 1}, "key"),
        ({"key": "com example"}, "key"),
        ({"key": "com/example"}, "key"),
        ({"key": "a" * 65}, "key"),
        ({"key": "a\n"}, "key"),
        ({"baseUrl": ...}, "baseUrl"),
        ({"baseUrl": None}, "baseUrl"),
        ({"baseUrl": ["https://a.example.com"]}, "baseUrl"),
        ({"baseUrl": "app.example.com"}, "baseUrl"),
        ({"baseUrl": "http://app.example.com"}, "baseUrl"),
        ({"baseUrl": "https://app.example.com?a"}, "baseUrl"),
        ({"baseUrl": "https://user@app.example.com"}, "baseUrl"),
        ({"baseUrl": "https://app.example.com/" + "a" * 200}, "baseUrl"),
        ({"baseUrl": "<ngrok url here>"}, "baseUrl"),
        ({"authentication": {"type": "oauth"}}, "authentication.type"),
        ({"authentication": {"type": 1}}, "authentication.type"),
        ({"authentication": "jwt"}, "authentication"),
        ({"authentication": None}, "authentication"),
        ({"lifecycle": ...}, "lifecycle.installed"),
        ({"lifecycle": {}}, "lifecycle.installed"),
        ({"lifecycle": {"enabled": "/e"}}, "lifecycle.installed"),
        ({"authentication": ..., "lifecycle": {}}, "lifecycle.installed"),
        ({"lifecycle": {**LIFECYCLE, "installed": ""}}, "lifecycle.installed"),
        ({"lifecycle": {**LIFECYCLE, "enabled": 1}}, "lifecycle.enabled"),
        ({"lifecycle": {**LIFECYCLE, "installed": "https://app.example.com/i"}}, "lifecycle.installed"),
        ({"lifecycle": {**LIFECYCLE, "installed": "javascript:x"}}, "lifecycle.installed"),
        ({"scopes": "READ"}, "scopes"),
        ({"scopes": [1]}, "scopes[0]"),
        ({"scopes": {"READ": True}}, "scopes"),
        ({"scopes": ["READ", "read:confluence-content"]}, "scopes[1]"),
        ({"scopes": ["WRITE", "ROOT"]}, "scopes[1]"),
        ({"modules": []}, "modules"),
        ({"modules": "x"}, "modules"),
        ({"modules": {"generalPages": ["x"]}}, "modules.generalPages[0]"),
        ({"modules": {"generalPages": "x"}}, "modules.generalPages"),
        ({"modules": {"generalPages": PAGE}}, "modules.generalPages"),
        ({"modules": {"configurePage": [PAGE]}}, "modules.configurePage"),
        ({"modules": {"generalPages": [{**PAGE, "key": "a b"}]}}, "modules.generalPages[0].key"),
        ({"modules": {"generalPages": [{"name": {"value": "A"}, "url": "/a"}]}}, "modules.generalPages[0].key"),
        ({"modules": {"generalPages": [{"key": "a", "name": {"value": "A"}}]}}, "modules.generalPages[0].url"),
        ({"modules": {"configurePage": {"key": "a", "url": "/a"}}}, "modules.configurePage.name"),
        ({"modules": {"generalPages": [PAGE, PAGE]}}, "modules.generalPages[1].key"),
        ({"modules": {"generalPages": [PAGE], "adminPages": [PAGE]}}, "modules.adminPages[0].key"),
        ({"modules": {"webhooks": [{"url": "/a"}]}}, "modules.webhooks[0].event"),
        ({"modules": {"webhooks": [{"event": "page_created", "url": "/a"}]}, "scopes": ["NONE"]}, "scopes"),
    ],
)
def test_what_hosts_refuse(changes, path):
    assert problems(**changes) == [("error", path)]


def test_lifecycle_that_is_no_object():
    assert problems(lifecycle=["/installed"]) == [("error", "lifecycle"), ("error", "lifecycle.installed")]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"version": 1}, "version"),
        ({"name": ...}, "name"),
        ({"name": ""}, "name"),
        ({"modules": ...}, "modules"),
        ({"modules": {}}, "modules"),
        ({"modules": {"notYetInvented": [{"key": "a"}]}}, "modules.notYetInvented"),
        ({"modules": {"webhooks": [{"event": "page_made", "url": "/a"}]}}, "modules.webhooks[0].event"),
    ],
)
def test_what_hosts_accept_and_nobody_means(changes, path):
    assert problems(**changes) == [("warning", path)]


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": ...},
        {"scopes": []},
        {"scopes": ["read", "Act_As_User"]},
        {"vendor": ...},
        {"authentication": {"type": "JWT"}},
        {"authentication": {"type": "jwt", "publicKey": "x"}},
        {"authentication": ...},
        {"authentication": {"type": "none"}, "lifecycle": ..., "baseUrl": "http://app.example.com"},
        {"authentication": {"type": "NONE"}, "lifecycle": {}},
        {"baseUrl": "http://localhost:3000"},
        {"baseUrl": "https://app.example.com/"},
        {"baseUrl": "https://app.example.com/some/path"},
        {"lifecycle": {"installed": "installed"}},
        {"lifecycle": {**LIFECYCLE, "dare-migration": "/move"}},
        {"apiMigrations": ...},
        {"apiMigrations": {"gdpr": True, "new": "later"}},
        {"apiVersion": 3},
        {"enableLicensing": True, "links": {"self": "https://app.example.com/atlassian-connect.json"}},
        {"regionBaseUrls": {"EU": "https://eu.example.com"}, "translations": {"paths": {"de-DE": "/de.json"}}},
        {"modules": {"generalPages": []}},
        {"modules": {"generalPages": [{**PAGE, "url": "page"}, {**PAGE, "key": "b", "url": "https://x.example.com"}]}},
        {"modules": {"generalPages": [{**PAGE, "conditions": [{"or": [{"condition": "x"}]}, {"condition": "new"}]}]}},
        {"modules": {"webhooks": [{"event": "page_created", "url": "/a"}, {"event": "page_removed", "url": "/b"}]}},
        {"modules": {"webhooks": [{"event": "jira:issue_created", "url": "/a"}]}, "scopes": ["admin"]},
        {"modules": {"webPanels": [{"key": "a", "name": {"value": "A"}, "location": "l", "url": "/a?p={page.id}"}]}},
    ],
    ids=str,
)
def test_untidy_descriptors_of_real_apps_pass(changes):
    assert [path for severity, path in problems(**changes) if severity == "error"] == []


def test_every_problem_is_found_at_once():
    assert problems(key="", baseUrl="x", lifecycle={}, scopes=["x"], name=..., modules={"generalPages": [{}]}) == [
        ("error", "key"),
        ("error", "scopes[0]"),
        ("error", "baseUrl"),
        ("error", "lifecycle.installed"),
        ("warning", "name"),
        ("error", "modules.generalPages[0].key"),
        ("error", "modules.generalPages[0].name"),
        ("error", "modules.generalPages[0].url"),
    ]


def test_problem_reads_as_one_line():
    assert str(Problem("error", "key", "Is wrong.")) == "key: Is wrong."
    assert str(Problem("error", "", "Is wrong.")) == "descriptor: Is wrong."


def test_the_path_is_not_said_twice():
    (problem,) = check_descriptor({**GOOD, "modules": {"generalPages": [{**PAGE, "key": "a b"}]}})

    assert str(problem).count("modules.generalPages") == 1


def test_require_valid_raises_the_first_error_and_counts_the_others():
    with pytest.raises(DescriptorError, match=r"no Connect scope.*\(1 more errors\)") as caught:
        require_valid({**GOOD, "version": 1, "scopes": ["x", "y"]})
    assert caught.value.path == "scopes[0]"


def test_require_valid_returns_the_warnings():
    assert [problem.path for problem in require_valid({**GOOD, "version": 1})] == ["version"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["//[", "http://[", "jwt"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "key", "name", "value", "url", "installed", "webhooks", "generalPages", "event"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@example({"lifecycle": {"installed": "//["}})
@given(st.dictionaries(st.sampled_from(sorted(GOOD)) | st.text(max_size=5), json_values, max_size=5))
def test_checking_any_document_finds_problems_and_never_raises(changes):
    for problem in check_descriptor({**GOOD, **changes}):
        assert problem.severity in ("error", "warning")
        assert problem.message
