"""Whether a viewer may open a module: by its address, in a dialog, or as a page of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...protocol.modules import Module
from .conditions import evaluate
from .found import find
from .situation import Situation

if TYPE_CHECKING:
    from ..installation import Installation

__all__ = ["ADMINISTRATION", "closed_to"]

#: Types of pages that are for administrators.
ADMINISTRATION: Final = frozenset({"adminPages", "configurePage", "postInstallPage"})


def closed_to(installation: Installation, module: Module, situation: Situation) -> str:
    """Why a viewer does not get to see a module, for people. Empty: they do."""
    person = find(installation.site, situation).person
    if module.type in ADMINISTRATION and not (person and person.administers):
        return f"{installation.site.name}'s administration is for administrators."
    if module.type == "publishConditions":  # its conditions are about the page; it is shown when they do not hold
        return ""
    hidden_by = evaluate(module.definition.get("conditions"), installation, situation).hidden_by
    return f"You do not get to see this page: {', '.join(hidden_by)}." if hidden_by else ""
