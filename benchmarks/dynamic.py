"""Dynamic modules: finding out what has to be done for a tenant, and doing it for a fleet of them."""

from __future__ import annotations

import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import insert

from atlassian_connect import AtlassianConnect, Module
from atlassian_connect.protocol.modules import flatten_modules
from atlassian_connect.protocol.sync_plan import check_wanted, module_digest, plan_sync
from atlassian_connect.sandbox import Sandbox, SandboxServer, WsgiTransport
from atlassian_connect.sandbox.faults import DYNAMIC_MODULES, Slow
from atlassian_connect.secret import Secret
from atlassian_connect.tenants import SecretBox, metadata
from atlassian_connect.tenants.model import TenantRow

from .databases import APP_KEY, ENCRYPTION_KEY
from .report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

_APP_URL = "https://app.example.com"
_MODULES = 100
_PER_TENANT = 10
_JOBS = (1, 4, 8)
_LATENCIES = (0.0, 0.1)
_CLAIMED_GROWTH_KIB = 10 * 1024


def run(*, quick: bool) -> list[Report]:
    """Plan for many tenants of a hundred modules, and sync a fleet against sandboxes in another process."""
    return [_planning(tenants=200 if quick else 10_000), _fleet(sites=3 if quick else 20, rounds=1 if quick else 3)]


# --- planning ---------------------------------------------------------------------------------------------------------


