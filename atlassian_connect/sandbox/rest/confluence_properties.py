"""Properties of content, comments, spaces and users in Confluence's REST, versions 1 and 2.

Sources: https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-content-properties/,
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-properties/ and
https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-user-properties/
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from ..store.content import VersionConflictError
from ..store.entity_properties import MAX_KEY_LENGTH, MAX_VALUE_LENGTH, EntityProperty, PropertyExistsError
from .confluence_comments import find_comment
from .finding import editable_page, find_page, find_space, find_space_by_key
from .operations import Call, Operation, Reply, RestError
from .paging import cursor_page, sorted_by_query, start_page
from .shapes import confluence_time

__all__ = ["OPERATIONS", "property_v1_json"]

_Owner = tuple[str, str]

_USER_KEY = re.compile(r"[-_a-zA-Z0-9]+").fullmatch
_NO_PROPERTY: Final = "There is no such property."


# --- version 2: by id -------------------------------------------------------------------------------------------------


def _list_v2(call: Call, kind: str, owner_id: str) -> Reply:
    owner, key = _owner(call, kind, owner_id), call.query.get("key")
    found = [one for one in call.site.entity_properties.all(owner) if key in (None, one.key)]
    by = {"id": lambda one: int(one.id), "key": lambda one: one.key}
    return cursor_page(call, sorted_by_query(call, found, by), _v2)


def _create_v2(call: Call, kind: str, owner_id: str) -> Reply:
    owner = _owner(call, kind, owner_id, writes=True)
    key, value, _ = _read(call)
    return Reply(payload=_v2(_create(call, owner, key, value)))


def _get_v2(call: Call, kind: str, owner_id: str, property_id: str) -> Reply:
    return Reply(payload=_v2(_by_id(call, _owner(call, kind, owner_id), property_id)))


def _put_v2(call: Call, kind: str, owner_id: str, property_id: str) -> Reply:
    owner = _owner(call, kind, owner_id, writes=True)
    known = _by_id(call, owner, property_id)
    key, value, version = _read(call)
    return Reply(payload=_v2(_update(call, owner, known.key, value, version, new_key=key)))


def _delete_v2(call: Call, kind: str, owner_id: str, property_id: str) -> Reply:
    owner = _owner(call, kind, owner_id, writes=True)
    call.site.entity_properties.delete(owner, _by_id(call, owner, property_id).key)
    return Reply(204)


# --- version 1: by key ------------------------------------------------------------------------------------------------


def _list_v1(call: Call, kind: str, owner_id: str) -> Reply:
    found = call.site.entity_properties.all(_owner(call, kind, owner_id))
    return start_page(call, found, lambda one: property_v1_json(call, one), default=10)


def _create_v1(call: Call, kind: str, owner_id: str, key: str | None = None) -> Reply:
    owner = _owner(call, kind, owner_id, writes=True)
    key, value, _ = _read(call, key)
    return Reply(payload=property_v1_json(call, _create(call, owner, key, value)))


def _get_v1(call: Call, kind: str, owner_id: str, key: str) -> Reply:
    return Reply(payload=property_v1_json(call, _by_key(call, _owner(call, kind, owner_id), key)))


def _put_v1(call: Call, kind: str, owner_id: str, key: str) -> Reply:
    owner = _owner(call, kind, owner_id, writes=True)
    key, value, version = _read(call, key)
    if version == 1 and all(one.key != key for one in call.site.entity_properties.all(owner)):
        return Reply(payload=property_v1_json(call, _create(call, owner, key, value)))
    return Reply(payload=property_v1_json(call, _update(call, owner, key, value, version)))


def _delete_v1(call: Call, kind: str, owner_id: str, key: str) -> Reply:
    if not call.site.entity_properties.delete(_owner(call, kind, owner_id, writes=True), key):
        raise RestError(404, _NO_PROPERTY)
    return Reply(204)


# --- users ------------------------------------------------------------------------------------------------------------


def _list_of_user(call: Call, user_id: str) -> Reply:
    found = call.site.entity_properties.all(_user(call, user_id))
    return start_page(call, found, lambda one: {"key": one.key})


def _get_of_user(call: Call, user_id: str, key: str) -> Reply:
    found = _by_key(call, _user(call, user_id), key)
    times = {
        "createdDate": confluence_time(found.created),
        "lastModifiedDate": confluence_time(found.modified),
    }
    return Reply(payload={"key": found.key, "value": found.value, **times})


def _create_of_user(call: Call, user_id: str, key: str) -> Reply:
    owner = _user(call, user_id, writes=True)
    if len(key) > 127 or not _USER_KEY(key):
        raise RestError(400, "The key of a user property has 1 to 127 letters, digits, hyphens and underscores.")
    found = _create(call, owner, key, _read(call, key)[1])
    return Reply(201, {"key": found.key, "value": found.value})


def _put_of_user(call: Call, user_id: str, key: str) -> Reply:
    owner = _user(call, user_id, writes=True)
    known = _by_key(call, owner, key)
    _update(call, owner, key, _read(call, key)[1], known.version + 1)
    return Reply(204)


def _delete_of_user(call: Call, user_id: str, key: str) -> Reply:
    if not call.site.entity_properties.delete(_user(call, user_id, writes=True), key):
        raise RestError(404, _NO_PROPERTY)
    return Reply(204)


# --- small things -----------------------------------------------------------------------------------------------------


def _owner(call: Call, kind: str, owner_id: str, *, writes: bool = False) -> _Owner:
    """Find what the property belongs to: content, a comment, or a space by id (version 2) or key (version 1)."""
    if kind == "content":
        return _owner_in_content(call, owner_id, writes=writes)
    if kind in ("page", "blogpost"):
        find = editable_page if writes else find_page
        return "page", find(call, owner_id, type=kind).id
    if kind == "comment":
        return kind, find_comment(call, owner_id)[0].id
    space = find_space(call, owner_id) if kind == "space" else find_space_by_key(call, owner_id)
    if writes and call.user is not None and not call.user.administers:
        raise RestError(403, "Only administrators of the space may change its properties.")
    return "space", space.id


def _owner_in_content(call: Call, content_id: str, *, writes: bool) -> _Owner:
    """To version 1 comments are content as well."""
    try:
        return "comment", find_comment(call, content_id)[0].id
    except RestError as error:
        if error.status != 404:
            raise
        return "page", (editable_page if writes else find_page)(call, content_id).id


def _user(call: Call, account_id: str, *, writes: bool = False) -> _Owner:
    person = call.site.person(account_id)
    if person is None:
        raise RestError(404, f"No user found with account id: {account_id}")
    if writes and call.user is not None and call.user.account_id != account_id:
        raise RestError(403, "Users may change their own properties only.")
    return "confluence-user", account_id


def _read(call: Call, key: str | None = None) -> tuple[str, Any, int | None]:
    wanted = call.json_object()
    key = wanted.get("key") if key is None else key
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise RestError(400, f"key must be a text of 1 to {MAX_KEY_LENGTH} characters.")
    if "value" not in wanted:
        raise RestError(400, "The property has no value.")
    if len(json.dumps(wanted["value"], ensure_ascii=False, separators=(",", ":"))) > MAX_VALUE_LENGTH:
        raise RestError(400, f"The value of a property cannot be longer than {MAX_VALUE_LENGTH} characters.")
    version = wanted.get("version")
    number = version.get("number") if isinstance(version, dict) else None
    return key, wanted["value"], number if isinstance(number, int) and not isinstance(number, bool) else None


def _by_id(call: Call, owner: _Owner, property_id: str) -> EntityProperty:
    try:
        return call.site.entity_properties.by_id(owner, property_id)
    except KeyError:
        raise RestError(404, _NO_PROPERTY) from None


def _by_key(call: Call, owner: _Owner, key: str) -> EntityProperty:
    try:
        return call.site.entity_properties.get(owner, key)
    except KeyError:
        raise RestError(404, _NO_PROPERTY) from None


def _create(call: Call, owner: _Owner, key: str, value: Any) -> EntityProperty:
    try:
        return call.site.entity_properties.create(owner, key, value, call.account_id)
    except PropertyExistsError as error:
        raise RestError(409, str(error)) from error


def _update(
    call: Call, owner: _Owner, key: str, value: Any, version: int | None, *, new_key: str | None = None
) -> EntityProperty:
    if version is None:
        raise RestError(400, "version.number must be the number of the new version.")
    try:
        return call.site.entity_properties.update(owner, key, value, call.account_id, version=version, new_key=new_key)
    except (VersionConflictError, PropertyExistsError) as error:
        raise RestError(409, str(error)) from error
    except KeyError:
        raise RestError(404, _NO_PROPERTY) from None


def _v2(found: EntityProperty) -> dict[str, Any]:
    version = {
        "number": found.version,
        "createdAt": confluence_time(found.modified),
        "message": "",
        "minorEdit": False,
        "authorId": found.account_id,
    }
    return {"id": found.id, "key": found.key, "value": found.value, "version": version}


def property_v1_json(call: Call, found: EntityProperty) -> dict[str, Any]:
    """A property of ``/rest/api/content`` and ``/rest/api/space``."""
    version = {"number": found.version, "when": confluence_time(found.modified), "message": "", "minorEdit": False}
    links = {"base": call.site.base_url, "context": call.site.context_path}
    return {"id": found.id, "key": found.key, "value": found.value, "version": version, "_links": links}


def _rules() -> list[Operation]:
    operations = []
    for kind, name in (("page", "pages"), ("blogpost", "blogposts"), ("comment", "comments"), ("space", "spaces")):
        rule = f"/api/v2/{name}/<owner_id>"
        many, one = f"{rule}/properties", f"{rule}/properties/<property_id>"
        operations += [
            Operation("GET", many, _of(kind, _list_v2)),
            Operation("POST", many, _of(kind, _create_v2), scope="WRITE"),
            Operation("GET", one, _of(kind, _get_v2)),
            Operation("PUT", one, _of(kind, _put_v2), scope="WRITE"),
            Operation("DELETE", one, _of(kind, _delete_v2), scope="WRITE"),
        ]
    for kind, rule in (("content", "/rest/api/content/<owner_id>"), ("space-by-key", "/rest/api/space/<owner_id>")):
        many, one = f"{rule}/property", f"{rule}/property/<path:key>"
        operations += [
            Operation("GET", many, _of(kind, _list_v1)),
            Operation("POST", many, _of(kind, _create_v1), scope="WRITE"),
            Operation("GET", one, _of(kind, _get_v1)),
            Operation("POST", one, _of(kind, _create_v1), scope="WRITE"),
            Operation("PUT", one, _of(kind, _put_v1), scope="WRITE"),
            Operation("DELETE", one, _of(kind, _delete_v1), scope="WRITE"),
        ]
    return operations


def _of(kind: str, view: Any) -> Any:
    return lambda call, **arguments: view(call, kind, **arguments)


_USER: Final = "/rest/api/user/<user_id>/property"

OPERATIONS: Final = (
    *_rules(),
    Operation("GET", _USER, _list_of_user),
    Operation("GET", f"{_USER}/<key>", _get_of_user),
    Operation("POST", f"{_USER}/<key>", _create_of_user, scope="WRITE"),
    Operation("PUT", f"{_USER}/<key>", _put_of_user, scope="WRITE"),
    Operation("DELETE", f"{_USER}/<key>", _delete_of_user, scope="WRITE"),
)
