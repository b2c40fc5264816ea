"""``flask connect modules types``, which needs no app."""

from __future__ import annotations

import json

from click.testing import CliRunner

from atlassian_connect.cli import connect_group
from atlassian_connect.protocol.module_types import module_types


def types(*args: str) -> str:
    result = CliRunner().invoke(connect_group, ["modules", "types", *args])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_table_has_a_line_for_each_type() -> None:
    lines = types().splitlines()

    assert [line.split()[0] for line in lines[1:]] == sorted(module_types())


def test_of_one_product_and_for_programs() -> None:
    listed = {each["name"]: each for each in json.loads(types("--product", "confluence", "--json"))}

    assert set(listed) == set(module_types("confluence"))
    assert listed["webItems"]["required"] == ["key", "location", "name"]
    assert listed["webItems"]["dynamic"] is True
    assert listed["profilePages"]["status"] == "retired"
    assert listed["customContent"]["conditions"] is False
