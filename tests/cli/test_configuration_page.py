"""The page on settings says what the code does."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from atlassian_connect.settings import DEFAULT_ALLOWED_HOSTS, PREFIX, ConnectSettings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
ROW = re.compile(rf"\| `({PREFIX}\w+)` \| (.+?) \| .+? \| .+ \|")


def default_of(field: Field[Any]) -> str | Any:
    if field.name == "allowed_hosts":  # empty in the class, filled when settings are read
        return DEFAULT_ALLOWED_HOSTS
    if field.default_factory is not MISSING:
        return field.default_factory()
    return "required" if field.default is MISSING else field.default


def test_every_setting_is_on_the_page_with_its_default() -> None:
    written = {
        key: "required" if default == "required" else ast.literal_eval(default.strip("`"))
        for key, default in ROW.findall(PAGE.read_text(encoding="utf-8"))
    }

    assert written == {PREFIX + field.name.upper(): default_of(field) for field in fields(ConnectSettings)}
