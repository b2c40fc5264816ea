"""When a call is tried again, and when not. Time is virtual."""

from __future__ import annotations

import io
import ssl
from contextlib import nullcontext
from email.utils import formatdate

import pytest
import requests

from atlassian_connect.client import HostClient, call_of
from atlassian_connect.client.retry import Attempts
from atlassian_connect.errors import (
    HostServerError,
    HostTimeoutError,
    HostUnreachableError,
    RateLimitedError,
    UrlNotAllowedError,
)

from .hosts import CLOUD, make_tenant

LIMITED = (429, {}, b"slow down")


def answers(*several):
    """Answer one after the other, then always 200. An exception is raised in the place of an answer."""
    rest = list(several)

    def answer(received):
        made = rest.pop(0) if rest else (200, {}, b"{}")
        if isinstance(made, Exception):
            raise made
        return made

    return answer


@pytest.fixture
def failing(transport, monkeypatch):
    """Make the next sends end without an answer."""
    errors = []
    send = transport.send

    def sending(request, **options):
        response = send(request, **options)
        if errors:
            raise errors.pop(0)
        return response

    monkeypatch.setattr(transport, "send", sending)
    return errors


# --- how long it waits ------------------------------------------------------------------------------------------------


def test_retry_after_in_seconds_is_the_least(client, cloud, clock):
    cloud.answers["/wiki/x"] = answers((429, {"Retry-After": "10"}, b""))

    call = call_of(client.get("/x"))

    assert call.attempts == 2
    assert call.waits == tuple(clock.slept)
    assert 10 <= clock.slept[0] <= 13


def test_retry_after_as_a_date(client, cloud, clock):
    cloud.answers["/wiki/x"] = answers((503, {"Retry-After": formatdate(clock.now + 12, usegmt=True)}, b""))

    client.get("/x")

    assert 12 <= clock.slept[0] <= 15.6


def test_a_date_is_read_by_the_hosts_own_clock(client, cloud, clock):
    """The host's clock is an hour ahead of ours."""
    ahead = clock.now + 3600
    cloud.answers["/wiki/x"] = answers(
        (429, {"Retry-After": formatdate(ahead + 5, usegmt=True), "Date": formatdate(ahead, usegmt=True)}, b"")
    )

    client.get("/x")

    assert 5 <= clock.slept[0] <= 6.5


@pytest.mark.parametrize("value", ["soon", "-1", "1e9", "", "99999999999999", "Mon, 99 Foo 2026", "١٠"])
def test_a_retry_after_that_says_nothing(value, client, cloud, clock):
    """Bytes of headers are Latin-1; what is none is sent as UTF-8."""
    header = value.encode().decode("latin-1")
    cloud.answers["/wiki/x"] = answers((429, {"Retry-After": header}, b""))

    client.get("/x")

    assert 0 <= clock.slept[0] <= 5


def test_without_retry_after_the_back_off_has_full_jitter(transport, tenant, cloud, clock):
    cloud.answers["/wiki/x"] = answers(*[LIMITED] * 3)
    client = HostClient(tenant, transport=transport, clock=clock, retry_policy=clock.policy(budget_seconds=1000))

    seen = []
    for _ in range(40):
        cloud.answers["/wiki/x"] = answers(*[LIMITED] * 4)
        seen.append(call_of(client.get("/x")).waits)

    for waits, most in zip(zip(*seen, strict=True), [5, 10, 20, 30], strict=True):
        assert 0.5 * most < max(waits) <= most
        assert min(waits) < 0.5 * most


def test_a_busy_gateway_is_asked_again_sooner(client, cloud, clock):
    cloud.answers["/wiki/x"] = answers((503, {}, b""))

    client.get("/x")

    assert 0 <= clock.slept[0] <= 1


def test_beta_headers_never_make_it_wait(client, cloud, clock):
    beta = {
        "Beta-Retry-After": "3000",
        "X-Beta-RateLimit-Remaining": "0",
        "Beta-RateLimit": '"global-app-quota";r=0;t=50',
    }
    cloud.answers["/wiki/x"] = answers((200, beta, b"{}"), (429, {**beta, "Retry-After": "1"}, b""))

    client.get("/x")
    assert clock.slept == []
    client.get("/x")
    assert 1 <= sum(clock.slept) <= 1.3


