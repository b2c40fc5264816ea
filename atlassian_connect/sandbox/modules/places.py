"""The modules that a viewer finds at a place of a site, and how each of them opens.

A page of the site asks for its places: ``places.at(site, "page.menu", Situation(account_id=…, page="65537"))``.
:func:`.catalogue.places` lists the names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from ...errors import UrlNotAllowedError
from ...protocol.modules import Module, module_types, value_at
from ..module_urls import join
from ..translations import locale_of
from .catalogue import APP, ELSEWHERE, place_of_location, place_of_type
from .conditions import Evaluation, evaluate
from .opening import Opening, Opens, opening_of
from .situation import Situation
from .variables import module_values

if TYPE_CHECKING:
    from ..installation import Installation
    from ..site import Site

__all__ = ["PlacedModule", "all_of", "at", "label", "one_of"]

_DEFAULT_WEIGHT: Final = 100
#: Where page modules go that name no location.
_DEFAULT_LOCATIONS: Final = {
    ("jira", "generalPages"): "system.top.navigation.bar",
    ("jira", "adminPages"): "advanced_menu_section/advanced_section",
    ("confluence", "generalPages"): "system.help/pages",
    ("confluence", "adminPages"): "system.admin/marketplace_confluence",
}
_GROUPS: Final = {"serviceDeskQueues": "serviceDeskQueueGroups", "serviceDeskReports": "serviceDeskReportGroups"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedModule:
    """A module at a place, for one viewer.

    :ivar label: for people.
    :ivar location: as the module asks for it; empty when its type decides alone.
    :ivar icon_url: absolute, below the app's base URL. None: it has none.
    :ivar weight: modules are sorted by it, the lighter first.
    :ivar opens: how. A page opens at ``…/plugins/servlet/ac/{app key}/{opens_key}``.
    :ivar opens_key: key of the module to load: its own, or that of the page or dialog that it names.
    :ivar href: of a link, absolute; empty for everything else.
    :ivar options: of its target: ``width``, ``height``, ``size``, ``header``, ``chrome`` …
    :ivar parameters: what the address of the page to open gets as its query, for ``opens`` ``page``.
    :ivar tooltip: for people; empty without.
    :ivar values: of context variables, to load it with.
    :ivar urls: its URLs by field, as declared: ``{"url": …, "editor.url": …}``.
    :ivar items: what is inside of a section.
    :ivar problem: why it cannot be opened, for people; empty when it can.
    :ivar evaluation: of its conditions.
    :ivar notes: for the developer: conditions that cannot be decided, variables that stay empty, unknown locations.
    """

    installation: Installation = field(repr=False)
    module: Module
    place: str
    label: str
    location: str = ""
    icon_url: str | None = None
    weight: int = _DEFAULT_WEIGHT
    opens: Opens = "frame"
    opens_key: str = ""
    href: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    tooltip: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    urls: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    items: tuple[PlacedModule, ...] = ()
    problem: str = ""
    evaluation: Evaluation
    notes: tuple[str, ...] = ()

    @property
    def visible(self) -> bool:
        """Whether its conditions let the viewer see it."""
        return self.evaluation.visible


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a module belongs: a place, and the section around it (app key and module key) when it is in one."""

    place: str
    location: str = ""
    section: tuple[str, str] | None = None


def at(site: Site, place: str, situation: Situation, *, hidden: bool = False) -> list[PlacedModule]:
    """List the modules of all enabled apps at a place, the lighter first.

    :param place: one of :func:`.catalogue.places`; at other names there is nothing.
    :param hidden: with the modules that conditions hide, and sections that are empty.
    """
    enabled = [one for one in site.installations if one.state == "enabled"]
    here = [(one, module, spot) for one in enabled for module, spot in _spots(one) if spot.place == place]
    return _listed(here, None, situation, hidden)


def one_of(listed: Iterable[PlacedModule], app_key: str, module_key: str) -> PlacedModule | None:
    """The module of an app among those at a place. None: it is not there for the viewer."""
    wanted = (app_key, module_key)
    return next((one for one in listed if (one.installation.app_key, one.module.key) == wanted), None)


def all_of(installation: Installation, situation: Situation) -> list[PlacedModule]:
    """List all modules of an app that have a place, hidden ones too, as the descriptor does. For the app's own page."""
    return [_placed(installation, module, spot, situation) for module, spot in _spots(installation)]


def label(module: Module) -> str:
    """What people call a module: its name, or its key."""
    return _text(module.definition.get("name")) or module.key or module.type


# --- where ------------------------------------------------------------------------------------------------------------


def _spots(installation: Installation) -> Iterator[tuple[Module, _Spot]]:
    modules = installation.modules
    for module in modules:
        spot = _spot(installation, module, modules)
        if spot is not None:
            yield module, spot


