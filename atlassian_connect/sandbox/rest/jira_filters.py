"""Saved filters in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-filters/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ..saved_filters import SHARES, find_filter, visible_filters
from ..store.content import NameTakenError
from ..store.jira_values import SavedFilter
from .finding import find_project
from .jira_input import read_description, read_text
from .jira_paging import jira_page
from .jira_search import query_of
from .jira_shapes import filter_json
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_ORDERS: Final = {"id": lambda one: int(one.id), "name": lambda one: one.name.lower(), "owner": lambda one: one.owner}
_ALWAYS: Final = ("self", "id", "name")


def _me(call: Call) -> str | None:
    return call.person.account_id if call.person else None


def _written(call: Call, saved: SavedFilter) -> dict[str, Any]:
    return filter_json(saved, call.site, _me(call))


def _find(call: Call, filter_id: str) -> SavedFilter:
    found = find_filter(call.site, _me(call), filter_id)
    if found is None or found.id != filter_id:
        raise RestError(404, f"The selected filter with id '{filter_id}' does not exist.")
    return found


def _own(call: Call, filter_id: str) -> SavedFilter:
    saved = _find(call, filter_id)
    if saved.owner != call.account_id:
        raise RestError(403, "Only its owner may change a filter.")
    return saved


def _get(call: Call, filter_id: str) -> Reply:
    return Reply(payload=_written(call, _find(call, filter_id)))


def _search(call: Call) -> Reply:
    query, order = call.query, call.query.get("orderBy") or "name"
    ids, text, owner = set(query.getlist("id")), query.get("filterName", "").lower(), query.get("accountId")
    if order.lstrip("+-") not in _ORDERS:
        raise RestError(400, f"orderBy must be one of {', '.join(_ORDERS)}, with - in front to reverse it.")
    found = [
        one
        for one in visible_filters(call.site, _me(call))
        if text in one.name.lower() and (not ids or one.id in ids) and owner in (None, one.owner)
    ]
    found.sort(key=_ORDERS[order.lstrip("+-")], reverse=order.startswith("-"))
    told = {*_ALWAYS, *(part.strip() for part in query.get("expand", "").split(","))}

    def write(one: SavedFilter) -> dict[str, Any]:
        return {name: value for name, value in _written(call, one).items() if name in told}

    return jira_page(call, found, write)


def _mine(call: Call) -> Reply:
    favourites = call.query.get("includeFavourites") == "true"
    found = visible_filters(call.site, call.account_id)
    kept = [
        one for one in found if one.owner == call.account_id or (favourites and call.account_id in one.favourite_of)
    ]
    return Reply(payload=[_written(call, one) for one in kept])


def _favourites(call: Call) -> Reply:
    found = visible_filters(call.site, call.account_id)
    return Reply(payload=[_written(call, one) for one in found if call.account_id in one.favourite_of])


def _create(call: Call) -> Reply:
    body, account_id = call.json_object(), call.account_id
    name, changes = str(read_text(body, "name", required=True)), _changes(call, body)
    favourite = body.get("favourite", False)
    if not isinstance(favourite, bool):
        raise RestError(400, "", errors={"favourite": "It must be true or false."})
    with _names_kept():
        saved = call.site.content.create_filter(
            name, changes.pop("jql", ""), account_id=account_id, favourite=favourite, **changes
        )
    return Reply(payload=_written(call, saved))


def _edit(call: Call, filter_id: str) -> Reply:
    saved, body = _own(call, filter_id), call.json_object()
    name, changes = read_text(body, "name", required=True), _changes(call, body)
    with _names_kept():
        saved = call.site.content.edit_filter(saved.id, account_id=call.account_id, name=name, **changes)
    return Reply(payload=_written(call, saved))


def _delete(call: Call, filter_id: str) -> Reply:
    call.site.content.delete_filter(_own(call, filter_id).id, account_id=call.account_id)
    return Reply(204)


def _favour(call: Call, filter_id: str) -> Reply:
    saved = call.site.content.favour_filter(_find(call, filter_id).id, call.account_id, favourite=True)
    return Reply(payload=_written(call, saved))


def _disfavour(call: Call, filter_id: str) -> Reply:
    saved = call.site.content.favour_filter(_find(call, filter_id).id, call.account_id, favourite=False)
    return Reply(payload=_written(call, saved))


# --- what a body says -------------------------------------------------------------------------------------------------


@contextmanager
def _names_kept() -> Iterator[None]:
    try:
        yield
    except NameTakenError:
        raise RestError(400, "", errors={"filterName": "Filter with same name already exists."}) from None


def _changes(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a filter besides its name.

    :raises RestError: it cannot be.
    """
    changes: dict[str, Any] = {}
    description = read_description(body)
    if description is not None:
        changes["description"] = description
    if body.get("jql") is not None:
        changes["jql"] = _jql(call, body["jql"])
    if body.get("sharePermissions") is not None:
        changes["shares"] = _shares(call, body["sharePermissions"])
    if body.get("editPermissions"):
        raise RestError(501, "The sandbox does not have editPermissions of filters.")
    return changes


def _jql(call: Call, given: object) -> str:
    if not isinstance(given, str):
        raise RestError(400, "", errors={"jql": "It must be a text."})
    try:
        query_of(call, given, bounded=False)
    except RestError as error:
        raise RestError(400, "", errors={"jql": error.message}) from None
    return given


def _shares(call: Call, given: object) -> tuple[dict[str, Any], ...]:
    if not isinstance(given, list):
        raise RestError(400, "", errors={"sharePermissions": "It must be a list."})
    return tuple(_share(call, one) for one in given)


def _share(call: Call, given: object) -> dict[str, Any]:
    kind = given.get("type") if isinstance(given, Mapping) else None
    kind = "authenticated" if kind == "loggedin" else kind
    with_whom = given.get(str(kind)) if isinstance(given, Mapping) else None
    named = with_whom if isinstance(with_whom, Mapping) else {}
    if kind in ("global", "authenticated"):
        return {"type": kind}
    if kind == "user" and call.site.person(str(named.get("accountId"))) is not None:
        return {"type": kind, "user": {"accountId": named["accountId"]}}
    if kind == "group" and named.get("name") in list(call.site.users.groups()):
        return {"type": kind, "group": {"name": named["name"]}}
    if kind == "project":
        return {"type": kind, "project": {"id": find_project(call, str(named.get("id"))).id}}
    raise RestError(
        400, "", errors={"sharePermissions": f"A share is with one of {', '.join(SHARES)}, and names whom."}
    )


_FILTER: Final = "/rest/api/3/filter/<filter_id>"

OPERATIONS: Final = (
    Operation("POST", "/rest/api/3/filter", _create, scope="WRITE"),
    Operation("GET", "/rest/api/3/filter/search", _search),
    Operation("GET", "/rest/api/3/filter/my", _mine),
    Operation("GET", "/rest/api/3/filter/favourite", _favourites),
    Operation("GET", _FILTER, _get, anonymous=True),
    Operation("PUT", _FILTER, _edit, scope="WRITE"),
    Operation("DELETE", _FILTER, _delete, scope="DELETE"),
    Operation("PUT", f"{_FILTER}/favourite", _favour, scope="WRITE"),
    Operation("DELETE", f"{_FILTER}/favourite", _disfavour, scope="DELETE"),
)
