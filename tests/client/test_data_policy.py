"""What administrators block, as hosts tell it: asked rarely, and unknown is never read as allowed."""

from __future__ import annotations

import json
import threading
from urllib.parse import parse_qs

import pytest

from atlassian_connect.client import HostClient
from atlassian_connect.client.data_policy import DataPolicy, DataPolicyCache
from atlassian_connect.errors import HostServerError, RateLimitedError

from .hosts import CLOUD, make_tenant

METADATA = "/wiki/api/v2/data-policies/metadata"
SPACES = "/wiki/api/v2/data-policies/spaces"
SITE = "/rest/api/3/data-policy"
PROJECTS = "/rest/api/3/data-policy/project"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def answer(value, status=200):
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def spaces(blocked, known=("OPEN", "SECRET", "~557058:a")):
    """The host's answer about spaces: those it knows among those asked for."""

    def told(received):
        query = parse_qs(received.query)
        asked = {key.upper() for key in query.get("keys", [""])[0].split(",")} | set(
            query.get("ids", [""])[0].split(",")
        )
        rows = [
            {"id": str(100 + index), "key": key, "dataPolicy": {"anyContentBlocked": key in blocked}}
            for index, key in enumerate(known)
        ]
        return answer({"results": [row for row in rows if row["key"].upper() in asked or row["id"] in asked]})

    return told


def projects(blocked, known=range(1, 200)):
    """The host's answer about projects: 400 when one does not exist."""

    def told(received):
        ids = [int(id_) for id_ in parse_qs(received.query)["ids"][0].split(",")]
        assert len(ids) <= 50
        if set(ids) - set(known):
            return answer({"errorMessages": ["No project could be found."]}, 400)
        rows = [{"id": id_, "dataPolicy": {"anyContentBlocked": id_ in blocked}} for id_ in ids]
        return answer({"projectDataPolicies": rows})

    return told


@pytest.fixture
def since():
    return Clock()


@pytest.fixture
def cache(since):
    return DataPolicyCache(60, clock=since)


@pytest.fixture
def policy(client, tenant, cache):
    return DataPolicy(lambda: client, tenant, cache=cache)


@pytest.fixture
def jira_policy(cloud, transport, cache):
    tenant = make_tenant(CLOUD, client_key="jira-1")
    client = HostClient(tenant, transport=transport)
    return DataPolicy(lambda: client, tenant, cache=cache)


@pytest.mark.parametrize("blocked", [True, False])
def test_the_site(policy, jira_policy, cloud, blocked):
    cloud.answers[METADATA] = cloud.answers[SITE] = answer({"anyContentBlocked": blocked})

    assert policy.any_blocked() is blocked
    assert jira_policy.any_blocked() is blocked
    assert [received.path for received in cloud.received] == [METADATA, SITE]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_host_that_does_not_tell_leaves_it_unknown(policy, jira_policy, cloud, status):
    for path in (METADATA, SPACES, SITE, PROJECTS):
        cloud.on(path, status)

    assert policy.any_blocked() is None
    assert jira_policy.any_blocked() is None
    assert policy.blocked_spaces(["OPEN"]) is None
    assert jira_policy.blocked_projects([1, 2]) is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"anyContentBlocked": "false"}', b"null", b"[" * 100_000], ids=range(7)
)
def test_an_answer_of_another_form_leaves_it_unknown(policy, jira_policy, cloud, body):
    for path in (METADATA, SPACES, SITE, PROJECTS):
        cloud.on(path, 200, body)

    assert policy.any_blocked() is None
    assert policy.spaces(["OPEN"]) == {"OPEN": None}
    assert jira_policy.projects([1]) == {"1": None}


def test_a_failure_is_no_answer_and_is_not_kept(policy, cloud):
    cloud.on(METADATA, 500)
    with pytest.raises(HostServerError):
        policy.any_blocked()

    cloud.answers[METADATA] = answer({"anyContentBlocked": True})
    assert policy.any_blocked() is True


def test_too_many_calls_is_no_answer_either(policy, cloud):
    cloud.on(METADATA, 429, Retry_After="3600")

    with pytest.raises(RateLimitedError):
        policy.any_blocked()


def test_spaces_by_key_and_id(policy, cloud):
    cloud.answers[SPACES] = spaces({"SECRET"})

    assert policy.blocked_spaces(["OPEN", "SECRET"]) == {"SECRET"}
    assert policy.blocked_spaces(ids=[100, "101"]) == {"101"}
    assert policy.blocked_spaces(["~557058:a"]) == frozenset()
    assert policy.spaces(["secret"]) == {"secret": True}, "hosts take keys in any case"
    assert policy.blocked_spaces([]) == frozenset()


def test_a_space_that_the_app_cannot_see_is_unknown(policy, cloud):
    cloud.answers[SPACES] = spaces({"SECRET"})

    assert policy.spaces(["SECRET", "NONE"]) == {"SECRET": True, "NONE": None}
    assert policy.blocked_spaces(["SECRET", "NONE"]) == {"SECRET"}
    assert policy.blocked_spaces(["NONE"]) is None


