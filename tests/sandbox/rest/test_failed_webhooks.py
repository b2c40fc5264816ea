"""What Jira gave up on, for the app that missed it."""

from __future__ import annotations

import pytest

FAILED = "/rest/api/3/webhook/failed"


@pytest.fixture
def lose(sandbox, app, jira_app, clock):
    """Lets a webhook fail for good, a second after the one before."""

    def change(summary):
        app.answers["OPS-1"] = 404
        sandbox.jira.edit_issue("OPS-1", summary=summary)
        clock.ahead += 1

    return change


def test_failed_deliveries_are_listed_oldest_first_page_by_page(sandbox, host, lose):
    for summary in ("One", "Two", "Three"):
        lose(summary)

    first = host("GET", f"{FAILED}?maxResults=2").get_json()
    rest = host("GET", first["next"].removeprefix(sandbox.origin)).get_json()

    values = [*first["values"], *rest["values"]]
    assert [one["id"] for one in values] == [one.identifier for one in sandbox.deliveries.all()]
    assert '"summary": "One"' in values[0]["body"]
    assert values[0]["failureTime"] < values[1]["failureTime"] < values[2]["failureTime"]
    assert "next" not in rest


def test_what_is_still_tried_again_has_not_failed(sandbox, app, host, jira_app):
    app.answers["OPS-1"] = 503
    sandbox.jira.edit_issue("OPS-1", summary="Other")

    assert host("GET", FAILED).get_json() == {"values": [], "maxResults": 100}


@pytest.mark.parametrize("after", ["soon", "-1", "1.5"])
def test_a_time_that_is_none_is_refused(host, jira_app, after):
    assert host("GET", f"{FAILED}?after={after}").status_code == 400


def test_a_huge_time_is_after_everything(host, lose):
    lose("One")

    assert host("GET", f"{FAILED}?after={'9' * 400}").get_json()["values"] == []
