"""A time of the sandbox's own: where it begins, how it goes on, and that apps in other processes need not have it."""

from __future__ import annotations

import math

import pytest
from werkzeug.test import Client

from atlassian_connect.sandbox import ADMIN, MovableClock, Sandbox
from atlassian_connect.sandbox.clock import instant

from .connect_app import ConnectApp, HostCaller, wsgi_sender

MARCH = 1774947600.0  # 2026-03-31T09:00:00Z


class Machine:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def test_it_begins_where_one_wants_goes_on_and_moves_forward():
    machine = Machine()
    clock = MovableClock(MARCH, machine=machine)
    assert clock() == MARCH
    machine.now += 5
    assert clock() == MARCH + 5
    assert clock.advance(3600) == clock() == MARCH + 3605
    assert MovableClock(machine=machine)() == machine.now


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, 10**12])
def test_it_does_not_go_back_nor_nowhere(seconds):
    clock = MovableClock(MARCH, machine=Machine())
    with pytest.raises(ValueError, match="clock"):
        clock.advance(seconds)
    assert clock() == MARCH


@pytest.mark.parametrize(
    "text", ["2026-03-31T09:00:00Z", "2026-03-31T09:00", "2026-03-31T11:00:00+02:00", "2026-03-31 09:00:00"]
)
def test_times_as_iso_8601_writes_them(text):
    assert instant(text) == MARCH


@pytest.mark.parametrize("text", ["", "now", "31.3.2026", "1774947600", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"no time|between"):
        instant(text)


@pytest.fixture
def other_time(transport, descriptor_url) -> tuple[Sandbox, ConnectApp, MovableClock]:
    """A sandbox in March for an app that has the time of the machine, and is installed."""
    clock = MovableClock(MARCH)
    sandbox = Sandbox(transport=transport, clock=clock, token_clock=clock.machine, seed=7)
    send = wsgi_sender(sandbox.wsgi_app)
    app = ConnectApp(
        "http://app.localhost:5000/base", lambda key_id: send("GET", f"{sandbox.key_server_url}/{key_id}", {}, b"").data
    )
    transport.mount("http://app.localhost:5000", app.wsgi)
    sandbox.jira.install(descriptor_url)
    return sandbox, app, clock


def test_tokens_of_both_sides_have_the_time_of_the_machine(other_time):
    """The app checks them with its own clock, as in another process."""
    sandbox, app, clock = other_time
    clock.advance(86_400)
    assert sandbox.jira.installations[0].open("page").status == 200
    assert HostCaller(app, wsgi_sender(sandbox.wsgi_app))("GET", "/rest/api/3/myself").status_code == 200
    assert app.refused == []


def test_what_happens_on_the_site_has_its_time(other_time):
    sandbox, app, _ = other_time
    issue = sandbox.content.create_issue("OPS", "Spring", account_id=ADMIN)
    sandbox.jira.edit_issue(issue.key, summary="Sprung")
    assert sandbox.content.issue(issue.key).created == pytest.approx(MARCH, abs=60)
    assert app.received[-1][2]["timestamp"] == pytest.approx(MARCH * 1000, abs=60_000)


@pytest.fixture
def control(other_time):
    sandbox, _, _ = other_time
    sandbox.control_token = "let-me-in" * 5
    client = Client(sandbox.wsgi_app)

    def call(method, **more):
        headers = {"Authorization": f"Bearer {sandbox.control_token}"}
        return client.open("/sandbox/control/clock", method=method, base_url=sandbox.origin, headers=headers, **more)

    return call


def test_another_process_moves_it_and_what_is_due_is_done(other_time, control):
    sandbox, app, _ = other_time
    app.answers["OPS-1"] = 503
    sandbox.jira.edit_issue("OPS-1", summary="x")
    app.answers.clear()

    assert control("GET").get_json()["now"].startswith("2026-03-31T09:0")
    assert control("POST", json={"seconds": 299}).get_json()["attempts"] == 0
    moved = control("POST", json={"seconds": 2}).get_json()

    assert moved["attempts"] == 1
    assert moved["now"].startswith("2026-03-31T09:05:")
    assert sandbox.deliveries.all()[-1].outcome == "delivered"


@pytest.mark.parametrize(
    "body", [None, [], {}, {"seconds": "3"}, {"seconds": True}, {"seconds": -1}, {"seconds": 10**400}]
)
def test_a_move_that_is_none_is_refused(control, body):
    assert control("POST", json=body).status_code == 400


def test_a_clock_that_is_not_the_sandboxs_own_cannot_be_moved(sandbox):
    sandbox.control_token = "x" * 40
    answer = Client(sandbox.wsgi_app).post(
        "/sandbox/control/clock",
        base_url=sandbox.origin,
        json={"seconds": 1},
        headers={"Authorization": "Bearer " + "x" * 40},
    )
    assert answer.status_code == 409
