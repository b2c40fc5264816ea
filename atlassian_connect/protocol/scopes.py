"""Scopes of a descriptor and what they imply.

Source: *Scopes for Connect apps*, https://developer.atlassian.com/cloud/confluence/scopes-for-connect-apps/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..types import Product

__all__ = ["SCOPES", "effective_scopes"]

_LADDER: Final = {
    "jira": ("READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"),
    "confluence": ("READ", "WRITE", "DELETE", "SPACE_ADMIN", "ADMIN"),
}
#: Every scope a descriptor may ask for, upper case.
SCOPES: Final = frozenset({*_LADDER["jira"], *_LADDER["confluence"], "NONE", "ACT_AS_USER", "ACCESS_EMAIL_ADDRESSES"})


def effective_scopes(product: Product, scopes: Iterable[str]) -> frozenset[str]:
    """Return the scopes that a descriptor's list amounts to: each rung of the ladder brings the lower ones.

    :param scopes: in either case, as hosts accept them.
    """
    asked = {scope.upper() for scope in scopes}
    ladder = _LADDER[product]
    # The other product's container scope brings what stands below it on the common ladder.
    if product == "jira" and "SPACE_ADMIN" in asked:
        asked.add("DELETE")
    if product == "confluence" and "PROJECT_ADMIN" in asked:
        asked.add("DELETE")
    highest = max((ladder.index(scope) for scope in asked if scope in ladder), default=-1)
    return frozenset(asked | set(ladder[: highest + 1]))
