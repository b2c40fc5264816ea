"""Watchers of issues and votes for them, in Jira's REST. Nobody watches an issue without being asked to.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-watchers/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-votes/
"""

from __future__ import annotations

from typing import Any, Final

from ..store.values import Issue
from .finding import find_issue, visible_issues
from .jira_activity_shapes import votes_json, watches_json
from .jira_basics import user_json
from .jira_permissions import holds_permission, require_permission
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS"]

_MAX_BULK: Final = 1000


def _me(call: Call) -> str | None:
    return call.person.account_id if call.person else None


def _shown(call: Call, account_ids: list[str]) -> list[dict[str, Any]]:
    """Those of the people whom the call may see: without a permission of its own, nobody else than oneself."""
    is_app = call.caller is not None and call.user is None and not call.as_visitor
    everybody = is_app or holds_permission(call.person, "VIEW_VOTERS_AND_WATCHERS")
    return [user_json(one, call.site) for one in account_ids if everybody or one == _me(call)]


def _watchers(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    watchers = _shown(call, call.site.content.watchers(issue.id))
    return Reply(payload=watches_json(issue, call.site, _me(call)) | {"watchers": watchers})


def _watch(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    account_id = call.json() if call.body.strip() else call.account_id
    if not isinstance(account_id, str):
        raise RestError(400, "The body must be an account id as a text, or empty.")
    person = call.site.person(account_id)
    if person is None or not person.active or not call.site.permissions.sees(person, issue.project_key):
        raise RestError(404, "The user does not exist, or may not see this issue.")
    _may_change(call, account_id)
    call.site.content.watch(issue.id, account_id)
    return Reply(204)


def _unwatch(call: Call, id_or_key: str) -> Reply:
    issue, account_id = find_issue(call, id_or_key), call.query.get("accountId")
    if not account_id:
        raise RestError(400, "The parameter accountId must name the watcher.")
    _may_change(call, account_id)
    if not call.site.content.unwatch(issue.id, account_id):
        raise RestError(404, "The user does not watch this issue.")
    return Reply(204)


def _may_change(call: Call, account_id: str) -> None:
    if account_id != call.account_id:
        require_permission(call, "MANAGE_WATCHERS", "manage the watchers of this issue")


def _watching(call: Call) -> Reply:
    ids = call.json_object().get("issueIds")
    if not isinstance(ids, list) or not ids or len(ids) > _MAX_BULK:
        raise RestError(400, f"issueIds must be a list of 1 to {_MAX_BULK} ids.")
    wanted = {str(one) for one in ids}
    found = [issue for issue in visible_issues(call) if issue.id in wanted]
    watching = {issue.id: call.account_id in call.site.content.watchers(issue.id) for issue in found}
    return Reply(payload={"issuesIsWatching": watching})


# --- votes ------------------------------------------------------------------------------------------------------------


def _votes(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    voters = _shown(call, call.site.content.voters(issue.id))
    return Reply(payload=votes_json(issue, call.site, _me(call)) | {"voters": voters})


def _vote(call: Call, id_or_key: str) -> Reply:
    issue = _votable(call, id_or_key)
    call.site.content.vote(issue.id, call.account_id)
    return Reply(204)


def _unvote(call: Call, id_or_key: str) -> Reply:
    issue = _votable(call, id_or_key)
    if not call.site.content.unvote(issue.id, call.account_id):
        raise RestError(404, "Cannot remove a vote for an issue that the user has not already voted for.")
    return Reply(204)


def _votable(call: Call, id_or_key: str) -> Issue:
    issue = find_issue(call, id_or_key)
    if issue.reporter == call.account_id:
        raise RestError(404, "You cannot vote for an issue you have reported.")
    if issue.resolution is not None:
        raise RestError(404, "You cannot vote for a resolved issue.")
    return issue


_WATCHERS: Final = "/rest/api/3/issue/<id_or_key>/watchers"
_VOTES: Final = "/rest/api/3/issue/<id_or_key>/votes"

OPERATIONS: Final = (
    Operation("GET", _WATCHERS, _watchers, anonymous=True),
    Operation("POST", _WATCHERS, _watch, scope="WRITE"),
    Operation("DELETE", _WATCHERS, _unwatch, scope="DELETE"),
    Operation("POST", "/rest/api/3/issue/watching", _watching, scope="WRITE"),
    Operation("GET", _VOTES, _votes, anonymous=True),
    Operation("POST", _VOTES, _vote, scope="WRITE"),
    Operation("DELETE", _VOTES, _unvote, scope="DELETE"),
)