# --- what is tried again ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_after_429_any_method_is_tried_again_since_nothing_was_executed(method, client, cloud):
    cloud.answers["/wiki/x"] = answers(LIMITED)

    assert getattr(client, method)("/x").status_code == 200
    assert len(cloud.received) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize(
    ("method", "sent"), [("get", 2), ("head", 2), ("options", 2), ("post", 1), ("put", 1), ("delete", 1)]
)
def test_after_a_server_error_only_what_changes_nothing_is(status, method, sent, client, cloud):
    cloud.answers["/wiki/x"] = answers((status, {}, b""))

    getattr(client, method)("/x", check=False)

    assert len(cloud.received) == sent


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_caller_may_say_that_a_change_can_come_twice(method, client, cloud, failing):
    failing.append(HostUnreachableError("reset"))
    cloud.answers["/wiki/x"] = answers((200, {}, b""), (503, {}, b""))

    response = getattr(client, method)("/x", idempotent=True)

    assert call_of(response).attempts == 3


@pytest.mark.parametrize(("method", "sent"), [("get", 2), ("post", 1), ("delete", 1)])
def test_after_a_failed_connection(method, sent, client, cloud, failing):
    failing.append(HostUnreachableError("reset"))

    if sent == 1:
        with pytest.raises(HostUnreachableError) as raised:
            getattr(client, method)("/x")
        assert call_of(raised.value).attempts == 1
    else:
        assert call_of(getattr(client, method)("/x")).attempts == sent
    assert len(cloud.received) == sent


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 501])
def test_other_errors_are_final(status, client, cloud, clock):
    cloud.on("/wiki/x", status)

    client.get("/x", check=False)

    assert len(cloud.received) == 1
    assert clock.slept == []


def test_a_certificate_that_was_refused_stays_refused(client, cloud, failing):
    wrapped = requests.exceptions.SSLError(ssl.SSLCertVerificationError("not ours"))
    error = HostUnreachableError("untrusted")
    error.__cause__ = wrapped
    failing.append(error)

    with pytest.raises(HostUnreachableError):
        client.get("/x")
    assert len(cloud.received) == 1


def test_retrying_can_be_switched_off(client, cloud):
    cloud.answers["/wiki/x"] = answers(LIMITED)

    with pytest.raises(RateLimitedError) as raised:
        client.get("/x", retry=False)
    assert call_of(raised.value).attempts == raised.value.attempts == 1


def test_four_repetitions_at_most(client, cloud):
    cloud.on("/wiki/x", 503)

    with pytest.raises(HostServerError) as raised:
        client.get("/x", budget=10_000)
    assert call_of(raised.value).attempts == len(cloud.received) == 5


# --- bodies -----------------------------------------------------------------------------------------------------------


def test_a_generator_is_sent_once(client, cloud):
    cloud.answers["/wiki/x"] = answers(LIMITED)

    with pytest.raises(RateLimitedError):
        client.post("/x", data=(piece for piece in [b"a", b"b"]))
    assert [received.body for received in cloud.received] == [b"ab"]


class Pipe(io.BytesIO):
    def seek(self, *args):
        raise OSError("a pipe")


@pytest.mark.parametrize("options", [{"data": Pipe(b"ab")}, {"files": {"file": ("n", Pipe(b"ab"))}}])
def test_what_cannot_be_read_again_is_sent_once(options, client, cloud):
    cloud.answers["/wiki/x"] = answers(LIMITED)

    with pytest.raises(RateLimitedError):
        client.post("/x", **options)
    assert len(cloud.received) == 1


def test_files_are_sent_again_from_where_they_stood(client, cloud):
    cloud.answers["/wiki/x"] = answers(LIMITED, LIMITED)
    file = io.BytesIO(b"skipped rest")
    file.seek(8)

    client.post("/x", data=file)

    assert [received.body for received in cloud.received] == [b"rest"] * 3


