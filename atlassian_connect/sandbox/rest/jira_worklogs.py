"""Work that is logged on issues, in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-worklogs/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ..store.jira_values import Worklog
from ..store.values import Issue
from .finding import find_issue
from .jira_activity_shapes import worklog_json
from .jira_basics import read_duration
from .jira_input import listed, put_properties, read_document, read_properties, refuse_visibility
from .jira_paging import jira_page
from .jira_permissions import require_own, require_permission
from .jira_properties import property_operations
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_MAX_WORKLOGS: Final = 5000
_MINUTE: Final = 60
_MAX_SECONDS: Final = 10 * 365 * 24 * 3600
_LAST_SECOND: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_MAX_DIGITS: Final = 15  # of a time in milliseconds


def _written(call: Call, worklog: Worklog) -> dict[str, Any]:
    written = worklog_json(worklog, call.site)
    if call.expands("properties"):
        found = call.site.entity_properties.all(("worklog", worklog.id))
        written["properties"] = [{"key": one.key, "value": one.value} for one in found]
    return written


def _worklogs(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    after, before = _moment(call, "startedAfter"), _moment(call, "startedBefore")
    found = [
        one
        for one in call.site.content.worklogs(issue.id)
        if (after is None or one.started > after) and (before is None or one.started < before)
    ]
    most = _MAX_WORKLOGS
    return jira_page(call, found, lambda one: _written(call, one), name="worklogs", maximum=most, default=most)


def _moment(call: Call, name: str) -> float | None:
    text = call.query.get(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS:
        raise RestError(400, f"{name} must be a time in milliseconds.")
    return int(text) / 1000


def _worklog(call: Call, issue: Issue, worklog_id: str) -> Worklog:
    missing = RestError(404, f"Cannot find worklog with id: '{worklog_id}'.")
    try:
        worklog = call.site.content.worklog(worklog_id)
    except KeyError:
        raise missing from None
    if worklog.issue_id != issue.id:
        raise missing
    return worklog


def _get(call: Call, id_or_key: str, worklog_id: str) -> Reply:
    return Reply(payload=_written(call, _worklog(call, find_issue(call, id_or_key), worklog_id)))


def _add(call: Call, id_or_key: str) -> Reply:
    issue, body = find_issue(call, id_or_key), call.json_object()
    require_permission(call, "WORK_ON_ISSUES", "log work on this issue")
    changes, properties = _read(call, body), read_properties(body)
    if "seconds" not in changes:
        raise RestError(400, "", errors={"timeLogged": "You must indicate the time spent working."})
    estimate = _estimate(call, issue, spent=changes["seconds"], by="reduceBy")
    with call.site.store.database.transaction():
        worklog = call.site.content.add_worklog(issue.id, account_id=call.account_id, estimate=estimate, **changes)
        put_properties(call, ("worklog", worklog.id), properties)
    return Reply(201, payload=_written(call, worklog))


def _edit(call: Call, id_or_key: str, worklog_id: str) -> Reply:
    issue, body = find_issue(call, id_or_key), call.json_object()
    worklog = _own(call, _worklog(call, issue, worklog_id))
    changes, properties = _read(call, body), read_properties(body)
    estimate = _estimate(call, issue, spent=changes.get("seconds", worklog.seconds) - worklog.seconds, by=None)
    with call.site.store.database.transaction():
        worklog = call.site.content.edit_worklog(worklog.id, account_id=call.account_id, estimate=estimate, **changes)
        put_properties(call, ("worklog", worklog.id), properties)
    return Reply(payload=_written(call, worklog))


def _delete(call: Call, id_or_key: str, worklog_id: str) -> Reply:
    issue = find_issue(call, id_or_key)
    worklog = _own(call, _worklog(call, issue, worklog_id))
    estimate = _estimate(call, issue, spent=-worklog.seconds, by="increaseBy")
    call.site.content.delete_worklog(worklog.id, account_id=call.account_id, estimate=estimate)
    return Reply(204)


def _own(call: Call, worklog: Worklog) -> Worklog:
    require_own(call, worklog.author, "worklogs")
    return worklog


def _by_ids(call: Call) -> Reply:
    return Reply(payload=[_written(call, one) for one in listed(call, call.site.content.worklog)])


# --- what a body says -------------------------------------------------------------------------------------------------


def _read(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a worklog, by the names of the store.

    :raises RestError: it cannot be.
    """
    refuse_visibility(body)
    changes: dict[str, Any] = {}
    seconds = body.get("timeSpentSeconds")
    if seconds is None and body.get("timeSpent") is not None:
        seconds = read_duration(str(body["timeSpent"]))
        seconds = -1 if seconds is None else seconds
    if seconds is not None:
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not _MINUTE <= seconds <= _MAX_SECONDS:
            raise RestError(400, "", errors={"timeLogged": "Invalid time duration entered."})
        changes["seconds"] = seconds
    if body.get("started") is not None:
        changes["started"] = _started(body["started"])
    if body.get("comment") is not None:
        changes["comment"] = read_document(call, body["comment"], "comment")
    return changes


