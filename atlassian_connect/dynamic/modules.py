"""``connect.dynamic``: the calls, and the sync that makes the host's modules equal to what is declared.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

import builtins
import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Lock

from ..client import DynamicModulesClient, HostClient
from ..errors import ConnectError, DescriptorError
from ..protocol.modules import Module, module_types
from ..protocol.sync_plan import RefusedModule, SyncOutcome, SyncPlan, check_wanted, module_digest, plan_sync
from ..tenants import Tenant, tenant_itself
from .reconciliation import Reconciliation

__all__ = ["DynamicModules", "SyncResult"]

_log = logging.getLogger("atlassian_connect.dynamic")
_LOCKS = 64
_MAX_ERROR = 1000


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What :meth:`DynamicModules.sync` did, or would do, by module key.

    :ivar refused: declared, and not on the host now. A module whose new form was refused is there in its old form.
    :ivar vanished: what the last sync left at the host and this one did not find there. All of them: the host removes
        the dynamic modules of an app when its upgrade brings a static module with the key of one.
    :ivar dry_run: nothing was sent.
    :ivar plan: what this came from, with the modules themselves.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    refused: tuple[RefusedModule, ...] = ()
    vanished: tuple[str, ...] = field(default=(), compare=False)
    dry_run: bool = field(default=False, compare=False)
    plan: SyncPlan = field(default=SyncPlan(), compare=False, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether the host had everything as it should be."""
        return not (self.added or self.changed or self.removed or self.refused)


