"""The tables of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from ..people import Person
from . import jira_values, values
from .tables import Table

__all__ = [
    "TABLES",
    "AppPropertyRow",
    "AttachmentRow",
    "DeliveryRow",
    "Fact",
    "FaultRow",
    "InstallationRow",
    "PageRestriction",
    "PrecomputationRow",
    "PropertyRow",
    "Restriction",
    "WebhookRegistration",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is to be known about the sandbox itself."""

    name: str
    value: str = field(repr=False)  # an API token, for one


@dataclass(frozen=True, slots=True)
class Restriction:
    """Only some users see a space or project."""

    container: str
    account_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageRestriction:
    """Only some may read or edit a page.

    :ivar operation: ``read`` or ``update``.
    :ivar groups: names.
    """

    page_id: str
    operation: str
    account_ids: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it names nobody, and so keeps nobody out."""
        return not self.account_ids and not self.groups

    def lets(self, person: Person | None) -> bool:
        """Whether it lets a user. None: an anonymous visitor."""
        if self.is_open or person is None:
            return self.is_open
        return person.account_id in self.account_ids or not set(self.groups).isdisjoint(person.groups)


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """A property of something on the site. See :class:`.entity_properties.EntityProperty`."""

    owner_kind: str
    owner_id: str
    id: str
    key: str
    value: Any
    account_id: str
    created: float
    modified: float
    version: int


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """A file. See :class:`.attachments.Attachment`."""

    id: str
    owner_kind: str
    owner_id: str
    name: str
    media_type: str
    data: bytes = field(repr=False)
    account_id: str
    created: float
    media_id: str = field(repr=False)
    media_hash: str
    comment: str
    version: int


@dataclass(frozen=True, slots=True)
class InstallationRow:
    """An app on a site. See :class:`..installation.Installation`.

    :ivar dynamic: type and definition of the dynamic modules.
    """

    client_key: str
    product: str
    account_id: str
    oauth_client_id: str
    state: str
    licence: str
    secret: str | None = field(repr=False)
    descriptor: dict[str, Any]
    dynamic: tuple[tuple[str, dict[str, Any]], ...]
    blocked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppPropertyRow:
    """What an app keeps on a site. See :class:`.app_properties.AppProperties`."""

    client_key: str
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class WebhookRegistration:
    """A dynamic webhook of Jira.

    :ivar client_key: of the app that registered it.
    :ivar expires: seconds since the epoch.
    """

    id: str
    client_key: str
    url: str
    events: tuple[str, ...]
    jql: str
    expires: float
    field_ids: tuple[str, ...] = ()
    property_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A webhook that was sent. See :class:`..deliveries.Delivery`.

    :ivar target: its URL, path and query.
    :ivar attempts: each as :class:`..deliveries.Attempt` has it.
    """

    number: int
    client_key: str
    event: str
    source: str
    target: tuple[str, ...]
    body: bytes = field(repr=False)
    account_id: str | None
    identifier: str
    trace: str | None
    containers: tuple[str, ...]
    attempts: tuple[dict[str, Any], ...] = field(repr=False)
    due: float | None


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault that is switched on. See :class:`..faults.ActiveFault`.

    :ivar kind: the name of its class, and ``settings`` its fields.
    """

    number: int
    place: str
    kind: str
    settings: dict[str, Any]
    method: str | None
    path: str
    times: int | None
    hits: int


@dataclass(frozen=True, slots=True)
class PrecomputationRow:
    """What a JQL function of an app stands for. See :mod:`..jql_functions`.

    :ivar module: key of the function's module.
    :ivar value: JQL; None where the app gave an error.
    """

    id: str
    client_key: str
    module: str
    name: str
    field: str
    operator: str
    arguments: tuple[str, ...]
    value: str | None
    error: str | None
    created: float
    updated: float
    used: float


FACTS: Final = Table("facts", Fact)
USERS: Final = Table("users", Person, cached=True)
RESTRICTIONS: Final = Table("restrictions", Restriction, cached=True)
INSTALLATIONS: Final = Table("installations", InstallationRow)
APP_PROPERTIES: Final = Table("app_properties", AppPropertyRow, key=["client_key", "key"])
WEBHOOKS: Final = Table("webhooks", WebhookRegistration)
PRECOMPUTATIONS: Final = Table("precomputations", PrecomputationRow, indexes=[["client_key"]])
DELIVERIES: Final = Table("deliveries", DeliveryRow)
FAULTS: Final = Table("faults", FaultRow)
PROPERTIES: Final = Table("properties", PropertyRow, key=["owner_kind", "owner_id", "key"])
ATTACHMENTS: Final = Table("attachments", AttachmentRow, indexes=[["owner_kind", "owner_id"], ["media_hash"]])

SPACES: Final = Table("spaces", values.Space, cached=True)
PAGES: Final = Table("pages", values.Page, indexes=[["space_id", "type", "status"], ["parent_id", "space_id"]])
PAGE_VERSIONS: Final = Table("page_versions", values.PageVersion, key=["page_id", "number"])
PAGE_RESTRICTIONS: Final = Table("page_restrictions", PageRestriction, key=["page_id", "operation"])
COMMENTS: Final = Table("comments", values.Comment, indexes=[["page_id"]])
LABELS: Final = Table("labels", values.Label, key=["page_id", "prefix", "name"], indexes=[["name"]])

PROJECTS: Final = Table("projects", values.Project)
COMPONENTS: Final = Table("components", values.Component, indexes=[["project_key"]])
VERSIONS: Final = Table("versions", values.ProjectVersion, indexes=[["project_key"]])
ISSUES: Final = Table("issues", values.Issue, indexes=[["key"], ["project_key"], ["parent_id"]])
ISSUE_COMMENTS: Final = Table("issue_comments", values.IssueComment, indexes=[["issue_id"]])
CHANGELOG: Final = Table("changelog", values.ChangelogEntry, indexes=[["issue_id"]])
WORKLOGS: Final = Table("worklogs", jira_values.Worklog, indexes=[["issue_id"]])
INVOLVEMENTS: Final = Table("involvements", jira_values.Involvement, key=["kind", "issue_id", "account_id"])
FILTERS: Final = Table("filters", jira_values.SavedFilter)
ISSUE_LINKS: Final = Table("issue_links", values.IssueLink, indexes=[["outward_id"], ["inward_id"]])
FIELDS: Final = Table("fields", values.Field)
DASHBOARDS: Final = Table("dashboards", values.Dashboard)
GADGETS: Final = Table("gadgets", values.Gadget, indexes=[["dashboard_id"]])

#: All of them.
TABLES: Final[tuple[Table[Any], ...]] = tuple(one for one in list(globals().values()) if isinstance(one, Table))
