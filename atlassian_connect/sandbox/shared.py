"""What the two sites of a sandbox share: where it is, the way to the apps, and the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import Product
from .bridge.package import Bridge
from .deliveries import Deliveries
from .ids import Ids
from .store.attachments import Attachments
from .store.changes import Changes
from .store.content import Content
from .store.entity_properties import EntityProperties
from .store.permissions import Permissions
from .store.store import Store
from .store.tasks import Tasks
from .store.users import Users
from .wire import Wire

if TYPE_CHECKING:
    from .host import Sandbox

__all__ = ["SharedParts"]


class SharedParts:
    """A site's name, and its way to what it shares with the other one.

    :ivar product: ``jira`` or ``confluence``.
    :ivar name: for people.
    :ivar context_path: empty for Jira, ``/wiki`` for Confluence.
    """

    def __init__(self, sandbox: Sandbox, product: Product) -> None:
        self.product = product
        self.name = "Jira" if product == "jira" else "Confluence"
        self.context_path = "" if product == "jira" else "/wiki"
        self._sandbox = sandbox

    @property
    def origin(self) -> str:
        """``scheme://host[:port]`` of both sites."""
        return self._sandbox.origin

    @property
    def base_url(self) -> str:
        """The base URL that apps are told: for Confluence with ``/wiki``."""
        return self.origin + self.context_path

    @property
    def wire(self) -> Wire:
        """The way to the apps."""
        return self._sandbox.wire

    @property
    def ids(self) -> Ids:
        """Where ids and secrets come from."""
        return self._sandbox.ids

    @property
    def media_origin(self) -> str:
        """Where downloads lead to."""
        return self._sandbox.media_origin or self.origin

    @property
    def key_id(self) -> str:
        """Id of the key that installs are signed with."""
        return self._sandbox.key_id

    @property
    def ticket_key(self) -> bytes:
        """Signs what pages carry between requests."""
        return self._sandbox.ticket_key

    @property
    def bridge(self) -> Bridge | None:
        """The AP bridge of frames. None: it is not there."""
        return self._sandbox.bridge

    @property
    def store(self) -> Store:
        """What both sites keep."""
        return self._sandbox.store

    @property
    def content(self) -> Content:
        """Pages and issues."""
        return self._sandbox.content

    @property
    def deliveries(self) -> Deliveries:
        """Webhooks that were sent, by both sites."""
        return self._sandbox.deliveries

    @property
    def changes(self) -> Changes:
        """Tells of every change of content."""
        return self._sandbox.changes

    @property
    def users(self) -> Users:
        """People."""
        return self._sandbox.users

    @property
    def permissions(self) -> Permissions:
        """Who may see what."""
        return self._sandbox.permissions

    @property
    def entity_properties(self) -> EntityProperties:
        """Properties of issues, projects, pages, spaces and users."""
        return self._sandbox.entity_properties

    @property
    def attachments(self) -> Attachments:
        """Files on issues and pages."""
        return self._sandbox.attachments

    @property
    def tasks(self) -> Tasks:
        """Long-running tasks."""
        return self._sandbox.tasks