class DynamicModules:
    """Registers and removes modules at runtime, for one tenant at a time.

    Every method calls the host as the app and raises the ``Host…Error`` of its answer: 400 when a module is invalid or
    its key is taken, 401 when the host does not take the call for one of this app.

    :param client_for: makes the client of a tenant.
    :param declared: what a tenant should have.
    :param static_keys: keys of the descriptor's own modules, which a host refuses to register again.
    :param synced: called with tenant and result after each sync.
    :param check: raises DescriptorError for a module whose URLs lead nowhere; called with the module and its path.
    :param lock: held during a sync: waits for other syncs of the tenant, and raises when that takes too long. Gives a
        function that raises when it was lost meanwhile. Default: syncs of this process wait for each other.
    :param record: keeps what became of a sync, also of one that failed; not of one that did not get the lock.
    :param last: what was kept last; None: nothing.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        *,
        client_for: Callable[[Tenant], HostClient],
        declared: Callable[[Tenant], list[Module]],
        static_keys: Callable[[], Collection[str]],
        synced: Callable[[Tenant, SyncResult], None],
        check: Callable[[Module, str], None] = lambda module, path: None,
        lock: Callable[[Tenant], AbstractContextManager[Callable[[], None]]] | None = None,
        record: Callable[[Tenant, SyncOutcome], None] = lambda tenant, outcome: None,
        last: Callable[[Tenant], SyncOutcome | None] = lambda tenant: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client_for = client_for
        self._declared = declared
        self._static_keys = static_keys
        self._synced = synced
        self._check_urls = check
        self._lock = lock or self._lock_in_process
        self._record = record
        self._last = last
        self._clock = clock
        self._locks = tuple(Lock() for _ in range(_LOCKS))
        self._unknown_types: set[str] = set()

    def list(self, tenant: Tenant) -> list[Module]:
        """Return the modules that the host has for this tenant."""
        return self._host(tenant).list()

    def register(self, tenant: Tenant, *modules: Module) -> None:
        """Register modules, in one request: if the host refuses one, it registers none.

        :raises DescriptorError: a module is wrong in itself, or its key stands in the descriptor.
        """
        checked = self._checked(modules)
        static = set(self._static_keys())
        for index, module in enumerate(checked):
            if module.key in static:
                raise DescriptorError(
                    f"The descriptor has a module {module.key!r} already.", path=f"dynamic modules[{index}].key"
                )
        self._host(tenant).register(checked)

    def remove(self, tenant: Tenant, *keys: str) -> None:
        """Remove modules by key. Keys that the host does not know are ignored, by the host."""
        self._host(tenant).remove(*keys)

    def remove_all(self, tenant: Tenant) -> builtins.list[str]:
        """Remove everything that the host lists, and return the keys."""
        return self._host(tenant).remove_all()

    def wanted(self, tenant: Tenant) -> builtins.list[Module]:
        """Return what the app declares for this tenant.

        :raises DescriptorError: it is wrong in itself; the path says where, such as ``dynamic modules[3].url``.
        """
        tenant = tenant_itself(tenant)
        try:
            return self._checked(self._declared(tenant))
        except DescriptorError as error:
            if error.__cause__ is not None and not isinstance(error.__cause__, ConnectError):
                _log.error(  # the message names the function only; whoever mends it needs the place
                    "computing the dynamic modules of tenant %s failed", tenant.client_key, exc_info=error.__cause__
                )
            raise

    def sync(self, tenant: Tenant, *, dry_run: bool = False) -> SyncResult:
        """Make the host's modules equal to what is declared. Repeating it does nothing more.

        A changed module is removed and registered again, since hosts have no update. What the host refuses is found
        out and told in the result; the others get in, and a changed module whose new form is refused gets its old form
        back; while the host refuses that in the same words, later syncs leave the old one in place. When a call fails
        on the way, what was removed to be changed is put back where the host allows it. A sync that is cut short is
        made good by the next one.

        Syncs of one tenant wait for each other.

        :param dry_run: find out what would be done, and do nothing.
        :raises DescriptorError: what is declared is wrong in itself; nothing was sent.
        """
        tenant = tenant_itself(tenant)
        if dry_run:
            wanted = self.wanted(tenant)
            return self._result(*self._compare(tenant, wanted, self._host(tenant).list(), self._last(tenant)), dry_run)
        with self._lock(tenant) as may_go_on:
            result = self._sync(tenant, may_go_on)
        self._synced(tenant, result)
        return result

    def _sync(self, tenant: Tenant, may_go_on: Callable[[], None]) -> SyncResult:
        last = self._last(tenant)
        run: Reconciliation | None = None
        try:
            wanted, host = self.wanted(tenant), self._host(tenant)
            present = host.list()
            plan, vanished = self._compare(tenant, wanted, present, last)
            sent, keep = dict(last.sent) if last else {}, set(plan.keep)
            for module in wanted:
                if module.key in keep and module.key not in sent:  # else the plan has found it equal
                    sent[module.key] = module_digest(module)
            rejected = last.rejected if last else {}
            run = Reconciliation(
                host, plan, present, sent=sent, rejected=rejected, may_go_on=may_go_on, name=tenant.client_key
            )
            refused = run.carry_out()
        except Exception as error:
            self._record_failure(tenant, error, run, last, may_go_on)
            raise
        result = self._result(plan, vanished, refused=refused)
        may_go_on()  # what another sync has recorded since is newer
        self._record(tenant, self._outcome(result, run))
        _tell(tenant, result)
        return result

    def _compare(
        self, tenant: Tenant, wanted: Sequence[Module], present: Sequence[Module], last: SyncOutcome | None
    ) -> tuple[SyncPlan, tuple[str, ...]]:
        plan = plan_sync(wanted, present, static_keys=self._static_keys(), sent=last.sent if last else None)
        there = {module.key for module in present}
        return plan, tuple(key for key in (last.registered if last else ()) if key not in there)

    def _result(
        self,
        plan: SyncPlan,
        vanished: tuple[str, ...],
        dry_run: bool = False,
        refused: tuple[RefusedModule, ...] = (),
    ) -> SyncResult:
        out = {module.key for module in refused}
        return SyncResult(
            added=tuple(module.key for module in plan.add if module.key not in out),
            changed=tuple(module.key for module in plan.change if module.key not in out),
            removed=plan.remove,
            unchanged=plan.keep,
            refused=plan.refused + refused,
            vanished=vanished,
            dry_run=dry_run,
            plan=plan,
        )

    def _outcome(self, result: SyncResult, run: Reconciliation) -> SyncOutcome:
        return SyncOutcome(
            at=self._clock(),
            added=result.added,
            changed=result.changed,
            removed=result.removed,
            unchanged=result.unchanged,
            refused=result.refused,
            registered=tuple(run.there),
            sent=run.sent,
            rejected=run.rejected,
        )

    def _record_failure(
        self,
        tenant: Tenant,
        error: Exception,
        run: Reconciliation | None,
        last: SyncOutcome | None,
        may_go_on: Callable[[], None],
    ) -> None:
        # Other errors' texts are not ours to repeat: they may hold data of the app.
        text = f"{type(error).__name__}: {error}" if isinstance(error, ConnectError) else type(error).__name__
        known = run.there if run else last.registered if last else ()
        outcome = SyncOutcome(
            at=self._clock(),
            registered=tuple(known),
            sent=run.sent if run else last.sent if last else {},
            rejected=run.rejected if run else last.rejected if last else {},
            error=" ".join(text.split())[:_MAX_ERROR],
        )
        try:
            may_go_on()
            self._record(tenant, outcome)
        except Exception:
            _log.exception("the failed sync of tenant %s could not be recorded", tenant.client_key)

    def _checked(self, modules: Sequence[Module]) -> builtins.list[Module]:
        checked = check_wanted(modules)
        for index, module in enumerate(checked):
            if module.type not in module_types() and module.type not in self._unknown_types:
                self._unknown_types.add(module.type)
                _log.warning("module type %s is not in the catalogue; the host may know it", module.type)
            self._check_urls(module, f"dynamic modules[{index}]")
        return checked

    def _host(self, tenant: Tenant) -> DynamicModulesClient:
        return DynamicModulesClient(self._client_for(tenant_itself(tenant)))

    @contextmanager
    def _lock_in_process(self, tenant: Tenant) -> Iterator[Callable[[], None]]:
        with self._locks[hash(tenant.client_key) % _LOCKS]:
            yield lambda: None


def _tell(tenant: Tenant, result: SyncResult) -> None:
    if result.vanished:
        present = set(result.unchanged) | set(result.changed) | set(result.removed)
        _log.warning(
            "the host of tenant %s no longer had %s of the dynamic modules that the last sync left there%s",
            tenant.client_key,
            "some" if present else "any",
            "" if present else ": hosts remove all when an upgrade's static modules have the key of a dynamic one",
        )
    for module in result.refused:
        _log.warning(
            "dynamic module %s (%s) of tenant %s is refused: %s",
            module.key,
            module.type,
            tenant.client_key,
            module.message,
        )
    if result.added or result.changed or result.removed:
        _log.info(
            "dynamic modules of tenant %s: %d added, %d changed, %d removed",
            tenant.client_key,
            len(result.added),
            len(result.changed),
            len(result.removed),
        )
