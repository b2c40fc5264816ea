"""Components and versions of projects, in Jira's REST.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-project-components/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-project-versions/
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

from ..store.content import NameTakenError
from ..store.values import Component, Project, ProjectVersion
from .finding import find_project
from .jira_input import read_description, read_text
from .jira_paging import jira_page
from .jira_permissions import require_permission
from .jira_shapes import component_json, version_json
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]


@contextmanager
def _names_kept(what: str) -> Iterator[None]:
    """Name the field when a name is taken.

    :raises RestError: it is.
    """
    try:
        yield
    except NameTakenError:
        raise RestError(400, "", errors={"name": f"A {what} with this name already exists in this project."}) from None


def _administered(call: Call, id_or_key: str) -> Project:
    project = find_project(call, id_or_key)
    require_permission(call, "ADMINISTER_PROJECTS", "administer this project")
    return project


# --- components -------------------------------------------------------------------------------------------------------


def _components(call: Call, id_or_key: str) -> Reply:
    found = call.site.content.components(find_project(call, id_or_key).key)
    return Reply(payload=[component_json(one, call.site) for one in found])


def _components_page(call: Call, id_or_key: str) -> Reply:
    text = call.query.get("query", "").lower()
    found = call.site.content.components(find_project(call, id_or_key).key)
    return jira_page(
        call, [one for one in found if text in one.name.lower()], lambda one: component_json(one, call.site)
    )


def _component(call: Call, component_id: str) -> Component:
    missing = f"The component with id {component_id} does not exist."
    try:
        component = call.site.content.component(component_id)
    except KeyError:
        raise RestError(404, missing) from None
    call.require(component.project_key, missing)
    return component


def _get_component(call: Call, component_id: str) -> Reply:
    return Reply(payload=component_json(_component(call, component_id), call.site))


def _add_component(call: Call) -> Reply:
    body = call.json_object()
    project = _administered(call, str(body.get("project", "")))
    name = str(read_text(body, "name", required=True))
    with _names_kept("component"):
        made = call.site.content.add_component(project.id, name, description=read_description(body) or "")
    return Reply(201, payload=component_json(made, call.site))


def _edit_component(call: Call, component_id: str) -> Reply:
    component, body = _component(call, component_id), call.json_object()
    _administered(call, component.project_key)
    changes = {"name": read_text(body, "name"), "description": read_description(body)}
    with _names_kept("component"):
        component = call.site.content.edit_component(
            component.id, **{name: value for name, value in changes.items() if value is not None}
        )
    return Reply(payload=component_json(component, call.site))


def _delete_component(call: Call, component_id: str) -> Reply:
    component = _component(call, component_id)
    _administered(call, component.project_key)
    call.site.content.delete_component(component.id)
    return Reply(204)


# --- versions ---------------------------------------------------------------------------------------------------------


def _versions(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    found = call.site.content.project_versions(project.key)
    return Reply(payload=[version_json(one, project, call.site) for one in found])


def _versions_page(call: Call, id_or_key: str) -> Reply:
    project = find_project(call, id_or_key)
    text, wanted = call.query.get("query", "").lower(), call.list_of("status")
    found = [
        one
        for one in call.site.content.project_versions(project.key)
        if (text in one.name.lower() or text in one.description.lower()) and (wanted is None or _status(one) in wanted)
    ]
    return jira_page(call, found, lambda one: version_json(one, project, call.site))


def _status(version: ProjectVersion) -> str:
    return "archived" if version.archived else "released" if version.released else "unreleased"


def _version(call: Call, version_id: str) -> tuple[ProjectVersion, Project]:
    try:
        version = call.site.content.project_version(version_id)
    except KeyError:
        raise RestError(404, f"Could not find version for id '{version_id}'") from None
    return version, find_project(call, version.project_key)


def _get_version(call: Call, version_id: str) -> Reply:
    return Reply(payload=version_json(*_version(call, version_id), call.site))


def _add_version(call: Call) -> Reply:
    body = call.json_object()
    project = _administered(call, str(body.get("projectId") or body.get("project") or ""))
    name, more = str(read_text(body, "name", required=True)), _changes(body)
    with _names_kept("version"):
        version = call.site.content.add_version(project.id, name, account_id=call.account_id, **more)
    return Reply(201, payload=version_json(version, project, call.site))


def _edit_version(call: Call, version_id: str) -> Reply:
    (version, project), body = _version(call, version_id), call.json_object()
    _administered(call, project.key)
    name, changes = read_text(body, "name"), _changes(body)
    with _names_kept("version"):
        version = call.site.content.edit_version(
            version.id, account_id=call.account_id, **changes, **({} if name is None else {"name": name})
        )
    return Reply(payload=version_json(version, project, call.site))


def _changes(body: dict[str, Any]) -> dict[str, Any]:
    """What a body says of a version besides its name."""
    description = read_description(body)
    changes: dict[str, Any] = {} if description is None else {"description": description}
    for name in ("released", "archived"):
        if name in body:
            if not isinstance(body[name], bool):
                raise RestError(400, "", errors={name: "It must be true or false."})
            changes[name] = body[name]
    if "releaseDate" in body:
        changes["release_date"] = _day(body["releaseDate"])
    return changes


def _day(given: object) -> str:
    try:
        return date.fromisoformat(given).isoformat() if given else ""  # type: ignore[arg-type]  # a TypeError is caught
    except (TypeError, ValueError):
        raise RestError(400, "", errors={"releaseDate": "It must be YYYY-MM-DD."}) from None


def _delete_version(call: Call, version_id: str) -> Reply:
    version, project = _version(call, version_id)
    _administered(call, project.key)
    call.site.content.delete_version(version.id, account_id=call.account_id)
    return Reply(204)


_PROJECT: Final = "/rest/api/3/project/<id_or_key>"
_COMPONENT: Final = "/rest/api/3/component/<component_id>"
_VERSION: Final = "/rest/api/3/version/<version_id>"

OPERATIONS: Final = (
    Operation("GET", f"{_PROJECT}/components", _components, anonymous=True),
    Operation("GET", f"{_PROJECT}/component", _components_page, anonymous=True),
    Operation("POST", "/rest/api/3/component", _add_component, scope="PROJECT_ADMIN"),
    Operation("GET", _COMPONENT, _get_component, anonymous=True),
    Operation("PUT", _COMPONENT, _edit_component, scope="PROJECT_ADMIN"),
    Operation("DELETE", _COMPONENT, _delete_component, scope="PROJECT_ADMIN"),
    Operation("GET", f"{_PROJECT}/versions", _versions, anonymous=True),
    Operation("GET", f"{_PROJECT}/version", _versions_page, anonymous=True),
    Operation("POST", "/rest/api/3/version", _add_version, scope="PROJECT_ADMIN"),
    Operation("GET", _VERSION, _get_version, anonymous=True),
    Operation("PUT", _VERSION, _edit_version, scope="PROJECT_ADMIN"),
    Operation("DELETE", _VERSION, _delete_version, scope="PROJECT_ADMIN"),
)
