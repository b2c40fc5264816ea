from __future__ import annotations

from collections import Counter

import pytest

from atlassian_connect.tenants import TenantCache
from tests.tenants.conftest import NOW, payload


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class CountingStore:
    """Counts reads, and can let something happen during one."""

    def __init__(self, store):
        self.store = store
        self.reads = Counter()
        self.during = None

    def get(self, client_key):
        self.reads[client_key] += 1
        tenant = self.store.get(client_key)
        if self.during:
            self.during()
        return tenant


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def counted(app):
    store = app.extensions["atlassian_connect"].store
    store.install(payload(), app_key="com.example.app", now=NOW)
    return CountingStore(store)


@pytest.fixture
def cache(counted, clock):
    return TenantCache(counted, seconds=2, clock=clock)


def test_a_tenant_is_read_once_in_its_time(cache, counted, clock):
    assert cache.get("tenant-1")[1] is True
    assert cache.get("tenant-1")[1] is False
    clock.now = 1.9
    assert cache.get("tenant-1")[1] is False
    assert counted.reads["tenant-1"] == 1


def test_the_bound_on_stale_trust_is_the_time_that_was_set(cache, counted, clock):
    """Another process's uninstall is seen after `seconds` at the latest."""
    cache.get("tenant-1")
    counted.store.uninstall("tenant-1", now=NOW)

    assert cache.get("tenant-1")[0].installed
    clock.now = 2.01
    assert not cache.get("tenant-1")[0].installed


def test_a_drop_holds_at_once(cache, counted):
    cache.get("tenant-1")
    counted.store.uninstall("tenant-1", now=NOW)
    cache.drop("tenant-1")

    assert not cache.get("tenant-1")[0].installed


def test_a_read_that_began_before_a_change_does_not_bring_the_old_state_back(cache, counted):
    def uninstall_meanwhile():
        counted.during = None
        counted.store.uninstall("tenant-1", now=NOW)
        cache.drop("tenant-1")

    counted.during = uninstall_meanwhile
    cache.get("tenant-1")

    assert not cache.get("tenant-1")[0].installed


def test_unknown_and_uninstalled_tenants_are_never_kept(cache, counted):
    cache.get("unknown")
    cache.get("unknown")
    counted.store.uninstall("tenant-1", now=NOW)
    cache.get("tenant-1")
    cache.get("tenant-1")

    assert counted.reads == {"unknown": 2, "tenant-1": 2}


def test_zero_seconds_read_every_time(counted):
    cache = TenantCache(counted, seconds=0)
    for _ in range(3):
        assert cache.get("tenant-1")[1] is True
    assert counted.reads["tenant-1"] == 3
