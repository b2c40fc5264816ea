"""Which issues may stand below which: sub-tasks below the others, and these below epics."""

from __future__ import annotations

from collections.abc import Iterable

from .jira_setup import ISSUE_TYPES
from .values import Issue

__all__ = ["HierarchyError", "check_place"]


class HierarchyError(ValueError):
    """The parent does not fit the type of an issue, or the type does not fit what is above and below it.

    :ivar field: what hosts name in their answer: ``issuetype`` or ``parentId``.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check_place(issue: Issue, parent: Issue | None, below: Iterable[Issue]) -> None:
    """Refuse an issue whose parent is not exactly one level above it, so that no issue is ever above itself.

    :param below: the issues right below it.
    :raises HierarchyError: see there.
    """
    level = ISSUE_TYPES[issue.issue_type].level
    if parent is None:
        if level < 0:
            raise HierarchyError("issuetype", "Issue type is a sub-task but parent issue key or id not specified.")
    elif (
        parent.id == issue.id
        or ISSUE_TYPES[parent.issue_type].level != level + 1
        or (level < 0 and parent.project_key != issue.project_key)
    ):
        raise HierarchyError("parentId", "Given parent work item does not belong to appropriate hierarchy.")
    if any(ISSUE_TYPES[one.issue_type].level != level - 1 for one in below):
        raise HierarchyError("issuetype", "The issue type does not fit the issues below this one.")
