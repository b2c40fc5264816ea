"""What else a data file keeps: webhooks and their retries, faults, limits, API tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from atlassian_connect.sandbox import MEMBER, Sandbox, WsgiTransport
from atlassian_connect.sandbox.deliveries import DELIVERIES_KEPT
from atlassian_connect.sandbox.fault_kinds import Broken, Exchange, Fault, Outcome, Unavailable
from atlassian_connect.sandbox.ids import install_key_pem
from atlassian_connect.sandbox.limit_faults import RateLimited
from atlassian_connect.sandbox.module_faults import DYNAMIC_MODULES, ModuleRefused

from ..conftest import APP_URL, Clock
from ..connect_app import ConnectApp

Running = Callable[[], object]


@pytest.fixture
def running(tmp_path: Path, transport: WsgiTransport, clock: Clock) -> Running:
    """The sandbox of one file, for as long as a block lasts."""

    @contextmanager
    def run() -> Iterator[Sandbox]:
        sandbox = Sandbox(transport=transport, clock=clock, data=tmp_path / "site.db")
        yield sandbox
        sandbox.close()

    return run


@pytest.fixture
def told(transport: WsgiTransport) -> ConnectApp:
    app = ConnectApp(APP_URL, lambda key_id: install_key_pem())
    transport.mount("http://app.localhost:5000", app.wsgi)
    return app


def test_retries_go_on_after_a_restart(running, told: ConnectApp, descriptor_url: str, clock: Clock):
    told.answers["OPS-1"], told.leeway = 503, 1000
    with running() as sandbox:
        sandbox.jira.install(descriptor_url)
        sandbox.jira.edit_issue("OPS-1", summary="x", trace="t-1")
        first = sandbox.deliveries.all()[0]
    told.answers.clear()

    with running() as sandbox:
        (again,) = sandbox.deliveries.all()
        assert (again.outcome, again.due, again.attempts, again.json()) == (
            *("waiting", first.due, first.attempts, first.json()),
        )
        clock.ahead += 301
        assert sandbox.deliveries.run_due() == 1
    before, after = (headers for path, _, _, headers in told.received if path == "/hooks/issue/OPS-1")
    assert after["X-Atlassian-Webhook-Retry"] == "1"
    for name in ("X-Atlassian-Webhook-Identifier", "X-Atlassian-Webhook-Trace"):
        assert before[name] == after[name]

    with running() as sandbox:
        (done,) = sandbox.deliveries.all()
        assert (done.outcome, len(done.attempts)) == ("delivered", 2)
        sandbox.jira.edit_issue("OPS-1", summary="y")
        assert [one.number for one in sandbox.deliveries.all()] == [1, 2]
        sandbox.reset()
    with running() as sandbox:
        assert sandbox.deliveries.all() == []


def test_a_retry_that_is_not_made_any_more_does_not_come_back(running, told: ConnectApp, descriptor_url: str):
    told.answers["OPS-1"] = 503
    with running() as sandbox:
        installation = sandbox.jira.install(descriptor_url)
        sandbox.jira.edit_issue("OPS-1", summary="x")
        installation.disable()
        assert sandbox.deliveries.run_waiting() == 0
    with running() as sandbox:
        sandbox.jira.installations[0].enable()
        assert sandbox.deliveries.run_waiting() == 0
        assert len(sandbox.deliveries.failed(installation.client_key)) == 1


def test_what_waits_for_the_database_does_not_hold_up_the_deliveries(running, told: ConnectApp, descriptor_url: str):
    """Who has the database's lock may want theirs: nobody must have theirs, and wait for the database."""
    told.answers["OPS-1"] = 503
    with running() as sandbox:
        sandbox.jira.install(descriptor_url)
        sandbox.jira.edit_issue("OPS-1", summary="x")
        retrying, looking = Thread(target=sandbox.deliveries.run_waiting), Thread(target=sandbox.deliveries.all)
        with sandbox.store.database.transaction():
            retrying.start()
            retrying.join(0.5)  # it cannot end: it has its answer, and cannot write it
            looking.start()
            looking.join(30)
            assert not looking.is_alive()
        retrying.join()
        assert [len(one.attempts) for one in sandbox.deliveries.all()] == [2]


