"""Syncing many tenants: so many at once, none in the way of another, few in memory."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from atlassian_connect.dynamic import SyncResult
from atlassian_connect.dynamic.fleet import sync_tenants
from atlassian_connect.errors import HostServerError

DONE = SyncResult(unchanged=("a",))


class Named:
    """All that the fleet asks of a tenant: its client key, for the log."""

    def __init__(self, number: int) -> None:
        self.client_key = f"tenant-{number}"


def tenants(count, taken=None):
    for number in range(count):
        if taken is not None:
            taken["taken"] += 1
        yield Named(number)


@pytest.mark.parametrize("jobs", [0, 1, 7])
def test_every_tenant_is_given_once(jobs):
    given = Counter(tenant.client_key for tenant, _ in sync_tenants(lambda tenant: DONE, tenants(50), jobs=jobs))

    assert given == Counter(tenant.client_key for tenant in tenants(50))


@pytest.mark.parametrize("jobs", [0, 4])
def test_failure_of_one_is_given_and_stops_no_other(jobs, caplog):
    refused = HostServerError(status=500, message="no", method="GET", url="/x")

    def sync(tenant):
        if tenant.client_key == "tenant-3":
            raise refused
        if tenant.client_key == "tenant-5":
            raise ZeroDivisionError
        return DONE

    results = {tenant.client_key: result for tenant, result in sync_tenants(sync, tenants(9), jobs=jobs)}

    assert len(results) == 9
    assert results.pop("tenant-3") is refused
    assert isinstance(results.pop("tenant-5"), ZeroDivisionError)
    assert set(results.values()) == {DONE}
    assert "tenant-5 failed" in caplog.text, "an error of the app's own code is logged with its traceback"
    assert "tenant-3" not in caplog.text


@pytest.mark.parametrize("jobs", [0, 4])
def test_what_is_gone_meanwhile_is_left_out(jobs):
    def sync(tenant):
        return None if tenant.client_key == "tenant-1" else DONE

    assert {tenant.client_key for tenant, _ in sync_tenants(sync, tenants(3), jobs=jobs)} == {"tenant-0", "tenant-2"}


def test_no_more_run_at_once_than_asked_for():
    inside, most, guard = 0, 0, threading.Lock()
    four = threading.Barrier(4, timeout=30)

    def sync(tenant):
        nonlocal inside, most
        with guard:
            inside += 1
            most = max(most, inside)
        four.wait()  # passes only when four are here at once
        with guard:
            inside -= 1
        return DONE

    assert len(list(sync_tenants(sync, tenants(40), jobs=4))) == 40
    assert most == 4


def test_tenants_are_taken_as_they_are_needed():
    """Thousands of tenants are never in memory together."""
    counts = Counter()
    for given, _ in enumerate(sync_tenants(lambda tenant: DONE, tenants(500, counts), jobs=4), start=1):
        assert counts["taken"] <= given + 2 * 4


@pytest.mark.parametrize("jobs", [0, 3])
def test_when_stopped_the_rest_is_left_alone_and_what_runs_is_given(jobs):
    counts = Counter()
    stop = threading.Event()

    def sync(tenant):
        counts["synced"] += 1
        if tenant.client_key == "tenant-10":
            stop.set()
        return DONE

    given = list(sync_tenants(sync, tenants(500), jobs=jobs, stopped=stop.is_set))

    assert len(given) == counts["synced"]
    assert 11 <= len(given) <= 11 + 2 * 3


def test_closing_early_waits_for_what_runs():
    running, done = threading.Event(), threading.Event()

    def sync(tenant):
        if tenant.client_key == "tenant-1":
            running.set()
            threading.Event().wait(0.05)
            done.set()
        elif tenant.client_key == "tenant-0":
            running.wait(30)
        return DONE

    fleet = sync_tenants(sync, tenants(100), jobs=2)
    next(fleet)
    fleet.close()

    assert done.is_set() or not running.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("atlassian-connect-sync_")]
