"""One product of the sandbox: a Jira or a Confluence site, as a tenant of the apps."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any

from ..errors import UrlNotAllowedError
from ..secret import Secret
from ..types import Product
from .attachments import Attachments
from .bridge.package import Bridge
from .content import Content, Issue, Page
from .entity_properties import EntityProperties
from .faults import Faults
from .http import AppUnreachableError
from .ids import Ids
from .installation import Installation
from .lifecycle import InstallError, fetch_descriptor, modules_of_other_products, post_lifecycle, static_modules
from .modules.context import url_context
from .modules.situation import Situation
from .people import ADMIN, PEOPLE, Person
from .permissions import Permissions
from .rest.shapes import issue_json
from .tasks import Tasks
from .webhooks import issue_updated_body, page_updated_body
from .wire import GOOD_STATUSES, Wire

if TYPE_CHECKING:
    from .host import Sandbox

__all__ = ["Site"]

_logger = logging.getLogger(__name__)


class Site:
    """A Jira or Confluence site. The sandbox makes both.

    :ivar product: ``jira`` or ``confluence``.
    :ivar name: for people.
    :ivar context_path: empty for Jira, ``/wiki`` for Confluence.
    :ivar faults: what goes wrong when its REST is called; nothing, at first.
    :ivar tells_policies: whether Connect apps may ask for data policies. Confluence does, and so does Jira here; what
        Jira's reference says about it has changed, and with False it answers 401.
    """

    def __init__(self, sandbox: Sandbox, product: Product) -> None:
        self.product = product
        self.name = "Jira" if product == "jira" else "Confluence"
        self.context_path = "" if product == "jira" else "/wiki"
        self.faults = Faults()
        self.tells_policies = True
        self._sandbox = sandbox
        self._installations: dict[str, Installation] = {}  # by app key
        self._installing = RLock()  # held while apps are called; requests of apps do not need it

    def __repr__(self) -> str:
        return f"Site({self.base_url!r})"

    # --- what it shares with the other site ---------------------------------------------------------------------------

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
    def content(self) -> Content:
        """Pages and issues."""
        return self._sandbox.content

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

    # --- apps ---------------------------------------------------------------------------------------------------------

    @property
    def installations(self) -> list[Installation]:
        """Apps that are installed, enabled or not."""
        return [one for one in list(self._installations.values()) if one.state != "uninstalled"]

    @property
    def known(self) -> list[Installation]:
        """Every app that was ever installed, uninstalled ones included."""
        return list(self._installations.values())

    def installation(self, app_key: str) -> Installation:
        """Find an app by its key, also one that was uninstalled.

        :raises KeyError: it was never installed here.
        """
        try:
            return self._installations[app_key]
        except KeyError:
            known = ", ".join(self._installations) or "none"
            raise KeyError(f"The app {app_key!r} was never installed on {self.product}; known are: {known}.") from None

    def install(
        self, descriptor_url: str, *, client_key: str | None = None, shared_secret: str | None = None
    ) -> Installation:
        """Install an app, upgrade it, or install it again.

        The app is upgraded when it is installed, and keeps its secret then. After an uninstall it gets its client key
        back, a new secret, and its dynamic modules. Another ``client_key`` than before is what apps see when the data
        of another site was imported: a new installation takes the place of the old one, which is not told.

        :param descriptor_url: absolute; where the app serves its descriptor.
        :param client_key: None for the one the app had, or a fresh one.
        :param shared_secret: None for a fresh one, or on an upgrade for the one there is.
        :raises InstallError: the descriptor or the app's answer to ``installed`` does not allow it. What was installed
            before stays.
        """
        with self._installing:
            descriptor = fetch_descriptor(self, descriptor_url)
            known = self._installations.get(str(descriptor["key"]))
            if known is not None and client_key in (None, known.client_key):
                installation = known
            else:
                installation = Installation(self, client_key or self.ids.uuid())
            secret = self._secret_for(installation, descriptor, shared_secret)
            self._call_installed(installation, descriptor, secret)
            if known is not None and installation is not known:
                known.state = "uninstalled"
            installation.accept(descriptor, secret)
            installation.state = "enabled"
            self._installations[installation.app_key] = installation
            for type_name in modules_of_other_products(static_modules(descriptor), self.product):
                _logger.info("%s ignores modules.%s of %s.", self.name, type_name, installation.app_key)
            installation.tell("enabled")
            return installation

    def _secret_for(
        self, installation: Installation, descriptor: dict[str, Any], shared_secret: str | None
    ) -> Secret | None:
        kind = descriptor.get("authentication", {}).get("type", "jwt")
        if str(kind).lower() == "none":
            return None
        if shared_secret is not None:
            return Secret(shared_secret)
        return (installation.shared_secret if installation.state != "uninstalled" else None) or self.ids.secret()

    def _call_installed(self, installation: Installation, descriptor: dict[str, Any], secret: Secret | None) -> None:
        again = "Please try again later or contact the app vendor."
        try:
            answer = post_lifecycle(installation, "installed", descriptor=descriptor, secret=secret)
        except AppUnreachableError as error:
            raise InstallError(f"The app host could not be reached during installation. {again} ({error})") from error
        except UrlNotAllowedError as error:
            raise InstallError(f"The URL of lifecycle.installed cannot be called: {error}") from error
        if answer is not None and answer.status not in GOOD_STATUSES:
            raise InstallError(
                f"The app host returned HTTP response code {answer.status} when we tried to contact it during"
                f" installation. {again}",
                status=answer.status,
            )

    def person(self, account_id: str) -> Person | None:
        """Find a user of this site: a human, or the user of an app."""
        if account_id in PEOPLE:
            return replace(PEOPLE[account_id], active=self.permissions.is_active(account_id))
        return next((one.person for one in self.known if one.account_id == account_id), None)

    # --- content ------------------------------------------------------------------------------------------------------

    def edit_page(
        self,
        page_id: str,
        *,
        title: str | None = None,
        body: str | None = None,
        account_id: str = ADMIN,
        version: int | None = None,
        later: Callable[[Callable[[], None]], None] | None = None,
    ) -> Page:
        """Edit a page and tell the apps (``page_updated``).

        :param body: in storage format.
        :param version: number of the new version; None for the next.
        :param later: gets the deliveries to do; None does them at once.
        :raises KeyError: there is no such page.
        :raises atlassian_connect.sandbox.content.VersionConflictError: ``version`` is not the next one.
        """
        page = self.content.edit_page(page_id, account_id=account_id, title=title, body=body, version=version)
        person = self.person(account_id)
        payload = page_updated_body(
            page,
            space_key=self.content.space(page.space_id).key,
            base_url=self.base_url,
            account_type=person.account_type if person else "",
        )
        _run(later, lambda: self.fire("page_updated", payload, account_id=account_id))
        return page

    def edit_issue(
        self,
        key: str,
        *,
        summary: str,
        account_id: str = ADMIN,
        trace: str | None = None,
        later: Callable[[Callable[[], None]], None] | None = None,
    ) -> Issue:
        """Edit an issue and tell the apps (``jira:issue_updated``).

        :param key: key or id.
        :param trace: echoed as ``X-Atlassian-Webhook-Trace``.
        :param later: gets the deliveries to do; None does them at once.
        :raises KeyError: there is no such issue.
        """
        before, after, change_id = self.content.edit_issue(key, summary=summary)
        payload = issue_updated_body(
            issue_json(after, self),
            person=self.person(account_id) or Person(account_id, account_id),
            base_url=self.base_url,
            before=before,
            after=after,
            change_id=change_id,
        )
        _run(later, lambda: self.fire("jira:issue_updated", payload, account_id=account_id, trace=trace))
        return after

    def fire(
        self, event: str, body: dict[str, Any], *, account_id: str | None = None, trace: str | None = None
    ) -> None:
        """Deliver an event to every enabled app of the site."""
        for installation in self.installations:
            installation.deliver(event, body, account_id=account_id, trace=trace)

    def sample_context(self) -> dict[str, str]:
        """Values for the context variables, as if the user looked at the first page or issue."""
        if self.product == "confluence":
            return url_context(self, Situation(account_id=None, page=self.content.pages()[0].id))
        return url_context(self, Situation(account_id=None, issue=self.content.issues()[0].id))

    def forget_all(self) -> None:
        """Drop all installations without telling anybody."""
        self._installations.clear()


def _run(later: Callable[[Callable[[], None]], None] | None, work: Callable[[], None]) -> None:
    if later is None:
        work()
    else:
        later(work)
