"""Jira: dashboards with items of apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..bridge.embedding import Embedding
from ..modules import places
from ..modules.places import PlacedModule
from ..modules.situation import Situation
from ..store.values import Dashboard, Gadget
from .forms import done
from .jira_shared import require, visible_issues
from .placed import item_frame
from .policy import respond
from .viewer import viewer, viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_MAX_NAME: Final = 255
_COLUMNS: Final = (0, 1)
_OWN: Final = ("Assigned to me", "Recently updated")
_LATEST: Final = 6
_DASHBOARD: Final = "/jira/dashboards/<dashboard_id>"


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The list of dashboards, and one of them."""

    @blueprint.get("/jira/dashboards")
    def jira_dashboards() -> Response:
        return respond("jira/dashboards.html", dashboards=sandbox.content.dashboards())

    @blueprint.post("/jira/dashboards")
    def create_dashboard() -> BaseResponse:
        account_id = require(sandbox, "CREATE_SHARED_OBJECTS", "create dashboards")
        name = request.form.get("name", "").strip()
        if not 1 <= len(name) <= _MAX_NAME:
            where = url_for("pages.jira_dashboards")
            return done(f"A dashboard's name has 1 to {_MAX_NAME} characters.", where=where, bad=True)
        made = sandbox.content.create_dashboard(name, account_id=account_id)
        return done(f"“{made.name}” is there.", where=url_for("pages.jira_dashboard", dashboard_id=made.id))

    @blueprint.get(_DASHBOARD)
    def jira_dashboard(dashboard_id: str) -> Response:
        found = _find(sandbox, dashboard_id)
        gadgets = sandbox.content.gadgets(found.id)
        columns = [[_shown(sandbox, one) for one in gadgets if one.column == column] for column in _COLUMNS]
        columns[-1] += [_shown(sandbox, one) for one in gadgets if one.column not in _COLUMNS]
        return respond(
            "jira/dashboard.html",
            situation=Situation(account_id=viewer_id(sandbox), values={"dashboard.id": found.id}),
            dashboard=found,
            columns=columns,
            catalogue=[*((name, "", "") for name in _OWN), *_addable(sandbox)],
            editable=_may_edit(sandbox, found),
        )

    @blueprint.post(f"{_DASHBOARD}/items")
    def add_gadget(dashboard_id: str) -> BaseResponse:
        found = _editable(sandbox, dashboard_id)
        where = url_for("pages.jira_dashboard", dashboard_id=found.id)
        chosen = request.form.get("item", "")
        known = {f"{app}__{key}" if app else name: (name, app, key) for name, app, key in _all_items(sandbox)}
        if chosen not in known:
            return done("There is no such item.", where=where, bad=True)
        name, app_key, module_key = known[chosen]
        gadgets = sandbox.content.gadgets(found.id)
        column = min(_COLUMNS, key=lambda one: sum(each.column == one for each in gadgets))
        sandbox.content.add_gadget(found.id, name, app_key=app_key, module_key=module_key, column=column)
        return done(f"“{name}” is on the dashboard.", where=where)

    @blueprint.post(f"{_DASHBOARD}/items/<item_id>/<any(remove, move, title):action>")
    def change_gadget(dashboard_id: str, item_id: str, action: str) -> BaseResponse:
        found = _editable(sandbox, dashboard_id)
        gadget = next((one for one in sandbox.content.gadgets(found.id) if one.id == item_id), None)
        if gadget is None:
            abort(404, "There is no such item on this dashboard.")
        where = url_for("pages.jira_dashboard", dashboard_id=found.id)
        if action == "title":
            title = request.form.get("title", "").strip()
            if not 1 <= len(title) <= _MAX_NAME:
                return done(f"An item's title has 1 to {_MAX_NAME} characters.", where=where, bad=True)
            sandbox.content.edit_gadget(gadget.id, title=title)
            return done(f"The item is called “{title}” now.", where=where)
        if action == "move":
            sandbox.content.edit_gadget(gadget.id, column=_COLUMNS[gadget.column == _COLUMNS[0]])
            return done(f"“{gadget.title}” is in the other column.", where=where)
        sandbox.content.remove_gadget(gadget.id)
        return done(f"“{gadget.title}” is off the dashboard.", where=where)


def _find(sandbox: Sandbox, dashboard_id: str) -> Dashboard:
    try:
        return sandbox.content.dashboard(dashboard_id)
    except KeyError:
        abort(404, f"There is no dashboard {dashboard_id}.")


def _may_edit(sandbox: Sandbox, dashboard: Dashboard) -> bool:
    person = viewer(sandbox)
    return person is not None and (person.administers or person.account_id == dashboard.owner)


def _editable(sandbox: Sandbox, dashboard_id: str) -> Dashboard:
    dashboard = _find(sandbox, dashboard_id)
    if not _may_edit(sandbox, dashboard):
        abort(403, "Only its owner and administrators may change a dashboard.")
    return dashboard


def _all_items(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    return [*((name, "", "") for name in _OWN), *_addable(sandbox)]


def _addable(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    """Name, app and module of the items that apps have."""
    found = places.at(sandbox.jira, "dashboard.items", Situation(account_id=viewer_id(sandbox)))
    return [(one.label, one.installation.app_key, str(one.module.key)) for one in found]


def _shown(sandbox: Sandbox, gadget: Gadget) -> dict[str, Any]:
    """What the template needs of an item: its frame, or the issues of one of the product's own."""
    shown: dict[str, Any] = {"gadget": gadget, "embedding": None, "issues": None, "configurable": False}
    if gadget.app_key:
        item = _item(sandbox, gadget)
        if item is None:
            problem = f"The app {gadget.app_key} is not there, or does not show {gadget.module_key} to you."
            return shown | {"embedding": Embedding(gadget.title, problem=problem)}
        configurable = item.module.definition.get("configurable") is True
        return shown | {"embedding": item_frame(sandbox, item), "configurable": configurable}
    issues = sorted(visible_issues(sandbox), key=lambda one: -one.updated)
    if gadget.title == _OWN[0]:
        issues = [one for one in issues if one.assignee == viewer_id(sandbox) and one.resolution is None]
    return shown | {"issues": issues[:_LATEST]}


def _item(sandbox: Sandbox, gadget: Gadget) -> PlacedModule | None:
    values = {
        "dashboard.id": gadget.dashboard_id,
        "dashboardItem.id": gadget.id,
        "dashboardItem.key": gadget.module_key,
        "dashboardItem.viewType": "default",
    }
    situation = Situation(account_id=viewer_id(sandbox), values=values)
    return places.one_of(places.at(sandbox.jira, "dashboard.items", situation), gadget.app_key, gadget.module_key)
