"""Names for the strings and JSON shapes that cross the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NewType, TypeAlias

__all__ = ["AccountId", "AppKey", "ClientKey", "Json", "JsonObject", "ModuleKey", "Product"]

#: The host's opaque id of one installation; the primary key of everything stored per tenant.
ClientKey = NewType("ClientKey", str)
#: Our own id, ``key`` in the descriptor.
AppKey = NewType("AppKey", str)
#: Atlassian account id of a user: opaque, may contain ``:``, up to 128 characters.
AccountId = NewType("AccountId", str)
#: Key of a module, unique inside the app: letters, digits and dashes.
ModuleKey = NewType("ModuleKey", str)

Product: TypeAlias = Literal["jira", "confluence"]
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = dict[str, Any]
