"""All the content of both sites, as one object.

Which method is where: spaces in :mod:`.spaces`, pages, blog posts and custom content in :mod:`.pages`, their comments,
labels and restrictions in :mod:`.comments`, :mod:`.labels` and :mod:`.restrictions`; projects in
:mod:`.jira_projects`, their components and versions in :mod:`.jira_releases`, issues in :mod:`.jira`, comments on them
and links in :mod:`.jira_comments`, work, watching and votes in :mod:`.jira_activity`; saved filters in
:mod:`.jira_filters`; fields, dashboards and dynamic webhooks in :mod:`.jira_more`.
"""

from __future__ import annotations

from typing import Final

from .comments import PageComments
from .jira import TransitionRefusedError
from .jira_activity import Activity
from .jira_comments import CommentsAndLinks
from .jira_filters import SavedFilters
from .jira_hierarchy import HierarchyError
from .jira_more import Dashboards, Fields, WebhookRegistrations
from .jira_releases import NameTakenError, Releases
from .labels import Labels
from .pages import Pages, TitleTakenError
from .part import VersionConflictError
from .restrictions import PageRestrictions
from .spaces import KeyTakenError
from .values import Issue, Page, Project, Space

__all__ = [
    "DAY_SECONDS",
    "Content",
    "HierarchyError",
    "Issue",
    "KeyTakenError",
    "NameTakenError",
    "Page",
    "Project",
    "Space",
    "TitleTakenError",
    "TransitionRefusedError",
    "VersionConflictError",
]

DAY_SECONDS: Final = 86_400


class Content(
    Pages, PageComments, Labels, PageRestrictions,
    CommentsAndLinks, Activity, Releases, Fields, Dashboards, SavedFilters, WebhookRegistrations,
):  # fmt: skip
    """The content of both sites. Values are never changed in place; changes are told to :class:`.changes.Changes`."""
