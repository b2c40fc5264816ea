"""From what stands in a path to what it names, or a page that says that there is no such thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort

from ..installation import Installation
from ..site import Site

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["containers", "find_installation", "site_of"]


def site_of(sandbox: Sandbox, product: str) -> Site:
    """The site of a product."""
    return sandbox.jira if product == "jira" else sandbox.confluence


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
