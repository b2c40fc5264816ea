"""``modules sync --all`` and ``modules status``: thirty tenants, some of which fail."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from atlassian_connect import AtlassianConnect, Tenant
from atlassian_connect.sandbox import Installation, Sandbox
from atlassian_connect.sandbox.faults import Unavailable
from atlassian_connect.signals import dynamic_modules_synced
from atlassian_connect.testing import SandboxHost
from atlassian_connect.web.context import state_of

from ..conftest import APP_KEY
from .conftest import SECRET, Run

PATH = "/rest/atlassian-connect/1/app/module/dynamic"
PANEL = {"key": "panel", "name": {"value": "Panel"}, "location": "atl.general", "url": "/connect/poll"}
HOOK = {"key": "hook", "event": "page_created", "url": "/connect/poll"}


class Fleet:
    """Sites with the app installed, and what the app wants there.

    :ivar declares: client key → what to declare for that tenant besides the poll; may raise.
    """

    def __init__(self) -> None:
        self.sandboxes: list[Sandbox] = []
        self.installations: list[Installation] = []
        self.declares: dict[str, Callable[[], list[Any]]] = {}

    def key(self, number: int) -> str:
        return self.installations[number].client_key

    def registered(self) -> list[list[str]]:
        return [[module.key for module in installation.dynamic_modules] for installation in self.installations]

    def break_down(self, number: int) -> None:
        """Let a site fail at every call on dynamic modules."""
        site = self.installations[number].site
        site.faults.add(Unavailable(), path=PATH)


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
def connect(fleet: Fleet) -> AtlassianConnect:
    connect = AtlassianConnect()

    @connect.dynamic_module("dynamicContentMacros", "poll", name="Poll")
    def poll() -> str:
        return "poll"

    @connect.dynamic_modules
    def more(tenant: Tenant) -> list[Any]:
        return fleet.declares.get(tenant.client_key, list)()

    return connect


@pytest.fixture
def app(make_app: Callable[..., Flask], connect: AtlassianConnect, database_url: str) -> Flask:
    return make_app(
        connect,
        database_url,
        # Without READ, hosts refuse webhooks.
        ATLASSIAN_CONNECT_DESCRIPTOR={"key": APP_KEY, "name": "App under test", "scopes": []},
        ATLASSIAN_CONNECT_RETRY_BUDGET_SECONDS=0,
        ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL=False,
    )


def grow(app: Flask, fleet: Fleet, count: int) -> None:
    """Install the app at so many sites, of both products."""
    while len(fleet.installations) < count:
        number = len(fleet.sandboxes)
        host = SandboxHost(app, origin=f"https://site{number:02}.atlassian.net", seed=number + 1)
        fleet.sandboxes.append(host.sandbox)
        for product in ("confluence", "jira"):
            fleet.installations.append(host.install(product, shared_secret=SECRET))
    fleet.installations.sort(key=lambda installation: installation.client_key)


def test_thirty_tenants_of_which_some_fail(run: Run, app: Flask, fleet: Fleet) -> None:
    """One tenant's failure is not another's; the report names what is not fine, and nothing else."""
    grow(app, fleet, 30)
    fleet.break_down(4)
    fleet.declares[fleet.key(7)] = lambda: [("webhooks", HOOK)]
    fleet.declares[fleet.key(9)] = lambda: [1 / 0]

    result = run("modules", "sync", "--all", exit_code=1)

    assert len(result.stdout.splitlines()) == 4
    *told, summary = result.stdout.splitlines()
    assert summary == "30 tenants: 0 in order, 27 changed, 1 with refused modules, 2 failed."
    broken, refused, divided = told
    assert broken.startswith(f"{fleet.key(4)}  {fleet.installations[4].site.base_url}  failed: GET https://site")
    assert "answered 503" in broken
    assert f"{fleet.key(7)}  {fleet.installations[7].site.base_url}  refused: hook (webhooks): " in refused
    assert "require the READ scope" in refused
    assert "failed: " in divided
    assert "ZeroDivisionError" in divided
    assert result.stderr == "", "no bar without a terminal"
    expected = [["poll"]] * 30
    expected[4], expected[9] = [], []
    assert fleet.registered() == expected

    again = run("modules", "sync", "--all", "--jobs", "3", exit_code=1).stdout
    assert again.splitlines()[-1] == "30 tenants: 27 in order, 0 changed, 1 with refused modules, 2 failed."

    status = run("modules", "status", exit_code=1).stdout.splitlines()
    assert status[-1] == "30 tenants: 27 in order, 1 with refused modules, 2 failed, 0 never synced."
    assert len(status) == 1 + 30 + 3 + 1
    assert f"{fleet.key(7)}  refused: hook (webhooks): " in "\n".join(status)
    assert f"{fleet.key(4)}  failed: HostServerError: GET https://site" in "\n".join(status)


def test_all_in_order_is_one_line_and_exit_status_0(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 2)

    assert run("modules", "sync", "--all").stdout == (
        "2 tenants: 0 in order, 2 changed, 0 with refused modules, 0 failed.\n"
    )
    assert run("modules", "sync", "--all").stdout == (
        "2 tenants: 2 in order, 0 changed, 0 with refused modules, 0 failed.\n"
    )


def test_report_as_json(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 4)
    fleet.break_down(0)
    fleet.declares[fleet.key(1)] = lambda: [("webhooks", HOOK)]

    report = json.loads(run("modules", "sync", "--all", "--json", exit_code=1).stdout)

    counts = {name: report[name] for name in ("in_order", "changed", "refused", "failed")}
    assert counts == {"in_order": 0, "changed": 2, "refused": 1, "failed": 1}
    assert (report["dry_run"], report["stopped"]) == (False, False)
    failed, refused = report["tenants"]
    assert (failed["client_key"], failed["result"]) == (fleet.key(0), "failed")
    assert "answered 503" in failed["error"]
    assert (refused["result"], refused["added"]) == ("refused", ["poll"])
    [module] = refused["refused"]
    assert (module["type"], module["key"]) == ("webhooks", "hook")
    assert "READ" in module["message"]


def test_dry_run_tells_what_would_change_and_changes_nothing(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 2)
    run("modules", "sync", fleet.key(0))

    output = run("modules", "sync", "--all", "--dry-run").stdout.splitlines()

    assert output == [
        f"{fleet.key(1)}  {fleet.installations[1].site.base_url}  to add 1, to change 0, to remove 0",
        "2 tenants: 1 in order, 1 to change, 0 with refused modules, 0 failed.",
        "Nothing was changed.",
    ]
    assert fleet.registered() == [["poll"], []]
    assert run("modules", "status").stdout.splitlines()[-1] == (
        "2 tenants: 1 in order, 0 with refused modules, 0 failed, 1 never synced."
    )


def test_only_tenants_that_take_our_calls_are_synced(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 4)
    fleet.installations[0].uninstall()
    fleet.installations[1].disable()

    assert run("modules", "sync", "--all").stdout.startswith("2 tenants: 0 in order, 2 changed,")
    assert fleet.registered()[2:] == [["poll"], ["poll"]]
    assert run("modules", "status").stdout.splitlines()[-1].startswith("2 tenants: 2 in order")


def test_tenant_that_goes_while_the_others_are_synced_is_left_out(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 2)
    state = state_of(app)

    def go() -> list[Any]:
        state.store.uninstall(fleet.key(1), now=datetime.now(UTC))
        return []

    fleet.declares[fleet.key(0)] = go

    assert run("modules", "sync", "--all", "--jobs", "1").stdout.startswith("1 tenant: 0 in order, 1 changed,")


def test_ctrl_c_ends_what_runs_and_reports_it(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 6)
    former = signal.getsignal(signal.SIGINT)

    def interrupt() -> list[Any]:
        os.kill(os.getpid(), signal.SIGINT)
        return []

    fleet.declares[fleet.key(1)] = interrupt

    output = run("modules", "sync", "--all", "--jobs", "1", exit_code=130).stdout.splitlines()

    assert output == [
        "2 tenants: 0 in order, 2 changed, 0 with refused modules, 0 failed.",
        "Stopped: the other tenants were left alone.",
    ]
    assert fleet.registered() == [["poll"], ["poll"], [], [], [], []]
    assert signal.getsignal(signal.SIGINT) is former


def test_apps_code_has_a_context_of_its_own_that_ends_before_the_host_is_called(
    run: Run, app: Flask, fleet: Fleet, connect: AtlassianConnect
) -> None:
    """Else each of many syncs would keep a connection of the app's pool while it waits for its host."""
    grow(app, fleet, 2)
    events: list[str] = []
    app.teardown_appcontext_funcs.append(lambda _error: events.append("end"))

    def declare() -> list[Any]:
        events.append("declared")
        return []

    def told(_app: Flask, **_facts: Any) -> None:
        events.append("told")

    fleet.declares[fleet.key(0)] = declare
    with dynamic_modules_synced.connected_to(told), app.app_context():
        results = [result for tenant, result in connect.sync_all(jobs=1) if tenant.client_key == fleet.key(0)]

    assert [result.added for result in results if not isinstance(result, Exception)] == [("poll",)]
    start = events.index("declared")
    assert events[start : start + 4] == ["declared", "end", "told", "end"]


