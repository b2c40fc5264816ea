"""What Jira remembers of the JQL functions of an app: its precomputations, for the app to read and change.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-jql-functions--apps-/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..jql_functions import function_key, kept_for
from ..store.schema import PRECOMPUTATIONS, PrecomputationRow
from .jira_basics import jira_time
from .jira_paging import jira_page
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_ROOT: Final = "/rest/api/3/jql/function/computation"
_READING: Final = f"GET {_ROOT}"  # the catalogue does not have its twin, which has a body
_ORDERS: Final[dict[str, Callable[[PrecomputationRow], Any]]] = {
    "functionKey": lambda row: row.module,
    "used": lambda row: row.used,
    "created": lambda row: row.created,
    "updated": lambda row: row.updated,
}
_MAX_VALUES: Final = 1000
_MAX_LENGTH: Final = 4000


def _own(call: Call) -> list[PrecomputationRow]:
    return kept_for(call.site.store.database, call.app.client_key, now=call.site.wire.clock())


def _ordered(call: Call, rows: list[PrecomputationRow]) -> list[PrecomputationRow]:
    order = call.query.get("orderBy", "")
    if not order:
        return rows
    key = _ORDERS.get(order.lstrip("+-"))
    if key is None:
        raise RestError(400, f"orderBy must be one of {', '.join(_ORDERS)}, with + or - in front of it.")
    return sorted(rows, key=key, reverse=order.startswith("-"))


def _list(call: Call) -> Reply:
    wanted = set(call.query.getlist("functionKey"))
    rows = [row for row in _own(call) if not wanted or function_key(row, call.app.app_key) in wanted]
    return jira_page(call, _ordered(call, rows), lambda row: _json(call, row), maximum=1000)


def _find(call: Call) -> Reply:
    ids = call.json_object().get("precomputationIDs")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise RestError(400, "precomputationIDs must be a list of texts.")
    found = [row for row in _own(call) if row.id in ids]
    known = {row.id for row in found}
    return Reply(
        payload={
            "precomputations": [_json(call, row) for row in _ordered(call, found)],
            "notFoundPrecomputationIDs": [one for one in dict.fromkeys(ids) if one not in known],
        }
    )


def _update(call: Call) -> Reply:
    values = call.json_object().get("values")
    if not isinstance(values, list) or len(values) > _MAX_VALUES:
        raise RestError(400, f"values must be a list of {_MAX_VALUES} updates at most.")
    wanted = [_checked(one) for one in values]
    database, now = call.site.store.database, call.site.wire.clock()
    with database.transaction():
        known = {row.id: row for row in _own(call)}
        missing = [one["id"] for one in wanted if one["id"] not in known]
        if missing and call.query.get("skipNotFoundPrecomputations", "").lower() != "true":
            raise RestError(404, f"There are no precomputations {', '.join(missing)[:1000]}.")
        for one in wanted:
            if one["id"] in known:
                row = known[one["id"]]
                database.save(
                    PRECOMPUTATIONS, replace(row, value=one.get("value"), error=one.get("error"), updated=now)
                )
    return Reply(payload={"notFoundPrecomputationIDs": missing}) if missing else Reply(204)


def _checked(update: object) -> Mapping[str, str]:
    """One update: an id, and either a value or an error."""
    if isinstance(update, Mapping) and isinstance(update.get("id"), str):
        given = {name: update[name] for name in ("value", "error") if update.get(name) is not None}
        if len(given) == 1 and all(isinstance(one, str) and 0 < len(one) <= _MAX_LENGTH for one in given.values()):
            return {"id": update["id"], **given}
    raise RestError(400, f"An update has an id, and a value or an error of {_MAX_LENGTH} characters at most.")


def _json(call: Call, row: PrecomputationRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "functionKey": function_key(row, call.app.app_key),
        "functionName": row.name,
        "field": row.field,
        "operator": row.operator,
        "arguments": list(row.arguments),
        "created": jira_time(row.created),
        "updated": jira_time(row.updated),
        "used": jira_time(row.used),
        **({"value": row.value} if row.error is None else {"error": row.error}),
    }


OPERATIONS: Final = (
    Operation("GET", _ROOT, _list, apps_only=True),
    Operation("POST", _ROOT, _update, apps_only=True),
    Operation("POST", f"{_ROOT}/search", _find, apps_only=True, listed_as=_READING),
)
