"""Dynamic modules: what a tenant should have, what its host has, and closing the difference.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from threading import Lock

from .client import DynamicModulesClient, HostClient
from .errors import DescriptorError
from .protocol.modules import Module
from .protocol.sync_plan import SyncPlan, plan_sync
from .tenants import Tenant, tenant_itself

__all__ = ["DynamicModules", "SyncResult"]

_log = logging.getLogger(__name__)
_LOCKS = 64


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What :meth:`DynamicModules.sync` did, by module key."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the host had everything as it should be."""
        return not (self.added or self.changed or self.removed)


class DynamicModules:
    """Registers and removes modules at runtime, for one tenant at a time.

    Every method calls the host as the app and raises the ``Host…Error`` of its answer: 400 when a module is invalid or
    its key is taken, 401 when the host does not take the call for one of this app.

    :param client_for: makes the client of a tenant.
    :param declared: what a tenant should have.
    :param static_keys: keys of the descriptor's own modules, which a host refuses to register again.
    :param synced: called with tenant and result after each sync.
    """

    def __init__(
        self,
        *,
        client_for: Callable[[Tenant], HostClient],
        declared: Callable[[Tenant], list[Module]],
        static_keys: Callable[[], Collection[str]],
        synced: Callable[[Tenant, SyncResult], None],
    ) -> None:
        self._client_for = client_for
        self._declared = declared
        self._static_keys = static_keys
        self._synced = synced
        self._locks = tuple(Lock() for _ in range(_LOCKS))

    def list(self, tenant: Tenant) -> list[Module]:
        """Return the modules that the host has for this tenant."""
        return self._host(tenant).list()

    def register(self, tenant: Tenant, *modules: Module) -> None:
        """Register modules, in one request: if the host refuses one, it registers none.

        :raises DescriptorError: a module is wrong in itself, or its key stands in the descriptor.
        """
        self._refuse_static(modules)
        self._host(tenant).register(modules)

    def remove(self, tenant: Tenant, *keys: str) -> None:
        """Remove modules by key. Keys that the host does not know are ignored, by the host."""
        self._host(tenant).remove(*keys)

    def remove_all(self, tenant: Tenant) -> list[str]:  # type: ignore[valid-type]  # the method above is named so
        """Remove everything that the host lists, and return the keys."""
        return self._host(tenant).remove_all()

    def wanted(self, tenant: Tenant) -> list[Module]:  # type: ignore[valid-type]  # the method above is named so
        """Return what the app declares for this tenant."""
        return self._declared(tenant_itself(tenant))

    def plan(self, tenant: Tenant) -> SyncPlan:
        """Return what :meth:`sync` would do. Errors are its own."""
        wanted = self._declared(tenant_itself(tenant))
        self._refuse_static(wanted)
        return plan_sync(wanted, self._host(tenant).list())

    def sync(self, tenant: Tenant) -> SyncResult:
        """Make the host's modules equal to what is declared. Repeating it does nothing more.

        A changed module is removed and registered again, since hosts have no update. Two syncs of one tenant in this
        process wait for each other.

        :raises DescriptorError: what is declared is wrong in itself; nothing was sent.
        """
        tenant = tenant_itself(tenant)
        with self._locks[hash(tenant.client_key) % _LOCKS]:
            plan = self.plan(tenant)
            host = self._host(tenant)
            gone = [*plan.remove, *(module.key for module in plan.change)]
            if gone:
                host.remove(*gone)
            if plan.add or plan.change:
                host.register([*plan.add, *plan.change])
        result = SyncResult(
            added=tuple(module.key for module in plan.add),
            changed=tuple(module.key for module in plan.change),
            removed=plan.remove,
            unchanged=plan.keep,
        )
        if not result.is_empty:
            _log.info(
                "dynamic modules of tenant %s: %d added, %d changed, %d removed",
                tenant.client_key,
                len(result.added),
                len(result.changed),
                len(result.removed),
            )
        self._synced(tenant, result)
        return result

    def _host(self, tenant: Tenant) -> DynamicModulesClient:
        return DynamicModulesClient(self._client_for(tenant_itself(tenant)))

    def _refuse_static(self, modules: Collection[Module]) -> None:
        static = set(self._static_keys())
        for module in modules:
            if module.key in static:
                raise DescriptorError(f"The descriptor has a module {module.key!r} already.", path="dynamic modules")
