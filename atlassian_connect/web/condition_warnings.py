"""Warnings about conditions, at the line of the app that declares them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import Any

from ..protocol.conditions import check_conditions

__all__ = ["warn_of_unknown_conditions"]

_PACKAGE = __name__.partition(".")[0]


def warn_of_unknown_conditions(definition: Mapping[str, Any], *, path: str, told: set[str]) -> None:
    """Warn of conditions that no host is known to have: a misspelt one hides its module for ever.

    No error, since other apps may bring conditions. Parameters are left to the check of the descriptor.

    :param definition: of a module, with conditions as a descriptor has them.
    :param told: what was warned of before, and need not be again; grows.
    """
    for name in ("conditions", "contentPresentConditions"):
        for where, text in check_conditions(definition.get(name), path=name):
            if where.endswith(".condition") and text not in told:
                told.add(text)
                warnings.warn(f"{path}.{where}: {text}", stacklevel=_level_of_app())


def _level_of_app() -> int:
    """How many frames above the caller the package ends, as ``stacklevel`` counts."""
    level, frame = 2, sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    return level