def test_attachments_are_sent_again(client, cloud):
    cloud.answers["/wiki/x"] = answers(LIMITED)

    client.post("/x", files=iter([("file", ("a.txt", io.BytesIO(b"content")))]), data={"comment": "c"})

    first, second = cloud.received
    for received in (first, second):
        boundary = received.headers["Content-Type"].partition("boundary=")[2]
        assert received.body.count(boundary.encode()) == 3
        assert b"content" in received.body
    assert len(first.body) == len(second.body)


@pytest.mark.parametrize("body", [{"json": {"a": 1}}, {"data": b"raw"}, {"data": "text"}, {"data": {"a": "1"}}])
def test_bodies_in_memory_are_sent_again(body, client, cloud):
    cloud.answers["/wiki/x"] = answers(LIMITED)

    client.put("/x", **body)

    assert cloud.received[0].body == cloud.received[1].body != b""


# --- each attempt -----------------------------------------------------------------------------------------------------


def test_each_attempt_is_signed_anew(client, tenant, cloud):
    cloud.answers["/wiki/x"] = answers((429, {"Retry-After": "20"}, b""))

    client.get("/x")

    first, second = (received.claims(tenant)["iat"] for received in cloud.received)
    assert second - first >= 20


def test_an_attempt_starts_at_the_beginning_of_a_chain(client, tenant, cloud):
    cloud.on("/wiki/x", 302, Location="/wiki/y")
    cloud.answers["/wiki/y"] = answers((503, {}, b""))

    response = client.get("/x")

    assert [received.path for received in cloud.received] == ["/wiki/x", "/wiki/y"] * 2
    assert len(response.history) == 1


def test_a_redirect_to_another_place_is_not_tried_again(client, cloud):
    cloud.on("/wiki/x", 302, Location="https://evil.example/")

    with pytest.raises(UrlNotAllowedError):
        client.get("/x")
    assert len(cloud.received) == 1


def test_answers_that_are_not_given_back_are_closed(client, cloud, monkeypatch):
    closed = []
    cloud.answers["/wiki/x"] = answers((503, {}, b"a"), (429, {}, b"b"))
    close = requests.Response.close
    monkeypatch.setattr(requests.Response, "close", lambda self: (closed.append(self.status_code), close(self))[1])

    with client.get("/x", stream=True) as response:
        assert closed == [503, 429]
        assert response.content == b"{}"


# --- the budget -------------------------------------------------------------------------------------------------------


def test_the_budget_ends_a_call_that_is_limited(client, cloud, clock):
    cloud.on("/wiki/x", 429, b'{"message": "easy"}', Retry_After="14")

    with pytest.raises(RateLimitedError, match="easy") as raised:
        client.get("/x")

    assert clock.now - clock.started <= 30
    assert 2 <= raised.value.attempts <= 3
    assert raised.value.retry_after == 14
    assert raised.value.rate_limit.retry_after == 14
    assert call_of(raised.value).waits == tuple(clock.slept)
    assert "times, waited" in raised.value.__notes__[0]


def test_a_wait_beyond_the_budget_is_not_begun(client, cloud, clock):
    cloud.on("/wiki/x", 429, Retry_After="31")

    with pytest.raises(RateLimitedError):
        client.get("/x")
    assert clock.slept == []


def test_a_call_may_have_a_budget_of_its_own(client, cloud, clock):
    cloud.answers["/wiki/x"] = answers((429, {"Retry-After": "100"}, b""), (429, {"Retry-After": "1"}, b""))

    assert client.get("/x", budget=200).status_code == 200
    cloud.on("/wiki/x", 429, Retry_After="1")
    with pytest.raises(RateLimitedError) as raised:
        client.get("/x", budget=0)
    assert raised.value.attempts == 1


def test_waits_leave_time_for_the_next_attempt(client, cloud, clock):
    cloud.answers["/wiki/x"] = answers((429, {"Retry-After": "28"}, b""))

    client.get("/x")

    assert 28 <= clock.slept[0] <= 29


