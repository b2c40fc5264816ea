"""Syncing many tenants: some at once, none in the way of another, few in memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import Final

from ..errors import ConnectError
from ..tenants import Tenant
from .modules import SyncResult

__all__ = ["DEFAULT_JOBS", "TenantSync", "sync_tenants"]

_log = logging.getLogger("atlassian_connect.dynamic")
#: A sync mostly waits for its host, and hosts are different sites: eight keep one processor busy.
DEFAULT_JOBS: Final = 8

#: A tenant with its result, or with what went wrong.
TenantSync = tuple[Tenant, SyncResult | Exception]


def sync_tenants(
    sync: Callable[[Tenant], SyncResult | None],
    tenants: Iterable[Tenant],
    *,
    jobs: int = DEFAULT_JOBS,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[TenantSync]:
    """Sync tenants, and give each as soon as it is done, in no particular order.

    No more tenants are taken than are being synced or wait to be given. A generator that is closed early starts no
    further sync, and lets those end that run: none is cut off between two calls to its host.

    :param sync: what to do for one tenant; None: there was nothing to sync any more, and the tenant is left out.
    :param jobs: how many at once, each in a thread of its own; 0: one after the other, in this thread.
    :param stopped: asked before each tenant; when it says yes, the rest is left alone.
    """
    due = iter(tenants)
    if jobs == 0:
        for tenant in due:
            if stopped():
                return
            yield from _given(tenant, _sync_one(sync, tenant))
        return
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="atlassian-connect-sync")
    running: dict[Future[SyncResult | Exception | None], Tenant] = {}
    try:
        while True:
            if not stopped():
                for tenant in islice(due, jobs - len(running)):
                    running[executor.submit(_sync_one, sync, tenant)] = tenant
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                yield from _given(running.pop(done), done.result())
    finally:
        executor.shutdown(cancel_futures=True)


def _sync_one(sync: Callable[[Tenant], SyncResult | None], tenant: Tenant) -> SyncResult | Exception | None:
    try:
        return sync(tenant)
    except ConnectError as error:
        return error
    except Exception as error:  # of the app's own code, most likely: the other tenants are to be synced all the same
        _log.exception("syncing the dynamic modules of tenant %s failed", tenant.client_key)
        return error


def _given(tenant: Tenant, result: SyncResult | Exception | None) -> Iterator[TenantSync]:
    if result is not None:
        yield tenant, result
