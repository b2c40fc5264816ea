"""The modules of apps in the pages: as links, as buttons that open a dialog, and in frames.

Templates get ``placed(place)``, ``item_url(item)``, ``item_opener(item)`` and ``item_frame(item)``; the macros of
``_placed.html`` use them. A view says where the viewer is by passing a situation to :func:`.policy.respond`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, request

from ...protocol.urls import parse_base_url
from ..bridge.embedding import Embedding, embed
from ..module_urls import page_url, variables_in
from ..modules import places
from ..modules.places import PlacedModule
from ..modules.situation import Situation
from .lookup import module_address, product_of_request, site_of
from .policy import allow_frame
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["item_frame", "item_opener", "item_url", "wrap"]

#: Pages of a project: their address names it, whether or not their URL asks for it.
_OF_PROJECTS: Final = frozenset(
    {"jiraProjectPages", "jiraProjectTabPanels", "jiraProjectAdminTabPanels", "jiraReports"}
    | {"serviceDeskQueues", "serviceDeskReports", "serviceDeskOrganizationActions"}
)


def wrap(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Give templates the modules at a place."""

    def placed(place: str) -> list[PlacedModule]:
        product = product_of_request()
        return places.at(site_of(sandbox, product), place, here(sandbox)) if product else []

    @blueprint.context_processor
    def helpers() -> dict[str, Any]:
        return {
            "placed": placed,
            "item_url": item_url,
            "item_frame": lambda item, url=None: item_frame(sandbox, item, url=url),
            "item_opener": item_opener,
        }


def here(sandbox: Sandbox) -> Situation:
    """Where the viewer is, as the view has said."""
    situation: Situation | None = g.get("page_situation")
    return situation or Situation(account_id=viewer_id(sandbox))


def from_query(sandbox: Sandbox) -> Situation:
    """Where the viewer is, as the query of a page's address says: context variables by name."""
    values = {name: value for name, value in request.args.items() if name != "notice"}
    return Situation.named(viewer_id(sandbox), values)


def item_url(item: PlacedModule) -> str:
    """Where a link to a module leads: a page of the site, anywhere on the web, else the app itself."""
    if item.opens == "link":
        return item.href
    return _address(item, "pages.full_page" if item.opens == "page" else "pages.go")


def item_opener(item: PlacedModule) -> str:
    """Where a script gets what opens a module in a dialog. The page's policy lets its app be framed."""
    allow_frame(parse_base_url(item.installation.app_base_url).origin)
    return _address(item, "pages.frame")


def _address(item: PlacedModule, endpoint: str) -> str:
    """The address of a page about a module, with the values that its URL asks for."""
    installation, key = item.installation, item.opens_key or item.module.key
    names = variables_in(page_url(installation.module(key)) or "")
    if item.module.type in _OF_PROJECTS:
        names = list(dict.fromkeys([*names, "project.key"]))
    values = {name: item.values[name] for name in names if item.values.get(name)}
    return module_address(endpoint, installation, key, values)


def item_frame(sandbox: Sandbox, item: PlacedModule, *, url: str | None = None) -> Embedding:
    """A module at its place, for the macros of ``_frame.html``. The page's policy lets its app be framed.

    :param url: another of its URLs than the main one.
    """
    key = item.opens_key or item.module.key
    embedding = embed(item.installation, key, viewer=viewer_id(sandbox), context=item.values, url=url)
    if embedding.origin:
        allow_frame(embedding.origin)
    return embedding
