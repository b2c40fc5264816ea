"""Rate limits that are switched on: nothing beyond them is executed, and the answer says when to come again."""

from __future__ import annotations

import pytest

ISSUE = "/rest/api/3/issue/OPS-1"
PAGES = "/api/v2/pages"


def test_there_is_no_limit_at_first(host, jira_app):
    assert "X-RateLimit-Limit" not in host("GET", ISSUE).headers


def test_the_quota_is_counted_down_and_ends(sandbox, host, jira_app, clock):
    clock.ahead = -(clock() % 3600)  # the full hour: reads of the same test do not straddle two
    host.app.leeway = 4000
    sandbox.jira.limit_rate(points=5)

    first, second, third = (host("GET", ISSUE, iat=int(clock()), exp=int(clock()) + 180) for _ in range(3))

    assert [one.status_code for one in (first, second, third)] == [200, 200, 429]
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("5", "3")
    assert "X-RateLimit-NearLimit" not in first.headers
    assert second.headers["RateLimit"].startswith('"tenant-app-quota";r=1;t=')
    assert third.headers["RateLimit-Reason"] == "jira-quota-tenant-based"
    assert 3590 <= int(third.headers["Retry-After"]) <= 3600
    assert third.headers["X-RateLimit-Reset"].endswith(":00:00Z")
    assert third.get_json()["errorMessages"] == ["Rate limit exceeded."]


def test_what_is_beyond_the_limit_is_not_executed(sandbox, host, jira_app):
    sandbox.jira.limit_rate(points=1)
    host("PUT", ISSUE, {"fields": {"summary": "First"}})

    assert host("PUT", ISSUE, {"fields": {"summary": "Second"}}).status_code == 429
    assert sandbox.content.issue("OPS-1").summary == "First"


@pytest.mark.parametrize(
    ("product", "path", "reason"), [("jira", ISSUE, "jira-burst-based"), ("confluence", PAGES, None)]
)
def test_the_burst_limit_is_per_endpoint_and_fills_up_again(
    sandbox, host, jira_app, confluence_app, clock, product, path, reason
):
    stopped = clock()
    sandbox.wire.clock = lambda: stopped + clock.ahead  # no real time passes between the requests
    getattr(sandbox, product).limit_rate(per_second=2)

    answers = [host("GET", path, product=product) for _ in range(3)]
    other = "/rest/api/3/project/search" if product == "jira" else "/api/v2/spaces"

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].headers.get("RateLimit-Reason") == reason
    assert answers[2].headers["Retry-After"] == "1"
    assert host("GET", other, product=product).status_code == 200
    clock.ahead += 1
    assert host("GET", path, product=product).status_code == 200


def test_products_have_limits_of_their_own_and_reset_ends_them(sandbox, host, jira_app, confluence_app):
    sandbox.jira.limit_rate(points=1)

    assert host("GET", ISSUE).status_code == 429
    assert host("GET", PAGES, product="confluence").status_code == 200
    sandbox.reset()
    assert sandbox.jira.limits is None


def test_a_sandbox_that_begins_with_limits_has_them_after_a_reset(sandbox):
    sandbox.limited_at_first = True
    sandbox.reset()

    assert {site.limits.points for site in sandbox.sites} == {65_000}


@pytest.mark.parametrize("limits", [{"points": 0}, {"per_second": 0}])
def test_a_limit_of_nothing_is_refused(sandbox, limits):
    with pytest.raises(ValueError, match="at least 1"):
        sandbox.jira.limit_rate(**limits)
