from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from atlassian_connect.client import LimitPolicy, RateLimit
from atlassian_connect.client.rate_limits import QuotaPools, rate_limit_of

NOW = 1_800_000_000.0
NAMES = [
    f"{beta}{name}"
    for beta in ("", "Beta-")
    for name in ("Retry-After", "RateLimit", "RateLimit-Policy", "RateLimit-Reason")
] + [f"X-{beta}RateLimit-{name}" for beta in ("", "Beta-") for name in ("Limit", "Remaining", "Reset", "NearLimit")]


def read(**headers):
    fields = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return rate_limit_of(fields, now=NOW)


def test_no_header_no_value():
    assert read(Content_Type="x", Date="Fri, 15 Jan 2027 08:00:00 GMT") is None


def test_the_usual_headers():
    limit = read(X_RateLimit_Limit="100", X_RateLimit_Remaining="13", X_RateLimit_NearLimit="true")

    assert limit == RateLimit(limit=100, remaining=13, near_limit=True)
    assert limit.name is None


def test_a_refusal():
    limit = read(
        Retry_After="5",
        RateLimit_Reason="jira-burst-based",
        X_RateLimit_Limit="100",
        X_RateLimit_Remaining="0",
        X_RateLimit_Reset="2027-01-15T08:00:05Z",
    )

    assert (limit.name, limit.retry_after, limit.remaining) == ("jira-burst-based", 5, 0)
    assert limit.reset_at == datetime(2027, 1, 15, 8, 0, 5, tzinfo=UTC)
    assert not limit.is_quota


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2027-01-15T08:00:05Z", 5), ("2027-01-15T09:00:05+01:00", 5), ("2027-01-15T08:00:05", 5), ("1800000005", 5)],
)
def test_resets_are_dates(text, seconds):
    limit = read(X_RateLimit_Reset=text, RateLimit_Reason="jira-quota-global-based")

    assert limit.seconds_to_wait(NOW) == seconds


def test_a_reset_counts_only_for_points():
    assert read(X_RateLimit_Reset="1800000005", RateLimit_Reason="jira-burst-based").seconds_to_wait(NOW) is None
    assert read(X_RateLimit_Reset="1700000005", RateLimit_Reason="jira-quota-x").seconds_to_wait(NOW) == 0


def test_structured_headers_name_several_limits():
    limit = read(
        RateLimit_Policy='"global-app-quota";q=65000;w=3600, "jira-burst-based";q=100;w=1',
        RateLimit='"jira-burst-based";r=90;t=1,"global-app-quota";r=650;t=1200',
    )

    assert limit.policies == (
        LimitPolicy("global-app-quota", 65000, 3600, 650, 1200),
        LimitPolicy("jira-burst-based", 100, 1, 90, 1),
    )
    assert (limit.name, limit.limit, limit.remaining) == ("global-app-quota", 65000, 650)
    assert limit.reset_at.timestamp() == NOW + 1200


@pytest.mark.parametrize(
    ("header", "policies"),
    [
        ('"a";r=1;x="y;r=9";t=2', [("a", 1, 2)]),
        ('"a b\\"c";t=3', [('a b"c', None, 3)]),
        ("token;r=4", [("token", 4, None)]),
        ('"a"', [("a", None, None)]),
        ('"a";r=1.5', [("a", None, None)]),
        ('"a";r=1;;', []),
        ("a b", []),
        ('"a', []),
        (",", []),
        (", ".join(f'"p{number}";r=1' for number in range(30)), []),
    ],
)
def test_what_stands_in_a_structured_header(header, policies):
    limit = read(RateLimit=header, Retry_After="1")

    assert [(policy.name, policy.remaining, policy.reset_seconds) for policy in limit.policies] == policies


def test_beta_headers_are_kept_apart():
    limit = read(
        Beta_Retry_After="3000",
        Beta_RateLimit_Policy='"tenant-app-quota";q=100;w=3600',
        Beta_RateLimit='"tenant-app-quota";r=0;t=60',
        X_Beta_RateLimit_NearLimit="true",
    )

    assert (limit.retry_after, limit.limit, limit.near_limit, limit.policies) == (None, None, False, ())
    assert limit.seconds_to_wait(NOW) is None
    assert (limit.beta.retry_after, limit.beta.name, limit.beta.near_limit) == (3000, "tenant-app-quota", True)


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40) | st.from_regex(r'("[a-z]";[a-z]=[0-9]+[, ]*)+')))
def test_any_headers_can_be_read(headers):
    rate_limit_of(CaseInsensitiveDict(headers), now=NOW)


def test_a_long_header_is_read_in_linear_time():
    for text in ('"' * 60_000, '"a";' * 15_000, '"\\' * 30_000, ";a=" * 20_000, " " * 60_000):
        assert rate_limit_of({"RateLimit": text, "Retry-After": "1"}, now=NOW).policies == ()


def test_pools_forget():
    pools = QuotaPools()
    tenant_limit = RateLimit(reason="jira-quota-tenant-based", retry_after=10)

    pools.note("a", tenant_limit, now=0)
    pools.note("b", RateLimit(reason="jira-burst-based", retry_after=10), now=0)
    pools.note("c", RateLimit(reason="jira-quota-tenant-based"), now=0)

    assert pools.used_up("a", now=4) == (6, tenant_limit)
    assert [pools.used_up(key, now=4) for key in "bc"] == [None, None]
    assert pools.used_up("a", now=10) is None


def test_a_pool_is_taken_for_used_up_an_hour_at_most():
    pools = QuotaPools()

    pools.note("a", RateLimit(reason="x-quota-global-based", retry_after=10**9), now=0)

    assert pools.used_up("b", now=0)[0] == 3600
