"""What a site remembers of one app."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, cast

from ..protocol.modules import Module
from ..protocol.scopes import effective_scopes
from ..secret import Secret
from .dynamic import check_registration
from .lifecycle import static_modules
from .people import Person, app_person
from .store.app_properties import AppProperties
from .store.schema import InstallationRow

if TYPE_CHECKING:
    from .site import Site

__all__ = ["InstalledApp", "Licence", "State"]

State = Literal["enabled", "disabled", "uninstalled"]
#: What a site has for an app with ``enableLicensing``. ``unlicensed``: a licence that ended. ``none``: never one.
Licence = Literal["none", "evaluation", "licensed", "unlicensed"]

_logger = logging.getLogger(__name__)


class InstalledApp:
    """What a site remembers of an app. Every change is written to the store at once.

    :param row: what the store has of it; None for a new one.
    :ivar site: where it is installed.
    :ivar client_key: the id of the installation.
    :ivar properties: what the app keeps on the site.
    """

    def __init__(self, site: Site, client_key: str, row: InstallationRow | None = None) -> None:
        self.site = site
        self.client_key = client_key
        self.account_id = row.account_id if row else site.ids.account_id()
        self.oauth_client_id = row.oauth_client_id if row else site.ids.uuid()
        self.properties = AppProperties(site.store.database, client_key)
        self._state: State = cast("State", row.state) if row else "uninstalled"
        self._licence: Licence = cast("Licence", row.licence) if row else "none"
        self._descriptor: dict[str, Any] = row.descriptor if row else {}
        self._secret = Secret(row.secret) if row and row.secret is not None else None
        self._dynamic = [Module(type_name, definition) for type_name, definition in row.dynamic] if row else []
        self._blocked = frozenset(row.blocked if row else ())
        self._lock = Lock()
        self._forgotten = False

    def __repr__(self) -> str:
        where = f"on {self.site.product}, client_key={self.client_key!r}"
        return f"{type(self).__name__}({self.app_key!r} {where}, {self.state})"

    def save(self) -> None:
        """Write it to the store, unless the site has forgotten it."""
        with self.site.store.database.transaction():  # else one that is forgotten meanwhile would come back
            if self._forgotten:
                return
            self.site.store.installations.save(
                InstallationRow(
                    client_key=self.client_key,
                    product=self.site.product,
                    account_id=self.account_id,
                    oauth_client_id=self.oauth_client_id,
                    state=self._state,
                    licence=self._licence,
                    secret=None if self._secret is None else self._secret.reveal(),
                    descriptor=self._descriptor,
                    dynamic=tuple((module.type, dict(module.definition)) for module in self._dynamic),
                    blocked=tuple(sorted(self._blocked)),
                )
            )

    def forget(self) -> None:
        """Be uninstalled, and let the store have nothing of it any more. The app is not told."""
        self._state, self._forgotten = "uninstalled", True
        self.site.store.installations.forget(self.client_key)

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """``enabled``, ``disabled`` or ``uninstalled``."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        self.save()

    @property
    def licence(self) -> Licence:
        """What the site has; matters to apps with ``enableLicensing``."""
        return self._licence

    @licence.setter
    def licence(self, licence: Licence) -> None:
        self._licence = licence
        self.save()

    @property
    def app_key(self) -> str:
        """``key`` of the descriptor."""
        return str(self._descriptor.get("key", ""))

    @property
    def app_base_url(self) -> str:
        """``baseUrl`` of the descriptor."""
        return str(self._descriptor["baseUrl"])

    @property
    def descriptor(self) -> dict[str, Any]:
        """The descriptor as it was fetched."""
        return self._descriptor

    @property
    def shared_secret(self) -> Secret | None:
        """Signs both ways. None for an app with ``authentication`` ``none``."""
        return self._secret

    @property
    def static_modules(self) -> list[Module]:
        """Modules of the descriptor."""
        return static_modules(self._descriptor)

    @property
    def dynamic_modules(self) -> list[Module]:
        """Modules registered at runtime. They are kept while the app is uninstalled."""
        with self._lock:
            return list(self._dynamic)

    @property
    def modules(self) -> list[Module]:
        """All of them, those of the descriptor first."""
        return [*self.static_modules, *self.dynamic_modules]

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that the descriptor asks for, with those they imply."""
        return effective_scopes(self.site.product, self._descriptor.get("scopes", []))

    @property
    def licensed(self) -> bool:
        """Whether the site's licence counts. Setting it gives a licence, or takes it away."""
        return self.licence in ("licensed", "evaluation")

    @licensed.setter
    def licensed(self, licensed: bool) -> None:
        self.licence = "licensed" if licensed else "none"

    @property
    def person(self) -> Person:
        """The user that the app acts as."""
        name = str(self._descriptor.get("name") or self.app_key)
        return app_person(self.account_id, name, administers="ADMIN" in self.scopes)

    def module(self, key: str) -> Module:
        """Find a module by its key, static or dynamic.

        :raises KeyError: there is none.
        """
        modules = self.modules
        for module in modules:
            if module.key == key:
                return module
        known = ", ".join(module.key for module in modules if module.key)
        raise KeyError(f"{self.app_key} has no module {key!r} on {self.site.product}; it has {known or 'none'}.")

    # --- lifecycle ----------------------------------------------------------------------------------------------------

    def accept(self, descriptor: dict[str, Any], secret: Secret | None) -> None:
        """Take over what the app has agreed to, and be enabled. The site calls it when ``installed`` was answered well.

        When a static module has the key of a dynamic one, all dynamic modules of the app go, as on real hosts.
        """
        with self._lock:
            self._descriptor, self._secret = descriptor, secret
            static = {module.key for module in static_modules(descriptor)}
            if any(module.key in static for module in self._dynamic):
                _logger.warning("A static module clashes with a dynamic one: all dynamic ones of %s go.", self.app_key)
                self._dynamic = []
            self._state = "enabled"
            self.save()

    # --- app access rules ---------------------------------------------------------------------------------------------

    @property
    def blocked(self) -> frozenset[str]:
        """Keys of the spaces or projects that an app access rule keeps the app out of."""
        return self._blocked

    @blocked.setter
    def blocked(self, keys: frozenset[str]) -> None:
        self._blocked = keys
        self.save()

    # --- dynamic modules ----------------------------------------------------------------------------------------------

    def register_modules(self, body: object) -> list[Module]:
        """Register modules, all or none.

        :param body: the decoded JSON of a registration.
        :return: the new ones.
        :raises atlassian_connect.sandbox.dynamic.ModulesRefusedError: the host refuses them.
        """
        with self._lock:
            wanted = check_registration(
                body,
                app_key=self.app_key,
                base_url=self.app_base_url,
                reads="READ" in self.scopes,
                static=static_modules(self._descriptor),
                dynamic=self._dynamic,
            )
            self._dynamic = [*self._dynamic, *wanted]
            self.save()
            return wanted

    def remove_modules(self, keys: list[str] | None = None) -> None:
        """Remove dynamic modules; keys that are not there are ignored. None: remove all."""
        with self._lock:
            self._dynamic = [] if keys is None else [module for module in self._dynamic if module.key not in keys]
            self.save()
