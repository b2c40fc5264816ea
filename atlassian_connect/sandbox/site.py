"""One product of the sandbox: a Jira or a Confluence site, as a tenant of the apps."""

from __future__ import annotations

import json
import logging
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

from ..errors import UrlNotAllowedError
from ..secret import Secret
from ..types import Product
from .http import AppUnreachableError
from .installation import Installation
from .lifecycle import InstallError, fetch_descriptor, modules_of_other_products, post_lifecycle, static_modules
from .limits import RateLimits
from .modules.context import url_context
from .modules.situation import Situation
from .people import ADMIN, Person
from .plugins import PluginManager
from .shared import SharedParts
from .store.changes import Change, Later
from .store.content import Issue, Page
from .webhooks import deliver, event_of
from .wire import GOOD_STATUSES

if TYPE_CHECKING:
    from .host import Sandbox

__all__ = ["Site"]

_logger = logging.getLogger(__name__)


class Site(SharedParts):
    """A Jira or Confluence site. The sandbox makes both.

    :ivar faults: what goes wrong when its REST is called; nothing, at first.
    :ivar plugins: its plugin manager, by which programs install apps.
    :ivar tells_policies: whether Connect apps may ask for data policies. Confluence does, and so does Jira here; what
        Jira's reference says about it has changed, and with False it answers 401.
    """

    def __init__(self, sandbox: Sandbox, product: Product) -> None:
        super().__init__(sandbox, product)
        self.faults = sandbox.faults_of(product)
        self.plugins = PluginManager(self)
        self.tells_policies = True
        self._limits = self._kept_limits()
        known = (Installation(self, row.client_key, row) for row in sandbox.store.installations.of(product))
        self._installations = {one.app_key: one for one in known}
        #: Held while an app is installed, enabled, disabled or uninstalled, and told: apps get one call after the
        #: other, in the order of what happened. Requests of apps do not need it.
        self.lifecycle = RLock()
        self._lock = Lock()
        self._resets = 0

    def __repr__(self) -> str:
        return f"Site({self.base_url!r})"

    @property
    def limits(self) -> RateLimits | None:
        """How often each app may call, when that is limited; it is not at first. See :class:`.limits.RateLimits`.

        A data file keeps the limits, but not what was spent of them.
        """
        return self._limits

    @limits.setter
    def limits(self, limits: RateLimits | None) -> None:
        self._limits = limits
        numbers = None if limits is None else {"points": limits.points, "per_second": limits.per_second}
        self.store.note(f"limits of {self.product}", json.dumps(numbers))

    def _kept_limits(self) -> RateLimits | None:
        numbers = json.loads(self.store.fact(f"limits of {self.product}") or "null")
        return None if numbers is None else RateLimits(self.wire.clock, self.product, **numbers)

    def limit_rate(self, *, points: int = 65_000, per_second: int = 100) -> None:
        """Switch the rate limits on, with nothing spent yet. ``limits = None`` switches them off.

        :param points: per app and hour.
        :param per_second: requests per app, method and endpoint.
        :raises ValueError: one of them is less than 1.
        """
        self.limits = RateLimits(self.wire.clock, self.product, points=points, per_second=per_second)

    # --- apps ---------------------------------------------------------------------------------------------------------

    @property
    def installations(self) -> list[Installation]:
        """Apps that are installed, enabled or not."""
        return [one for one in list(self._installations.values()) if one.state != "uninstalled"]

    @property
    def known(self) -> list[Installation]:
        """Every app that was ever installed, uninstalled ones included."""
        return list(self._installations.values())

    @property
    def all_known(self) -> list[Installation]:
        """Every app that was ever installed on this site or the other one."""
        return [one for site in self._sandbox.sites for one in site.known]

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
        :raises InstallError: the descriptor or the app's answer to ``installed`` does not allow it, and what was
            installed before stays; or the sandbox was reset meanwhile.
        """
        with self.lifecycle:
            resets = self._resets
            descriptor = fetch_descriptor(self, descriptor_url)
            known = self._installations.get(str(descriptor["key"]))
            if known is not None and client_key in (None, known.client_key):
                installation = known
            else:
                installation = Installation(self, client_key or self.ids.uuid())
            secret = self._secret_for(installation, descriptor, shared_secret)
            self._call_installed(installation, descriptor, secret)
            with self._lock:
                if self._resets != resets:
                    raise InstallError("The sandbox was reset while the app was being installed.")
                if known is not None and installation is not known:
                    known.forget()
                installation.accept(descriptor, secret)
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
        app_users = (one.person for one in self.known if one.account_id == account_id)
        return self.users.find(account_id) or next(app_users, None)

    # --- content ------------------------------------------------------------------------------------------------------

    def edit_page(
        self,
        page_id: str,
        *,
        title: str | None = None,
        body: str | None = None,
        account_id: str = ADMIN,
        version: int | None = None,
        later: Later = None,
    ) -> Page:
        """Edit a page and tell the apps (``page_updated``).

        :param body: in storage format.
        :param version: number of the new version; None for the next.
        :param later: gets the deliveries to do; None does them at once.
        :raises KeyError: there is no such page.
        :raises atlassian_connect.sandbox.store.content.VersionConflictError: ``version`` is not the next one.
        """
        with self.changes.caused_by(later=later):
            return self.content.edit_page(page_id, account_id=account_id, title=title, body=body, version=version)

    def edit_issue(
        self, key: str, *, summary: str, account_id: str = ADMIN, trace: str | None = None, later: Later = None
    ) -> Issue:
        """Edit an issue and tell the apps (``jira:issue_updated``).

        :param key: key or id.
        :param trace: echoed as ``X-Atlassian-Webhook-Trace``.
        :param later: gets the deliveries to do; None does them at once.
        :raises KeyError: there is no such issue.
        """
        with self.changes.caused_by(trace=trace, later=later):
            return self.content.edit_issue(key, account_id=account_id, summary=summary)[1]

    def announce(self, change: Change, *, later: Later = None) -> None:
        """Tell the apps of a change. Those that no webhook has a body for are told to nobody.

        :param later: gets the deliveries to do; None does them at once.
        """
        event = event_of(self, change) if self._installations else None
        if event is None:
            return

        def send() -> None:
            for installation in self.installations:
                deliver(installation, event)

        if later is None:
            send()
        else:
            later(send)

    def sample_context(self) -> dict[str, str]:
        """Values for the context variables, as if an administrator looked at the first page or issue."""
        if self.product == "confluence":
            page = next(iter(self.content.pages()), None)
            return url_context(self, Situation(account_id=ADMIN, page=page.id if page else None))
        issue = next(iter(self.content.issues()), None)
        return url_context(self, Situation(account_id=ADMIN, issue=issue.id if issue else None))

    def forget_all(self) -> None:
        """Drop all installations without telling anybody."""
        with self._lock:  # not the one of the lifecycle: an app that does not answer would hold it up
            self._resets += 1
            for installation in self.known:
                installation.forget()
            self._installations.clear()