def test_many_spaces_are_asked_for_in_batches(policy, cloud):
    keys = [f"S{number}" for number in range(250)]
    cloud.answers[SPACES] = spaces({"S249"}, known=keys)

    assert policy.blocked_spaces(keys) == {"S249"}
    assert len(cloud.received) == 3
    assert all(len(received.target) < 2000 for received in cloud.received)


def test_projects(jira_policy, cloud):
    cloud.answers[PROJECTS] = projects({2, 120})

    assert jira_policy.blocked_projects(range(1, 121)) == {"2", "120"}
    assert len(cloud.received) == 3
    assert jira_policy.blocked_projects(["2", 3]) == {"2"}


def test_one_missing_project_does_not_hide_the_others(jira_policy, cloud):
    cloud.answers[PROJECTS] = projects({7})

    assert jira_policy.projects([1, 7, 9999, 8]) == {"1": False, "7": True, "9999": None, "8": False}


def test_each_product_has_its_own(policy, jira_policy, cloud):
    with pytest.raises(ValueError, match="ask for projects"):
        jira_policy.blocked_spaces(["A"])
    with pytest.raises(ValueError, match="ask for spaces"):
        policy.blocked_projects([1])
    with pytest.raises(ValueError, match="is no project id"):
        jira_policy.blocked_projects(["ABC"])
    assert not cloud.received


# --- the cache --------------------------------------------------------------------------------------------------------


def test_an_answer_is_good_for_a_minute(policy, cloud, since):
    cloud.answers[METADATA] = answer({"anyContentBlocked": False})
    policy.any_blocked()
    cloud.answers[METADATA] = answer({"anyContentBlocked": True})

    since.now = 59
    assert policy.any_blocked() is False
    since.now = 61
    assert policy.any_blocked() is True
    assert len(cloud.received) == 2


def test_unknown_is_kept_too(jira_policy, cloud):
    cloud.on(SITE, 401)

    assert [jira_policy.any_blocked() for _ in range(5)] == [None] * 5
    assert len(cloud.received) == 1


def test_only_what_is_not_known_is_asked_for(policy, cloud):
    cloud.answers[SPACES] = spaces(set())
    policy.spaces(["OPEN"])
    policy.spaces(["OPEN", "SECRET"])

    assert [parse_qs(received.query)["keys"] for received in cloud.received] == [["OPEN"], ["SECRET"]]


def test_clearing_is_for_one_tenant(policy, jira_policy, cloud):
    cloud.answers[METADATA] = cloud.answers[SITE] = answer({"anyContentBlocked": False})
    policy.any_blocked(), jira_policy.any_blocked()

    policy.clear()
    policy.any_blocked(), jira_policy.any_blocked()

    assert [received.path for received in cloud.received] == [METADATA, SITE, METADATA]


def test_what_is_being_asked_while_it_is_cleared_is_not_kept(policy, cloud):
    def told(received):
        if len(cloud.received) == 1:
            policy.clear()  # the webhook arrives before the answer does
        return answer({"anyContentBlocked": len(cloud.received) > 1})

    cloud.answers[METADATA] = told

    assert policy.any_blocked() is False
    assert policy.any_blocked() is True


def test_without_a_cache_every_question_is_asked(client, tenant, cloud):
    cloud.answers[METADATA] = answer({"anyContentBlocked": False})
    policy = DataPolicy(lambda: client, tenant, cache=DataPolicyCache(0))

    policy.any_blocked()
    policy.any_blocked()

    assert len(cloud.received) == 2


def test_memory_is_bounded(cache):
    for number in range(3000):
        facts = cache.facts(f"tenant-{number}")
        cache.put(facts, {("key", "A"): True})
    facts = cache.facts("big")
    cache.put(facts, {("key", str(number)): True for number in range(5000)})

    assert len(cache._tenants) == 1000
    assert len(facts) == 2000
    assert cache.get(facts, [("key", "4999"), ("key", "0")]) == {("key", "4999"): True}


def test_threads_share_it(policy, cloud):
    cloud.answers[SPACES] = spaces({"SECRET"})
    told = []

    def ask():
        for _ in range(50):
            told.append(policy.blocked_spaces(["OPEN", "SECRET"]))
            policy.clear()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == [{"SECRET"}] * 400


# --- on the client ----------------------------------------------------------------------------------------------------


def test_a_client_has_one(client, cloud):
    cloud.answers[METADATA] = answer({"anyContentBlocked": True})

    assert client.data_policy.any_blocked() is True
    assert client.data_policy.any_blocked() is True
    assert len(cloud.received) == 1
    assert cloud.last.claims(client.tenant), "signed as the app"


def test_it_is_asked_as_the_app_also_by_a_client_that_is_nobody(client, cloud):
    client.anonymous().data_policy.any_blocked()

    assert cloud.last.claims(client.tenant)
