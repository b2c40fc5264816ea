"""Attempts, retries on the sandbox's clock, and what somebody sends again."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import AppUnreachableError
from atlassian_connect.sandbox.deliveries import DELIVERIES_KEPT
from atlassian_connect.sandbox.people import ADMIN


@pytest.fixture
def change(sandbox, jira_app, app):
    """Edits an issue, which one webhook of the app is about. The app answers it with a status, or not at all."""
    app.received.clear()

    def edit(status):
        app.answers["OPS-1"] = status
        sandbox.content.edit_issue("OPS-1", account_id=ADMIN, summary=f"Now {len(sandbox.deliveries.all())}")
        return sandbox.deliveries.all()[-1]

    return edit


def headers_of(app):
    return [headers for path, _, _, headers in app.received if path.startswith("/hooks/")]


def test_jira_tries_five_times_more_with_growing_waits(sandbox, app, change, clock):
    app.leeway = 10_000
    delivery = change(503)
    waits = []
    while delivery.due is not None:
        waits.append(round(delivery.due - clock(), -1))
        assert sandbox.deliveries.run_due() == 0
        clock.ahead = clock.ahead + delivery.due - clock() + 1
        assert sandbox.deliveries.run_due() == 1

    assert waits == [300, 450, 600, 750, 900]
    assert [attempt.retry for attempt in delivery.attempts] == [None, 1, 2, 3, 4, 5]
    assert delivery.outcome == "failed"
    sent = headers_of(app)
    assert len({one["X-Atlassian-Webhook-Identifier"] for one in sent}) == 1
    assert [one.get("X-Atlassian-Webhook-Retry") for one in sent] == [None, "1", "2", "3", "4", "5"]
    assert app.refused == []


def test_a_retry_that_the_app_takes_is_the_last(sandbox, app, change):
    delivery = change(500)
    app.answers.clear()

    assert sandbox.deliveries.run_waiting() == 1
    assert (delivery.outcome, delivery.due) == ("delivered", None)
    assert sandbox.deliveries.run_waiting() == 0


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(204, "delivered"), (400, "failed"), (401, "failed"), (404, "failed"), (408, "waiting"), (409, "waiting"),
     (425, "waiting"), (429, "waiting"), (500, "waiting"), (502, "waiting"), (302, "failed")],
)  # fmt: skip
def test_which_answers_are_tried_again(change, status, outcome):
    assert change(status).outcome == outcome


def test_no_answer_is_tried_again(sandbox, change, monkeypatch, transport):
    def silent(*args, **kwargs):
        raise AppUnreachableError("nobody")

    monkeypatch.setattr(transport, "send", silent)
    delivery = change(204)

    assert (delivery.outcome, delivery.attempts[0].status) == ("waiting", None)


@pytest.mark.parametrize("gone", ["disable", "uninstall", "block"])
def test_an_app_that_is_gone_or_blocked_meanwhile_gets_no_retry(sandbox, jira_app, change, gone):
    delivery = change(500)
    jira_app.block("OPS") if gone == "block" else getattr(jira_app, gone)()

    assert sandbox.deliveries.run_waiting() == 0
    assert (len(delivery.attempts), delivery.outcome) == (1, "failed")


def test_sent_again_by_hand_is_marked_and_has_an_identifier_of_its_own(sandbox, app, change):
    delivery = change(404)
    app.answers.clear()

    sandbox.deliveries.send_again(delivery.number)

    assert [attempt.by_hand for attempt in delivery.attempts] == [False, True]
    assert delivery.outcome == "delivered"
    first, again = headers_of(app)
    assert first["X-Atlassian-Webhook-Identifier"] != again["X-Atlassian-Webhook-Identifier"]
    assert "X-Atlassian-Webhook-Retry" not in again


def test_by_hand_does_not_touch_the_retries(sandbox, change):
    delivery = change(500)
    due = delivery.due

    sandbox.deliveries.send_again(delivery.number)

    assert delivery.due == due


def test_nothing_is_sent_again_to_an_app_that_is_not_enabled(sandbox, jira_app, change):
    delivery = change(404)
    jira_app.disable()

    with pytest.raises(ValueError, match="is disabled"):
        sandbox.deliveries.send_again(delivery.number)
    with pytest.raises(KeyError):
        sandbox.deliveries.send_again(999)


def test_failed_ones_are_kept_for_three_days(sandbox, jira_app, change, clock):
    lost = change(404)
    change(204)

    assert sandbox.deliveries.failed(jira_app.client_key) == [lost]
    assert sandbox.deliveries.failed("other") == []
    assert sandbox.deliveries.failed(jira_app.client_key, after=lost.attempts[0].time) == []
    clock.ahead += 72 * 3600 + 1
    assert sandbox.deliveries.failed(jira_app.client_key) == []


def test_what_is_kept_is_bounded_and_reset_forgets_it(sandbox, jira_app):
    for number in range(DELIVERIES_KEPT + 3):
        jira_app.deliver("jira:issue_updated", {"issue": {"key": "OPS-1"}, "n": number})

    kept = sandbox.deliveries.all()
    assert (len(kept), kept[0].number, kept[0].json()["n"]) == (DELIVERIES_KEPT, 4, 3)
    sandbox.reset()
    assert sandbox.deliveries.all() == []


def test_what_waits_for_a_retry_is_kept_longer(sandbox, jira_app, app, change):
    waiting = change(503)
    for _ in range(DELIVERIES_KEPT + 3):
        jira_app.deliver("jira:issue_updated", {"issue": {"key": "OPS-2"}})

    kept = sandbox.deliveries.all()
    assert (len(kept), kept[0], kept[1].number) == (DELIVERIES_KEPT, waiting, 6)
    assert sandbox.deliveries.run_waiting() == 1


def test_attempts_show_no_token(change):
    delivery = change(204)

    assert "Authorization" not in str(delivery.attempts[0].headers)
    assert delivery.json()["issue"]["key"] == "OPS-1"


def test_what_is_being_sent_has_not_failed(sandbox, jira_app, app, change):
    """Neither the page nor Jira's list of failed webhooks gives up on what has no answer yet."""
    seen = []

    def look():
        (delivery,) = sandbox.deliveries.all()
        seen.append((delivery.outcome, sandbox.deliveries.failed(jira_app.client_key)))

    app.during["OPS-1"] = look
    change(503)
    sandbox.deliveries.run_waiting()
    sandbox.deliveries.send_again(1)

    assert seen == [("waiting", [])] * 3


def test_an_attempt_by_hand_between_them_does_not_begin_the_retries_anew(sandbox, app, change):
    delivery = change(500)
    sandbox.deliveries.run_waiting()
    sandbox.deliveries.send_again(delivery.number)
    while sandbox.deliveries.run_waiting():
        pass

    assert [attempt.retry for attempt in delivery.attempts] == [None, 1, None, 2, 3, 4, 5]


def test_an_app_that_raises_holds_up_no_other_retry(sandbox, app, change):
    first, second = change(500), change(500)
    app.during["OPS-1"] = lambda: 1 / 0

    with pytest.raises(ZeroDivisionError):
        sandbox.deliveries.run_waiting()

    assert (first.outcome, first.attempts[-1].status) == ("waiting", None)
    app.during.clear()
    app.answers.clear()
    sandbox.deliveries.run_waiting()
    assert (first.outcome, second.outcome) == ("delivered", "delivered")
