from __future__ import annotations

import enum

import pytest

from atlassian_connect.client.query import query_pairs


class Text(str, enum.Enum):  # noqa: UP042 -- the kind whose str() is not its text
    PAGE = "page"


class Number(enum.IntEnum):
    TEN = 10


@pytest.mark.parametrize(
    ("params", "pairs"),
    [
        (None, []),
        ({}, []),
        ({"a": "1", "b": 2, "c": 1.5}, [("a", "1"), ("b", "2"), ("c", "1.5")]),
        ({"a": True, "b": False}, [("a", "true"), ("b", "false")]),
        ({"a": None, "b": ["x", None, "y"]}, [("b", "x"), ("b", "y")]),
        ([("a", "1"), ("a", "2"), ("b", [3, 4])], [("a", "1"), ("a", "2"), ("b", "3"), ("b", "4")]),
        ({"a": []}, []),
        ({"type": Text.PAGE, "limit": Number.TEN}, [("type", "page"), ("limit", "10")]),
        ({"ids": (str(number) for number in range(2))}, [("ids", "0"), ("ids", "1")]),
        ({"": ""}, [("", "")]),
    ],
)
def test_every_form_becomes_pairs_in_order(params, pairs):
    assert query_pairs(params) == pairs


@pytest.mark.parametrize(
    "params", ["a=1", b"a=1", {"a": b"1"}, {"a": {"b": "c"}}, {"a": object()}, {"a": [object()]}, {1: "a"}]
)
def test_what_has_no_clear_text_is_refused(params):
    with pytest.raises(TypeError):
        query_pairs(params)
