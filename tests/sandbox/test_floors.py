"""The sandbox shares only the protocol with the rest, so that the two can be trusted to check each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import atlassian_connect.sandbox

FOLDER = Path(atlassian_connect.sandbox.__file__).parent
ALLOWED_ABOVE = {"errors", "sandbox_options", "secret", "types", "signals", "protocol"}


def imports(path: Path) -> set[tuple[int, str]]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {(0, alias.name.partition(".")[0]) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.level, (node.module or "").partition(".")[0]))
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_imports(path: Path):
    found = imports(path)
    assert {name for level, name in found if level == 2} <= ALLOWED_ABOVE
    assert not [name for level, name in found if level == 0 and name in ("atlassian_connect", "jwt", "sqlalchemy")]
    assert ((0, "requests") in found) == (path.stem == "http")
    assert len(path.read_text().splitlines()) <= 350


def test_all_is_there():
    for name in atlassian_connect.sandbox.__all__:
        assert getattr(atlassian_connect.sandbox, name)
