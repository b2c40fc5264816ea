"""Boards, in Jira Software's REST: each software project has one, of all its issues.

Source: https://developer.atlassian.com/cloud/jira/software/rest/api-group-board/
"""

from __future__ import annotations

from typing import Any, Final

from ..store.jira_projects import FIRST_PROJECT_ID
from ..store.jira_setup import STATUSES
from ..store.values import Project
from .finding import find_project, visible_issues, visible_projects
from .jira_paging import jira_page
from .jira_reply import descriptions, issue_reply, wanted_by_query
from .jira_search import query_of
from .jira_setup_shapes import status_json
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS", "board_id"]


def board_id(project: Project) -> int:
    """The id of a project's board."""
    return int(project.id) - FIRST_PROJECT_ID + 1


def _written(call: Call, project: Project) -> dict[str, Any]:
    number = board_id(project)
    return {
        "id": number,
        "self": f"{call.site.base_url}/rest/agile/1.0/board/{number}",
        "name": f"{project.key} board",
        "type": "kanban",
        "location": {
            "projectId": int(project.id),
            "displayName": f"{project.name} ({project.key})",
            "projectName": project.name,
            "projectKey": project.key,
            "projectTypeKey": project.type,
            "name": f"{project.name} ({project.key})",
        },
    }


def _boards(call: Call) -> Reply:
    wanted = call.query.get("projectKeyOrId")
    kind = call.query.get("type", "kanban")
    if wanted:
        find_project(call, wanted)
    found = [
        project
        for project in visible_projects(call)
        if project.type == "software" and wanted in (None, "", project.key, project.id) and "kanban" in kind
    ]
    return jira_page(call, found, lambda one: _written(call, one))


def _board(call: Call, number: str) -> Project:
    found = next((one for one in call.site.content.projects() if str(board_id(one)) == number), None)
    if found is None or found.type != "software":
        raise RestError(404, "The requested board cannot be viewed because it either does not exist or is hidden.")
    return find_project(call, found.key)


def _get(call: Call, number: str) -> Reply:
    return Reply(payload=_written(call, _board(call, number)))


def _configuration(call: Call, number: str) -> Reply:
    project = _board(call, number)
    columns = [
        {"name": one.name, "statuses": [{"id": one.id, "self": status_json(one, call.site)["self"]}]}
        for one in STATUSES.values()
    ]
    described = {name: value for name, value in _written(call, project).items() if name != "location"}
    return Reply(payload=described | {"columnConfig": {"columns": columns, "constraintType": "none"}})


def _issues(call: Call, number: str) -> Reply:
    project = _board(call, number)
    query = query_of(call, call.query.get("jql", ""), bounded=False)
    found = query.run(issue for issue in visible_issues(call) if issue.project_key == project.key)
    wanted = wanted_by_query(call)
    page = jira_page(call, found, lambda one: issue_reply(call, one, wanted), name="issues")
    return Reply(payload=page.payload | descriptions(call, wanted))


_BOARD: Final = "/rest/agile/1.0/board"

OPERATIONS: Final = (
    Operation("GET", _BOARD, _boards),
    Operation("GET", f"{_BOARD}/<number>", _get),
    Operation("GET", f"{_BOARD}/<number>/configuration", _configuration),
    Operation("GET", f"{_BOARD}/<number>/issue", _issues),
)
