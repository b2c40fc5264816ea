"""Jira: projects with their boards, reports, settings and service desks; people; places that only apps fill."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..modules.situation import Situation
from ..rest.jira_agile import board_id
from ..store.jira_setup import PRIORITIES, STATUSES
from .jira_shared import at_issue, at_project, find_issue, find_project, visible_issues, visible_projects
from .policy import respond
from .viewer import viewer_id

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_LATEST: Final = 8
_PROJECT: Final = "/projects/<project_key>"


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Projects and people."""

    @blueprint.get("/jira")
    def jira_home() -> BaseResponse:
        return redirect(url_for("pages.projects"))

    @blueprint.get("/jira/projects")
    def projects() -> Response:
        issues = visible_issues(sandbox)
        open_ones = Counter(one.project_key for one in issues if one.resolution is None)
        latest = sorted(issues, key=lambda one: -one.updated)[:_LATEST]
        return respond("jira/projects.html", projects=visible_projects(sandbox), open_ones=open_ones, latest=latest)

    @blueprint.get(_PROJECT)
    def project(project_key: str) -> Response:
        found = find_project(sandbox, project_key)
        board = {"board.id": str(board_id(found)), "board.type": "kanban", "board.screen": "kanban"}
        issues = sandbox.content.issues(found.key)
        columns = [(status, [one for one in issues if one.status == status]) for status in STATUSES]
        situation = at_project(sandbox, found, **board)
        return respond("jira/board.html", situation=situation, project=found, columns=columns, tab="Board")

    @blueprint.get(f"{_PROJECT}/issues")
    def project_issues(project_key: str) -> Response:
        found = find_project(sandbox, project_key)
        issues = sandbox.content.issues(found.key)
        return respond("jira/list.html", situation=at_project(sandbox, found), project=found, issues=issues, tab="List")

    @blueprint.get(f"{_PROJECT}/reports")
    def reports(project_key: str) -> Response:
        found = find_project(sandbox, project_key)
        issues = sandbox.content.issues(found.key)
        counts = {
            "Status": Counter(dict.fromkeys(STATUSES, 0) | Counter(one.status for one in issues)),
            "Priority": Counter(dict.fromkeys(PRIORITIES, 0) | Counter(one.priority for one in issues)),
        }
        situation = at_project(sandbox, found)
        return respond(
            "jira/reports.html", situation=situation, project=found, counts=counts, total=len(issues), tab="Reports"
        )

    @blueprint.get(f"{_PROJECT}/settings")
    def project_settings(project_key: str) -> Response:
        found = find_project(sandbox, project_key)
        return respond(
            "jira/settings.html", situation=at_project(sandbox, found), project=found, tab="Project settings"
        )

    @blueprint.get(f"{_PROJECT}/servicedesk")
    def service_desk(project_key: str) -> Response:
        found = find_project(sandbox, project_key)
        values = {"servicedesk.serviceDeskId": found.id}
        situation = at_project(sandbox, found, **values)
        return respond("jira/service_desk.html", situation=situation, project=found, tab="Service desk")

    @blueprint.get("/jira/portal/<project_key>")
    @blueprint.get("/jira/portal/<project_key>/<issue_key>")
    def jira_portal(project_key: str, issue_key: str = "") -> Response:
        """A help centre as customers see it: plain, but with a place for each module of service desks."""
        found = find_project(sandbox, project_key)
        values = {"servicedesk.serviceDeskId": found.id, "servicedesk.requestTypeId": "1"}
        issue = find_issue(sandbox, issue_key) if issue_key else None
        if issue is not None and issue.project_key != found.key:
            abort(404, f"{issue.key} is not a request of {found.name}.")
        if issue is not None:
            situation = at_issue(sandbox, issue, **values, **{"servicedesk.requestId": issue.id})
        else:
            situation = at_project(sandbox, found, **values)
        mine = [one for one in sandbox.content.issues(found.key) if one.reporter == viewer_id(sandbox)]
        return respond("jira/portal.html", situation=situation, project=found, issue=issue, requests=mine)

    @blueprint.get("/jira/people/<account_id>")
    def jira_person(account_id: str) -> Response:
        found = sandbox.jira.person(account_id)
        if found is None:
            abort(404, "There is no such person.")
        issues = [one for one in visible_issues(sandbox) if one.assignee == account_id]
        situation = Situation(account_id=viewer_id(sandbox), profile=account_id)
        return respond("jira/person.html", situation=situation, person=found, issues=issues)

    @blueprint.get("/jira/<any(assets, automation):place>")
    def app_place(place: str) -> Response:
        project_key = request.args.get("project")
        found = find_project(sandbox, project_key) if project_key else None
        situation = at_project(sandbox, found) if found else None
        return respond("jira/place.html", situation=situation, name=place.capitalize(), place=_PLACES[place])


_PLACES: Final = {"assets": "asset", "automation": "automation"}
