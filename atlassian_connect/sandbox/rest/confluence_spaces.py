"""Spaces in Confluence's REST, version 1, and creating them in version 2.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-space/ and
https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-space/
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..store.content import Space
from .confluence import allowed_on_content
from .confluence_bodies import expand_of
from .confluence_v1 import content_v1_json
from .confluence_writing import conflicts, text_of
from .finding import asked_spaces, find_space_by_key, visible_homepage, visible_pages
from .operations import Call, Operation, Reply, RestError
from .paging import start_page
from .shapes import content_json, space_json, space_v1_json

__all__ = ["OPERATIONS"]

_KEY = re.compile(r"~?[A-Za-z0-9]{1,255}").fullmatch
_TYPES: Final = ("page", "blogpost")
_MAX_DESCRIPTION: Final = 2000


def _all(call: Call) -> Reply:
    found = asked_spaces(call, ids="spaceId", keys="spaceKey")
    return start_page(call, found, lambda one: _json(call, one))


def _get(call: Call, key: str) -> Reply:
    return Reply(payload=_json(call, find_space_by_key(call, key)))


def _json(call: Call, space: Space) -> dict[str, Any]:
    json = space_v1_json(space, call.site)
    if call.expands("operations"):
        names = allowed_on_content(call, call.person, space.key)
        json["operations"] = [{"operation": name, "targetType": "page"} for name in names]
    if call.expands("homepage"):
        home = visible_homepage(call, space)
        json["homepage"] = content_json(home, call.site) if home else None
    if call.expands("description.plain"):
        json["description"] = {"plain": {"value": space.description, "representation": "plain"}}
    return json


def _create(call: Call) -> Space:
    wanted = call.json_object()
    key, name = text_of(wanted, "key"), text_of(wanted, "name")
    _administers(call)
    if not _KEY(key) or not 1 <= len(name) <= 200:
        raise RestError(400, "A space needs a key of letters and digits, and a name of 1 to 200 characters.")
    with conflicts():
        return call.site.content.create_space(
            key, name, account_id=call.account_id, description=_description(wanted) or ""
        )


def _create_v1(call: Call) -> Reply:
    return Reply(payload=space_v1_json(_create(call), call.site))


def _create_v2(call: Call) -> Reply:
    return Reply(201, space_json(_create(call)))


def _update(call: Call, key: str) -> Reply:
    space, wanted = find_space_by_key(call, key), call.json_object()
    _administers(call)
    name, homepage, status = wanted.get("name"), wanted.get("homepage"), wanted.get("status")
    if name is not None and (not isinstance(name, str) or not 1 <= len(name) <= 200):
        raise RestError(400, "name must be a text of 1 to 200 characters.")
    if status not in (None, "current", "archived"):
        raise RestError(400, "status must be current or archived.")
    homepage_id = text_of(homepage, "id") if isinstance(homepage, dict) else None
    if homepage_id is not None and all(one.id != homepage_id for one in call.site.content.pages(space.id)):
        raise RestError(400, "The homepage must be a page of the space.")
    edited = call.site.content.edit_space(
        space.id,
        account_id=call.account_id,
        name=name,
        description=_description(wanted),
        homepage_id=homepage_id,
        status=status,
    )
    return Reply(payload=space_v1_json(edited, call.site))


def _delete(call: Call, key: str) -> Reply:
    space = find_space_by_key(call, key)
    _administers(call)
    account_id = call.account_id

    def delete() -> str:
        call.site.content.delete_space(space.id, account_id=account_id)
        return space.id

    task = call.site.tasks.start("confluence", "delete.space", account_id, delete)
    return Reply(202, {"id": task.id, "links": {"status": f"/rest/api/longtask/{task.id}"}})


def _content(call: Call, key: str, kind: str = "") -> Reply:
    space = find_space_by_key(call, key)
    if kind and kind not in _TYPES:
        raise RestError(400, "type must be page or blogpost.")
    expand = expand_of(call)

    def listed(one: str) -> dict[str, Any]:
        pages = visible_pages(call, space.id, type=one)
        if call.query.get("depth") == "root":
            pages = [page for page in pages if page.parent_id is None]
        payload: dict[str, Any] = start_page(call, pages, lambda page: content_v1_json(call, page, expand)).payload
        return payload

    if kind:
        return Reply(payload=listed(kind))
    return Reply(payload={one: listed(one) for one in _TYPES} | {"_links": {"base": call.site.base_url}})


def _description(wanted: dict[str, Any]) -> str | None:
    value = wanted.get("description")
    if not isinstance(value, dict):
        return None
    plain = value.get("plain") if isinstance(value.get("plain"), dict) else value
    text = text_of(plain if isinstance(plain, dict) else {}, "value")
    if len(text) > _MAX_DESCRIPTION:
        raise RestError(400, f"The description must be a text of at most {_MAX_DESCRIPTION} characters.")
    return text


def _administers(call: Call) -> None:
    if call.user is not None and not call.user.administers:
        raise RestError(403, "Only administrators may create, change or delete spaces.")


_ONE: Final = "/rest/api/space/<key>"

OPERATIONS: Final = (
    Operation("POST", "/api/v2/spaces", _create_v2, scope="WRITE"),
    Operation("GET", "/rest/api/space", _all),
    Operation("POST", "/rest/api/space", _create_v1, scope="WRITE"),
    Operation("GET", _ONE, _get, anonymous=True),
    Operation("PUT", _ONE, _update, scope="WRITE"),
    Operation("DELETE", _ONE, _delete, scope="DELETE"),
    Operation("GET", f"{_ONE}/content", _content, anonymous=True),
    Operation("GET", f"{_ONE}/content/<kind>", _content, anonymous=True),
)
