"""The tables behind the places: which module type goes where, and which location is part of which place.

Sources: *Modules* and *Locations*, https://developer.atlassian.com/cloud/confluence/locations/ and
https://developer.atlassian.com/cloud/jira/platform/locations/. The tables are in ``data/``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from ...types import Product

__all__ = ["APP", "ELSEWHERE", "TypePlace", "place_of_location", "place_of_type", "places"]

#: The app's own page: modules that have no natural place, and pages that want no link.
APP: Final = "app"
#: Modules that asked for a location that the sandbox does not know. The app's own page lists them too.
ELSEWHERE: Final = "elsewhere"

_BACKGROUND: Final = ("background.issue", "background.dashboard")
_BY: Final = "by "


@dataclass(frozen=True, slots=True)
class TypePlace:
    """Where modules of a type go.

    :ivar place: or ``by location``, ``by location type``.
    :ivar opens: how they open; or ``by target``, ``by key``.
    """

    place: str
    opens: str


@cache
def place_of_type(product: Product, type_name: str) -> TypePlace | None:
    """Return the row of a module type. None: it is shown nowhere, like a webhook, or unknown."""
    for row in _rows("module_places.csv"):
        if row["type"] == type_name and row["product"] in (product, "both"):
            return TypePlace(row["place"], row["opens"])
    return None


@cache
def place_of_location(product: Product, location: str) -> str | None:
    """Return the place that a location is in: the row of the longest known beginning. None: the location is unknown.

    ``system.content.action/modify`` begins with ``system.content.action``, and so does ``system.content.action.x``.
    """
    known = {row["location"]: row["place"] for row in _rows("locations.csv") if row["product"] in (product, "both")}
    while location:
        if location in known:
            return known[location]
        location = location[: max(location.rfind("/"), location.rfind("."), 0)]
    return None


@cache
def places(product: Product) -> frozenset[str]:
    """Every place of a product: pages of the site ask for these names."""
    rows = [*_rows("module_places.csv"), *_rows("locations.csv")]
    named = {row["place"] for row in rows if row["product"] in (product, "both")}
    found = {name for name in named if not name.startswith(_BY)} | {APP, ELSEWHERE}
    return frozenset(found | set(_BACKGROUND)) if product == "jira" else frozenset(found)


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
