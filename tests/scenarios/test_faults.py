"""The client against a site that misbehaves, over real HTTP. Waits are noted, not waited."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from atlassian_connect import AtlassianConnect
from atlassian_connect.client import HostClient, RetryPolicy, Transport, call_of
from atlassian_connect.errors import (
    HostError,
    HostServerError,
    HostTimeoutError,
    HostUnreachableError,
    PaginationError,
    RateLimitedError,
    UrlNotAllowedError,
)
from atlassian_connect.sandbox import Sandbox, SandboxServer, WsgiTransport
from atlassian_connect.sandbox.faults import (
    Announced,
    Broken,
    Dropped,
    EndlessPages,
    RateLimited,
    Redirected,
    Slow,
    Unavailable,
)
from atlassian_connect.web.context import state_of
from tests.conftest import BASE_URL

MYSELF = "/rest/api/3/myself"
PROJECTS = "/rest/api/3/project/search"


class VirtualTime:
    """Sleeping takes no time here, and the budget sees it pass."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def timer(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time():
    return VirtualTime()


@pytest.fixture
def sandbox(make_app) -> Iterator[Sandbox]:
    """A site on a port of its own, with the app installed on both products."""
    apps = WsgiTransport({})
    sandbox = Sandbox("http://localhost:1", transport=apps)
    with SandboxServer(sandbox, port=0) as server:
        template = {"key": "com.example.app", "name": "App", "scopes": ["WRITE"]}
        app = make_app(
            AtlassianConnect(),
            ATLASSIAN_CONNECT_DESCRIPTOR=template,
            ATLASSIAN_CONNECT_SANDBOX_URL=sandbox.jira.base_url,
        )
        apps.mount(BASE_URL, app.wsgi_app)
        for site in (sandbox.jira, sandbox.confluence):
            site.install(f"{BASE_URL}/atlassian-connect.json")
        sandbox.tenants = state_of(app).store
        assert server.url
        yield sandbox


def client_of(sandbox, product, time, transport, **options):
    site = sandbox.jira if product == "jira" else sandbox.confluence
    (installation,) = site.installations
    policy = RetryPolicy(budget_seconds=60, sleep=time.sleep, timer=time.timer)
    return HostClient(sandbox.tenants.get(installation.client_key), transport=transport, retry_policy=policy, **options)


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport()
    yield transport
    transport.close()


@pytest.fixture
def jira(sandbox, time, transport):
    return client_of(sandbox, "jira", time, transport)


@pytest.mark.parametrize("style", ["seconds", "date", "x-ratelimit", "structured", "none"])
def test_a_limit_is_waited_for_whatever_way_it_is_told(sandbox, jira, time, style):
    with sandbox.jira.faults.add(RateLimited(seconds=3, style=style), path=MYSELF, times=2) as fault:
        call = call_of(jira.get(MYSELF))

    assert fault.hits == 2
    assert (call.attempts, len(call.waits)) == (3, 2)
    assert list(call.waits) == time.waits
    if style in ("seconds", "date"):  # Retry-After is a minimum; without it the back-off counts
        assert all(wait >= 2 for wait in time.waits)


def test_a_limit_that_does_not_end_is_an_error_within_the_budget(sandbox, jira, time):
    with (
        sandbox.jira.faults.add(RateLimited(seconds=25), path=MYSELF) as fault,
        pytest.raises(RateLimitedError) as caught,
    ):
        jira.get(MYSELF)

    assert fault.hits == caught.value.attempts == 3
    assert sum(time.waits) <= 60


def test_limits_that_are_only_announced_cause_no_waiting(sandbox, jira, time):
    with sandbox.jira.faults.add(Announced(style="beta", remaining=0), path=MYSELF):
        jira.get(MYSELF)
        jira.get(MYSELF)

    assert time.waits == []


def test_a_limit_that_is_near_can_be_seen(sandbox, jira):
    with sandbox.jira.faults.add(Announced(style="x-ratelimit", limit=100, remaining=10), path=MYSELF):
        limit = call_of(jira.get(MYSELF)).rate_limit

    assert (limit.limit, limit.remaining) == (100, 10)