def test_sync_all_works_on_a_database_in_memory(make_app: Callable[..., Flask], fleet: Fleet) -> None:
    connect = AtlassianConnect()
    connect.dynamic_module("dynamicContentMacros", "poll", name="Poll")(lambda: "poll")
    app = make_app(connect, ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL=False)
    grow(app, fleet, 4)

    result = app.test_cli_runner().invoke(args=["connect", "modules", "sync", "--all", "--jobs", "8"])

    assert result.output == "4 tenants: 0 in order, 4 changed, 0 with refused modules, 0 failed.\n"


def test_sync_needs_a_tenant_or_all(run: Run) -> None:
    assert "--all" in run("modules", "sync", exit_code=2).stderr
    assert "--all" in run("modules", "sync", "key", "--all", exit_code=2).stderr
    assert "0 is not in the range" in run("modules", "sync", "--all", "--jobs", "0", exit_code=2).stderr


def test_no_tenants_is_fine(run: Run) -> None:
    assert run("modules", "sync", "--all").stdout.startswith("0 tenants: ")
    assert run("modules", "status").stdout.splitlines()[-1].startswith("0 tenants: ")


# --- one tenant -------------------------------------------------------------------------------------------------------


def test_refused_modules_of_one_tenant_are_shown_with_the_hosts_message(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 1)
    fleet.declares[fleet.key(0)] = lambda: [("webhooks", HOOK)]

    first, second = run("modules", "sync", fleet.key(0), exit_code=1).stdout.splitlines()

    assert first == "add     poll"
    assert second.startswith("refuse  hook (webhooks): ")
    assert "READ scope" in second
    document = json.loads(run("modules", "sync", fleet.key(0), "--json", exit_code=1).stdout)
    assert (document["result"], document["unchanged"]) == ("refused", ["poll"])


