"""Components and versions of projects. Issues follow: what is renamed is renamed there, what goes is gone there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from .jira_projects import Projects
from .schema import COMPONENTS, ISSUES, VERSIONS
from .values import Component, ProjectVersion

__all__ = ["NameTakenError", "Releases"]

_FIRST_ID: Final = 10_000
#: The fields of issues that have components or versions as their values.
_COMPONENT_FIELDS: Final = ("components",)
_VERSION_FIELDS: Final = ("fixVersions", "versions")


class NameTakenError(ValueError):
    """The project has another component or version of that name."""


class Releases(Projects):
    """Components and versions of projects."""

    def components(self, project_key: str) -> list[Component]:
        """The components of a project, by id."""
        return self._db.find(COMPONENTS, project_key=project_key)

    def component(self, component_id: str) -> Component:
        """:raises KeyError: there is none."""
        return self._db.get(COMPONENTS, component_id)

    def add_component(self, project: str, name: str, *, description: str = "") -> Component:
        """Add a component.

        :raises KeyError: there is no such project.
        :raises NameTakenError: it has one of this name.
        """
        with self._db.transaction():
            key = self.project(project).key
            _refuse_taken(self.components(key), name)
            component = Component(str(self._db.next("component", first=_FIRST_ID)), key, name, description)
            self._db.insert(COMPONENTS, component)
            return component

    def edit_component(self, component_id: str, **changes: Any) -> Component:
        """Change the name or description of a component.

        :raises KeyError: there is no such component.
        :raises NameTakenError: another has the name.
        """
        with self._db.transaction():
            before = self.component(component_id)
            after = replace(before, **changes)
            _refuse_taken(self.components(before.project_key), after.name, besides=component_id)
            self._db.save(COMPONENTS, after)
            self._follow(before.project_key, _COMPONENT_FIELDS, component_id, after.name)
            return after

    def delete_component(self, component_id: str) -> None:
        """Delete a component, from issues as well.

        :raises KeyError: there is no such component.
        """
        with self._db.transaction():
            component = self.component(component_id)
            self._db.delete(COMPONENTS, id=component_id)
            self._follow(component.project_key, _COMPONENT_FIELDS, component_id, None)

    def project_versions(self, project_key: str) -> list[ProjectVersion]:
        """The versions of a project, by id."""
        return self._db.find(VERSIONS, project_key=project_key)

    def project_version(self, version_id: str) -> ProjectVersion:
        """:raises KeyError: there is none."""
        return self._db.get(VERSIONS, version_id)

    def add_version(
        self, project: str, name: str, *, account_id: str, description: str = "", release_date: str = "",
        released: bool = False, archived: bool = False,
    ) -> ProjectVersion:  # fmt: skip
        """Add a version.

        :raises KeyError: there is no such project.
        :raises NameTakenError: it has one of this name.
        """
        with self._db.transaction():
            key = self.project(project).key
            _refuse_taken(self.project_versions(key), name)
            number = str(self._db.next("version", first=_FIRST_ID))
            version = ProjectVersion(number, key, name, description, released, archived, release_date)
            self._db.insert(VERSIONS, version)
            self._changes.tell("jira", "jira:version_created", account_id, after=version)
            return version

    def edit_version(self, version_id: str, *, account_id: str, **changes: Any) -> ProjectVersion:
        """Change a version.

        :param changes: by the names of :class:`.values.ProjectVersion`.
        :raises KeyError: there is no such version.
        :raises NameTakenError: another has the name.
        """
        with self._db.transaction():
            before = self.project_version(version_id)
            after = replace(before, **changes)
            _refuse_taken(self.project_versions(before.project_key), after.name, besides=version_id)
            self._db.save(VERSIONS, after)
            self._follow(before.project_key, _VERSION_FIELDS, version_id, after.name)
            kind = "updated"
            if after.released != before.released:
                kind = "released" if after.released else "unreleased"
            self._changes.tell("jira", f"jira:version_{kind}", account_id, before=before, after=after)
            return after

    def delete_version(self, version_id: str, *, account_id: str) -> None:
        """Delete a version, from issues as well.

        :raises KeyError: there is no such version.
        """
        with self._db.transaction():
            version = self.project_version(version_id)
            self._db.delete(VERSIONS, id=version_id)
            self._follow(version.project_key, _VERSION_FIELDS, version_id, None)
            self._changes.tell("jira", "jira:version_deleted", account_id, before=version)

    def _follow(self, project_key: str, names: Sequence[str], value_id: str, new_name: str | None) -> None:
        """Rename a value in issues; None takes it away. It is no edit of them: nobody is told."""
        for issue in self._db.find(ISSUES, project_key=project_key):
            fields = {
                name: [
                    {**one, "name": new_name} if one["id"] == value_id else one
                    for one in issue.fields.get(name) or []
                    if new_name is not None or one["id"] != value_id
                ]
                for name in names
                if name in issue.fields
            }
            if any(fields[name] != issue.fields[name] for name in fields):
                self._db.save(ISSUES, replace(issue, fields={**issue.fields, **fields}))


def _refuse_taken(known: Sequence[Component | ProjectVersion], name: str, *, besides: str | None = None) -> None:
    if any(one.name.lower() == name.lower() and one.id != besides for one in known):
        raise NameTakenError(f"The name {name!r} is taken.")
