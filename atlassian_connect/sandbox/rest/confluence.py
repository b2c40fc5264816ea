"""Pages, spaces and users of Confluence's REST, as far as the sandbox has them.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..people import Person, confluence_user
from ..store.content import Page, Space, VersionConflictError
from .finding import find_page, find_space, space_of, visible_pages, visible_spaces
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query
from .shapes import page_json, space_json

__all__ = ["OPERATIONS", "allowed_on_content"]

_MAX_TITLE: Final = 255

_PAGE_ORDERS: Final[dict[str, Callable[[Page], Any]]] = {
    "id": lambda page: int(page.id),
    "created-date": lambda page: page.created,
    "modified-date": lambda page: page.modified,
    "title": lambda page: page.title.lower(),
}
_SPACE_ORDERS: Final[dict[str, Callable[[Space], Any]]] = {
    "id": lambda space: int(space.id),
    "key": lambda space: space.key,
    "name": lambda space: space.name.lower(),
}


def _spaces(call: Call) -> Reply:
    ids, keys = call.list_of("ids"), call.list_of("keys")
    found = [
        space
        for space in visible_spaces(call)
        if (ids is None or space.id in ids) and (keys is None or space.key in keys)
    ]
    return cursor_page(call, sorted_by_query(call, found, _SPACE_ORDERS), space_json)


def _space(call: Call, space_id: str) -> Reply:
    return Reply(payload=space_json(find_space(call, space_id)))


def _space_pages(call: Call, space_id: str) -> Reply:
    space = find_space(call, space_id)
    return _pages_of(call, visible_pages(call, space.id))


def _pages(call: Call) -> Reply:
    space_ids = call.list_of("space-id")
    return _pages_of(call, [page for page in visible_pages(call) if space_ids is None or page.space_id in space_ids])


def _pages_of(call: Call, pages: list[Page]) -> Reply:
    title = call.query.get("title")
    found = [page for page in pages if title is None or page.title == title]
    with_body = _wants_body(call)
    return cursor_page(
        call, sorted_by_query(call, found, _PAGE_ORDERS), lambda page: _page_json(call, page, body=with_body)
    )


def _page(call: Call, page_id: str) -> Reply:
    return Reply(payload=_page_json(call, find_page(call, page_id), body=_wants_body(call)))


def _update_page(call: Call, page_id: str) -> Reply:
    page = find_page(call, page_id)
    wanted = call.json_object()
    title, version = wanted.get("title"), wanted.get("version")
    number = version.get("number") if isinstance(version, dict) else None
    if wanted.get("id") not in (page.id, int(page.id)) or wanted.get("status") != "current":
        raise RestError(400, "id must be the id of the page, and status must be current.")
    if not isinstance(title, str) or not title.strip() or len(title) > _MAX_TITLE:
        raise RestError(400, f"title must be a text of 1 to {_MAX_TITLE} characters.")
    if not isinstance(number, int) or isinstance(number, bool):
        raise RestError(400, "version.number must be the number of the new version.")
    try:
        edited = call.site.edit_page(
            page.id,
            title=title,
            body=_body_of(wanted),
            account_id=call.account_id,
            version=number,
            later=call.later,
        )
    except VersionConflictError as error:
        raise RestError(409, str(error)) from error
    return Reply(payload=_page_json(call, edited, body=True))


def _user(call: Call) -> Reply:
    person = call.site.person(call.query.get("accountId", ""))
    if person is None:
        raise RestError(404, f"No user found with account id: {call.query.get('accountId', '')}")
    return Reply(payload=confluence_user(person, call.site.base_url, operations=call.expands("operations")))


def _current_user(call: Call) -> Reply:
    person = call.person
    if person is None:
        raise RestError(401, "Client must be authenticated to access this resource.")
    return Reply(payload=confluence_user(person, call.site.base_url, operations=call.expands("operations")))


def _check_permission(call: Call, content_id: str) -> Reply:
    space = space_of(call, find_page(call, content_id))
    wanted = call.json_object()
    subject, operation = wanted.get("subject"), wanted.get("operation")
    if not isinstance(subject, dict) or subject.get("type") not in ("user", "group"):
        raise RestError(400, "subject.type must be user or group.")
    if operation not in ("read", "update", "delete"):
        raise RestError(400, "operation must be read, update or delete.")
    identifier = str(subject.get("identifier", ""))
    person = call.site.person(identifier) if subject["type"] == "user" else None
    known = person is not None or (subject["type"] == "user" and identifier == "anonymous")
    allowed = known and operation in allowed_on_content(call, person, space.key)
    errors = [] if allowed else [{"translation": "User does not have permission to the space", "args": []}]
    return Reply(payload={"hasPermission": allowed, "errors": errors, "_links": {}})


def allowed_on_content(call: Call, person: Person | None, space_key: str) -> list[str]:
    """What a user may do with the pages of a space. None: an anonymous visitor."""
    if (person is not None and not person.active) or not call.site.permissions.sees(person, space_key):
        return []
    if person is None:
        return ["read"]
    return ["read", "update", "delete"] if person.administers else ["read", "update"]


def _page_operations(call: Call, page_id: str) -> Reply:
    names = allowed_on_content(call, call.person, space_of(call, find_page(call, page_id)).key)
    return Reply(payload={"operations": [{"operation": name, "targetType": "page"} for name in names]})


def _space_operations(call: Call, space_id: str) -> Reply:
    space, person = find_space(call, space_id), call.person
    names = ["read", "administer"] if person is not None and person.administers else ["read"]
    operations = [{"operation": name, "targetType": "space"} for name in names]
    operations += [
        {"operation": name, "targetType": "page"} for name in allowed_on_content(call, person, space.key)[1:]
    ]
    return Reply(payload={"operations": operations})


# --- small things -----------------------------------------------------------------------------------------------------


def _page_json(call: Call, page: Page, *, body: bool) -> dict[str, Any]:
    return page_json(page, space_key=space_of(call, page).key, body=body)


def _body_of(wanted: dict[str, Any]) -> str | None:
    body = wanted.get("body")
    if isinstance(body, dict) and isinstance(body.get("storage"), dict):
        body = {"representation": "storage", **body["storage"]}
    if body is None:
        return None
    if not isinstance(body, dict) or body.get("representation") != "storage" or not isinstance(body.get("value"), str):
        raise RestError(400, "body must have the representation storage and a text as value.")
    return str(body["value"])


def _wants_body(call: Call) -> bool:
    wanted = call.query.get("body-format", "")
    if wanted not in ("", "storage"):
        raise RestError(400, "The sandbox has the body-format storage only.")
    return wanted == "storage"


OPERATIONS: Final = (
    Operation("GET", "/api/v2/spaces", _spaces),
    Operation("GET", "/api/v2/spaces/<space_id>", _space, anonymous=True),
    Operation("GET", "/api/v2/spaces/<space_id>/pages", _space_pages, anonymous=True),
    Operation("GET", "/api/v2/spaces/<space_id>/operations", _space_operations, anonymous=True),
    Operation("GET", "/api/v2/pages", _pages),
    Operation("GET", "/api/v2/pages/<page_id>", _page, anonymous=True),
    Operation("PUT", "/api/v2/pages/<page_id>", _update_page, scope="WRITE"),
    Operation("GET", "/api/v2/pages/<page_id>/operations", _page_operations, anonymous=True),
    Operation("GET", "/rest/api/user", _user),
    Operation("GET", "/rest/api/user/current", _current_user),
    Operation("POST", "/rest/api/content/<content_id>/permission/check", _check_permission),
)
