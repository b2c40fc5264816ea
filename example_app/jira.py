"""Jira's REST, as far as the app needs it. https://developer.atlassian.com/cloud/jira/platform/rest/v3/"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from atlassian_connect.client import HostClient
from atlassian_connect.errors import HostBadRequestError, HostNotFoundError

from .hosts import Area, Item


class JiraHost:
    """Projects and their open issues. See :class:`~example_app.hosts.Host`."""

    area_word = "project"
    item_word = "open issue"

    def __init__(self, client: HostClient) -> None:
        self._client = client

    def areas(self) -> Iterator[Area]:
        return map(_area, self._client.paginate("/rest/api/3/project/search", limit=50))

    def area(self, key: str) -> Area | None:
        found = map(_area, self._client.paginate("/rest/api/3/project/search", params={"keys": key}))
        try:
            return next((area for area in found if area.key == key), None)
        except (HostBadRequestError, HostNotFoundError):
            return None

    def is_blocked(self, area: Area) -> bool:
        return area.id in (self._client.data_policy.blocked_projects([area.id]) or ())

    def stale_items(self, area: Area, *, until: date, at_most: int) -> list[Item]:
        # A date without a time is its first minute, in the time zone of the app's user.
        jql = f'project = "{area.key}" AND statusCategory != Done AND updated <= "{until} 23:59" ORDER BY updated ASC'
        issues = self._client.search_jql(
            jql, fields=["summary", "updated"], page_size=min(at_most, 100), max_items=at_most
        )
        return list(map(_item, issues))

    def readable_by(self, account_id: str, items: Sequence[Item]) -> list[Item]:
        if not items:
            return []
        # client.permissions tells whether all of them are readable. Here it matters which.
        wanted = {"permissions": ["BROWSE_PROJECTS"], "issues": [int(item.id) for item in items]}
        question = {"accountId": account_id, "projectPermissions": [wanted]}
        answer = self._client.post("/rest/api/3/permissions/check", json=question, idempotent=True).json()
        readable = {str(issue) for grant in answer["projectPermissions"] for issue in grant["issues"]}
        return [item for item in items if item.id in readable]

    def is_administrator(self, account_id: str) -> bool:
        return self._client.permissions.check_jira(account_id, global_=["ADMINISTER"]).allowed


def _area(project: Mapping[str, Any]) -> Area:
    return Area(id=project["id"], key=project["key"], name=project["name"])


def _item(issue: Mapping[str, Any]) -> Item:
    return Item(
        id=issue["id"],
        title=f"{issue['key']} {issue['fields']['summary']}",
        path=f"/browse/{issue['key']}",
        touched_on=datetime.fromisoformat(issue["fields"]["updated"]).date(),
    )
