"""Version 2 of Jira's REST: the same operations as version 3, with plain texts in the place of documents.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v2/intro/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from ..adf import to_text
from .operations import Call, Operation, Reply

__all__ = ["as_version_2"]

_V2, _V3 = "/rest/api/2/", "/rest/api/3/"
_KEPT: Final = frozenset({"value", "properties"})  # what apps keep in properties
_ARGUMENT: Final = re.compile(r"<[^>]+>")


def as_version_2(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Make the twins of the operations of version 3. App access rules concern them as they concern those."""
    return tuple(_twin(one) for one in operations if one.rule.startswith(_V3))


def _twin(operation: Operation) -> Operation:
    def view(call: Call, **arguments: str) -> Reply:
        reply = operation.view(call, **arguments)
        headers = {name: value.replace(_V3, _V2) for name, value in reply.headers.items()}
        return replace(reply, payload=_plain(reply.payload), headers=headers)

    listed = operation.listed_as or f"{operation.method} {_ARGUMENT.sub('1', operation.rule)}"
    return replace(operation, rule=operation.rule.replace(_V3, _V2, 1), view=view, listed_as=listed)


def _plain(value: Any, name: str = "") -> Any:
    """An answer with its documents as texts, and with links to version 2. What apps keep in properties stays."""
    if isinstance(value, dict):
        if value.get("type") == "doc" and "content" in value:
            return to_text(value)
        return {key: part if key in _KEPT else _plain(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(one, name) for one in value]
    if isinstance(value, str) and name in ("self", "content", "nextPage"):
        return value.replace(_V3, _V2)
    return value
