from __future__ import annotations

import ast
import inspect
from pathlib import Path

from atlassian_connect import client

FOLDER = Path(client.__file__).parent


def test_all_is_what_can_be_imported():
    public = {name for name, value in vars(client).items() if not name.startswith("_") and not inspect.ismodule(value)}

    assert public == set(client.__all__)


def test_imports_come_from_lower_floors_only():
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                assert node.module == "tenants.tenant" or node.module.split(".")[0] in {
                    "callers", "errors", "secret", "types", "protocol"
                }  # fmt: skip
