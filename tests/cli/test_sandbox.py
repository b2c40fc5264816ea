from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from werkzeug.serving import make_server

from atlassian_connect import AtlassianConnect
from atlassian_connect.cli.sandbox import answers_at, descriptor_location, settings_advice
from atlassian_connect.sandbox import Sandbox, running
from atlassian_connect.sandbox.fault_kinds import Unavailable
from atlassian_connect.sandbox.running import install_where_ready
from atlassian_connect.testing import SandboxHost
from atlassian_connect.web.context import state_of

from ..conftest import declare
from .conftest import Run


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_settings_advice_names_the_setting(make_app: Callable[..., Flask]) -> None:
    without = state_of(make_app(AtlassianConnect()))
    other = state_of(make_app(AtlassianConnect(), ATLASSIAN_CONNECT_SANDBOX_URL="http://localhost:1234"))
    right = state_of(make_app(AtlassianConnect(), ATLASSIAN_CONNECT_SANDBOX_URL="http://localhost:2990"))

    assert (
        "ATLASSIAN_CONNECT_SANDBOX_URL=http://localhost:2990 (it is not set)"
        in settings_advice(without, "http://localhost:2990")[0]
    )
    assert "it is http://localhost:1234 now" in settings_advice(other, "http://localhost:2990")[0]
    assert settings_advice(right, "http://localhost:2990") == []


def test_installs_where_the_app_answers(app: Flask) -> None:
    host = SandboxHost(app)
    url = descriptor_location(host.state)
    pending = [url, "https://silent.example/descriptor"]

    lines = list(install_where_ready(host.sandbox.sites, pending, lambda asked: asked == url))

    assert pending == ["https://silent.example/descriptor"]
    assert [worked for worked, _ in lines] == [True, True]
    assert lines[0][1].startswith("Jira installed com.example.app; client key ")
    assert list(install_where_ready(host.sandbox.sites, pending, lambda asked: asked == url)) == []


def test_refused_install_is_told_and_not_repeated(make_app: Callable[..., Flask]) -> None:
    app = make_app(AtlassianConnect(), ATLASSIAN_CONNECT_ALLOWED_HOSTS=["other.example.com"])
    host = SandboxHost(app)
    pending = [descriptor_location(host.state)]

    lines = list(install_where_ready([host.sandbox.jira], pending, lambda asked: True))

    assert [worked for worked, _ in lines] == [False]
    assert "401" in lines[0][1]
    assert pending == []


def test_probe_tells_whether_something_listens(app: Flask, free_port: int) -> None:
    answers = answers_at(state_of(app))

    assert not answers(f"http://127.0.0.1:{free_port}/x")


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The command's waits; the third is Ctrl-C."""
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "time", SimpleNamespace(sleep=sleep))
    return waits


def test_command_waits_for_the_app_and_ends_with_ctrl_c(run: Run, free_port: int, interrupted: list[float]) -> None:
    result = run(
        *("sandbox", "--port", "0", "--install", f"http://127.0.0.1:{free_port}/a", "--product", "jira"),
    )

    assert result.stdout.count("Waiting for") == 1
    assert "/sandbox/\n" in result.stdout
    assert result.stdout.endswith("Stopped.\n")


def test_command_says_which_setting_the_app_needs(run: Run, interrupted: list[float]) -> None:
    assert "ATLASSIAN_CONNECT_SANDBOX_URL=http://localhost:" in run("sandbox", "--port", "0", "--no-install").stderr


def test_port_in_use_is_one_line(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("sandbox", "--port", str(taken.getsockname()[1]), exit_code=1)

    assert result.stderr.startswith("Error: Port ")
    assert result.stderr.count("\n") == 1


def test_a_time_that_is_none_is_one_line(run: Run) -> None:
    stderr = run("sandbox", "--port", "0", "--clock", "tomorrow", exit_code=1).stderr

    assert stderr == "Error: 'tomorrow' is no time as ISO 8601 writes it, such as 2026-03-31T09:00:00Z.\n"


def test_limits_that_are_asked_for_are_there_after_a_reset() -> None:
    server = running.start_sandbox(0, rate_limits=True, bridge=False)
    try:
        server.sandbox.reset()
        assert server.sandbox.jira.limits is not None
    finally:
        server.shutdown()
        server.sandbox.close()


def test_a_sandbox_begins_at_the_time_that_is_asked_for() -> None:
    server = running.start_sandbox(0, clock="2026-03-31T09:00:00Z", bridge=False)
    try:
        newest = max(issue.created for issue in server.sandbox.content.issues())
        assert newest < server.sandbox.wire.clock() < newest + 365 * 86_400
        assert 0 <= server.sandbox.wire.clock() - 1_774_947_600 < 3600
    finally:
        server.shutdown()
        server.sandbox.close()


def test_faults_that_a_file_has_kept_are_told_of(run: Run, tmp_path: Path, interrupted: list[float]) -> None:
    with closing(Sandbox(data=tmp_path / "site.db")) as sandbox:
        sandbox.jira.faults.add(Unavailable(status=500), method="POST", path="/rest/api/3/issue")

    result = run("sandbox", "--port", "0", "--no-install", "--data", str(tmp_path / "site.db"))

    (line,) = [line for line in result.stdout.splitlines() if line.startswith("Fault")]
    assert line.startswith("Fault       Jira: ActiveFault(Unavailable(")
    assert "POST /rest/api/3/issue" in line


def test_other_address_than_this_machine_is_refused(run: Run) -> None:
    assert "this machine only" in run("sandbox", "--port", "0", "--host", "0.0.0.0", exit_code=1).stderr


@pytest.fixture
def served_app(make_app: Callable[..., Flask], free_port: int, tmp_path: object) -> Iterator[tuple[Flask, int]]:
    """An app on a port, which trusts a sandbox on ``free_port``."""
    connect = AtlassianConnect()
    declare(connect)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        app = make_app(
            connect,
            f"sqlite:///{tmp_path}/served.db",
            ATLASSIAN_CONNECT_BASE_URL=f"http://127.0.0.1:{port}",
            ATLASSIAN_CONNECT_SANDBOX_URL=f"http://localhost:{free_port}",
        )
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield app, free_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_command_installs_this_app_over_the_network(
    served_app: tuple[Flask, int], interrupted: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    app, port = served_app

    result = app.test_cli_runner().invoke(args=["connect", "sandbox", "--port", str(port)])

    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert "Jira installed com.example.app; client key " in result.stdout
    assert "Confluence installed com.example.app; client key " in result.stdout
    listed = app.test_cli_runner().invoke(args=["connect", "tenants", "list"]).stdout
    assert f"http://localhost:{port}/wiki" in listed
