"""What stands in the URLs of one module: the values of its variables, and which stay empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ...protocol.context_parameters import check_context_parameters, context_parameters
from ...protocol.modules import Module, module_types, value_at
from ..module_urls import variables_in
from .conditions import inline_value
from .context import url_context
from .situation import Situation

if TYPE_CHECKING:
    from ..installation import Installation

__all__ = ["module_values"]

_CONDITION: Final = "condition."
#: Variables of a workflow condition, which look like conditions.
_OF_WORKFLOWS: Final = ("condition.id", "condition.config")


def module_values(
    installation: Installation, module: Module, situation: Situation
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Collect the values to load a module with.

    :return: what is known at the place, with the conditions that the module's URLs ask for, under the variable's whole
        text; and notes about variables that stay empty.
    """
    site = installation.site
    values = url_context(site, situation)
    known = context_parameters(site.product)
    notes = [text for _, text in check_context_parameters(module, product=site.product)]
    for variable in _variables(module):
        if variable.startswith(_CONDITION) and variable not in _OF_WORKFLOWS:  # decided anew, whatever was given
            values[variable], note = inline_value(variable.removeprefix(_CONDITION), installation, situation)
        elif variable in known and variable not in values:
            note = f"{{{variable}}} has no value here."
        else:  # it has a value, or is the app's own and optional: a macro's parameter, or one of a page's address
            note = ""
        if note and not any(f"{{{variable}}}" in one for one in notes):
            notes.append(note)
    return values, tuple(dict.fromkeys(notes))


def _variables(module: Module) -> Iterator[str]:
    known = module_types().get(module.type)
    for name in known.url_fields if known else ("url",):
        url = value_at(module.definition, name)
        if isinstance(url, str):
            yield from variables_in(url)
