"""Projects. One that is deleted takes its issues along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from .part import Part
from .schema import (
    CHANGELOG,
    COMPONENTS,
    INVOLVEMENTS,
    ISSUE_COMMENTS,
    ISSUE_LINKS,
    ISSUES,
    PROJECTS,
    RESTRICTIONS,
    VERSIONS,
    WORKLOGS,
)
from .spaces import KeyTakenError
from .tables import Table
from .values import Issue, Project

__all__ = ["FIRST_PROJECT_ID", "Projects"]

FIRST_PROJECT_ID: Final = 10_000
#: What goes with an issue.
_OF_ISSUES: Final[tuple[Table[Any], ...]] = (CHANGELOG, ISSUE_COMMENTS, WORKLOGS, INVOLVEMENTS)


class Projects(Part):
    """The projects of the Jira site."""

    def projects(self) -> list[Project]:
        """All projects, by id."""
        return self._db.find(PROJECTS)

    def project(self, id_or_key: str) -> Project:
        """:raises KeyError: there is none."""
        found = self._db.first(PROJECTS, id=id_or_key) or self._db.first(PROJECTS, key=id_or_key)
        if found is None:
            raise KeyError(id_or_key)
        return found

    def create_project(
        self, key: str, name: str, *, account_id: str, lead: str | None = None, type: str = "software",
        description: str = "",
    ) -> Project:  # fmt: skip
        """Create a project.

        :param lead: None for whoever creates it.
        :raises KeyTakenError: the key is taken.
        """
        with self._db.transaction():
            if self._db.first(PROJECTS, key=key):
                raise KeyTakenError(f"A project with the key {key} exists already.")
            number = str(self._db.next("project", first=FIRST_PROJECT_ID))
            project = Project(number, key, name, type, lead or account_id, description)
            self._db.insert(PROJECTS, project)
            self._changes.tell("jira", "project_created", account_id, after=project)
            return project

    def edit_project(
        self, id_or_key: str, *, account_id: str, name: str | None = None, lead: str | None = None,
        description: str | None = None,
    ) -> Project:  # fmt: skip
        """Change a project; None leaves as it is.

        :raises KeyError: there is no such project.
        """
        wanted = {"name": name, "lead": lead, "description": description}
        with self._db.transaction():
            before = self.project(id_or_key)
            after = replace(before, **{field: value for field, value in wanted.items() if value is not None})
            self._db.save(PROJECTS, after)
            self._changes.tell("jira", "project_updated", account_id, before=before, after=after)
            return after

    def delete_project(self, id_or_key: str, *, account_id: str) -> None:
        """Delete a project with its issues. Apps are told of the project only.

        :raises KeyError: there is no such project.
        """
        with self._db.transaction():
            project = self.project(id_or_key)
            gone = self._db.find(ISSUES, project_key=project.key)
            for issue in gone:
                self._erase(issue)
            for issue in gone:  # what is left below them is in other projects
                for below in self._db.find(ISSUES, parent_id=issue.id):
                    self._db.save(ISSUES, replace(below, parent_id=None))
            self._db.delete(COMPONENTS, project_key=project.key)
            self._db.delete(VERSIONS, project_key=project.key)
            self._forget("project", project.id)
            self._db.delete(PROJECTS, id=project.id)
            self._db.delete(RESTRICTIONS, container=project.key)
            self._changes.tell("jira", "project_deleted", account_id, before=project)

    def _erase(self, issue: Issue) -> None:
        for comment in self._db.find(ISSUE_COMMENTS, issue_id=issue.id):
            self._forget("issue_comment", comment.id)
        for worklog in self._db.find(WORKLOGS, issue_id=issue.id):
            self._forget("worklog", worklog.id)
        for table in _OF_ISSUES:
            self._db.delete(table, issue_id=issue.id)
        for column in ("outward_id", "inward_id"):
            self._db.delete(ISSUE_LINKS, **{column: issue.id})
        self._forget("issue", issue.id)
        self._db.delete(ISSUES, id=issue.id)
