"""Spaces in version 2 of Confluence's REST, and what users may do.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ..people import Person
from ..store.content import Page, Space
from .finding import asked_spaces, every_visible_page, find_page, find_space, space_of
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query
from .shapes import group_id, space_json

__all__ = ["OPERATIONS", "SPACE_ORDERS", "allowed_on_content", "allowed_on_page"]

SPACE_ORDERS: Final[dict[str, Callable[[Space], Any]]] = {
    "id": lambda space: int(space.id),
    "key": lambda space: space.key,
    "name": lambda space: space.name.lower(),
}


def _spaces(call: Call) -> Reply:
    found = asked_spaces(call, ids="ids", keys="keys")
    return cursor_page(call, sorted_by_query(call, found, SPACE_ORDERS), space_json)


def _space(call: Call, space_id: str) -> Reply:
    return Reply(payload=space_json(find_space(call, space_id)))


def _check_permission(call: Call, content_id: str) -> Reply:
    page, wanted = find_page(call, content_id), call.json_object()
    subject, operation = wanted.get("subject"), wanted.get("operation")
    if not isinstance(subject, dict) or subject.get("type") not in ("user", "group"):
        raise RestError(400, "subject.type must be user or group.")
    if operation not in ("read", "update", "delete"):
        raise RestError(400, "operation must be read, update or delete.")
    people = _people_of(call, subject["type"], str(subject.get("identifier", "")))
    allowed = bool(people) and all(operation in allowed_on_page(call, person, page) for person in people)
    errors = [] if allowed else [{"translation": "User does not have permission to the space", "args": []}]
    return Reply(payload={"hasPermission": allowed, "errors": errors, "_links": {}})


def allowed_on_content(call: Call, person: Person | None, space_key: str) -> list[str]:
    """What a user may do with the pages of a space. None: an anonymous visitor."""
    if (person is not None and not person.active) or not call.site.permissions.sees(person, space_key):
        return []
    if person is None:
        return ["read"]
    return ["read", "update", "delete"] if person.administers else ["read", "update"]


def allowed_on_page(call: Call, person: Person | None, page: Page) -> list[str]:
    """The same for one page, with its restrictions."""
    content, allowed = call.site.content, allowed_on_content(call, person, space_of(call, page).key)
    if page.id in content.hidden_pages(person):
        return []
    return allowed if content.may_edit(person, page.id) else allowed[:1]


def _people_of(call: Call, kind: str, identifier: str) -> list[Person | None]:
    """Whom a subject stands for: a user, ``anonymous``, or the members of a group by its id."""
    if kind == "group":
        groups = call.site.users.groups()
        return next((list(groups[name]) for name in groups if group_id(name) == identifier), [])
    person = call.site.person(identifier)
    return [person] if person is not None or identifier == "anonymous" else []


def _page_operations(call: Call, page_id: str, kind: str) -> Reply:
    names = allowed_on_page(call, call.person, find_page(call, page_id, type=kind))
    return Reply(payload={"operations": [{"operation": name, "targetType": kind} for name in names]})


def _types_of_ids(call: Call) -> Reply:
    ids = call.json_object().get("contentIds")
    if not isinstance(ids, list) or not all(isinstance(one, str | int) for one in ids) or len(ids) > 100:
        raise RestError(400, "contentIds must be a list of at most 100 ids.")
    found = {page.id: page.type for page in every_visible_page(call)}
    comments = call.site.content.comments()
    found |= {one.id: f"{one.kind}-comment" for one in comments if one.page_id in found}
    files = call.site.attachments.all_of("page")
    found |= {f"att{one.id}": "attachment" for one in files if one.owner[1] in found}
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
    *(
        Operation("GET", f"/api/v2/{name}/<page_id>/operations", partial(_page_operations, kind=kind), anonymous=True)
        for kind, name in (("page", "pages"), ("blogpost", "blogposts"))
    ),
    Operation("POST", "/api/v2/content/convert-ids-to-types", _types_of_ids, scope=None),
    Operation("POST", "/rest/api/content/<content_id>/permission/check", _check_permission),
)
