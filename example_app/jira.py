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
        start, last = 0, False
        while not last:
            answer = self._client.get("/rest/api/3/project/search", params={"startAt": start, "maxResults": 50}).json()
            yield from map(_area, answer["values"])
            start += len(answer["values"])
            last = answer.get("isLast", True) or not answer["values"]

    def area(self, key: str) -> Area | None:
        try:
            answer = self._client.get("/rest/api/3/project/search", params={"keys": key}).json()
        except (HostBadRequestError, HostNotFoundError):
            return None
        return next((area for area in map(_area, answer["values"]) if area.key == key), None)

    def stale_items(self, area: Area, *, until: date, at_most: int) -> list[Item]:
        # A date without a time is its first minute, in the time zone of the app's user.
        jql = f'project = "{area.key}" AND statusCategory != Done AND updated <= "{until} 23:59" ORDER BY updated ASC'
        items: list[Item] = []
        params: dict[str, Any] = {"jql": jql, "fields": "summary,updated", "maxResults": min(at_most, 100)}
        while True:
            answer = self._client.get("/rest/api/3/search/jql", params=params).json()
            items += map(_item, answer["issues"])
            if len(items) >= at_most or not answer.get("nextPageToken"):
                return items[:at_most]
            params["nextPageToken"] = answer["nextPageToken"]

    def readable_by(self, account_id: str, items: Sequence[Item]) -> list[Item]:
        if not items:
            return []
        wanted = [{"permissions": ["BROWSE_PROJECTS"], "issues": [int(item.id) for item in items]}]
        answer = self._permissions(account_id, projectPermissions=wanted)
        readable = {str(issue) for grant in answer["projectPermissions"] for issue in grant["issues"]}
        return [item for item in items if item.id in readable]

    def is_administrator(self, account_id: str) -> bool:
        answer = self._permissions(account_id, globalPermissions=["ADMINISTER"])
        return "ADMINISTER" in answer["globalPermissions"]

    def _permissions(self, account_id: str, **wanted: Any) -> dict[str, Any]:
        question = {"accountId": account_id, **wanted}
        answer: dict[str, Any] = self._client.post("/rest/api/3/permissions/check", json=question).json()
        return answer


def _area(project: Mapping[str, Any]) -> Area:
    return Area(id=project["id"], key=project["key"], name=project["name"])


def _item(issue: Mapping[str, Any]) -> Item:
    return Item(
        id=issue["id"],
        title=f"{issue['key']} {issue['fields']['summary']}",
        path=f"/browse/{issue['key']}",
        touched_on=datetime.fromisoformat(issue["fields"]["updated"]).date(),
    )
