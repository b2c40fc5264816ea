"""Where the user is, as ``AP.context.getContext()`` and context tokens tell it.

Source: *Context*, https://developer.atlassian.com/cloud/confluence/jsapi/context/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ...types import Product

if TYPE_CHECKING:
    from ..installation import Installation

__all__ = ["ui_context"]

#: Context variable → where its value stands in the JSON. Of several for one place, the first with a value counts.
_PLACES: Final[dict[Product, dict[str, tuple[str, ...]]]] = {
    "jira": {
        "issue.id": ("issue", "id"),
        "issue.key": ("issue", "key"),
        "issuetype.id": ("issue", "issuetype", "id"),
        "project.id": ("project", "id"),
        "project.key": ("project", "key"),
        "dashboard.id": ("dashboard", "id"),
        "dashboardItem.id": ("dashboardItem", "id"),
        "board.id": ("board", "id"),
    },
    "confluence": {
        "content.id": ("content", "id"),
        "page.id": ("content", "id"),
        "content.type": ("content", "type"),
        "page.type": ("content", "type"),
        "content.version": ("content", "version"),
        "page.version": ("content", "version"),
        "content.plugin": ("content", "plugin"),
        "space.id": ("space", "id"),
        "space.key": ("space", "key"),
        "macro.id": ("macro", "id"),
        "macro.hash": ("macro", "hash"),
        "output.type": ("macro", "outputType"),
    },
}


def ui_context(installation: Installation, values: Mapping[str, str]) -> dict[str, Any]:
    """Build the JSON of the context.

    :param values: of context variables, e.g. ``{"page.id": "65537"}``.
    """
    site = installation.site
    place: dict[str, Any] = {}
    for name, path in _PLACES[site.product].items():
        if not values.get(name):
            continue
        inner = place
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner.setdefault(path[-1], values[name])
    return {
        site.product: place,
        "license": {"active": installation.licensed},
        "url": {"displayUrl": site.base_url},
    }
