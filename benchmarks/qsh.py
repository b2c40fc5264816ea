"""The query string hash against PyPI ``atlassian-jwt``."""

from __future__ import annotations

from statistics import median

from atlassian_jwt.url_utils import hash_url

from atlassian_connect.protocol.qsh import query_string_hash

from .report import Report
from .samples import URLS
from .timing import in_turns, ratio

_CLAIMED = 3.0


def ours(method: str, url: str) -> str:
    """Hash a URL with its query, as ``hash_url`` takes it."""
    path, _, query = url.partition("?")
    return query_string_hash(method, path, query)


def run(*, quick: bool) -> list[Report]:
    """Compare both on every sample URL."""
    report = Report("QSH: this project against atlassian-jwt (µs of CPU per hash, medians)")
    for name, url in URLS.items():
        if ours("GET", url) != hash_url("GET", url):
            raise AssertionError(f"The two disagree on {name}.")
        taken = in_turns(
            {"ours": lambda url=url: ours("GET", url), "theirs": lambda url=url: hash_url("GET", url)},
            rounds=5 if quick else 80,
        )
        times = ratio(taken["theirs"], taken["ours"])
        report.rows.append(
            {"URL": name, "ours": median(taken["ours"]), "atlassian-jwt": median(taken["theirs"]), "times": times}
        )
        report.claims.append((f"{name}: {times:.1f} times the speed, claimed {_CLAIMED:.0f}", times >= _CLAIMED))
    return [report]
