"""What is on the sites: spaces with pages, projects with issues. In memory; values are never changed in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from threading import Lock
from typing import Final

from .people import ADMIN, PEOPLE
from .seed import ISSUES, PROJECTS, SPACES

__all__ = ["DAY_SECONDS", "Content", "Issue", "Page", "Project", "Space", "VersionConflictError"]

DAY_SECONDS: Final = 86_400
_FIRST_SPACE_ID, _FIRST_PAGE_ID, _FIRST_COPY_ID = 98_305, 65_537, 81_921
_FIRST_PROJECT_ID, _FIRST_ISSUE_ID = 10_000, 10_100


class VersionConflictError(Exception):
    """Somebody else changed the page first."""


@dataclass(frozen=True, slots=True)
class Space:
    """A Confluence space. ``homepage_id`` is its first page."""

    id: str
    key: str
    name: str
    homepage_id: str
    created: float


@dataclass(frozen=True, slots=True)
class Page:
    """A Confluence page. Times are seconds since the epoch, bodies are in storage format."""

    id: str
    space_id: str
    title: str
    body: str
    author: str
    created: float
    modified: float
    modified_by: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Project:
    """A Jira project."""

    id: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Issue:
    """A Jira issue.

    :ivar status: ``To Do``, ``In Progress`` or ``Done``; the status categories have the same names.
    :ivar resolution: None while unresolved.
    :ivar assignee: account id, None when nobody is assigned.
    """

    id: str
    key: str
    project_key: str
    summary: str
    issue_type: str
    status: str
    resolution: str | None
    assignee: str | None
    reporter: str
    created: float
    updated: float


class Content:
    """The content of both sites, filled with samples whose dates are relative to the clock.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._spaces: dict[str, Space] = {}
        self._pages: dict[str, Page] = {}
        self._projects: dict[str, Project] = {}
        self._issues: dict[str, Issue] = {}
        self._copied = count()
        self._changes = 20_000
        now = clock()
        self._fill_confluence(now)
        self._fill_jira(now)

    # --- reading ------------------------------------------------------------------------------------------------------

    def spaces(self) -> list[Space]:
        """All spaces, by id."""
        return list(self._spaces.values())

    def space(self, space_id: str) -> Space:
        """:raises KeyError: there is none."""
        return self._spaces[space_id]

    def pages(self, space_id: str | None = None) -> list[Page]:
        """Pages by id, of one space or of all."""
        with self._lock:
            return [page for page in self._pages.values() if space_id in (None, page.space_id)]

    def page(self, page_id: str) -> Page:
        """:raises KeyError: there is none."""
        return self._pages[page_id]

    def projects(self) -> list[Project]:
        """All projects, by key."""
        return list(self._projects.values())

    def project(self, id_or_key: str) -> Project:
        """:raises KeyError: there is none."""
        for project in self._projects.values():
            if id_or_key in (project.id, project.key):
                return project
        raise KeyError(id_or_key)

    def issues(self) -> list[Issue]:
        """All issues, by id."""
        with self._lock:
            return list(self._issues.values())

    def issue(self, id_or_key: str) -> Issue:
        """:raises KeyError: there is none."""
        for issue in self.issues():
            if id_or_key in (issue.id, issue.key):
                return issue
        raise KeyError(id_or_key)

    # --- writing ------------------------------------------------------------------------------------------------------

    def edit_page(
        self,
        page_id: str,
        *,
        account_id: str,
        title: str | None = None,
        body: str | None = None,
        version: int | None = None,
    ) -> Page:
        """Write a new version of a page.

        :param title: None keeps it, as with ``body``.
        :param version: number of the new version; None for the next.
        :raises KeyError: there is no such page.
        :raises VersionConflictError: ``version`` is not the next one.
        """
        with self._lock:
            page = self._pages[page_id]
            if version not in (None, page.version + 1):
                raise VersionConflictError(
                    f"Version must be incremented on update. Current version is: {page.version}."
                )
            edited = replace(
                page,
                title=page.title if title is None else title,
                body=page.body if body is None else body,
                version=page.version + 1,
                modified=self._clock(),
                modified_by=account_id,
            )
            self._pages[page_id] = edited
            return edited

    def copy_page(self, page_id: str, *, space_id: str, title: str, account_id: str) -> Page:
        """Make a page of its own out of a page's title and body.

        :raises KeyError: there is no such page.
        """
        with self._lock:
            copy_id, now = str(_FIRST_COPY_ID + 64 * next(self._copied)), self._clock()
            copied = replace(
                self._pages[page_id],
                id=copy_id,
                space_id=space_id,
                title=title,
                author=account_id,
                created=now,
                modified=now,
                modified_by=account_id,
                version=1,
            )
            self._pages[copy_id] = copied
            return copied

    def edit_issue(self, id_or_key: str, *, summary: str) -> tuple[Issue, Issue, int]:
        """Change the summary of an issue.

        :return: the issue before and after, and the id of the change.
        :raises KeyError: there is no such issue.
        """
        issue_id = self.issue(id_or_key).id
        with self._lock:
            before = self._issues[issue_id]
            after = replace(before, summary=summary, updated=self._clock())
            self._issues[issue_id] = after
            self._changes += 1
            return before, after, self._changes

    # --- samples ------------------------------------------------------------------------------------------------------

    def _fill_confluence(self, now: float) -> None:
        people = list(PEOPLE)
        page_number = 0
        for number, (key, name, pages) in enumerate(SPACES):
            space_id = str(_FIRST_SPACE_ID + number * 32_768)
            for index, (title, age_days, text) in enumerate(pages):
                page_id = str(_FIRST_PAGE_ID + page_number * 64)
                if index == 0:
                    self._spaces[space_id] = Space(space_id, key, name, page_id, now - 900 * DAY_SECONDS)
                modified = now - age_days * DAY_SECONDS - index * 60
                author = people[page_number % len(people)]
                self._pages[page_id] = Page(
                    id=page_id,
                    space_id=space_id,
                    title=title,
                    body=f"<p>{text}</p>",
                    author=author,
                    created=modified - (index + 1) * 30 * DAY_SECONDS,
                    modified=modified,
                    modified_by=people[(page_number + index) % len(people)],
                    version=1 + index % 4,
                )
                page_number += 1

    def _fill_jira(self, now: float) -> None:
        people = list(PEOPLE)
        for number, (key, name) in enumerate(PROJECTS):
            self._projects[key] = Project(str(_FIRST_PROJECT_ID + number), key, name)
        counts = dict.fromkeys(self._projects, 0)
        for number, (project_key, summary, issue_type, status, age_days) in enumerate(ISSUES):
            counts[project_key] += 1
            issue_id = str(_FIRST_ISSUE_ID + number)
            updated = now - age_days * DAY_SECONDS - number * 60
            self._issues[issue_id] = Issue(
                id=issue_id,
                key=f"{project_key}-{counts[project_key]}",
                project_key=project_key,
                summary=summary,
                issue_type=issue_type,
                status=status,
                resolution="Done" if status == "Done" else None,
                assignee=people[number % len(people)] if number % 3 else None,
                reporter=ADMIN,
                created=updated - (number % 5 + 1) * 12 * DAY_SECONDS,
                updated=updated,
            )
