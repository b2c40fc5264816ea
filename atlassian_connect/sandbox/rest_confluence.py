"""The part of Confluence's REST that the sandbox has.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from .content import Page, Space, VersionConflictError
from .people import confluence_user
from .rest import Call, Operation, Reply, RestError
from .shapes import page_json, space_json

__all__ = ["OPERATIONS"]

T = TypeVar("T")

_DEFAULT_LIMIT, _MAX_LIMIT = 25, 250
_CURSOR_PREFIX: Final = "offset:"
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
    ids, keys = _list_of(call, "ids"), _list_of(call, "keys")
    found = [
        space
        for space in call.site.content.spaces()
        if (ids is None or space.id in ids) and (keys is None or space.key in keys)
    ]
    return _page_of(call, _sorted(call, found, _SPACE_ORDERS), space_json)


def _space(call: Call, space_id: str) -> Reply:
    return Reply(payload=space_json(_find_space(call, space_id)))


def _space_pages(call: Call, space_id: str) -> Reply:
    space = _find_space(call, space_id)
    return _pages_of(call, call.site.content.pages(space.id))


def _pages(call: Call) -> Reply:
    space_ids = _list_of(call, "space-id")
    return _pages_of(
        call, [page for page in call.site.content.pages() if space_ids is None or page.space_id in space_ids]
    )


def _pages_of(call: Call, pages: list[Page]) -> Reply:
    title = call.query.get("title")
    found = [page for page in pages if title is None or page.title == title]
    with_body = _wants_body(call)
    return _page_of(call, _sorted(call, found, _PAGE_ORDERS), lambda page: _page_json(call, page, body=with_body))


def _page(call: Call, page_id: str) -> Reply:
    return Reply(payload=_page_json(call, _find_page(call, page_id), body=_wants_body(call)))


def _update_page(call: Call, page_id: str) -> Reply:
    page = _find_page(call, page_id)
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
            account_id=call.app.account_id,
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
    return Reply(payload=confluence_user(person, call.site.base_url, operations=_expands(call, "operations")))


def _current_user(call: Call) -> Reply:
    person = call.app.person
    return Reply(payload=confluence_user(person, call.site.base_url, operations=_expands(call, "operations")))


def _check_permission(call: Call, content_id: str) -> Reply:
    if content_id not in {page.id for page in call.site.content.pages()}:
        raise RestError(404, f"No content found with id: {content_id}")
    wanted = call.json_object()
    subject, operation = wanted.get("subject"), wanted.get("operation")
    if not isinstance(subject, dict) or subject.get("type") not in ("user", "group"):
        raise RestError(400, "subject.type must be user or group.")
    if operation not in ("read", "update", "delete"):
        raise RestError(400, "operation must be read, update or delete.")
    person = call.site.person(str(subject.get("identifier", "")))
    allowed = person is not None and (operation != "delete" or person.administers)
    errors = [] if allowed else [{"translation": "User does not have permission to the space", "args": []}]
    return Reply(payload={"hasPermission": allowed, "errors": errors, "_links": {}})


# --- small things -----------------------------------------------------------------------------------------------------


def _find_space(call: Call, space_id: str) -> Space:
    try:
        return call.site.content.space(space_id)
    except KeyError:
        raise RestError(404, f"There is no space with id {space_id}.") from None


def _find_page(call: Call, page_id: str) -> Page:
    try:
        return call.site.content.page(page_id)
    except KeyError:
        raise RestError(404, f"There is no page with id {page_id}.") from None


def _page_json(call: Call, page: Page, *, body: bool) -> dict[str, Any]:
    return page_json(page, space_key=call.site.content.space(page.space_id).key, body=body)


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


def _expands(call: Call, name: str) -> bool:
    return name in call.query.get("expand", "").split(",")


def _list_of(call: Call, name: str) -> set[str] | None:
    if name not in call.query:
        return None
    return {part.strip() for value in call.query.getlist(name) for part in value.split(",") if part.strip()}


def _sorted(call: Call, items: list[T], orders: dict[str, Callable[[T], Any]]) -> list[T]:
    sort = call.query.get("sort", "id")
    name = sort.removeprefix("-")
    if name not in orders:
        raise RestError(400, f"sort must be one of {', '.join(orders)}, with - in front to reverse it.")
    return sorted(items, key=orders[name], reverse=sort.startswith("-"))


def _page_of(call: Call, items: Sequence[T], write: Callable[[T], dict[str, Any]]) -> Reply:
    limit = call.integer("limit", _DEFAULT_LIMIT, maximum=_MAX_LIMIT)
    start = _offset(call.query.get("cursor", ""))
    links, headers = {"base": call.site.base_url}, {}
    if start + limit < len(items):
        parameters = [(name, value) for name, value in call.query.items(multi=True) if name not in ("cursor", "jwt")]
        cursor = urlsafe_b64encode(f"{_CURSOR_PREFIX}{start + limit}".encode()).decode()
        query = urlencode([*parameters, ("cursor", cursor)])
        links["next"] = f"{call.site.context_path}{call.path}?{query}"
        headers["Link"] = f'<{links["next"]}>; rel="next"'
    results = [write(item) for item in items[start : start + limit]]
    return Reply(payload={"results": results, "_links": links}, headers=headers)


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except ValueError:
        text = ""
    number = text.removeprefix(_CURSOR_PREFIX)
    if not text.startswith(_CURSOR_PREFIX) or not number.isdigit() or len(number) > 9:
        raise RestError(400, "The cursor is not one that this host gave.")
    return int(number)


OPERATIONS: Final = (
    Operation("GET", "/api/v2/spaces", _spaces),
    Operation("GET", "/api/v2/spaces/<space_id>", _space),
    Operation("GET", "/api/v2/spaces/<space_id>/pages", _space_pages),
    Operation("GET", "/api/v2/pages", _pages),
    Operation("GET", "/api/v2/pages/<page_id>", _page),
    Operation("PUT", "/api/v2/pages/<page_id>", _update_page, scope="WRITE"),
    Operation("GET", "/rest/api/user", _user),
    Operation("GET", "/rest/api/user/current", _current_user),
    Operation("POST", "/rest/api/content/<content_id>/permission/check", _check_permission),
)