def test_status_of_one_tenant(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 2)
    [never] = json.loads(run("modules", "status", fleet.key(0), "--json").stdout)
    assert never == {
        "client_key": fleet.key(0),
        "base_url": fleet.installations[0].site.base_url,
        "synced_at": None,
        "result": "never",
        "error": None,
    }
    assert "never" in run("modules", "status", fleet.key(0)).stdout.splitlines()[1]

    fleet.declares[fleet.key(0)] = lambda: [("webhooks", HOOK)]
    before = datetime.now(UTC)
    run("modules", "sync", fleet.key(0), exit_code=1)

    [found] = json.loads(run("modules", "status", fleet.key(0), "--json", exit_code=1).stdout)
    assert (found["result"], found["registered"], found["added"]) == ("refused", 1, 1)
    assert before.timestamp() - 1 <= datetime.fromisoformat(found["synced_at"]).timestamp()
    assert [module["key"] for module in found["refused"]] == ["hook"]
    assert "no tenant with client key" in run("modules", "status", "unknown", exit_code=1).stderr


def test_strict_status_takes_a_tenant_that_was_never_synced_as_an_error(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 2)
    run("modules", "sync", fleet.key(0))

    run("modules", "status")
    assert "1 never synced" in run("modules", "status", "--strict", exit_code=1).stdout
    run("modules", "status", fleet.key(0), "--strict")


def test_failure_is_kept_and_a_good_sync_replaces_it(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 1)
    with fleet.installations[0].site.faults.add(Unavailable(), path=PATH):
        run("modules", "sync", fleet.key(0), exit_code=1)
    assert "failed: HostServerError" in run("modules", "status", fleet.key(0), exit_code=1).stdout

    run("modules", "sync", fleet.key(0))

    assert "1 in order" in run("modules", "status", fleet.key(0)).stdout


def test_what_hosts_say_steers_no_terminal(run: Run, app: Flask, fleet: Fleet) -> None:
    from atlassian_connect.protocol.sync_plan import RefusedModule, SyncOutcome

    grow(app, fleet, 1)
    refused = (RefusedModule("k", "webPanels", "bad \x1b[2J\nsecond line"),)
    state_of(app).sync_records.put(fleet.key(0), SyncOutcome(at=0, refused=refused, error="x\x1b]0;t\x07"))

    output = run("modules", "status", exit_code=1).stdout

    assert "\x1b" not in output
    assert "second line" in output
    assert len(output.splitlines()) == 6, "two tenants, what was refused, what failed, the head and the sum"


def test_forgotten_tenant_has_no_status(run: Run, app: Flask, fleet: Fleet) -> None:
    grow(app, fleet, 1)
    run("modules", "sync", fleet.key(0))
    run("tenants", "forget", fleet.key(0), "--yes")

    assert state_of(app).sync_records.get(fleet.key(0)) is None
