"""An authenticated page against the same view without authentication: CPU of the worker process, and throughput.

All variants, with one tenant and with many, are served by one process and measured in turns, in short blocks. What a
variant adds is its difference to ``plain`` in the same round. The figure is the median over the calmest third of the
rounds: those in which ``plain`` itself took the least CPU, since another program on the same core makes everything
dearer. ``(all)`` is the median over all rounds.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from atlassian_connect.protocol.qsh import query_string_hash
from atlassian_connect.protocol.tokens import sign_hs256
from atlassian_connect.secret import Secret

from .apps import MODULE_PATH
from .client import Client
from .databases import KINDS, database, fill
from .report import Report
from .samples import PAGE_QUERY, client_key, shared_secret
from .servers import NAMES, serving

_MANY = 100_000
_HOT = 20  # tenants whose pages are open at a time: all of them stay in the cache
_PER_DATABASE = ("open", "cached", "uncached", "spread", "peer")
_POOL = 1000  # requests that are sent in turn; every one from a tenant of its own where there are as many
_SPREAD = 6000  # more tenants than decrypted secrets are kept for
_BLOCK = 100
_WARM_CLAIM, _COLD_CLAIM = 150, 500
_FLAT = 25  # µs: growth below it is noise


def run(*, quick: bool) -> list[Report]:
    """Measure every server and database."""
    report = Report("Pages: CPU µs per request, worker process (+: added to the same view in plain Flask)")
    traffic = Report("Pages: requests per second of one worker; the rest as a part of plain Flask's")
    many = 2_000 if quick else _MANY
    with tempfile.TemporaryDirectory(prefix="benchmarks") as folder:
        for kind in KINDS:
            with (
                database(kind, Path(folder, f"{kind}-few")) as one,
                database(kind, Path(folder, f"{kind}-many")) as lots,
            ):
                databases = {1: one, many: lots}
                for tenants, url in databases.items():
                    fill(url, tenants)
                for name in NAMES:
                    with (
                        serving(name, {str(tenants): url for tenants, url in databases.items()}) as port,
                        Client(port) as client,
                    ):
                        rounds = _measure(client, list(databases), 6 if quick else 90)
                    _summarize(rounds, {"server": name, "database": kind}, list(databases), report, traffic)
    _judge(report)
    report.notes += [
        f"cached: default settings; requests come from {_HOT} tenants, which stay in the cache",
        f"uncached: tenant_cache_seconds=0, {_POOL:,} requests from as many tenants",
        f"spread: uncached, {_SPREAD:,} tenants one after the other, so that every secret is decrypted anew",
        "open: a route of the same app that asks for no token",
        "peer: Flask-SQLAlchemy look-up per request, PyJWT twice, QSH by atlassian-jwt; no encryption",
    ]
    return [report, traffic]


def signed_requests(host: str, numbers: list[int]) -> list[bytes]:
    """Requests for the page with a signed URL each, as a host's iframes send them; no two tokens are equal."""
    now = int(time.time())
    qsh = query_string_hash("GET", MODULE_PATH, PAGE_QUERY)
    path = "/open" if host.startswith("open") else MODULE_PATH
    requests = []
    for i, number in enumerate(numbers):
        claims = {
            "iss": client_key(number),
            "sub": f"712020:{i:08x}-3c1d-4b0a-8f4e-2a9d7c5b1e60",
            "qsh": qsh,
            "context": {},
            "iat": now,
            "exp": now + 3600,
        }
        token = sign_hs256(claims, Secret(shared_secret(number)))
        requests.append(
            f"GET {path}?{PAGE_QUERY}&jwt={token} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n"
            "User-Agent: Mozilla/5.0\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        )
    return requests


def _measure(client: Client, sizes: list[int], rounds: int) -> list[dict[str, tuple[float, float]]]:
    """CPU µs and seconds per request of every variant, per round."""
    pick = random.Random(1)
    variants = ["plain", *(f"{what}-{size}" for size in sizes for what in _PER_DATABASE)]
    for name in list(variants):
        what, _, size = name.partition("-")
        tenants = int(size or 1)
        if what == "spread" and tenants <= _SPREAD:
            variants.remove(name)
        elif what == "spread":
            client.prepare(name, signed_requests(f"uncached-{size}", pick.sample(range(tenants), _SPREAD)))
        else:
            active = pick.sample(range(tenants), min(tenants, _HOT if what == "cached" else _POOL))
            client.prepare(name, signed_requests(name, [active[i % len(active)] for i in range(_POOL)]))
    client.prepare("cpu", [b"GET / HTTP/1.1\r\nHost: cpu\r\n\r\n"])
    for name in variants:
        if name.partition("-")[0] in ("cached", "uncached", "peer"):
            _expect_refusal(client, name)
        client.send(name, _BLOCK)
    measured = []
    for _ in range(rounds):
        pick.shuffle(variants)
        figures = {}
        for name in variants:
            if name.startswith("cached"):
                client.send(name, _HOT)  # what the rounds before left in the cache has expired
            before = _cpu_ns(client)
            seconds, _body = client.send(name, _BLOCK)
            figures[name] = ((_cpu_ns(client) - before) / 1000 / _BLOCK, seconds / _BLOCK)
        measured.append(figures)
    return measured


def _summarize(
    rounds: list[dict[str, tuple[float, float]]], row: dict[str, Any], sizes: list[int], report: Report, traffic: Report
) -> None:
    calm = sorted(rounds, key=lambda figures: figures["plain"][0])[: max(len(rounds) // 3, 1)]

    def added(name: str, among: list[dict[str, tuple[float, float]]]) -> float | None:
        if name not in among[0]:
            return None
        return median(figures[name][0] - figures["plain"][0] for figures in among)

    def share(name: str) -> str | None:
        if name not in calm[0]:
            return None
        return f"{median(figures['plain'][1] / figures[name][1] for figures in calm):.0%}"

    for size in sizes:
        report.rows.append(
            {
                **row,
                "tenants": size,
                "plain": median(figures["plain"][0] for figures in calm),
                **{f"+{what}": added(f"{what}-{size}", calm) for what in _PER_DATABASE},
                "+cached (all)": added(f"cached-{size}", rounds),
                "+uncached (all)": added(f"uncached-{size}", rounds),
            }
        )
        rate = median(1 / figures["plain"][1] for figures in calm)
        traffic.rows.append(
            {**row, "tenants": size, "plain": rate, **{what: share(f"{what}-{size}") for what in _PER_DATABASE}}
        )


def _cpu_ns(client: Client) -> int:
    return int(client.send("cpu", 1)[1].split()[1])


def _expect_refusal(client: Client, name: str) -> None:
    """A benchmark of a door that stands open would be worth nothing."""
    (request,) = signed_requests(name, [0])
    client.prepare("forged", [request.replace(b"lic=active", b"lic=none")])
    try:
        client.send("forged", 1)
    except AssertionError as error:
        if " 401 " in str(error):
            return
    raise AssertionError(f"A forged request is not refused: {name}.")


def _judge(report: Report) -> None:
    def worst(column: str, **wanted: Any) -> float:
        rows = [row for row in report.rows if all(row[key] == value for key, value in wanted.items())]
        return float(max(row[column] for row in rows if row[column] is not None))

    warm = worst("+cached")
    report.claims.append((f"cache warm: at most {_WARM_CLAIM} µs; worst {warm:.0f}", warm <= _WARM_CLAIM))
    cold = worst("+uncached", database="PostgreSQL")
    report.claims.append((f"cache off, PostgreSQL: at most {_COLD_CLAIM} µs; worst {cold:.0f}", cold <= _COLD_CLAIM))
    few, many = sorted({row["tenants"] for row in report.rows})
    for column in ("+cached", "+uncached"):
        growth = max(
            worst(column, server=name, database=kind, tenants=many)
            - worst(column, server=name, database=kind, tenants=few)
            for name in NAMES
            for kind in KINDS
        )
        claim = f"{column[1:]}: does not grow from {few} to {many:,} tenants; largest difference {growth:+.0f} µs"
        report.claims.append((claim, growth <= _FLAT))
