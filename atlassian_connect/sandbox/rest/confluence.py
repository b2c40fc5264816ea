"""Spaces in version 2 of Confluence's REST, and what users may do.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..people import Person
from ..store.content import Space
from .finding import find_page, find_space, space_of, visible_spaces
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query
from .shapes import space_json

__all__ = ["OPERATIONS", "allowed_on_content"]

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


def _types_of_ids(call: Call) -> Reply:
    ids = call.json_object().get("contentIds")
    if not isinstance(ids, list) or not all(isinstance(one, str | int) for one in ids) or len(ids) > 100:
        raise RestError(400, "contentIds must be a list of at most 100 ids.")
    keys = {space.id: space.key for space in call.site.content.spaces()}
    pages = {page.id: page for page in call.site.content.all_pages() if call.lists(keys[page.space_id])}
    comments = {one.id for one in call.site.content.comments() if one.page_id in pages}
    found = {str(one): pages[str(one)].type for one in ids if str(one) in pages}
    found |= {str(one): "footer-comment" for one in ids if str(one) in comments}
    return Reply(payload={"results": {str(one): found.get(str(one)) for one in ids}})


def _space_operations(call: Call, space_id: str) -> Reply:
    space, person = find_space(call, space_id), call.person
    names = ["read", "administer"] if person is not None and person.administers else ["read"]
    operations = [{"operation": name, "targetType": "space"} for name in names]
    operations += [
        {"operation": name, "targetType": "page"} for name in allowed_on_content(call, person, space.key)[1:]
    ]
    return Reply(payload={"operations": operations})


OPERATIONS: Final = (
    Operation("GET", "/api/v2/spaces", _spaces),
    Operation("GET", "/api/v2/spaces/<space_id>", _space, anonymous=True),
    Operation("GET", "/api/v2/spaces/<space_id>/operations", _space_operations, anonymous=True),
    Operation("GET", "/api/v2/pages/<page_id>/operations", _page_operations, anonymous=True),
    Operation("GET", "/api/v2/blogposts/<page_id>/operations", _page_operations, anonymous=True),
    Operation("POST", "/api/v2/content/convert-ids-to-types", _types_of_ids, scope=None),
    Operation("POST", "/rest/api/content/<content_id>/permission/check", _check_permission),
)