def test_the_file_keeps_as_many_as_the_sandbox(running, told: ConnectApp, descriptor_url: str):
    with running() as sandbox:
        installation = sandbox.jira.install(descriptor_url)
        with sandbox.store.database.transaction():
            for _ in range(DELIVERIES_KEPT + 2):
                installation.deliver("jira:issue_updated", {"issue": {"key": "OPS-1"}})
    with running() as sandbox:
        kept = sandbox.deliveries.all()
        assert (len(kept), kept[0].number) == (DELIVERIES_KEPT, 3)


@dataclass(frozen=True)
class OfATest(Fault):
    def apply(self, exchange: Exchange) -> Outcome:
        return exchange.run()


def get_myself(sandbox: Sandbox) -> int:
    return sandbox.wsgi_app.test_client().get("/rest/api/3/myself", base_url=sandbox.origin).status_code


def test_faults_outlive_a_restart(running):
    with running() as sandbox:
        sandbox.jira.faults.add(RateLimited(seconds=9, style="date"), method="get", path="/rest/api/3", times=3)
        sandbox.jira.faults.add(OfATest())
        sandbox.confluence.faults.add(ModuleRefused("k", named=False), path=DYNAMIC_MODULES)
        sandbox.faults.add(Broken(502, "no", "text/plain"), path="/oauth2/token").remove()
        with sandbox.faults.add(Unavailable()):
            pass
        for _ in range(2):
            assert get_myself(sandbox) == 429

    with running() as sandbox:
        (limited,) = sandbox.jira.faults.active
        assert limited.fault == RateLimited(seconds=9, style="date")
        assert (limited.method, limited.path, limited.times, limited.hits) == ("GET", "/rest/api/3", 3, 2)
        answers = [get_myself(sandbox) for _ in range(2)]
        assert answers == [429, 401]
        assert [one.fault for one in sandbox.confluence.faults.active] == [ModuleRefused("k", named=False)]
        assert sandbox.faults.active == []
        sandbox.confluence.faults.clear()
    with running() as sandbox:
        assert sandbox.confluence.faults.active == []
        assert sandbox.jira.faults.active[0].hits == 3


def test_limits_outlive_a_restart_what_was_spent_does_not(running):
    with running() as sandbox:
        sandbox.jira.limit_rate(points=7, per_second=3)
        sandbox.jira.limits.take("app", "GET", "/x")
    with running() as sandbox:
        assert (sandbox.jira.limits.points, sandbox.jira.limits.per_second) == (7, 3)
        assert sandbox.jira.limits.take("app", "GET", "/x").headers["X-RateLimit-Remaining"] == "5"
        assert sandbox.confluence.limits is None
        sandbox.jira.limits = None
    with running() as sandbox:
        assert sandbox.jira.limits is None


def test_api_tokens_outlive_a_restart(running):
    with running() as sandbox:
        token = sandbox.api_tokens.of(MEMBER).reveal()
    with running() as sandbox:
        assert sandbox.api_tokens.holder("jonas@example.com", token).account_id == MEMBER


def test_a_fault_that_is_needed_while_it_is_switched_on_is_kept_once(running, monkeypatch: pytest.MonkeyPatch):
    with running() as sandbox:
        draw, faults = sandbox.store.database.next, sandbox.jira.faults

        def late(counter: str, **more: int) -> int:
            monkeypatch.undo()
            request = Thread(target=faults.taking, args=("GET", "/rest/api/3/myself"))
            request.start()
            request.join()
            return draw(counter, **more)

        monkeypatch.setattr(sandbox.store.database, "next", late)
        faults.add(Unavailable())
    with running() as sandbox:
        assert len(sandbox.jira.faults.active) == 1


def test_an_app_that_changes_while_the_sandbox_is_reset_does_not_come_back(
    running, told: ConnectApp, descriptor_url: str, monkeypatch: pytest.MonkeyPatch
):
    with running() as sandbox:
        installation, rows = sandbox.jira.install(descriptor_url), sandbox.store.installations
        save, forgetting = rows.save, Thread(target=installation.forget)

        def late(row: object) -> None:
            forgetting.start()
            forgetting.join(0.5)  # it cannot end before the row is written
            save(row)

        monkeypatch.setattr(rows, "save", late)
        installation.licence = "licensed"
        forgetting.join()
    with running() as sandbox:
        assert sandbox.jira.known == []
