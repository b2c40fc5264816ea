"""From what stands in a path to what it names, or a page that says that there is no such thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import abort, request, url_for

from ..installation import Installation
from ..site import Site

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["containers", "find_installation", "module_address", "product_of_request", "site_of"]

_JIRA_PATHS: Final = ("/jira/", "/projects/", "/browse/", "/issues/", "/plugins/", "/secure/")


def site_of(sandbox: Sandbox, product: str) -> Site:
    """The site of a product."""
    return sandbox.jira if product == "jira" else sandbox.confluence


def product_of_request() -> str | None:
    """The product whose page is asked for; None for a page of the sandbox itself."""
    named = (request.view_args or {}).get("product")
    if named is not None:
        return str(named)
    path = f"{request.path}/"
    if path.startswith("/wiki/"):
        return "confluence"
    return "jira" if path.startswith(_JIRA_PATHS) else None


def find_installation(site: Site, app_key: str) -> Installation:
    """An app of the site, also one that was uninstalled; else 404."""
    try:
        return site.installation(app_key)
    except KeyError:
        abort(404, f"No app {app_key} was ever installed on {site.name}.")


def containers(site: Site) -> list[tuple[str, str]]:
    """Keys and names of the spaces or projects."""
    named = site.content.projects() if site.product == "jira" else site.content.spaces()
    return [(one.key, one.name) for one in named]


def module_address(endpoint: str, installation: Installation, key: str, values: Mapping[str, str]) -> str:
    """Where a page about a module is.

    :param values: for the query. Their names are the app's choice, so they are never arguments of ``url_for``.
    """
    address: dict[str, Any] = {"product": installation.site.product, "app_key": installation.app_key}
    path = url_for(endpoint, **address, module_key=key)
    return f"{path}?{urlencode(values)}" if values else path
