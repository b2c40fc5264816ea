"""Projects, in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/ and the groups beside it.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..store.spaces import KeyTakenError
from ..store.values import Project
from .finding import find_project, visible_projects
from .jira_input import read_description, read_text
from .jira_paging import jira_page
from .jira_permissions import require_permission
from .jira_shapes import project_json
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_KEY: Final = re.compile(r"[A-Z][A-Z0-9]{1,9}").fullmatch
_MAX_NAME: Final = 80
_TYPES: Final = ("software", "business", "service_desk")


def _found(call: Call) -> list[Project]:
    wanted = {key.upper() for key in call.query.getlist("keys")}
    ids, kinds = set(call.query.getlist("id")), call.list_of("typeKey")
    text = call.query.get("query", "").lower()
    return [
        project
        for project in visible_projects(call)
        if (not wanted or project.key in wanted)
        and (not ids or project.id in ids)
        and (kinds is None or project.type in kinds)
        and (text in project.key.lower() or text in project.name.lower())
    ]


def _search(call: Call) -> Reply:
    return jira_page(call, _found(call), lambda one: project_json(one, call.site, whole=call.expands("lead")))


def _list(call: Call) -> Reply:
    return Reply(payload=[project_json(one, call.site) for one in visible_projects(call)])


def _get(call: Call, id_or_key: str) -> Reply:
    return Reply(payload=project_json(find_project(call, id_or_key), call.site, whole=True))


def _lead(call: Call, body: dict[str, Any]) -> str | None:
    account_id = body.get("leadAccountId")
    if account_id is not None and (not isinstance(account_id, str) or call.site.person(account_id) is None):
        raise RestError(400, "", errors={"leadAccountId": "There is no such user."})
    return account_id


def _create(call: Call) -> Reply:
    require_permission(call, "ADMINISTER", "create projects")
    body = call.json_object()
    key, name, kind = body.get("key"), _name(call, body), body.get("projectTypeKey", "software")
    if not isinstance(key, str) or not _KEY(key):
        raise RestError(400, "", errors={"projectKey": "A key has 2 to 10 capital letters and digits, a letter first."})
    if kind not in _TYPES:
        raise RestError(400, "", errors={"projectTypeKey": f"It must be one of {', '.join(_TYPES)}."})
    try:
        project = call.site.content.create_project(
            key,
            str(name),
            account_id=call.account_id,
            lead=_lead(call, body),
            type=str(kind),
            description=read_description(body) or "",
        )
    except KeyTakenError:
        raise RestError(400, "", errors={"projectKey": f"Project '{name}' uses this project key."}) from None
    at = f"{call.site.base_url}/rest/api/3/project/{project.id}"
    return Reply(201, payload={"self": at, "id": int(project.id), "key": project.key})


def _name(call: Call, body: dict[str, Any], project: Project | None = None) -> str | None:
    """The name of a project, which no other has. None: it stays.

    :raises RestError: it is none, or taken.
    """
    name = read_text(body, "name", maximum=_MAX_NAME, required=project is None)
    others = [one for one in call.site.content.projects() if project is None or one.id != project.id]
    if name is not None and any(one.name.lower() == name.lower() for one in others):
        raise RestError(400, "", errors={"projectName": "A project with that name already exists."})
    return name


def _edit(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    require_permission(call, "ADMINISTER_PROJECTS", "administer this project")
    body = call.json_object()
    project = call.site.content.edit_project(
        project.id,
        account_id=call.account_id,
        name=_name(call, body, project),
        lead=_lead(call, body),
        description=read_description(body),
    )
    return Reply(payload=project_json(project, call.site, whole=True))


def _delete(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    require_permission(call, "ADMINISTER", "delete projects")
    call.site.content.delete_project(project.id, account_id=call.account_id)
    return Reply(204)


OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/project", _list),
    Operation("POST", "/rest/api/3/project", _create, scope="ADMIN"),
    Operation("GET", "/rest/api/3/project/search", _search),
    Operation("GET", "/rest/api/3/project/<id_or_key>", _get, anonymous=True),
    Operation("PUT", "/rest/api/3/project/<id_or_key>", _edit, scope="ADMIN"),
    Operation("DELETE", "/rest/api/3/project/<id_or_key>", _delete, scope="ADMIN"),
)
