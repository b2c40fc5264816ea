"""All the content of both sites, as one object.

Which method is where: spaces, pages, blog posts and labels in :mod:`.confluence`; their comments in :mod:`.comments`;
projects, issues, their comments and links in :mod:`.jira`; components, versions, fields, dashboards and dynamic webhooks
in :mod:`.jira_more`.
"""

from __future__ import annotations

from typing import Final

from .comments import PageComments
from .confluence import KeyTakenError, Pages, TitleTakenError
from .jira import Issues, TransitionRefusedError
from .jira_more import Dashboards, Fields, Releases, WebhookRegistrations
from .part import VersionConflictError
from .values import Issue, Page, Project, Space

__all__ = [
    "DAY_SECONDS",
    "Content",
    "Issue",
    "KeyTakenError",
    "Page",
    "Project",
    "Space",
    "TitleTakenError",
    "TransitionRefusedError",
    "VersionConflictError",
]

DAY_SECONDS: Final = 86_400


class Content(Pages, PageComments, Issues, Releases, Fields, Dashboards, WebhookRegistrations):
    """The content of both sites. Values are never changed in place; every change is told to :class:`.changes.Changes`."""
