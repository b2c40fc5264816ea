"""Entity properties in Jira's REST, of issues, comments, issue types, projects and users, and writing many.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-properties/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-tasks/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from ..store.entity_properties import MAX_KEY_LENGTH, MAX_VALUE_LENGTH
from ..store.jira_setup import ISSUE_TYPES
from ..store.tasks import Task
from .finding import find_issue, find_project, visible_issues
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS", "property_operations"]

_Owner = tuple[str, str]
_MAX_BULK: Final = 10_000


#: Finds what a property belongs to and the URL of its properties: the call, whether it writes, the rule's arguments.
FindOwner = Callable[..., tuple[_Owner, str]]


def property_operations(
    rule: str, find: FindOwner, *, anonymous: bool, scope: str | None = None
) -> tuple[Operation, ...]:
    """The four operations on the properties of something.

    :param rule: of the list of keys.
    :param anonymous: whether visitors may read them.
    :param scope: what writing needs; None for ``WRITE``, or ``DELETE``.
    """

    def keys(call: Call, **named: str) -> Reply:
        owner, root = find(call, False, **named)
        found = call.site.entity_properties.all(owner)
        return Reply(payload={"keys": [{"self": _self(root, one.key), "key": one.key} for one in found]})

    def get(call: Call, key: str, **named: str) -> Reply:
        owner, _ = find(call, False, **named)
        try:
            found = call.site.entity_properties.get(owner, key)
        except KeyError:
            raise _missing(key) from None
        return Reply(payload={"key": key, "value": found.value})

    def put(call: Call, key: str, **named: str) -> Reply:
        owner, _ = find(call, True, **named)
        value = _value(call, key)
        return Reply(201 if call.site.entity_properties.put(owner, key, value, call.account_id) else 200)

    def delete(call: Call, key: str, **named: str) -> Reply:
        owner, _ = find(call, True, **named)
        if not call.site.entity_properties.delete(owner, key, call.account_id):
            raise _missing(key)
        return Reply(204)

    one = f"{rule}/<path:key>"
    return (
        Operation("GET", rule, keys, anonymous=anonymous),
        Operation("GET", one, get, anonymous=anonymous),
        Operation("PUT", one, put, scope=scope or "WRITE"),
        Operation("DELETE", one, delete, scope=scope or "DELETE"),
    )


def _put_many(call: Call, key: str) -> Reply:
    wanted = call.json_object()
    chosen = wanted.get("filter", {})
    ids = chosen.get("entityIds") if isinstance(chosen, dict) else chosen
    if "value" not in wanted or not isinstance(ids, list | None):
        raise RestError(400, "The body must have a value, and filter.entityIds must be a list.")
    if ids is not None and len(ids) > _MAX_BULK:
        raise RestError(400, f"At most {_MAX_BULK} issues can be written at once.")
    if len(key) > MAX_KEY_LENGTH:
        raise _long_key()
    # Blocked and invisible issues are left out of the task, as they are of lists.
    issues = [issue for issue in visible_issues(call) if ids is None or issue.id in {str(one) for one in ids}]
    value, account_id, properties = wanted["value"], call.account_id, call.site.entity_properties

    def write() -> str:
        for issue in issues:
            properties.put(("issue", issue.id), key, value, account_id)
        return f"{len(issues)} issues were written."

    task = call.site.tasks.start("jira", f"Set the property {key}", account_id, write)
    return Reply(303, headers={"Location": f"{call.site.base_url}/rest/api/3/task/{task.id}"})


def _task(call: Call, task_id: str) -> Reply:
    try:
        task = call.site.tasks.get("jira", task_id, call.account_id)
    except KeyError:
        raise RestError(404, "The task does not exist.") from None
    return Reply(payload=_task_json(call, task))


def _task_json(call: Call, task: Task) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "self": f"{call.site.base_url}/rest/api/3/task/{task.id}",
        "id": task.id,
        "description": task.description,
        "status": "RUNNING" if task.progress else "ENQUEUED",
        "progress": task.progress,
        "submittedBy": 10_000,
        "submitted": int(task.started * 1000),
        "lastUpdate": int(task.updated * 1000),
        "elapsedRuntime": int((task.updated - task.started) * 1000),
    }
    if task.finished:
        payload |= {"status": "FAILED" if task.failure else "COMPLETE", "finished": int(task.updated * 1000)}
        payload |= {"message": task.failure} if task.failure else {"result": task.result}
    return payload


# --- small things -----------------------------------------------------------------------------------------------------


def _of_issue(call: Call, writes: bool, owner_id: str) -> tuple[_Owner, str]:
    issue = find_issue(call, owner_id)
    return ("issue", issue.id), f"{call.site.base_url}/rest/api/3/issue/{issue.id}/properties"


def _of_project(call: Call, writes: bool, owner_id: str) -> tuple[_Owner, str]:
    project = find_project(call, owner_id)
    if writes and call.user is not None and not call.user.administers:
        raise RestError(403, "Only administrators of the project may change its properties.")
    return ("project", project.id), f"{call.site.base_url}/rest/api/3/project/{project.id}/properties"


def _of_user(call: Call, writes: bool) -> tuple[_Owner, str]:
    account_id = call.query.get("accountId") or call.account_id
    if call.site.person(account_id) is None:
        raise RestError(404, "Specified user does not exist or you do not have required permissions")
    if call.user is not None and call.user.account_id != account_id and not call.user.administers:
        raise RestError(403, "Only administrators may look at the properties of other users.")
    return ("jira-user", account_id), f"{call.site.base_url}/rest/api/3/user/properties"


def _of_comment(call: Call, writes: bool, comment_id: str) -> tuple[_Owner, str]:
    missing = f"Can not find a comment for the id: {comment_id}."
    try:
        comment = call.site.content.issue_comment(comment_id)
    except KeyError:
        raise RestError(404, missing) from None
    call.require(call.site.content.issue(comment.issue_id).project_key, missing)
    return ("issue_comment", comment.id), f"{call.site.base_url}/rest/api/3/comment/{comment.id}/properties"


def _of_issue_type(call: Call, writes: bool, owner_id: str) -> tuple[_Owner, str]:
    if owner_id not in {one.id for one in ISSUE_TYPES.values()}:
        raise RestError(404, "The issue type does not exist.")
    if writes and call.user is not None and not call.user.administers:
        raise RestError(403, "Only administrators may change the properties of issue types.")
    return ("issue_type", owner_id), f"{call.site.base_url}/rest/api/3/issuetype/{owner_id}/properties"


def _value(call: Call, key: str) -> Any:
    if len(key) > MAX_KEY_LENGTH:
        raise _long_key()
    value = call.json()
    if len(call.body.decode("utf-8")) > MAX_VALUE_LENGTH:
        raise RestError(400, f"The property value cannot be longer than {MAX_VALUE_LENGTH} characters.")
    return value


def _self(root: str, key: str) -> str:
    return f"{root}/{quote(key, safe='')}"


def _missing(key: str) -> RestError:
    return RestError(404, f"The property with key '{key}' does not exist.")


def _long_key() -> RestError:
    return RestError(400, f"The property key cannot be longer than {MAX_KEY_LENGTH} characters.")


OPERATIONS: Final = (
    *property_operations("/rest/api/3/issue/<owner_id>/properties", _of_issue, anonymous=True),
    *property_operations("/rest/api/3/project/<owner_id>/properties", _of_project, anonymous=True),
    *property_operations("/rest/api/3/user/properties", _of_user, anonymous=False),
    *property_operations("/rest/api/3/comment/<comment_id>/properties", _of_comment, anonymous=True),
    *property_operations("/rest/api/3/issuetype/<owner_id>/properties", _of_issue_type, anonymous=True, scope="ADMIN"),
    Operation("PUT", "/rest/api/3/issue/properties/<path:key>", _put_many, scope="WRITE"),
    Operation("GET", "/rest/api/3/task/<task_id>", _task, scope=None),
)
