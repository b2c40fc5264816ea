"""Registering dynamic webhooks in Jira's REST. See also :mod:`.test_jira_site`."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Installation
from atlassian_connect.sandbox.rest.jira_webhooks import LIFETIME_DAYS, MAX_WEBHOOKS
from atlassian_connect.sandbox.store.content import DAY_SECONDS

from ..conftest import APP_URL, Clock
from ..connect_app import HostCaller

GOOD = {"events": ["jira:issue_updated"], "jqlFilter": "project = OPS"}


@pytest.fixture
def register(jira_app: Installation, host: HostCaller, clock: Clock):
    def post(*wanted, path: str = "/hooks/dynamic"):
        body = {"url": APP_URL + path, "webhooks": list(wanted)}
        return host("POST", "/rest/api/3/webhook", body, iat=int(clock()), exp=int(clock()) + 180)

    return post


@pytest.mark.parametrize("events", [[{}], [[]], [None], [5], ["jira:issue_moved"], "jira:issue_updated", [], None])
def test_a_wrong_event_is_told_beside_what_is_registered(register, events):
    result = register(GOOD, {**GOOD, "events": events}, GOOD).json["webhookRegistrationResult"]
    assert ["createdWebhookId" in one for one in result] == [True, False, True]


def test_what_has_ended_takes_no_room_and_keeps_no_url(register, clock: Clock):
    register(*[GOOD] * MAX_WEBHOOKS)
    assert register(GOOD, path="/hooks/other").status_code == 400
    clock.ahead = LIFETIME_DAYS * DAY_SECONDS + 60
    results = register(*[GOOD] * MAX_WEBHOOKS, path="/hooks/other").json["webhookRegistrationResult"]
    assert all("createdWebhookId" in one for one in results)


@pytest.mark.parametrize(
    "jql",
    ["assignee = admin", "status in (Login, Main)", "project=OPS and key not in(OPS-1)", f"assignee = {'a' * 3900}"],
)
def test_a_value_that_ends_like_an_operator_is_no_clause(register, jql: str):
    (result,) = register({**GOOD, "jqlFilter": jql}).json["webhookRegistrationResult"]
    assert "createdWebhookId" in result, result


def test_clauses_that_webhooks_do_not_have_are_named(register):
    (result,) = register({**GOOD, "jqlFilter": "labels in (x) or updated = -1d"}).json["webhookRegistrationResult"]
    assert result["errors"] == ["The clause labels is unsupported", "The clause updated is unsupported"]