def _started(given: object) -> float:
    try:
        begun = datetime.strptime(str(given), "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
        if not 0 <= begun <= _LAST_SECOND:
            raise ValueError("it is out of range")
        return begun
    except (ValueError, OverflowError):
        message = "The worklog was begun at a time such as 2027-01-31T12:34:00.000+0000."
        raise RestError(400, "", errors={"started": message}) from None


def _estimate(call: Call, issue: Issue, *, spent: int, by: str | None) -> dict[str, int | None]:
    """What remains to be done, as ``adjustEstimate`` has it. Empty: it stays.

    :param spent: seconds that are more than before.
    :param by: the parameter with the difference for ``manual``; None: there is no such way.
    :raises RestError: a parameter is wrong.
    """
    how, remains = call.query.get("adjustEstimate") or "auto", issue.fields.get("timeestimate")
    if how == "leave":
        return {}
    if how == "auto":
        return {} if remains is None else {"timeestimate": max(0, remains - spent)}
    if how == "new":
        return {"timeestimate": _span(call, "newEstimate")}
    if how == "manual" and by is not None:
        difference = _span(call, by)
        return {"timeestimate": max(0, (remains or 0) + (difference if spent < 0 else -difference))}
    raise RestError(400, "adjustEstimate is not one that this operation has.")


def _span(call: Call, name: str) -> int:
    seconds = read_duration(call.query.get(name, ""))
    if seconds is None or seconds > _MAX_SECONDS:
        raise RestError(400, "", errors={name: "It must be a time such as 2d 3h."})
    return seconds


def _owner(call: Call, writes: bool, id_or_key: str, worklog_id: str) -> tuple[tuple[str, str], str]:
    worklog = _worklog(call, find_issue(call, id_or_key), worklog_id)
    if writes:
        _own(call, worklog)
    return ("worklog", worklog.id), f"{worklog_json(worklog, call.site)['self']}/properties"


_WORKLOGS: Final = "/rest/api/3/issue/<id_or_key>/worklog"

OPERATIONS: Final = (
    Operation("GET", _WORKLOGS, _worklogs, anonymous=True),
    Operation("POST", _WORKLOGS, _add, scope="WRITE"),
    Operation("GET", f"{_WORKLOGS}/<worklog_id>", _get, anonymous=True),
    Operation("PUT", f"{_WORKLOGS}/<worklog_id>", _edit, scope="WRITE"),
    Operation("DELETE", f"{_WORKLOGS}/<worklog_id>", _delete, scope="DELETE"),
    *property_operations(f"{_WORKLOGS}/<worklog_id>/properties", _owner, anonymous=True),
    Operation("POST", "/rest/api/3/worklog/list", _by_ids),
)
