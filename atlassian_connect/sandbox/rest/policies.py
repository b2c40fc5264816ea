"""What apps may ask about the app access rules of a site.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-data-policies/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-app-data-policies/
"""

from __future__ import annotations

from typing import Any, Final

from ..store.content import Space
from .confluence import SPACE_ORDERS
from .finding import asked_spaces
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query

__all__ = ["CONFLUENCE_OPERATIONS", "JIRA_OPERATIONS"]

_MAX_PROJECTS: Final = 50


def _metadata(call: Call) -> Reply:
    _refuse_unless_told(call)
    return Reply(payload={"anyContentBlocked": bool(call.app.blocked)})


def _spaces(call: Call) -> Reply:
    _refuse_unless_told(call)
    found = asked_spaces(call, ids="ids", keys="keys")

    def write(space: Space) -> dict[str, Any]:
        return {
            "id": space.id,
            "key": space.key,
            "name": space.name,
            "description": None,
            "dataPolicy": {"anyContentBlocked": space.key in call.app.blocked},
            "icon": None,
            "_links": {"webui": f"/spaces/{space.key}"},
        }

    return cursor_page(call, sorted_by_query(call, found, SPACE_ORDERS), write)


def _projects(call: Call) -> Reply:
    _refuse_unless_told(call)
    ids = [one.strip() for value in call.query.getlist("ids") for one in value.split(",") if one.strip()]
    if not 1 <= len(ids) <= _MAX_PROJECTS:
        raise RestError(400, f"ids must name 1 to {_MAX_PROJECTS} projects.")
    known = {project.id: project.key for project in call.site.content.projects() if call.permits(project.key)}
    missing = [one for one in ids if one not in known]
    if missing:
        raise RestError(400, f"These projects do not exist or are not available: {', '.join(missing)[:200]}")
    policies = [
        {"id": int(one), "dataPolicy": {"anyContentBlocked": known[one] in call.app.blocked}}
        for one in dict.fromkeys(ids)
    ]
    return Reply(payload={"projectDataPolicies": policies})


def _refuse_unless_told(call: Call) -> None:
    if not call.site.tells_policies:
        raise RestError(401, "Only apps can access this resource.")


CONFLUENCE_OPERATIONS: Final = (
    Operation("GET", "/api/v2/data-policies/metadata", _metadata, apps_only=True),
    Operation("GET", "/api/v2/data-policies/spaces", _spaces, apps_only=True),
)

JIRA_OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/data-policy", _metadata, apps_only=True),
    Operation("GET", "/rest/api/3/data-policy/project", _projects, apps_only=True),
)
