"""Two processes sync one tenant at once, over real HTTP, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from atlassian_connect import AtlassianConnect
from atlassian_connect.sandbox import Installation, Sandbox, SandboxServer, WsgiTransport
from atlassian_connect.sandbox.faults import Exchange, Fault, Outcome
from atlassian_connect.tenants import new_encryption_key
from tests.conftest import APP_KEY, BASE_URL

ROOT = Path(__file__).parents[2]
PATH = "/rest/atlassian-connect/1/app/module/dynamic"

#: An app of its own process. As a program it syncs one tenant, when it is told to by a line.
APP = """
import json, os, sys
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from atlassian_connect import AtlassianConnect
from atlassian_connect.tenants.sync_locks import SyncLocks

SyncLocks.__init__.__kwdefaults__["lease_seconds"] = 1.0  # a test does not wait for half a minute
connect = AtlassianConnect()
connect.general_page("hello", name="Hello")(lambda: "hello")

@connect.dynamic_module("webPanels", "poll", name="Poll", location="atl.jira.view.issue.right.context")
def poll():
    return "poll"

def create_app():
    app = Flask("other_process")
    app.config.from_prefixed_env()
    app.config["ATLASSIAN_CONNECT_DESCRIPTOR"] = {"key": "com.example.app", "name": "App", "scopes": ["READ"]}
    SQLAlchemy(app)
    connect.init_app(app)
    return app

if __name__ == "__main__":
    app = create_app()
    print("ready", flush=True)
    sys.stdin.readline()
    with app.app_context():
        result = connect.dynamic.sync(connect.tenant(sys.argv[1]))
    print(json.dumps({"added": result.added, "unchanged": result.unchanged}), flush=True)
"""


@dataclass
class Gate(Fault):
    """Keeps the first caller at the door until somebody else comes, or it is opened, or for some seconds."""

    seconds: float
    callers: int = 0

    def __post_init__(self) -> None:
        self.arrived, self.opened = threading.Event(), threading.Event()

    def apply(self, exchange: Exchange) -> Outcome:
        self.callers += 1
        self.arrived.set()
        if self.callers == 1:
            self.opened.wait(self.seconds)
        else:
            self.opened.set()
        return exchange.run()


class World:
    """A site on a port, an app installed there, and further processes of the app."""

    def __init__(self, sandbox: Sandbox, installation: Installation, folder: Path, environment: dict[str, str]) -> None:
        self.sandbox = sandbox
        self.installation = installation
        self.folder = folder
        self.environment = environment
        self.processes: list[subprocess.Popen[str]] = []
        (folder / "other_app.py").write_text(APP)

    def process(self) -> subprocess.Popen[str]:
        """Start a process that is about to sync."""
        process = subprocess.Popen(
            [sys.executable, "other_app.py", self.installation.client_key],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def calls(self, method: str) -> list[int | None]:
        """Statuses of the calls to the host's dynamic modules."""
        crossings = [crossing for crossing in self.sandbox.log if PATH in crossing.url]
        return [crossing.status for crossing in crossings if crossing.method == method]


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def outcome(process: subprocess.Popen[str]) -> dict[str, Any]:
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    document: dict[str, Any] = json.loads(stdout)
    return document


@pytest.fixture
def world(make_app: Callable[..., Flask], database_url: str, tmp_path: Path) -> Iterator[World]:
    apps = WsgiTransport({})
    sandbox = Sandbox("http://localhost:1", transport=apps)
    key = new_encryption_key()
    with SandboxServer(sandbox, port=0) as server:
        app = make_app(
            AtlassianConnect(),
            database_url,
            ATLASSIAN_CONNECT_ENCRYPTION_KEYS=[key],
            ATLASSIAN_CONNECT_SANDBOX_URL=server.url,
        )
        apps.mount(BASE_URL, app.wsgi_app)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            "FLASK_SQLALCHEMY_DATABASE_URI": database_url,
            "FLASK_ATLASSIAN_CONNECT_BASE_URL": BASE_URL,
            "FLASK_ATLASSIAN_CONNECT_ENCRYPTION_KEYS": key,
            "FLASK_ATLASSIAN_CONNECT_SANDBOX_URL": server.url,
        }
        installation = sandbox.jira.install(f"{BASE_URL}/atlassian-connect.json")
        world = World(sandbox, installation, tmp_path, environment)
        assert world.installation.app_key == APP_KEY
        yield world
        for process in world.processes:
            process.kill()
            process.communicate()


def test_one_does_the_work_and_the_other_finds_nothing_to_do(world: World) -> None:
    """Without a lock both would find the module missing, since neither gets the list before both have asked."""
    gate = Gate(seconds=1.0)
    world.installation.site.faults.add(gate, method="GET", path=PATH)
    one, other = world.process(), world.process()
    for process in (one, other):
        ready(process)
    for process in (one, other):
        go(process)

    outcomes = sorted((outcome(process) for process in (one, other)), key=lambda found: len(found["added"]))

    assert outcomes == [{"added": [], "unchanged": ["poll"]}, {"added": ["poll"], "unchanged": []}]
    assert world.calls("POST") == [200]
    assert [module.key for module in world.installation.dynamic_modules] == ["poll"]


def test_process_that_is_killed_while_syncing_blocks_no_other_for_long(world: World) -> None:
    """At once on PostgreSQL; on SQLite when its lease is over."""
    gate = Gate(seconds=30)
    world.installation.site.faults.add(gate, method="GET", path=PATH)
    one, other = world.process(), world.process()
    for process in (one, other):
        ready(process)
    go(one)
    assert gate.arrived.wait(30)

    one.send_signal(signal.SIGKILL)
    one.wait()
    go(other)

    assert outcome(other) == {"added": ["poll"], "unchanged": []}
    assert world.calls("POST") == [200]


def test_command_shows_a_bar_on_a_terminal_only(world: World) -> None:
    command = [sys.executable, "-m", "flask", "--app", "other_app", "connect", "modules", "sync", "--all"]
    ours, theirs = pty.openpty()
    try:
        ran = subprocess.run(
            command, cwd=world.folder, env=world.environment, stdout=subprocess.PIPE, stderr=theirs, check=False
        )
        shown = os.read(ours, 100_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)

    assert ran.returncode == 0, shown
    assert ran.stdout.decode() == "1 tenant: 0 in order, 1 changed, 0 with refused modules, 0 failed.\n"
    assert "Syncing" in shown
    assert "1/1" in shown