def test_later_attempts_take_no_longer_than_what_is_left(tenant, transport, clock, cloud, monkeypatch):
    timeouts = []
    send = transport.send
    monkeypatch.setattr(
        transport,
        "send",
        lambda request, *, timeout, stream: (timeouts.append(timeout), send(request, timeout=timeout, stream=stream))[
            1
        ],
    )
    client = HostClient(tenant, transport=transport, clock=clock, retry_policy=clock.policy(), timeout=(5, 60))
    cloud.answers["/wiki/x"] = answers((429, {"Retry-After": "20"}, b""))

    client.get("/x")
    client.get("/x", timeout=50)

    assert timeouts[0] == (5, 60)
    assert timeouts[1][0] == 5
    assert 4 <= timeouts[1][1] <= 10
    assert timeouts[2] == 50


def test_a_slow_first_answer_uses_the_budget_up(client, cloud, clock, failing, monkeypatch):
    failing.append(HostTimeoutError("slow"))
    cloud.answers["/wiki/x"] = lambda received: (clock.sleep(40), (200, {}, b""))[1]

    with pytest.raises(HostTimeoutError):
        client.get("/x")
    assert len(cloud.received) == 1


# --- points of the hour -----------------------------------------------------------------------------------------------


def test_used_up_points_are_not_waited_for_without_a_time(client, cloud, clock):
    cloud.on("/wiki/x", 429, RateLimit_Reason="confluence-quota-tenant-based")

    with pytest.raises(RateLimitedError) as raised:
        client.get("/x")
    assert (raised.value.attempts, clock.slept) == (1, [])
    assert raised.value.rate_limit.is_quota


def test_used_up_points_are_waited_for_when_that_fits(client, cloud, clock):
    cloud.answers["/wiki/x"] = answers((429, {"Retry-After": "7", "RateLimit-Reason": "jira-quota-tenant-based"}, b""))

    assert call_of(client.get("/x")).attempts == 2


@pytest.mark.parametrize(("reason", "others"), [("jira-quota-global-based", 0), ("jira-quota-tenant-based", 1)])
def test_after_used_up_points_the_calls_of_that_pool_are_not_sent(reason, others, transport, client, cloud, clock):
    cloud.answers["/wiki/x"] = answers((429, {"Retry-After": "600", "RateLimit-Reason": reason}, b""))
    other = HostClient(
        make_tenant(CLOUD, client_key="other"), transport=transport, clock=clock, retry_policy=clock.policy()
    )
    with pytest.raises(RateLimitedError):
        client.get("/x")
    cloud.received.clear()

    with pytest.raises(RateLimitedError, match="used up") as raised:
        client.get("/y")
    assert (raised.value.attempts, raised.value.response, round(raised.value.retry_after)) == (0, None, 600)
    assert call_of(raised.value).rate_limit.reason == reason
    with nullcontext() if others else pytest.raises(RateLimitedError):
        other.get("/z")
    assert len(cloud.received) == others

    client.anonymous().get("/a")  # not ours to pay
    clock.now += 580
    assert call_of(client.get("/y")).waits == (20.0,)


def test_a_burst_stops_nobody_else(client, cloud):
    cloud.on("/wiki/x", 429, Retry_After="600", RateLimit_Reason="jira-burst-based")
    with pytest.raises(RateLimitedError):
        client.get("/x")

    assert client.get("/y").status_code == 200


def test_another_origin_does_not_say_what_our_points_are(client, cloud, transport):
    media = type(cloud)()
    transport.mount("https://media.example", media)
    cloud.on("/wiki/x", 302, Location="https://media.example/f")
    media.on("/f", 429, Retry_After="600", RateLimit_Reason="jira-quota-global-based")
    with pytest.raises(RateLimitedError):
        client.get("/x", follow_foreign=True)

    assert client.get("/y").status_code == 200


# --- in itself --------------------------------------------------------------------------------------------------------


def test_what_a_send_raises_ends_the_call(clock):
    attempts = Attempts(clock.policy(), again_after_failure=True, clock=clock)

    with pytest.raises(KeyError):
        attempts.run(lambda seconds: {}["x"])
    assert attempts.count == 1


def test_only_our_own_calls_tell_how_they_went():
    with pytest.raises(LookupError):
        call_of(requests.Response())
    with pytest.raises(LookupError):
        call_of(HostUnreachableError("x"))
