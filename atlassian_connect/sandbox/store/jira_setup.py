"""How Jira is set up: issue types, statuses, priorities, the workflow. The same in every project.

All are known by their names, but steps of the workflow by their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

__all__ = [
    "ISSUE_TYPES",
    "LINK_TYPES",
    "PRIORITIES",
    "RESOLUTIONS",
    "STATUSES",
    "TRANSITIONS",
    "IssueType",
    "LinkType",
    "Priority",
    "Resolution",
    "Status",
    "Transition",
]


@dataclass(frozen=True, slots=True)
class IssueType:
    """A kind of issues. ``level`` is -1 for sub-tasks, 1 for epics, 0 for the others."""

    id: str
    name: str
    description: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """Where an issue stands. ``category_key`` is ``new``, ``indeterminate`` or ``done``."""

    id: str
    name: str
    category_id: int
    category_key: str
    colour: str


@dataclass(frozen=True, slots=True)
class Priority:
    """How urgent an issue is."""

    id: str
    name: str
    description: str
    colour: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """How an issue ended."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Transition:
    """A step of the workflow, to the status ``to``. Every status but that one has it."""

    id: str
    name: str
    to: str


@dataclass(frozen=True, slots=True)
class LinkType:
    """A kind of links between issues."""

    id: str
    name: str
    inward: str
    outward: str


class _Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


def _by_name(*values: T) -> dict[str, T]:
    return {one.name: one for one in values}


ISSUE_TYPES: Final = _by_name(
    IssueType("10002", "Task", "A small, distinct piece of work."),
    IssueType("10004", "Bug", "A problem or error."),
    IssueType("10001", "Story", "Something that users want, in their words."),
    IssueType("10000", "Epic", "A larger piece of work that has others below it.", 1),
    IssueType("10003", "Sub-task", "A piece of another issue.", -1),
)
STATUSES: Final = _by_name(
    Status("10000", "To Do", 2, "new", "blue-gray"),
    Status("3", "In Progress", 4, "indeterminate", "yellow"),
    Status("10001", "Done", 3, "done", "green"),
)
PRIORITIES: Final = _by_name(
    Priority("1", "Highest", "This problem blocks progress.", "#d04437"),
    Priority("2", "High", "Serious problem that could block progress.", "#f15C75"),
    Priority("3", "Medium", "Has the potential to affect progress.", "#f79232"),
    Priority("4", "Low", "Minor problem, or easily worked around.", "#707070"),
    Priority("5", "Lowest", "Trivial problem with little or no effect.", "#999999"),
)
RESOLUTIONS: Final = _by_name(
    Resolution("10000", "Done", "Work has been completed on this issue."),
    Resolution("10001", "Won't Do", "This issue will not be worked on."),
    Resolution("10002", "Duplicate", "The problem is a duplicate of another issue."),
)
TRANSITIONS: Final = {
    one.id: one
    for one in (
        Transition("11", "To Do", "To Do"),
        Transition("21", "In Progress", "In Progress"),
        Transition("31", "Done", "Done"),
    )
}
LINK_TYPES: Final = _by_name(
    LinkType("10000", "Blocks", "is blocked by", "blocks"),
    LinkType("10001", "Duplicate", "is duplicated by", "duplicates"),
    LinkType("10002", "Relates", "relates to", "relates to"),
)
