from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from atlassian_connect import Secret
from atlassian_connect.errors import DescriptorError
from atlassian_connect.protocol.json_values import plain_json


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def test_values_come_back_as_the_wire_has_them() -> None:
    given: Mapping[str, Any] = MappingProxyType({"a": (1, None, True, 1.5), "ключ": MappingProxyType({"b": "ü"})})

    plain = plain_json(given)

    assert plain == {"a": [1, None, True, 1.5], "ключ": {"b": "ü"}}
    assert type(plain["ключ"]) is dict


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (object(), "m.x"),
        (datetime.now(UTC), "m.x"),
        (Secret("never-to-be-shown-0123456789abcdef"), "m.x"),
        (b"bytes", "m.x"),
        ({1}, "m.x"),
        (float("nan"), "m.x"),
        (float("inf"), "m.x"),
        (1 << 20_000, "m.x"),
        ("\ud800", "m.x"),
        ([0, {"y": b""}], "m.x[1].y"),
        ({(1, 2): 3}, "m.x"),
        ({b"x": 3}, "m.x"),
        ({1: 3}, "m.x"),
        ({None: 3}, "m.x"),
        ({"\ud800": 3}, "m.x"),
        (nested(64), "m"),
        (nested(100_000), "m"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_json_is_refused_with_its_place(value: object, path: str) -> None:
    with pytest.raises(DescriptorError, match=r"JSON|Unicode") as caught:
        plain_json({"x": value}, path="m")

    assert caught.value.path == path
    assert "never-to-be-shown" not in str(caught.value)


def test_what_contains_itself_is_refused() -> None:
    loop: dict[str, object] = {}
    loop["again"] = loop
    with pytest.raises(DescriptorError, match="nested"):
        plain_json(loop)


def test_sixty_four_levels_are_taken() -> None:
    assert plain_json(nested(64)) == nested(64)
