"""What people do around issues: log work, watch, vote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from .jira import Issues
from .jira_values import Involvement, Worklog
from .schema import INVOLVEMENTS, WORKLOGS

__all__ = ["Activity"]

_FIRST_WORKLOG_ID: Final = 10_700
_Kind = Literal["watch", "vote"]


class Activity(Issues):
    """Work that was logged on issues, and who watches them or voted for them.

    The field ``timespent`` of an issue is the sum of its worklogs, in seconds.
    """

    def worklogs(self, issue_id: str) -> list[Worklog]:
        """The work on an issue, by age of the records."""
        return self._db.find(WORKLOGS, issue_id=issue_id)

    def worklog(self, worklog_id: str) -> Worklog:
        """:raises KeyError: there is none."""
        return self._db.get(WORKLOGS, worklog_id)

    def add_worklog(
        self, id_or_key: str, *, account_id: str, seconds: int, started: float | None = None,
        comment: dict[str, Any] | None = None, estimate: Mapping[str, int | None] | None = None,
    ) -> Worklog:  # fmt: skip
        """Log work, which is an update of the issue.

        :param started: seconds since the epoch; None for now.
        :param comment: in Atlassian Document Format.
        :param estimate: ``timeestimate`` with the seconds that remain; None leaves them.
        :raises KeyError: there is no such issue.
        """
        with self._db.transaction():
            now, issue = self._clock(), self.issue(id_or_key)
            number = str(self._db.next("worklog", first=_FIRST_WORKLOG_ID))
            begun = now if started is None else started
            worklog = Worklog(number, issue.id, account_id, begun, seconds, comment, now, now, account_id)
            self._db.insert(WORKLOGS, worklog)
            self._sum_up(issue.id, account_id, estimate)
            self._changes.tell("jira", "worklog_created", account_id, after=worklog, about=self.issue(issue.id))
            return worklog

    def edit_worklog(
        self, worklog_id: str, *, account_id: str, estimate: Mapping[str, int | None] | None = None, **changes: Any
    ) -> Worklog:
        """Change ``seconds``, ``started`` or ``comment`` of a worklog.

        :raises KeyError: there is no such worklog.
        """
        with self._db.transaction():
            before = self.worklog(worklog_id)
            after = replace(before, **changes, updated=self._clock(), updated_by=account_id)
            self._db.save(WORKLOGS, after)
            self._sum_up(before.issue_id, account_id, estimate)
            about = self.issue(before.issue_id)
            self._changes.tell("jira", "worklog_updated", account_id, before=before, after=after, about=about)
            return after

    def delete_worklog(
        self, worklog_id: str, *, account_id: str, estimate: Mapping[str, int | None] | None = None
    ) -> None:
        """:raises KeyError: there is no such worklog."""
        with self._db.transaction():
            worklog = self.worklog(worklog_id)
            self._forget("worklog", worklog_id)
            self._db.delete(WORKLOGS, id=worklog_id)
            self._sum_up(worklog.issue_id, account_id, estimate)
            self._changes.tell(
                "jira", "worklog_deleted", account_id, before=worklog, about=self.issue(worklog.issue_id)
            )

    def _sum_up(self, issue_id: str, account_id: str, estimate: Mapping[str, int | None] | None) -> None:
        spent = sum(one.seconds for one in self.worklogs(issue_id))
        self.edit_issue(issue_id, account_id=account_id, fields={"timespent": spent or None, **(estimate or {})})

    # --- watching and voting ------------------------------------------------------------------------------------------

    def watchers(self, issue_id: str) -> list[str]:
        """Account ids of those who watch an issue. Nobody does by themselves."""
        return self._involved("watch", issue_id)

    def voters(self, issue_id: str) -> list[str]:
        """Account ids of those who voted for an issue."""
        return self._involved("vote", issue_id)

    def watch(self, id_or_key: str, account_id: str) -> None:
        """Let somebody watch an issue.

        :raises KeyError: there is no such issue.
        """
        self._involve("watch", id_or_key, account_id)

    def vote(self, id_or_key: str, account_id: str) -> None:
        """Let somebody vote for an issue.

        :raises KeyError: there is no such issue.
        """
        self._involve("vote", id_or_key, account_id)

    def unwatch(self, issue_id: str, account_id: str) -> bool:
        """Let somebody watch an issue no more. False when they did not."""
        return self._db.delete(INVOLVEMENTS, kind="watch", issue_id=issue_id, account_id=account_id) > 0

    def unvote(self, issue_id: str, account_id: str) -> bool:
        """Take back a vote. False when there was none."""
        return self._db.delete(INVOLVEMENTS, kind="vote", issue_id=issue_id, account_id=account_id) > 0

    def _involve(self, kind: _Kind, id_or_key: str, account_id: str) -> None:
        with self._db.transaction():
            issue = self.issue(id_or_key)
            if account_id not in self._involved(kind, issue.id):
                self._db.insert(INVOLVEMENTS, Involvement(kind, issue.id, account_id))

    def _involved(self, kind: _Kind, issue_id: str) -> list[str]:
        return [one.account_id for one in self._db.find(INVOLVEMENTS, kind=kind, issue_id=issue_id)]
