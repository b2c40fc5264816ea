"""What a sandbox keeps of both sites, as frozen values. Each class is the row of one table in :mod:`.schema`.

Ids are text. Points in time are seconds since the epoch. People are account ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..people import ADMIN

__all__ = [
    "ChangelogEntry",
    "Comment",
    "Component",
    "Dashboard",
    "Field",
    "Gadget",
    "Issue",
    "IssueComment",
    "IssueLink",
    "Label",
    "Page",
    "PageVersion",
    "Project",
    "ProjectVersion",
    "Space",
]


# --- Confluence -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Space:
    """A Confluence space. ``homepage_id`` is its first page.

    :ivar type: ``global`` or ``personal``.
    :ivar status: ``current`` or ``archived``.
    :ivar description: plain text.
    """

    id: str
    key: str
    name: str
    homepage_id: str
    created: float
    type: str = "global"
    status: str = "current"
    description: str = ""
    author: str = ADMIN


@dataclass(frozen=True, slots=True)
class Page:
    """A page, a blog post, or custom content of an app. Bodies are in storage format.

    :ivar type: ``page``, ``blogpost``, or the type of custom content, as ``ac:app-key:module-key``.
    :ivar status: ``current``, ``draft`` or ``trashed``.
    :ivar parent_id: the page above; None at the top of a space. Of custom content: its container.
    :ivar position: among the pages of the same parent.
    :ivar message: of the latest version.
    """

    id: str
    space_id: str
    title: str
    body: str
    author: str
    created: float
    modified: float
    modified_by: str
    version: int = 1
    type: str = "page"
    status: str = "current"
    parent_id: str | None = None
    position: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class PageVersion:
    """One version of a page; the latest is there too. ``created`` is when it was written."""

    page_id: str
    number: int
    title: str
    body: str
    author: str
    created: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a page or blog post.

    :ivar parent_id: the comment it answers; None for one on the page itself.
    :ivar kind: ``footer`` or ``inline``.
    :ivar selection: the text that an inline comment is about.
    """

    id: str
    page_id: str
    body: str
    author: str
    created: float
    modified: float
    modified_by: str
    version: int = 1
    parent_id: str | None = None
    kind: str = "footer"
    selection: str = ""
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label on a page or blog post. The same name has the same ``id`` everywhere."""

    page_id: str
    name: str
    id: str
    prefix: str = "global"


# --- Jira -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Project:
    """A Jira project.

    :ivar type: ``software``, ``business`` or ``service_desk``.
    """

    id: str
    key: str
    name: str
    type: str = "software"
    lead: str = ADMIN
    description: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """A component of a project."""

    id: str
    project_key: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class ProjectVersion:
    """A version (release) of a project. ``release_date`` is ``YYYY-MM-DD`` or empty."""

    id: str
    project_key: str
    name: str
    description: str = ""
    released: bool = False
    archived: bool = False
    release_date: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """A Jira issue.

    :ivar issue_type: name of one of :data:`.jira_setup.ISSUE_TYPES`.
    :ivar status: ``To Do``, ``In Progress`` or ``Done``; the status categories have the same names.
    :ivar resolution: None while unresolved.
    :ivar assignee: account id, None when nobody is assigned.
    :ivar description: in Atlassian Document Format; None for none.
    :ivar parent_id: of a sub-task, or of an issue below an epic.
    :ivar fields: values of other fields by their id: custom ones, ``duedate``, ``components``, ``fixVersions`` and so
        on, as REST writes them.
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
    description: dict[str, Any] | None = field(default=None, hash=False)
    priority: str = "Medium"
    labels: tuple[str, ...] = ()
    parent_id: str | None = None
    creator: str = ADMIN
    resolved: float | None = None
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class IssueComment:
    """A comment on an issue. ``body`` is in Atlassian Document Format."""

    id: str
    issue_id: str
    body: dict[str, Any] = field(hash=False)
    author: str
    created: float
    updated: float
    updated_by: str


@dataclass(frozen=True, slots=True)
class ChangelogEntry:
    """What one edit changed on an issue.

    :ivar items: as REST and webhooks write them: ``field``, ``fieldtype``, ``fieldId``, ``from``, ``fromString``,
        ``to``, ``toString``.
    """

    id: str
    issue_id: str
    author: str
    created: float
    items: tuple[dict[str, Any], ...] = field(hash=False)


@dataclass(frozen=True, slots=True)
class IssueLink:
    """A link between two issues: ``outward_id`` blocks ``inward_id``, when ``type`` is ``Blocks``."""

    id: str
    type: str
    outward_id: str
    inward_id: str


@dataclass(frozen=True, slots=True)
class Field:
    """A custom field.

    :ivar id: ``customfield_10100`` and so on.
    :ivar type: of its values: ``string``, ``number``, ``date``, ``option``, ``array`` …
    :ivar module: ``app-key__module-key`` of the app module that it comes from; empty for others.
    """

    id: str
    name: str
    type: str = "string"
    description: str = ""
    module: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard."""

    id: str
    name: str
    owner: str = ADMIN
    description: str = ""


@dataclass(frozen=True, slots=True)
class Gadget:
    """A gadget on a dashboard: a dashboard item.

    :ivar app_key: empty with ``module_key`` for a gadget of the product's own.
    """

    id: str
    dashboard_id: str
    title: str
    app_key: str = ""
    module_key: str = ""
    column: int = 0
    row: int = 0
    colour: str = "blue"