def _spot(installation: Installation, module: Module, modules: list[Module], depth: int = 0) -> _Spot | None:
    """Find where a module belongs. None: nowhere, as a webhook."""
    product = installation.site.product
    row = place_of_type(product, module.type)
    if row is None:
        return _Spot(APP) if "url" in module.definition and module.type not in module_types() else None
    if row.place == "by location type":
        kind = str(value_at(module.definition, "location.type") or "issue_view")
        return _Spot("background.dashboard" if kind.startswith("dashboard") else "background.issue", kind)
    location = module.definition.get("location")
    location = location if isinstance(location, str) else ""
    if row.place != "by location":
        group = _group(installation, module, modules)
        return _Spot(row.place, location, group)
    location = location or _DEFAULT_LOCATIONS.get((product, module.type), "")
    section = _section(installation, location, modules)
    if section is not None and section.key != module.key and depth < 8:
        around = _spot(installation, section, modules, depth + 1)
        if around is not None:
            return _Spot(around.place, location, (installation.app_key, section.key))
    return _Spot(place_of_location(product, location) or ELSEWHERE, location)


def _section(installation: Installation, location: str, modules: list[Module]) -> Module | None:
    """The app's section that a location names: ``place/key`` or ``key``, with or without the app key before it."""
    name = location.rpartition("/")[2].removeprefix(f"{installation.app_key}__")
    return next((one for one in modules if one.type == "webSections" and name and one.key == name), None)


def _group(installation: Installation, module: Module, modules: list[Module]) -> tuple[str, str] | None:
    key = module.definition.get("group")
    of_type = _GROUPS.get(module.type)
    known = any(one.type == of_type and one.key == key for one in modules)
    return (installation.app_key, str(key)) if known else None


# --- what -------------------------------------------------------------------------------------------------------------


def _listed(
    here: list[tuple[Installation, Module, _Spot]],
    section: tuple[str, str] | None,
    situation: Situation,
    hidden: bool,
) -> list[PlacedModule]:
    listed = []
    for installation, module, spot in here:
        if spot.section != section:
            continue
        placed = _placed(installation, module, spot, situation)
        if placed.opens == "section":
            placed = replace(placed, items=tuple(_listed(here, (installation.app_key, module.key), situation, hidden)))
        if hidden or (placed.visible and (placed.opens != "section" or placed.items)):
            listed.append(placed)
    return sorted(listed, key=lambda one: one.weight)


def _placed(installation: Installation, module: Module, spot: _Spot, situation: Situation) -> PlacedModule:
    site, locale = installation.site, locale_of(installation.site, situation.account_id)
    module = Module(module.type, installation.translations.of(module.definition, locale))
    row = place_of_type(site.product, module.type)
    values, notes = module_values(installation, module, situation)
    opening = Opening("frame", module.key) if row is None else opening_of(installation, module, row, values)
    if opening.key and opening.key != module.key:  # what is loaded is another module, with variables of its own
        own = {name: value for name, value in opening.parameters.items() if name.startswith("ac.")}
        named = replace(situation, values={**situation.values, **own})
        values, notes = module_values(installation, installation.module(opening.key), named)
    evaluation = evaluate(module.definition.get("conditions"), installation, situation)
    shown = Module(module.type, {**module.definition, **_bound(installation, module, values)})
    if spot.place == ELSEWHERE:
        notes = (f"The sandbox knows no location {spot.location!r}.", *notes)
    return PlacedModule(
        installation=installation,
        module=module,
        place=spot.place,
        label=label(shown),
        location=spot.location,
        icon_url=_icon_url(installation, shown),
        weight=_weight(module),
        opens=opening.opens,
        opens_key=opening.key,
        href=opening.href,
        options=installation.translations.of(opening.options, locale),
        parameters=opening.parameters,
        tooltip=_text(shown.definition.get("tooltip")),
        values=values,
        urls=_urls(module),
        problem=opening.problem,
        evaluation=evaluation,
        notes=(*evaluation.notes, *notes),
    )


def _bound(installation: Installation, module: Module, values: Mapping[str, str]) -> dict[str, Any]:
    """What a content property says of a byline item instead of the descriptor: name, icon and tooltip."""
    key, page = module.definition.get("contentPropertyKey"), values.get("content.id")
    if module.type != "contentBylineItems" or not isinstance(key, str) or not page:
        return {}
    try:
        value = installation.site.entity_properties.get(("page", page), key).value
    except KeyError:
        return {}
    names = ("name", "icon", "tooltip")
    return {name: value[name] for name in names if name in value} if isinstance(value, Mapping) else {}


def _icon_url(installation: Installation, module: Module) -> str | None:
    for name in ("icon.url", "iconUrl", "thumbnailUrl", "icon"):
        url = value_at(module.definition, name)
        if isinstance(url, str) and url:
            try:
                return join(installation.app_base_url, url, {}).url
            except UrlNotAllowedError:
                return None
    return None


def _weight(module: Module) -> int:
    weight = module.definition.get("weight", _DEFAULT_WEIGHT)
    return weight if isinstance(weight, int) and not isinstance(weight, bool) else _DEFAULT_WEIGHT


def _urls(module: Module) -> dict[str, str]:
    known = module_types().get(module.type)
    found = {name: value_at(module.definition, name) for name in (known.url_fields if known else ("url",))}
    return {name: url for name, url in found.items() if isinstance(url, str) and url}


def _text(value: object) -> str:
    """A translatable text: its value."""
    text = value.get("value") if isinstance(value, Mapping) else value
    return text if isinstance(text, str) else ""