def _planning(*, tenants: int) -> Report:
    report = Report(f"Planning for {_MODULES} modules, {tenants:,} tenants one after the other")
    for name, changes in (("nothing to do", 0), ("ten modules changed", 10)):
        before, taken, planned = _peak_kib(), [], 0
        for number in range(tenants):
            answer = json.dumps({"webPanels": [_listed(number, index) for index in range(_MODULES)]})
            sent = {module.key: module_digest(module) for module in _wanted(number, changed=0)}
            started = time.process_time()
            wanted = _wanted(number, changed=changes)
            check_wanted(wanted)
            plan = plan_sync(wanted, flatten_modules(json.loads(answer)), sent=sent)
            taken.append((time.process_time() - started) * 1000)
            planned += len(plan.change)
        if planned != changes * tenants:
            raise AssertionError(f"{planned} changes were planned.")
        grown = _peak_kib() - before
        report.rows.append(
            {
                "tenants with": name,
                "ms of CPU per tenant": median(taken),
                "slowest tenth": sorted(taken)[len(taken) * 9 // 10],
                "all, s": sum(taken) / 1000,
                "memory grown by KiB": grown,
            }
        )
        report.claims.append(
            (
                f"{name}: memory grows by {grown} KiB, claimed at most {_CLAIMED_GROWTH_KIB}",
                grown <= _CLAIMED_GROWTH_KIB,
            )
        )
    report.notes.append("With reading the host's answer and checking what is declared; without the call itself.")
    return report


def _wanted(tenant: int, *, changed: int) -> list[Module]:
    return [
        Module("webPanels", {**_panel(tenant, index), **({"weight": 7} if index < changed else {})})
        for index in range(_MODULES)
    ]


def _listed(tenant: int, index: int) -> dict[str, Any]:
    """As a host lists it: with a default, and its fields in another order."""
    return dict(sorted({"weight": 100, "conditions": [], **_panel(tenant, index)}.items()))


def _panel(tenant: int, index: int) -> dict[str, Any]:
    return {
        "key": f"panel-{index}",
        "name": {"value": f"Panel {index} of tenant {tenant}"},
        "location": "atl.jira.view.issue.right.context",
        "url": f"/panel?number={index}&issue={{issue.key}}",
    }


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# --- a fleet ----------------------------------------------------------------------------------------------------------


def _fleet(*, sites: int, rounds: int) -> Report:
    report = Report(f"sync --all: {2 * sites} tenants with {_PER_TENANT} modules each, sandboxes in another process")
    wanted = _Wanted()
    with tempfile.TemporaryDirectory(prefix="benchmarks") as folder, _sandboxes(sites) as (installed, delay):
        app, connect = _app(f"sqlite:///{Path(folder, 'app.db')}", wanted, installed)
        for latency in _LATENCIES:
            delay(latency)
            for name, calls in (("nothing to do", 1), ("all modules changed", 3)):
                for jobs in _JOBS:
                    figures = [_sync_all(app, connect, wanted, jobs, changing=calls > 1) for _ in range(rounds)]
                    report.rows.append(
                        {
                            "each call waits": f"{latency * 1000:.0f} ms",
                            "tenants with": name,
                            "calls each": calls,
                            "jobs": jobs,
                            "tenants per second": median(2 * sites / wall for wall, _ in figures),
                            "CPU ms per tenant": median(cpu / (2 * sites) * 1000 for _, cpu in figures),
                        }
                    )
    report.notes.append("Tenants per second by the clock; CPU of the process that syncs. App on SQLite, in a file.")
    report.notes.append("All sandboxes are one process, which the syncing one competes with for the cores.")
    return report


class _Wanted:
    """What the app declares; another weight makes all modules changed ones."""

    weight = 0

    def __call__(self, _tenant: object) -> Iterator[Module]:
        for index in range(_PER_TENANT):
            yield Module("webPanels", {**_panel(0, index), "weight": self.weight})


def _sync_all(
    app: Flask, connect: AtlassianConnect, wanted: _Wanted, jobs: int, *, changing: bool
) -> tuple[float, float]:
    """Sync all tenants; seconds by the clock, and of CPU."""
    if changing:
        wanted.weight += 1
    else:
        with app.app_context():
            list(connect.sync_all(jobs=max(_JOBS)))  # whatever was due is done
    wall, cpu = time.perf_counter(), time.process_time()
    with app.app_context():
        results = [result for _, result in connect.sync_all(jobs=jobs)]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for result in results:
        if isinstance(result, Exception):
            raise result
        if len(result.changed or result.added) != (_PER_TENANT if changing else 0):
            raise AssertionError(f"This is not what was to be done: {result}")
    return wall, cpu


def _app(database_url: str, wanted: _Wanted, installed: list[_Installed]) -> tuple[Flask, AtlassianConnect]:
    """The app whose tenants the sandboxes know."""
    app, connect, db = Flask(__name__), AtlassianConnect(), SQLAlchemy()
    app.config.update(
        SQLALCHEMY_DATABASE_URI=database_url,
        ATLASSIAN_CONNECT_BASE_URL=_APP_URL,
        ATLASSIAN_CONNECT_DESCRIPTOR={"key": APP_KEY, "name": "Benchmark"},
        ATLASSIAN_CONNECT_ENCRYPTION_KEYS=ENCRYPTION_KEY,
    )
    db.init_app(app)
    connect.dynamic_modules(wanted)
    connect.init_app(app)
    app.add_url_rule("/panel", "panel", connect.require(lambda: "panel"))
    box, now = SecretBox([ENCRYPTION_KEY]), datetime.now(UTC)
    rows = [
        {
            "client_key": one.client_key,
            "app_key": APP_KEY,
            "product": one.product,
            "base_url": one.base_url,
            "shared_secret": box.encrypt(Secret(one.shared_secret)),
            "installed": True,
            "enabled": True,
            "installed_at": now,
            "updated_at": now,
        }
        for one in installed
    ]
    with app.app_context():
        metadata.create_all(db.engine)
        db.session.execute(insert(TenantRow), rows)
        db.session.commit()
    return app, connect


# --- the sandboxes, in a process of their own -------------------------------------------------------------------------


class _Installed(NamedTuple):
    client_key: str
    product: str
    base_url: str
    shared_secret: str


@contextmanager
def _sandboxes(sites: int) -> Iterator[tuple[list[_Installed], Callable[[float], None]]]:
    """Serve so many sandboxes; what is installed there, and a function that lets each of their answers wait."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, sites), daemon=True)
    process.start()
    theirs.close()

    def delay(seconds: float) -> None:
        ours.send(seconds)
        ours.recv()

    try:
        if not ours.poll(60):
            raise RuntimeError("The sandboxes did not start.")
        yield ours.recv(), delay
    finally:
        process.terminate()
        process.join()
        ours.close()


def _serve(pipe: Connection, count: int) -> None:
    sandboxes = []
    with ExitStack() as stack:
        installed = []
        for number in range(count):
            sandbox = Sandbox("http://localhost:1", transport=WsgiTransport({_APP_URL: _paper_app}), seed=number)
            stack.enter_context(SandboxServer(sandbox, port=0))
            sandboxes.append(sandbox)
            for site in sandbox.sites:
                one = site.install(f"{_APP_URL}/atlassian-connect.json")
                secret = one.shared_secret.reveal() if one.shared_secret else ""
                installed.append(_Installed(one.client_key, site.product, site.base_url, secret))
        pipe.send(installed)
        while True:
            seconds = pipe.recv()
            for sandbox in sandboxes:
                for site in sandbox.sites:
                    site.faults.clear()
                    if seconds:
                        site.faults.add(Slow(seconds), path=DYNAMIC_MODULES)
            pipe.send("done")


def _paper_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Enough of an app to be installed."""
    descriptor = {
        "key": APP_KEY,
        "name": "Benchmark",
        "baseUrl": _APP_URL,
        "authentication": {"type": "jwt"},
        "lifecycle": {"installed": "/installed"},
        "modules": {"generalPages": [{"key": "page", "name": {"value": "Page"}, "url": "/page"}]},
    }
    body = json.dumps(descriptor).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
