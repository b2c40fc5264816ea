"""Looking up app access rules, and what that adds to a call."""

from __future__ import annotations

from statistics import median

from atlassian_connect.protocol.access import match, rule, rules

from .report import Report
from .timing import in_turns

_CLAIMED_PER_SECOND = 100_000
_CALLS = {
    "Confluence, full URL": ("https://example.atlassian.net/wiki/rest/api/content/65536/history?expand=x", None),
    "Confluence, below the base URL": ("/api/v2/pages/65536", "confluence"),
    "Jira, three ids": ("/rest/api/3/issue/OPS-1/worklog/10001/properties/key", "jira"),
    "encoded ids": ("/wiki/rest/api/space/~557058%3Aabc/content/page", None),
    "not in the catalogue": ("/rest/agile/1.0/board/7/issue", None),
}


def run(*, quick: bool) -> list[Report]:
    """Time look-ups of each kind."""
    if len(list(rules())) < 800:
        raise AssertionError("The catalogue is not complete.")
    report = Report(f"Access rules: look-ups among {len(list(rules()))} operations (µs of CPU each, medians)")
    for name, (url, product) in _CALLS.items():
        taken = in_turns(
            {
                "rule": lambda url=url, product=product: rule("GET", url, product=product),
                "match": lambda url=url, product=product: match("GET", url, product=product),
            },
            rounds=5 if quick else 80,
        )
        microseconds = median(taken["rule"])
        per_second = 1e6 / microseconds
        report.rows.append(
            {"call": name, "rule": microseconds, "match": median(taken["match"]), "per second": per_second}
        )
        report.claims.append(
            (
                f"{name}: {per_second:,.0f} look-ups per second, claimed {_CLAIMED_PER_SECOND:,}",
                per_second >= _CLAIMED_PER_SECOND,
            )
        )
    return [report]
