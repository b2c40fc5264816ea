"""Projects with their components and versions, in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/ and the groups beside it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from ..store.spaces import KeyTakenError
from ..store.values import Project, ProjectVersion
from .finding import find_project, visible_projects
from .jira_paging import jira_page
from .jira_permissions import require_permission
from .jira_shapes import component_json, project_json, version_json
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


def _text(body: dict[str, Any], name: str, *, maximum: int = _MAX_NAME, required: bool = False) -> str | None:
    value = body.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or len(value) > maximum or (required and not value.strip()):
        raise RestError(400, "", errors={name: f"It must be a text of at most {maximum} characters."})
    return value


def _lead(call: Call, body: dict[str, Any]) -> str | None:
    account_id = body.get("leadAccountId")
    if account_id is not None and (not isinstance(account_id, str) or call.site.person(account_id) is None):
        raise RestError(400, "", errors={"leadAccountId": "There is no such user."})
    return account_id


def _create(call: Call) -> Reply:
    require_permission(call, "ADMINISTER", "create projects")
    body = call.json_object()
    key, name, kind = body.get("key"), _text(body, "name", required=True), body.get("projectTypeKey", "software")
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
            description=_text(body, "description", maximum=4000) or "",
        )
    except KeyTakenError:
        raise RestError(400, "", errors={"projectKey": f"Project '{name}' uses this project key."}) from None
    at = f"{call.site.base_url}/rest/api/3/project/{project.id}"
    return Reply(201, payload={"self": at, "id": int(project.id), "key": project.key})


def _edit(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    require_permission(call, "ADMINISTER_PROJECTS", "administer this project")
    body = call.json_object()
    project = call.site.content.edit_project(
        project.id,
        account_id=call.account_id,
        name=_text(body, "name"),
        lead=_lead(call, body),
        description=_text(body, "description", maximum=4000),
    )
    return Reply(payload=project_json(project, call.site, whole=True))


def _delete(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    require_permission(call, "ADMINISTER", "delete projects")
    call.site.content.delete_project(project.id, account_id=call.account_id)
    return Reply(204)


# --- components and versions ------------------------------------------------------------------------------------------


def _components(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    return Reply(payload=[component_json(one, call.site) for one in call.site.content.components(project.key)])


def _components_page(call: Call, id_or_key: str) -> Reply:
    found = call.site.content.components(find_project(call, id_or_key).key)
    return jira_page(call, found, lambda one: component_json(one, call.site))


def _add_component(call: Call) -> Reply:
    body = call.json_object()
    project = find_project(call, str(body.get("project", "")))
    require_permission(call, "ADMINISTER_PROJECTS", "administer this project")
    description = _text(body, "description", maximum=4000) or ""
    name = str(_text(body, "name", maximum=255, required=True))
    component = call.site.content.add_component(project.id, name, description=description)
    return Reply(201, payload=component_json(component, call.site))


def _versions(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    found = call.site.content.project_versions(project.key)
    return Reply(payload=[version_json(one, project, call.site) for one in found])


def _versions_page(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    found = call.site.content.project_versions(project.key)
    return jira_page(call, found, lambda one: version_json(one, project, call.site))


def _version(call: Call, version_id: str) -> tuple[ProjectVersion, Project]:
    try:
        version = call.site.content.project_version(version_id)
    except KeyError:
        raise RestError(404, f"Could not find version for id '{version_id}'") from None
    return version, find_project(call, version.project_key)


def _get_version(call: Call, version_id: str) -> Reply:
    return Reply(payload=version_json(*_version(call, version_id), call.site))


def _release_date(body: dict[str, Any]) -> str:
    given = body.get("releaseDate") or ""
    try:
        return date.fromisoformat(given).isoformat() if given else ""
    except (TypeError, ValueError):
        raise RestError(400, "", errors={"releaseDate": "It must be YYYY-MM-DD."}) from None


def _add_version(call: Call) -> Reply:
    body = call.json_object()
    project = find_project(call, str(body.get("projectId") or body.get("project") or ""))
    require_permission(call, "ADMINISTER_PROJECTS", "administer this project")
    version = call.site.content.add_version(
        project.id,
        str(_text(body, "name", maximum=255, required=True)),
        account_id=call.account_id,
        description=_text(body, "description", maximum=4000) or "",
        release_date=_release_date(body),
    )
    return Reply(201, payload=version_json(version, project, call.site))


def _edit_version(call: Call, version_id: str) -> Reply:
    (version, project), body = _version(call, version_id), call.json_object()
    require_permission(call, "ADMINISTER_PROJECTS", "administer this project")
    changes: dict[str, Any] = {}
    for name, maximum in (("name", 255), ("description", 4000)):
        text = _text(body, name, maximum=maximum)
        changes |= {name: text} if text is not None else {}
    for name in ("released", "archived"):
        if name in body:
            if not isinstance(body[name], bool):
                raise RestError(400, "", errors={name: "It must be true or false."})
            changes[name] = body[name]
    if "releaseDate" in body:
        changes["release_date"] = _release_date(body)
    version = call.site.content.edit_version(version.id, account_id=call.account_id, **changes)
    return Reply(payload=version_json(version, project, call.site))


def _delete_version(call: Call, version_id: str) -> Reply:
    version, _ = _version(call, version_id)
    require_permission(call, "ADMINISTER_PROJECTS", "administer this project")
    call.site.content.delete_version(version.id, account_id=call.account_id)
    return Reply(204)


OPERATIONS: Final = (
    Operation("GET", "/rest/api/3/project", _list),
    Operation("POST", "/rest/api/3/project", _create, scope="ADMIN"),
    Operation("GET", "/rest/api/3/project/search", _search),
    Operation("GET", "/rest/api/3/project/<id_or_key>", _get, anonymous=True),
    Operation("PUT", "/rest/api/3/project/<id_or_key>", _edit, scope="ADMIN"),
    Operation("DELETE", "/rest/api/3/project/<id_or_key>", _delete, scope="ADMIN"),
    Operation("GET", "/rest/api/3/project/<id_or_key>/components", _components, anonymous=True),
    Operation("GET", "/rest/api/3/project/<id_or_key>/component", _components_page, anonymous=True),
    Operation("POST", "/rest/api/3/component", _add_component, scope="PROJECT_ADMIN"),
    Operation("GET", "/rest/api/3/project/<id_or_key>/versions", _versions, anonymous=True),
    Operation("GET", "/rest/api/3/project/<id_or_key>/version", _versions_page, anonymous=True),
    Operation("POST", "/rest/api/3/version", _add_version, scope="PROJECT_ADMIN"),
    Operation("GET", "/rest/api/3/version/<version_id>", _get_version, anonymous=True),
    Operation("PUT", "/rest/api/3/version/<version_id>", _edit_version, scope="PROJECT_ADMIN"),
    Operation("DELETE", "/rest/api/3/version/<version_id>", _delete_version, scope="PROJECT_ADMIN"),
)
