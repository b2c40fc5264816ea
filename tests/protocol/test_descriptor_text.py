"""Descriptors as text: what is no JSON, what is odd JSON, and anything at all."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlassian_connect.protocol.descriptor import check_descriptor
from atlassian_connect.protocol.descriptor_text import check_descriptor_text

GOOD = {
    "key": "com.example.app",
    "name": "Example",
    "baseUrl": "https://app.example.com",
    "authentication": {"type": "jwt"},
    "lifecycle": {"installed": "/installed"},
    "scopes": ["READ"],
    "vendor": {"name": "Example", "url": "https://example.com"},
    "links": {"self": "https://app.example.com/atlassian-connect.json"},
    "apiVersion": 1,
    "apiMigrations": {"signed-install": True},
    "regionBaseUrls": {"EU": "https://eu.example.com"},
    "translations": {"paths": {"de-DE": "/de.json"}},
    "modules": {
        "generalPages": [{"key": "page", "name": {"value": "Page"}, "url": "/page?p={project.key}", "weight": 3}],
        "webItems": [
            {
                "key": "item",
                "name": {"value": "Item"},
                "location": "system.user.options",
                "target": {"type": "dialogmodule", "options": {"key": "dialog"}},
                "conditions": [{"type": "or", "conditions": [{"condition": "user_is_logged_in"}]}],
            }
        ],
        "dialogs": [{"key": "dialog", "url": "/dialog"}],
        "webhooks": [{"event": "jira:issue_created", "url": "/hook?k=${issue.key}"}],
        "configurePage": {"key": "config", "name": {"value": "Config"}, "url": "/config"},
        "keyboardShortcuts": [
            {"key": "k", "name": {"value": "K"}, "shortcut": "ab", "target": {"key": "page"}},
        ],
        "dynamicContentMacros": [
            {
                "key": "macro",
                "name": {"value": "Macro"},
                "url": "/macro?c={colour}",
                "parameters": [{"identifier": "colour"}],
                "autoconvert": {"matchers": []},
            }
        ],
        "jiraRemoteLinkInfoProvider": {
            "key": "links",
            "name": {"value": "Links"},
            "homeUrl": "https://example.com",
            "actions": [{"templateUrl": "/a"}],
        },
    },
}


def said(text: bytes) -> list[str]:
    _, problems = check_descriptor_text(text)
    return [f"{problem.severity}: {problem}" for problem in problems]


def test_the_document_comes_back_with_nothing_to_say():
    assert check_descriptor_text(json.dumps(GOOD).encode()) == (GOOD, [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b'{\n "key": }', "Is not JSON: Expecting value at line 2, column 9."),
        (b"", "Is not JSON: Expecting value at line 1, column 1."),
        (b'{"modules": {{ modules }}}', "It looks like a template"),
        (b'{"key": NaN}', "NaN is no value of JSON."),
        (b'{\n"name": "\xff"}', "byte 10 of line 2 is not UTF-8."),
        ("{}".encode("utf-16"), "it is UTF-16"),
        (b"[" * 100_000, "Is nested too deeply."),
        (b'{"apiVersion": ' + b"9" * 5000 + b"}", "Is not JSON"),
        (b"[]", "Is no JSON object."),
        (b"null", "Is no JSON object."),
        (b'"text"', "Is no JSON object."),
    ],
)
def test_what_is_no_descriptor_is_one_error(text, fault):
    (line,) = said(text)

    assert line.startswith("error: descriptor: ")
    assert fault in line


def test_values_nested_deeper_than_python_counts_are_one_error():
    deep: object = "x"
    for _ in range(20_000):
        deep = [deep]

    for place in ({"scopes": [deep]}, {"modules": {"webItems": [{"key": "a", "context": deep}]}}):
        assert {problem.severity for problem in check_descriptor({**GOOD, **place})} >= {"error"}


def test_a_byte_order_mark_is_a_warning():
    assert said(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()) == [
        "warning: descriptor: Begins with a byte order mark. Save it as UTF-8 without one."
    ]


def test_a_key_that_stands_twice_is_found_where_it_stands():
    text = json.dumps(GOOD).replace('"weight": 3', '"weight": 3, "weight": 4').encode()

    assert said(text) == [
        "warning: modules.generalPages[0].weight: Stands in its object more than once; the last one counts. Leave one."
    ]


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for name, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(below, (*path, name))


PLACES = list(places(GOOD))[1:]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=8)
    | st.sampled_from(["{{ x }}", "${x}", "http://[", "//[", "javascript:x", "\ud800", "a" * 100, "read:jira-work"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["key", "name", "value", "url", "type", "target", "condition", "or", "modules", "scopes"])
        | st.text(max_size=4),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), anything, st.sampled_from([None, "jira", "confluence"]), st.booleans())
def test_any_value_at_any_place_is_judged_and_never_raises(place, value, product, served):
    document = copy.deepcopy(GOOD)
    above = document
    for step in place[:-1]:
        above = above[step]
    above[place[-1]] = value

    _, problems = check_descriptor_text(json.dumps(document).encode(), product, served=served)

    for problem in problems:
        assert problem.severity in ("error", "warning")
        assert problem.message


@given(st.binary(max_size=60))
def test_any_bytes_are_judged_and_never_raise(text):
    check_descriptor_text(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (b'{"key": "a",\n}', "Leave the comma after the last entry out."),
        (b'{"scopes": ["READ", ]}', "Leave the comma after the last entry out."),
        (b'{"key": "a", // the key\n "name": "b"}', "JSON has no comments"),
        (b'{"key": /* the key */ "a"}', "JSON has no comments"),
        (b"{'key': 'a'}", "Write double quotes."),
        (b" \n", "It is empty."),
    ],
)
def test_what_people_write_that_json_does_not_have(text, hint):
    (line,) = said(text)

    assert line.endswith(".")
    assert hint in line
