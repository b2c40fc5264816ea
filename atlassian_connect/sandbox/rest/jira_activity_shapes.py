"""What people did around an issue, as Jira's REST writes it: work, watching, votes.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-worklogs/ and the groups beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..store.jira_values import Worklog
from ..store.values import Issue
from .jira_basics import jira_time, user_json, written_duration

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["activity_json", "votes_json", "watches_json", "worklog_json"]

#: How much work is told with an issue; the rest is found by the operation on worklogs.
_WORKLOGS_WITH_ISSUE: Final = 20
_SPANS: Final = {
    "originalEstimate": "timeoriginalestimate",
    "remainingEstimate": "timeestimate",
    "timeSpent": "timespent",
}


def worklog_json(worklog: Worklog, site: Site) -> dict[str, Any]:
    """Work that was logged."""
    written: dict[str, Any] = {
        "self": f"{site.base_url}/rest/api/3/issue/{worklog.issue_id}/worklog/{worklog.id}",
        "author": user_json(worklog.author, site),
        "updateAuthor": user_json(worklog.updated_by, site),
        "created": jira_time(worklog.created),
        "updated": jira_time(worklog.updated),
        "started": jira_time(worklog.started),
        "timeSpent": written_duration(worklog.seconds),
        "timeSpentSeconds": worklog.seconds,
        "id": worklog.id,
        "issueId": worklog.issue_id,
    }
    return written | ({"comment": worklog.comment} if worklog.comment else {})


def watches_json(issue: Issue, site: Site, me: str | None) -> dict[str, Any]:
    """How many watch an issue, and whether ``me`` does."""
    watchers, at = site.content.watchers(issue.id), f"{site.base_url}/rest/api/3/issue/{issue.key}/watchers"
    return {"self": at, "watchCount": len(watchers), "isWatching": me in watchers}


def votes_json(issue: Issue, site: Site, me: str | None) -> dict[str, Any]:
    """How many voted for an issue, and whether ``me`` did."""
    voters, at = site.content.voters(issue.id), f"{site.base_url}/rest/api/3/issue/{issue.key}/votes"
    return {"self": at, "votes": len(voters), "hasVoted": me in voters}


def _worklogs(issue: Issue, site: Site, me: str | None) -> dict[str, Any]:
    found = site.content.worklogs(issue.id)
    worklogs = [worklog_json(one, site) for one in found[:_WORKLOGS_WITH_ISSUE]]
    return {"startAt": 0, "maxResults": _WORKLOGS_WITH_ISSUE, "total": len(found), "worklogs": worklogs}


def _time_tracking(issue: Issue, site: Site, me: str | None) -> dict[str, Any]:
    known = {name: issue.fields[field] for name, field in _SPANS.items() if field in issue.fields}
    spans = {name: written_duration(seconds) for name, seconds in known.items()}
    return spans | {f"{name}Seconds": seconds for name, seconds in known.items()}


_WRITERS: Final[Mapping[str, Callable[[Issue, Site, str | None], dict[str, Any]]]] = {
    "watches": watches_json,
    "votes": votes_json,
    "worklog": _worklogs,
    "timetracking": _time_tracking,
}


def activity_json(issue: Issue, site: Site, asks: Callable[[str], bool], me: str | None) -> dict[str, Any]:
    """The fields of an issue about work, watching and votes.

    :param asks: tells whether a field is asked for.
    :param me: account id of whoever looks.
    """
    written: dict[str, Any] = {name: issue.fields.get(name) for name in _SPANS.values()}
    return written | {name: write(issue, site, me) for name, write in _WRITERS.items() if asks(name)}
