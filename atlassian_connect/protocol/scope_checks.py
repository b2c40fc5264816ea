"""Checks of the scopes that a descriptor asks for.

Source: *Scopes for Connect apps*, https://developer.atlassian.com/cloud/jira/platform/scopes-for-connect-apps/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .problems import Checking, Problem, closest, error, warning
from .scopes import SCOPES

__all__ = ["scope_problems"]

_GRANULAR_SCOPE: Final = re.compile(r"[a-z-]+:[a-z:.-]+", re.IGNORECASE).fullmatch
_KNOWN: Final = f"Known are {', '.join(sorted(SCOPES))}."
#: Of apps for Bitbucket, whose descriptors look much the same.
_BITBUCKET: Final = frozenset(
    {"account", "repository", "pullrequest", "webhook", "issue", "team", "project", "pipeline"}
)


def scope_problems(checking: Checking, value: object, path: str) -> Iterator[Problem]:
    """Check ``scopes``."""
    if checking.is_open(value, path):
        return
    if not isinstance(value, list):
        yield error(path, "Is no list.", 'Write ["READ", "WRITE"].')
        return
    for index, scope in enumerate(value):
        where = f"{path}[{index}]"
        if checking.is_open(scope, where):
            continue
        if not isinstance(scope, str):
            yield error(where, f"{scope!r} is no Connect scope.", _KNOWN)
        elif scope.upper() not in SCOPES:
            yield _no_scope(scope, where)
        elif scope not in (scope.upper(), scope.lower()):
            yield warning(where, "Mixes letter cases.", f"Write {scope.upper()}.")
        elif (checking.product, scope.upper()) in (("jira", "SPACE_ADMIN"), ("confluence", "PROJECT_ADMIN")):
            yield warning(where, f"{scope} is a scope of the other product.")


def _no_scope(scope: str, path: str) -> Problem:
    family = scope.partition(":")[0].lower()
    if family in _BITBUCKET:
        return error(path, f"{scope!r} is a scope of apps for Bitbucket; Jira and Confluence do not know it.", _KNOWN)
    if _GRANULAR_SCOPE(scope):
        stands = {"read": "READ", "write": "WRITE", "delete": "DELETE", "manage": "ADMIN"}.get(family)
        fix = f"Write {stands}." if stands else f"Connect has {', '.join(sorted(SCOPES))}."
        return error(path, f"{scope!r} is a scope of Forge and OAuth apps; Connect does not know it.", fix)
    meant = closest(scope.strip().replace("-", "_").replace(" ", "_"), SCOPES, cutoff=0.7)
    return error(path, f"{scope!r} is no Connect scope.", f"Did you mean {meant}?" if meant else _KNOWN)
