"""Taking issues through the workflow, in Jira's REST.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..adf import to_text
from ..store.jira_setup import STATUSES
from ..store.values import Issue
from ..workflow import RuleRefusedError, steps_for, take_step
from .finding import find_issue
from .jira_input import hierarchy_kept, new_comments, put_properties, read_changes, read_properties
from .jira_permissions import require_permission
from .jira_setup_shapes import status_json
from .operations import Call, Operation, Reply, RestError

__all__ = ["OPERATIONS", "transitions_of"]


def _transitions(call: Call, id_or_key: str) -> Reply:
    issue = find_issue(call, id_or_key)
    found = transitions_of(call, issue)
    wanted = call.query.get("transitionId")
    kept = [one for one in found if wanted in (None, one["id"])]
    return Reply(payload={"expand": "transitions", "transitions": kept})


def transitions_of(call: Call, issue: Issue) -> list[dict[str, Any]]:
    """The steps that an issue can take, for whom the call is made as. None of them has a screen."""
    fields: dict[str, Any] = {"fields": {}} if call.expands("transitions.fields") else {}
    return [
        {
            "id": step.id,
            "name": step.name,
            "to": status_json(STATUSES[step.to], call.site),
            "hasScreen": False,
            "isGlobal": True,
            "isInitial": False,
            "isConditional": False,
            "isLooped": False,
            "isAvailable": True,
            **fields,
        }
        for step in steps_for(call.site, issue, call.person.account_id if call.person else None)
    ]


def _transition(call: Call, id_or_key: str) -> Reply:
    issue, body = find_issue(call, id_or_key), call.json_object()
    require_permission(call, "TRANSITION_ISSUES", "transition this issue")
    wanted = body.get("transition")
    if not isinstance(wanted, Mapping) or not wanted.get("id"):
        raise RestError(400, "Missing 'transition' identifier")
    changes = read_changes(call, body, project_key=issue.project_key, before=issue, never=("project", "status"))
    resolution = changes.pop("resolution", "Done")
    said, properties = new_comments(call, body), read_properties(body)
    try:
        with hierarchy_kept():
            take_step(
                call.site,
                issue,
                str(wanted["id"]),
                account_id=call.account_id,
                resolution=resolution,
                comment="\n".join(map(to_text, said)),
                changes=changes,
            )
    except RuleRefusedError as error:
        raise RestError(400, str(error)) from None
    for comment in said:
        call.site.content.add_issue_comment(issue.key, comment, account_id=call.account_id)
    put_properties(call, ("issue", issue.id), properties)
    return Reply(204)


_TRANSITIONS: Final = "/rest/api/3/issue/<id_or_key>/transitions"

OPERATIONS: Final = (
    Operation("GET", _TRANSITIONS, _transitions, anonymous=True),
    Operation("POST", _TRANSITIONS, _transition, scope="WRITE"),
)
