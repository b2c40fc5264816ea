"""Entity properties in Jira's REST, of issues, comments, issue types, projects and users, and writing many.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-properties/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-tasks/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from ..store.jira_setup import ISSUE_TYPES
from ..store.tasks import Task
from .finding import find_issue, find_project, visible_issues
from .jira_comments import own_comment
from .jira_input import check_property
from .jira_permissions import require_permission
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
    if "value" not in wanted:
        raise RestError(400, "The body must have a value. Expressions are not had by the sandbox.")
    check_property(key, wanted["value"])
    require_permission(call, "EDIT_ISSUES", "edit issues")
    issues = _chosen(call, key, wanted.get("filter", {}))
    value, account_id, properties = wanted["value"], call.account_id, call.site.entity_properties

    def write() -> str:
        there = [one for one in issues if _is_there(call, one)]
        for issue_id in there:
            properties.put(("issue", issue_id), key, value, account_id)
        return f"{len(there)} issues were written."

    return _started(call, f"Set the property {key}", write)


def _delete_many(call: Call, key: str) -> Reply:
    require_permission(call, "EDIT_ISSUES", "edit issues")
    chosen = {name: value for name, value in call.json_object().items() if name in ("entityIds", "currentValue")}
    issues = _chosen(call, key, {**chosen, "hasProperty": True})
    account_id, properties = call.account_id, call.site.entity_properties

    def delete() -> str:
        gone = [one for one in issues if properties.delete(("issue", one), key, account_id)]
        return f"{len(gone)} issues were changed."

    return _started(call, f"Delete the property {key}", delete)


def _chosen(call: Call, key: str, chosen: object) -> list[str]:
    """Ids of the issues that a filter takes. Blocked and invisible ones are left out, as they are of lists.

    :raises RestError: it is no filter.
    """
    ids = chosen.get("entityIds") if isinstance(chosen, dict) else 0
    if not isinstance(chosen, dict) or not isinstance(ids, list | None):
        raise RestError(400, "The filter must be an object, and entityIds in it a list.")
    if ids is not None and len(ids) > _MAX_BULK:
        raise RestError(400, f"At most {_MAX_BULK} issues can be written at once.")
    has = chosen.get("hasProperty")
    if not isinstance(has, bool | None) or (has is False and "currentValue" in chosen):
        raise RestError(400, "hasProperty must be true or false, and cannot be false together with currentValue.")
    wanted = None if ids is None else {str(one) for one in ids}

    def takes(issue_id: str) -> bool:
        try:
            value = call.site.entity_properties.get(("issue", issue_id), key).value
        except KeyError:
            return not has and "currentValue" not in chosen
        return has is not False and ("currentValue" not in chosen or value == chosen["currentValue"])

    found = [issue.id for issue in visible_issues(call) if wanted is None or issue.id in wanted]
    return [one for one in found if takes(one)]


def _is_there(call: Call, issue_id: str) -> bool:
    try:
        return bool(call.site.content.issue(issue_id))
    except KeyError:  # deleted since the task was started
        return False


def _started(call: Call, description: str, work: Callable[[], str]) -> Reply:
    task = call.site.tasks.start("jira", description, call.account_id, work)
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
    if writes:
        require_permission(call, "EDIT_ISSUES", "edit this issue")
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
    if writes:
        own_comment(call, comment)
    return ("issue_comment", comment.id), f"{call.site.base_url}/rest/api/3/comment/{comment.id}/properties"


def _of_issue_type(call: Call, writes: bool, owner_id: str) -> tuple[_Owner, str]:
    if owner_id not in {one.id for one in ISSUE_TYPES.values()}:
        raise RestError(404, "The issue type does not exist.")
    if writes and call.user is not None and not call.user.administers:
        raise RestError(403, "Only administrators may change the properties of issue types.")
    return ("issue_type", owner_id), f"{call.site.base_url}/rest/api/3/issuetype/{owner_id}/properties"


def _value(call: Call, key: str) -> Any:
    value = call.json()
    check_property(key, value)
    return value


def _self(root: str, key: str) -> str:
    return f"{root}/{quote(key, safe='')}"


def _missing(key: str) -> RestError:
    return RestError(404, f"The property with key '{key}' does not exist.")


OPERATIONS: Final = (
    *property_operations("/rest/api/3/issue/<owner_id>/properties", _of_issue, anonymous=True),
    *property_operations("/rest/api/3/project/<owner_id>/properties", _of_project, anonymous=True),
    *property_operations("/rest/api/3/user/properties", _of_user, anonymous=False),
    *property_operations("/rest/api/3/comment/<comment_id>/properties", _of_comment, anonymous=True),
    *property_operations("/rest/api/3/issuetype/<owner_id>/properties", _of_issue_type, anonymous=True, scope="ADMIN"),
    Operation("PUT", "/rest/api/3/issue/properties/<path:key>", _put_many, scope="WRITE"),
    Operation("DELETE", "/rest/api/3/issue/properties/<path:key>", _delete_many, scope="DELETE"),
    Operation("GET", "/rest/api/3/task/<task_id>", _task, scope=None),
)
