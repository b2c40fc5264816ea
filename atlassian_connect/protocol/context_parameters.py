"""Context parameters: the ``{variables}`` of a module's URL, which the host fills in.

Source: *Context parameters*, https://developer.atlassian.com/cloud/jira/platform/context-parameters/ and the same for
Confluence. The table is ``data/context_parameters.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..types import Product
from .conditions import known_conditions
from .modules import Module, catalogue_rows, module_types, value_at

__all__ = ["ContextParameter", "check_context_parameters", "context_parameters", "url_variables"]

# A name, or an inline condition with its parameters: {condition.has_project_permission(permission=browse)}
# Possessive quantifiers: whatever an app writes there takes linear time.
_VARIABLE = re.compile(r"\$?\{\s*+([A-Za-z][A-Za-z0-9_.\-]*+)\s*+(?:\([^(){}]*+\)\s*+)?\}")
_MACROS = frozenset({"dynamicContentMacros", "staticContentMacros"})


@dataclass(frozen=True, slots=True)
class ContextParameter:
    """One row of the catalogue.

    :ivar where: in which URLs hosts fill it in, in words.
    :ivar in_webhooks: whether it is one of webhook URLs, where the older form ``${name}`` is documented.
    :ivar deprecated: whether hosts leave it empty or will.
    """

    name: str
    where: str
    in_webhooks: bool
    deprecated: bool


@cache
def context_parameters(product: Product | None = None) -> Mapping[str, ContextParameter]:
    """The variables of a product: name without braces → :class:`ContextParameter`.

    Not listed, since apps choose the names: ``ac.NAME``, ``condition.NAME``, and a macro's own parameters.

    :param product: None: those of both.
    """
    known: dict[str, ContextParameter] = {}
    for row in catalogue_rows("context_parameters.csv"):
        if product not in (None, row["product"]):
            continue
        name, before = row["parameter"], known.get(row["parameter"])
        known[name] = ContextParameter(
            name=name,
            where=f"{before.where}; {row['where']}" if before else row["where"],
            in_webhooks=row["form"] == "webhook" or bool(before and before.in_webhooks),
            deprecated=row["deprecated"] == "y" and (before is None or before.deprecated),
        )
    return known


def url_variables(url: str) -> list[str]:
    """Return the names in ``{…}`` and ``${…}``, in their order; those of inline conditions without parameters.

    Placeholders of a template, ``{{ name }}``, are none.
    """
    return [
        match[1]
        for match in _VARIABLE.finditer(url)
        if url[max(match.start() - 1, 0)] != "{" and not url.startswith("}", match.end())
    ]


def check_context_parameters(
    module: Module, *, product: Product | None = None, path: str = ""
) -> Iterator[tuple[str, str]]:
    """Find variables that no host is known to fill in, as pairs of path and sentence. Hosts put nothing in their place.

    :param product: None: what one of the products knows is known.
    :param path: where the module stands, for the pairs.
    """
    known_type = module_types().get(module.type)
    own: Collection[str] = _macro_parameters(module.definition) if module.type in _MACROS else ()
    for url_field in known_type.url_fields if known_type else ("url",):
        url = value_at(module.definition, url_field)
        if not isinstance(url, str):
            continue
        where = f"{path}.{url_field}" if path else url_field
        for name in url_variables(url):
            fault = _fault(name, product, own)
            if fault:
                yield where, fault


def _fault(name: str, product: Product | None, own: Collection[str]) -> str | None:
    if name.startswith("ac.") or name in own:
        return None
    known = context_parameters(product).get(name)
    if known is not None:
        return f"{{{name}}} is deprecated and may stay empty." if known.deprecated else None
    if name.startswith("condition."):
        condition = known_conditions(product).get(name.removeprefix("condition."))
        if condition is not None and condition.inline:
            return None
        return f"{{{name}}}: no host is known to have this condition for URLs."
    return f"{{{name}}} is a context parameter that no host is known to fill in."


def _macro_parameters(definition: Mapping[str, Any]) -> frozenset[str]:
    listed = definition.get("parameters")
    return frozenset(
        identifier
        for parameter in (listed if isinstance(listed, list) else [])
        if isinstance(parameter, Mapping) and isinstance(identifier := parameter.get("identifier"), str)
    )
