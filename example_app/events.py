"""What hosts tell the app, and what the app wants to have at each host."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from flask import Flask

from atlassian_connect import Module, Tenant, WebhookEvent

from .extensions import ICON, connect
from .stale import forget_lists, forget_tenant, touched, watched_areas


@connect.webhook("page_updated")
@connect.webhook("page_trashed")
@connect.webhook("page_removed")
def page_changed(event: WebhookEvent) -> None:
    """A page that was edited is no longer stale; one that is gone is not either."""
    page = event.body.get("page")
    if isinstance(page, dict):
        touched(event.tenant, str(page.get("id")))


@connect.webhook("jira:issue_updated")
@connect.webhook("jira:issue_deleted")
def issue_changed(event: WebhookEvent) -> None:
    """The same for an issue."""
    issue = event.body.get("issue")
    if isinstance(issue, dict):
        touched(event.tenant, str(issue.get("id")))


@connect.webhook("app_access_to_objects_blocked")
@connect.webhook("app_access_to_objects_in_container_blocked")
@connect.webhook("app_policy_changed")
def access_changed(event: WebhookEvent) -> None:
    """An administrator changed what apps may see. Titles were kept here of what may be blocked now."""
    forget_lists(event.tenant)


@connect.dynamic_modules
def modules_of(tenant: Tenant) -> Iterator[Module]:
    """One module per watched space. ``connect.dynamic.sync(tenant)`` makes the host's set equal to this one."""
    for area in watched_areas(tenant):
        common = {
            "key": module_key(area.host_id),
            "name": {"value": f"Stale in {area.name}"},
            "url": f"/watched?area={quote(area.key, safe='')}",
        }
        if tenant.product == "confluence":  # the list, for a page of those who look after the space
            description = {"value": f"Lists the pages of {area.name} that nobody has touched for a while."}
            macro = {"description": description, "icon": ICON, "outputType": "block"}
            yield Module("dynamicContentMacros", {**common, **macro})
        else:  # issues have no macros: a link in the navigation
            yield Module("webItems", {**common, "location": "system.top.navigation.bar", "context": "addon"})


def module_key(host_id: str) -> str:
    """Key of the module of an area. By its id: another key is another module, and areas can be renamed.

    Macros of all apps share their keys, so the app's is in it.
    """
    return f"stale-pages-in-{host_id}"


def on_tenant_forgotten(_sender: Flask, *, client_key: str, **_more: Any) -> None:
    """The framework deleted a tenant; what this app kept for it goes too."""
    forget_tenant(client_key)
