"""Warnings about conditions, at the line of the app that declares them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from ..callers import frame_of_app
from ..protocol.conditions import check_conditions

__all__ = ["warn_of_unknown_conditions"]


def warn_of_unknown_conditions(definition: Mapping[str, Any], *, path: str, told: set[str]) -> None:
    """Warn of conditions that no host is known to have: a misspelt one hides its module for ever.

    No error, since other apps may bring conditions. Parameters are left to the check of the descriptor.

    :param definition: of a module, with conditions as a descriptor has them.
    :param told: what was warned of before, and need not be again; grows.
    """
    for name in ("conditions", "contentPresentConditions"):
        for where, text in check_conditions(definition.get(name), path=name):
            if where.endswith(".condition") and text not in told:
                warnings.warn(f"{path}.{where}: {text}", stacklevel=frame_of_app()[1])
                told.add(text)  # only now: a filter that makes an error of it does so every time
