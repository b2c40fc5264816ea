"""Dashboards with their gadgets, and the properties of dashboard items, in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-dashboards/
"""

from __future__ import annotations

from typing import Any, Final

from ..store.values import Dashboard, Gadget
from .jira_basics import user_json
from .jira_paging import jira_page
from .jira_properties import property_operations
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_COLOURS: Final = frozenset({"blue", "red", "yellow", "green", "cyan", "purple", "gray", "white"})
_MAX_NAME: Final = 255


def _written(call: Call, dashboard: Dashboard) -> dict[str, Any]:
    return {
        "id": dashboard.id,
        "name": dashboard.name,
        "description": dashboard.description,
        "isFavourite": False,
        "owner": user_json(dashboard.owner, call.site),
        "popularity": 0,
        "self": f"{call.site.base_url}/rest/api/3/dashboard/{dashboard.id}",
        "view": f"{call.site.base_url}/jira/dashboards/{dashboard.id}",
        "sharePermissions": [{"type": "authenticated"}],
        "editPermissions": [],
        "systemDashboard": False,
    }


def _find(call: Call, dashboard_id: str) -> Dashboard:
    try:
        return call.site.content.dashboard(dashboard_id)
    except KeyError:
        raise RestError(404, f"The dashboard with id '{dashboard_id}' does not exist.") from None


def _change(call: Call, dashboard_id: str) -> Dashboard:
    dashboard = _find(call, dashboard_id)
    if call.user is not None and not call.user.administers and call.user.account_id != dashboard.owner:
        raise RestError(403, "Only its owner and administrators may change a dashboard.")
    return dashboard


def _gadget(call: Call, dashboard_id: str, item_id: str) -> Gadget:
    _find(call, dashboard_id)
    try:
        gadget = call.site.content.gadget(item_id)
    except KeyError:
        gadget = None
    if gadget is None or gadget.dashboard_id != dashboard_id:
        raise RestError(404, f"The dashboard item with id '{item_id}' does not exist.")
    return gadget


def _list(call: Call) -> Reply:
    return jira_page(
        call, call.site.content.dashboards(), lambda one: _written(call, one), name="dashboards", maximum=1000
    )


def _search(call: Call) -> Reply:
    text = call.query.get("dashboardName", "").lower()
    found = [one for one in call.site.content.dashboards() if text in one.name.lower()]
    return jira_page(call, found, lambda one: _written(call, one))


def _get(call: Call, dashboard_id: str) -> Reply:
    return Reply(payload=_written(call, _find(call, dashboard_id)))


def _create(call: Call) -> Reply:
    body = call.json_object()
    name, description = body.get("name"), body.get("description") or ""
    if not isinstance(name, str) or not name.strip() or len(name) > _MAX_NAME or not isinstance(description, str):
        raise RestError(400, "", errors={"name": f"A name has 1 to {_MAX_NAME} characters."})
    made = call.site.content.create_dashboard(name, account_id=call.account_id, description=description)
    return Reply(payload=_written(call, made))


def _gadgets(call: Call, dashboard_id: str) -> Reply:
    _find(call, dashboard_id)
    return Reply(payload={"gadgets": [_gadget_json(one) for one in call.site.content.gadgets(dashboard_id)]})


def _gadget_json(gadget: Gadget) -> dict[str, Any]:
    module = f"{gadget.app_key}__{gadget.module_key}" if gadget.app_key else "com.atlassian.jira.gadgets:own"
    return {
        "id": int(gadget.id),
        "moduleKey": f"com.atlassian.plugins.atlassian-connect-plugin:{module}" if gadget.app_key else module,
        "title": gadget.title,
        "color": gadget.colour,
        "position": {"row": gadget.row, "column": gadget.column},
    }


def _add_gadget(call: Call, dashboard_id: str) -> Reply:
    dashboard, body = _change(call, dashboard_id), call.json_object()
    name = str(body.get("moduleKey", "")).rpartition(":")[2]
    app_key, _, module_key = name.partition("__")
    try:
        module = call.site.installation(app_key).module(module_key)
    except KeyError:
        module = None
    if module is None or module.type != "jiraDashboardItems":
        raise RestError(400, "", errors={"moduleKey": "There is no dashboard item with this module key."})
    title = body.get("title") or module_key
    added = call.site.content.add_gadget(
        dashboard.id, str(title)[:_MAX_NAME], app_key=app_key, module_key=module_key, column=_column(body)
    )
    return Reply(payload=_gadget_json(added))


def _column(body: dict[str, Any]) -> int:
    position = body.get("position")
    column = position.get("column", 0) if isinstance(position, dict) else 0
    if not isinstance(column, int) or isinstance(column, bool) or not 0 <= column <= 2:
        raise RestError(400, "", errors={"position": "A dashboard has the columns 0, 1 and 2."})
    return column


def _edit_gadget(call: Call, dashboard_id: str, item_id: str) -> Reply:
    _change(call, dashboard_id)
    gadget, body = _gadget(call, dashboard_id, item_id), call.json_object()
    changes: dict[str, Any] = {}
    if "title" in body:
        if not isinstance(body["title"], str) or not 1 <= len(body["title"]) <= _MAX_NAME:
            raise RestError(400, "", errors={"title": f"A title has 1 to {_MAX_NAME} characters."})
        changes["title"] = body["title"]
    if "color" in body:
        if not isinstance(body["color"], str) or body["color"] not in _COLOURS:
            raise RestError(400, "", errors={"color": f"It must be one of {', '.join(sorted(_COLOURS))}."})
        changes["colour"] = body["color"]
    if "position" in body:
        changes["column"] = _column(body)
    call.site.content.edit_gadget(gadget.id, **changes)
    return Reply(204)


def _remove_gadget(call: Call, dashboard_id: str, item_id: str) -> Reply:
    _change(call, dashboard_id)
    call.site.content.remove_gadget(_gadget(call, dashboard_id, item_id).id)
    return Reply(204)


def _owner(call: Call, writes: bool, dashboard_id: str, item_id: str) -> tuple[tuple[str, str], str]:
    gadget = _gadget(call, dashboard_id, item_id)
    if writes:
        _change(call, dashboard_id)
    rest = f"{call.site.base_url}/rest/api/3/dashboard/{dashboard_id}/items/{gadget.id}"
    return ("dashboard_item", gadget.id), f"{rest}/properties"


_DASHBOARD: Final = "/rest/api/3/dashboard/<dashboard_id>"

OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/dashboard", _list),
    Operation("POST", "/rest/api/3/dashboard", _create, scope="WRITE"),
    Operation("GET", "/rest/api/3/dashboard/search", _search),
    Operation("GET", _DASHBOARD, _get),
    Operation("GET", f"{_DASHBOARD}/gadget", _gadgets),
    Operation("POST", f"{_DASHBOARD}/gadget", _add_gadget, scope="WRITE"),
    Operation("PUT", f"{_DASHBOARD}/gadget/<item_id>", _edit_gadget, scope="WRITE"),
    Operation("DELETE", f"{_DASHBOARD}/gadget/<item_id>", _remove_gadget, scope="DELETE"),
    *property_operations(f"{_DASHBOARD}/items/<item_id>/properties", _owner, anonymous=False),
)
