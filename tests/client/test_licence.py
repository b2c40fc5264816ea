"""The licence: what a host says, for how long it is believed, and what counts while it says nothing."""

from __future__ import annotations

import pytest

from atlassian_connect.client import Licence
from atlassian_connect.client.licence import LicenceCache
from atlassian_connect.errors import HostServerError, HostUnauthorizedError

from .hosts import APP_KEY
from .scripted import Time, scripted

PATH = f"/rest/atlassian-connect/1/addons/{APP_KEY}"
PAID = {
    "key": APP_KEY,
    "state": "ENABLED",
    "host": {"product": "Jira", "contacts": [{"name": "Ada", "email": "ada@example.com"}]},
    "license": {
        "active": True,
        "type": "COMMERCIAL",
        "evaluation": True,
        "supportEntitlementNumber": "SEN-123",
        "entitlementId": "e-1",
        "entitlementNumber": "E-123",
        "capabilitySet": "capabilityStandard",
    },
}


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def jira(transport, time):
    return scripted(transport, "jira", time)


@pytest.fixture
def cache(time):
    return LicenceCache(600, grace_seconds=3600, clock=time)


def test_what_a_host_says(jira):
    host, client = jira
    host.route("GET", PATH, (200, PAID))

    licence = client.licence()

    assert licence == Licence(
        active=True,
        type="COMMERCIAL",
        evaluation=True,
        support_entitlement_number="SEN-123",
        entitlement_id="e-1",
        entitlement_number="E-123",
        source="rest",
    )
    assert "Ada" not in repr(licence)


@pytest.mark.parametrize(
    "answer",
    [
        {"key": APP_KEY, "state": "DISABLED"},
        {"key": APP_KEY, "license": None},
        {"key": APP_KEY, "license": {"active": "true"}},
        {"key": APP_KEY, "license": {"type": 7}},
        {},
    ],
)
def test_no_licence_is_not_active(jira, answer):
    host, client = jira
    host.route("GET", PATH, (200, answer))

    assert client.licence().active is False


def test_an_answer_is_believed_for_a_while(jira, cache, time):
    host, client = jira
    host.route("GET", PATH, (200, PAID))

    assert client.licence(cache).active
    time.now = 599
    assert client.licence(cache).active
    assert len(host.received) == 1
    host.route("GET", PATH, (200, {"key": APP_KEY}))
    time.now = 601
    assert not client.licence(cache).active


def test_the_last_answer_counts_while_the_host_is_down(jira, cache, time):
    host, client = jira
    host.route("GET", PATH, (200, PAID))
    client.licence(cache)
    host.route("GET", PATH, (500, {}))
    time.now = 601

    first = client.licence(cache)
    asked = len(host.received)
    second = client.licence(cache)

    assert (first.active, first.stale) == (second.active, second.stale) == (True, True)
    assert len(host.received) == asked, "a host that is down is left alone for a moment"
    time.now = 640
    host.route("GET", PATH, (200, PAID))
    assert client.licence(cache).stale is False


def test_grace_ends(jira, cache, time):
    host, client = jira
    host.route("GET", PATH, (200, PAID))
    client.licence(cache)
    host.route("GET", PATH, (500, {}))
    for now in (601, 3000, 3599):
        time.now = now
        assert client.licence(cache).stale

    time.now = 3700
    with pytest.raises(HostServerError):
        client.licence(cache)


def test_without_an_earlier_answer_there_is_none(jira, cache):
    host, client = jira
    host.route("GET", PATH, (500, {}))

    with pytest.raises(HostServerError):
        client.licence(cache)


def test_a_host_that_refuses_is_not_down(jira, cache, time):
    host, client = jira
    host.route("GET", PATH, (200, PAID))
    client.licence(cache)
    host.route("GET", PATH, (401, {}))
    time.now = 601

    with pytest.raises(HostUnauthorizedError):
        client.licence(cache)


def test_what_is_known_about_a_tenant_can_be_dropped(jira, cache):
    host, client = jira
    host.route("GET", PATH, (200, PAID))
    client.licence(cache)

    cache.drop(client.tenant.client_key)
    client.licence(cache)

    assert len(host.received) == 2
