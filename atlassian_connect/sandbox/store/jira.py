"""Issues and their history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..people import ADMIN
from .jira_hierarchy import check_place
from .jira_history import items_between
from .jira_projects import Projects
from .jira_setup import ISSUE_TYPES, PRIORITIES, TRANSITIONS, Transition
from .schema import CHANGELOG, ISSUES, USERS
from .values import ChangelogEntry, Issue

__all__ = ["FIRST_ISSUE_ID", "Issues", "TransitionRefusedError"]

FIRST_ISSUE_ID: Final = 10_100
_FIRST_CHANGE_ID: Final = 20_001
#: What :meth:`Issues.edit_issue` can change.
_EDITABLE: Final = frozenset(
    {
        "assignee", "description", "fields", "issue_type", "labels", "parent_id", "priority", "reporter", "resolution",
        "summary",
    }
)  # fmt: skip


class TransitionRefusedError(ValueError):
    """The workflow has no such step from where the issue stands."""


class Issues(Projects):
    """Issues and their history."""

    def issues(self, project_key: str | None = None) -> list[Issue]:
        """Issues by id, of one project or of all."""
        return self._db.find(ISSUES, **({"project_key": project_key} if project_key else {}))

    def issue(self, id_or_key: str) -> Issue:
        """Find an issue; its key in any case, as hosts do.

        :raises KeyError: there is none.
        """
        found = self._db.first(ISSUES, id=id_or_key) or self._db.first(ISSUES, key=id_or_key.upper())
        if found is None:
            raise KeyError(id_or_key)
        return found

    def subtasks(self, issue_id: str) -> list[Issue]:
        """The issues right below an issue, by id."""
        return self._db.find(ISSUES, parent_id=issue_id)

    def history(self, issue_id: str) -> list[ChangelogEntry]:
        """What was changed on an issue, oldest first."""
        return self._db.find(CHANGELOG, issue_id=issue_id)

    def create_issue(
        self,
        project: str,
        summary: str,
        *,
        account_id: str,
        issue_type: str = "Task",
        description: dict[str, Any] | None = None,
        priority: str = "Medium",
        assignee: str | None = None,
        reporter: str | None = None,
        labels: tuple[str, ...] = (),
        parent_id: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> Issue:
        """Create an issue, to do.

        :param project: key or id.
        :param reporter: None for whoever creates it.
        :raises KeyError: there is no such project, parent, issue type or priority.
        :raises .jira_hierarchy.HierarchyError: the parent does not fit.
        """
        with self._db.transaction():
            home, now = self.project(project), self._clock()
            issue = Issue(
                id=str(self._db.next("issue", first=FIRST_ISSUE_ID)),
                key=f"{home.key}-{self._db.next(f'issues of {home.id}')}",
                project_key=home.key,
                summary=summary,
                issue_type=ISSUE_TYPES[issue_type].name,
                status="To Do",
                resolution=None,
                assignee=assignee,
                reporter=reporter or account_id,
                created=now,
                updated=now,
                description=description,
                priority=PRIORITIES[priority].name,
                labels=labels,
                parent_id=parent_id,
                creator=account_id,
                fields=dict(fields or {}),
            )
            check_place(issue, self._above(issue), ())
            self._db.insert(ISSUES, issue)
            self._changes.tell("jira", "jira:issue_created", account_id, after=issue)
            return issue

    def edit_issue(self, id_or_key: str, *, account_id: str = ADMIN, **changes: Any) -> tuple[Issue, Issue, int]:
        """Change an issue. An edit that changes nothing is told to nobody.

        :param changes: by the names of :class:`.values.Issue`: ``summary``, ``description``, ``issue_type``,
            ``priority``, ``assignee``, ``reporter``, ``labels``, ``parent_id``, ``resolution``; ``fields`` is merged,
            and None in it takes a value away.
        :return: the issue before and after, and the id of the change; 0 when nothing changed.
        :raises KeyError: there is no such issue, parent, issue type or priority.
        :raises .jira_hierarchy.HierarchyError: the parent or the issue type does not fit.
        """
        with self._db.transaction():
            before = self.issue(id_or_key)
            return self._change(before, account_id, self._edits(before, changes))

    def _edits(self, before: Issue, changes: Mapping[str, Any]) -> dict[str, Any]:
        unknown = changes.keys() - _EDITABLE
        if unknown:
            raise TypeError(f"An edit of an issue cannot change {', '.join(sorted(unknown))}.")
        edits = dict(changes)
        if "fields" in edits:
            merged = {**before.fields, **edits["fields"]}
            edits["fields"] = {key: value for key, value in merged.items() if value is not None}
        if "issue_type" in edits:
            edits["issue_type"] = ISSUE_TYPES[edits["issue_type"]].name
        if "priority" in edits:
            edits["priority"] = PRIORITIES[edits["priority"]].name
        if "resolution" in edits:
            edits["resolved"] = before.resolved or self._clock() if edits["resolution"] else None
        return edits

    def transitions(self, issue: Issue) -> list[Transition]:
        """The steps that the workflow has from where an issue stands."""
        return [one for one in TRANSITIONS.values() if one.to != issue.status]

    def transition_issue(
        self, id_or_key: str, transition_id: str, *, account_id: str, resolution: str = "Done",
        changes: Mapping[str, Any] | None = None,
    ) -> tuple[Issue, Issue, int]:  # fmt: skip
        """Take an issue a step through its workflow, which is one change of it.

        :param resolution: set when the step leads to ``Done``; other steps take it away.
        :param changes: edits that go with it, as of :meth:`edit_issue`.
        :return: as :meth:`edit_issue`, and raises what that raises.
        :raises TransitionRefusedError: the issue has no such step.
        """
        with self._db.transaction():
            before = self.issue(id_or_key)
            step = next((one for one in self.transitions(before) if one.id == transition_id), None)
            if step is None:
                raise TransitionRefusedError(f"{before.key} has no transition {transition_id!r} in {before.status}.")
            done = step.to == "Done"
            moved = {
                "status": step.to,
                "resolution": resolution if done else None,
                "resolved": self._clock() if done else None,
            }
            return self._change(before, account_id, self._edits(before, changes or {}) | moved)

    def _above(self, issue: Issue) -> Issue | None:
        return None if issue.parent_id is None else self._db.get(ISSUES, issue.parent_id)

    def _name_of(self, account_id: str) -> str:
        found = self._db.first(USERS, account_id=account_id)
        return found.name if found else account_id

    def _change(self, before: Issue, account_id: str, changes: Mapping[str, Any]) -> tuple[Issue, Issue, int]:
        now = self._clock()
        after = replace(before, **changes)
        if (before.issue_type, before.parent_id) != (after.issue_type, after.parent_id):
            check_place(after, self._above(after), self.subtasks(after.id))
        items = items_between(before, after, self._name_of)
        if not items:
            return before, before, 0
        after = replace(after, updated=now)
        entry = ChangelogEntry(
            str(self._db.next("change", first=_FIRST_CHANGE_ID)), before.id, account_id, now, tuple(items)
        )
        self._db.save(ISSUES, after)
        self._db.insert(CHANGELOG, entry)
        self._changes.tell("jira", "jira:issue_updated", account_id, before=before, after=after, changelog=entry)
        return before, after, int(entry.id)

    def delete_issue(self, id_or_key: str, *, account_id: str, subtasks: bool = True) -> None:
        """Delete an issue with its sub-tasks. Issues below an epic stay, without a parent.

        :param subtasks: False refuses an issue that has any.
        :raises KeyError: there is no such issue.
        :raises ValueError: it has sub-tasks.
        """
        with self._db.transaction():
            issue = self.issue(id_or_key)
            for below in self.subtasks(issue.id):
                if ISSUE_TYPES[below.issue_type].level >= 0:
                    self._db.save(ISSUES, replace(below, parent_id=None))
                elif subtasks:
                    self.delete_issue(below.id, account_id=account_id)
                else:
                    raise ValueError(f"The issue {issue.key} has subtasks.")
            self._erase(issue)
            self._changes.tell("jira", "jira:issue_deleted", account_id, before=issue)