@pytest.mark.parametrize("seconds", [None, 4])
def test_a_host_that_is_busy_is_asked_again(sandbox, jira, time, seconds):
    with sandbox.jira.faults.add(Unavailable(seconds=seconds), path=MYSELF, times=1):
        assert call_of(jira.get(MYSELF)).attempts == 2

    assert seconds is None or time.waits[0] >= seconds


def test_a_write_is_not_repeated_after_a_failure_unless_the_caller_says_it_may(sandbox, jira):
    issue = next(iter(sandbox.jira.content.issues()))
    url, change = f"/rest/api/3/issue/{issue.key}", {"fields": {"summary": "Changed"}}
    with sandbox.jira.faults.add(Unavailable(), method="PUT", times=1), pytest.raises(HostServerError):
        jira.put(url, json=change)
    with sandbox.jira.faults.add(Unavailable(), method="PUT", times=1):
        assert call_of(jira.put(url, json=change, idempotent=True)).attempts == 2
    with sandbox.jira.faults.add(RateLimited(), method="PUT", times=1):
        assert call_of(jira.put(url, json=change)).attempts == 2, "a 429 was not executed"


@pytest.mark.parametrize("after", ["nothing", "executed", "half"])
def test_a_connection_that_breaks_is_tried_again_for_reads(sandbox, jira, after):
    with sandbox.jira.faults.add(Dropped(after=after), path=MYSELF, times=1):
        response = jira.get(MYSELF)

    assert response.json()["accountId"]
    assert call_of(response).attempts == 2


@pytest.mark.parametrize("after", ["nothing", "executed"])
def test_a_connection_that_breaks_during_a_write_is_the_callers_to_judge(sandbox, jira, after):
    issue = next(iter(sandbox.jira.content.issues()))
    with (
        sandbox.jira.faults.add(Dropped(after=after), method="PUT"),
        pytest.raises(HostUnreachableError),
    ):
        jira.put(f"/rest/api/3/issue/{issue.key}", json={"fields": {"summary": "Changed"}})


def test_a_host_that_is_slow_meets_the_timeout(sandbox, jira):
    with sandbox.jira.faults.add(Slow(seconds=0.6), path=MYSELF), pytest.raises(HostTimeoutError):
        jira.get(MYSELF, timeout=0.1, retry=False)


def test_an_answer_that_is_no_json_is_an_error_and_no_crash(sandbox, jira):
    with sandbox.jira.faults.add(Broken(), path=PROJECTS), pytest.raises(HostError):
        list(jira.paginate(PROJECTS))


@pytest.mark.parametrize("to", ["https://evil.example/x", "//evil.example/x", "http://localhost:1/rest/api/3/myself"])
def test_no_redirect_takes_a_signature_to_another_origin(sandbox, jira, to):
    with sandbox.jira.faults.add(Redirected(to=to), path=MYSELF), pytest.raises(UrlNotAllowedError):
        jira.get(MYSELF)


@pytest.mark.parametrize(
    ("product", "path"),
    [("jira", PROJECTS), ("confluence", "/api/v2/spaces"), ("jira", "/rest/api/3/search/jql?jql=project=OPS")],
)
def test_a_list_that_does_not_end_is_noticed(sandbox, time, transport, product, path):
    client = client_of(sandbox, product, time, transport)
    site = sandbox.jira if product == "jira" else sandbox.confluence
    with site.faults.add(EndlessPages(repeat=True)), pytest.raises(PaginationError):
        for _ in zip(range(10_000), client.paginate(path, limit=2), strict=False):
            pass


def test_a_bound_ends_a_list_that_gets_new_cursors_for_ever(sandbox, time, transport):
    client = client_of(sandbox, "confluence", time, transport)
    with sandbox.confluence.faults.add(EndlessPages()):
        assert len(list(client.paginate("/api/v2/spaces", limit=2, max_items=50))) == 50


def test_twenty_threads_share_one_client_through_a_storm(sandbox, jira):
    answers, errors = [], []

    def run():
        try:
            answers.extend(jira.get(MYSELF).status_code for _ in range(5))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(20)]
    with (
        sandbox.jira.faults.add(RateLimited(style="date"), path=MYSELF, times=5),
        sandbox.jira.faults.add(Dropped(after="half"), path=MYSELF, times=5),
    ):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert errors == []
    assert answers == [200] * 100
