"""How Jira is set up, as its REST writes it: issue types, statuses, priorities, resolutions, kinds of links.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..store.jira_setup import IssueType, LinkType, Priority, Resolution, Status

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["issue_type_json", "link_type_json", "priority_json", "resolution_json", "status_json"]

_CATEGORY_COLOURS: Final = {"new": "blue-gray", "indeterminate": "yellow", "done": "green"}


def issue_type_json(kind: IssueType, site: Site) -> dict[str, Any]:
    """An issue type."""
    return _named("issuetype", kind, site) | {"subtask": kind.level < 0, "hierarchyLevel": kind.level}


def status_json(status: Status, site: Site) -> dict[str, Any]:
    """A status with its category."""
    rest = f"{site.base_url}/rest/api/3"
    return {
        "self": f"{rest}/status/{status.id}",
        "id": status.id,
        "name": status.name,
        "description": "",
        "statusCategory": {
            "self": f"{rest}/statuscategory/{status.category_id}",
            "id": status.category_id,
            "key": status.category_key,
            "name": status.name,
            "colorName": _CATEGORY_COLOURS[status.category_key],
        },
    }


def priority_json(priority: Priority, site: Site) -> dict[str, Any]:
    """A priority."""
    return _named("priority", priority, site) | {"statusColor": priority.colour}


def resolution_json(resolution: Resolution, site: Site) -> dict[str, Any]:
    """A resolution."""
    return _named("resolution", resolution, site)


def _named(path: str, value: IssueType | Priority | Resolution, site: Site) -> dict[str, Any]:
    at = f"{site.base_url}/rest/api/3/{path}/{value.id}"
    return {"self": at, "id": value.id, "name": value.name, "description": value.description}


def link_type_json(kind: LinkType, site: Site) -> dict[str, Any]:
    """A kind of links."""
    return {
        "id": kind.id,
        "name": kind.name,
        "inward": kind.inward,
        "outward": kind.outward,
        "self": f"{site.base_url}/rest/api/3/issueLinkType/{kind.id}",
    }
