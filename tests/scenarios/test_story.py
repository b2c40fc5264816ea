"""``make run``: the story is told by the real program, with two servers on real ports."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def ports() -> tuple[int, int]:
    """Two ports that were free just now."""
    with socket.socket() as one, socket.socket() as two:
        for listener in (one, two):
            listener.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def command(ports: tuple[int, int], *options: str) -> list[str]:
    app, sandbox = map(str, ports)
    return [sys.executable, "-m", "example_app", "--port", app, "--sandbox-port", sandbox, *options]


def environment(**extra: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **extra}


def run(ports: tuple[int, int], *options: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(ports, *options),
        check=False,
        cwd=ROOT,
        env=environment(**extra),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def test_story_comes_out_right(ports: tuple[int, int]) -> None:
    """Whatever the developer has set for the real app: the story brings its own settings."""
    told = run(ports, "--once", ATLASSIAN_CONNECT_BASE_URL="https://mine.example", DATABASE_URL="sqlite:////nowhere/x")

    assert told.returncode == 0, told.stdout + told.stderr
    steps = re.findall(r"^(\d)  \S", told.stdout, re.MULTILINE)
    assert steps == ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
    for part in (
        "/connect/lifecycle/installed                       204  RS256, qsh",
        "/connect/webhooks/page_updated                     204  HS256, qsh",
        "/wiki/rest/atlassian-connect/1/app/module/dynamic  200  qsh verified",
        "Confluence lists “Stale in Engineering”",
        "Jira lists “Stale in Operations”",
        "Confluence refused the module of",
        "Jira refused the module of",
        "no longer stale, 5 became 4",
        "no longer stale, 4 became 3",
        "signed with the other's secret: 401",
        "the old secret is refused by the app and by the host",
        "All 9 steps came out right.",
    ):
        assert part in told.stdout
    assert told.stderr == ""


def test_story_tells_no_secret(ports: tuple[int, int]) -> None:
    told = run(ports, "--once")

    assert told.returncode == 0
    assert "eyJ" not in told.stdout  # how every token starts
    assert "jwt=" not in told.stdout
    assert not re.search(r"[A-Za-z0-9+/_-]{50,}", told.stdout)
    assert "\x1b" not in told.stdout  # no colours into a file


@pytest.mark.parametrize("taken", [0, 1])
def test_taken_port_is_named(ports: tuple[int, int], taken: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        chosen = (port, ports[1]) if taken == 0 else (ports[0], port)
        told = run(chosen, "--once")

    assert told.returncode == 1
    assert f"Port {port} is taken" in told.stderr
    assert "--sandbox-port 2991" in told.stderr
    assert "Traceback" not in told.stderr


def test_failing_step_is_named(ports: tuple[int, int], tmp_path: Path) -> None:
    """An app that answers wrongly: the story says at which step, what was expected, and what was seen."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'flask' in ' '.join(sys.orig_argv) and 'run' in sys.orig_argv:\n"
        "    import example_app.stale\n"
        "    example_app.stale.DEFAULT_DAYS = 400\n"
    )
    told = run(ports, "--once", PYTHONPATH=os.pathsep.join((str(tmp_path), str(ROOT))))

    assert told.returncode == 1
    assert "Step 2 failed. what is stale on Confluence: expected [" in told.stderr
    assert "saw ['Component audit results', 'Typography scale (2024)']" in told.stderr
    assert "Traceback" not in told.stderr


def test_app_that_does_not_start_is_told(ports: tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'db' in sys.orig_argv:\n    sys.exit('the database is on holiday')\n"
    )
    told = run(ports, "--once", PYTHONPATH=os.pathsep.join((str(tmp_path), str(ROOT))))

    assert told.returncode == 1
    assert "the database is on holiday" in told.stderr


@pytest.fixture
def staying(ports: tuple[int, int]) -> Iterator[subprocess.Popen[str]]:
    """The program after its story, with both servers up."""
    process = subprocess.Popen(
        command(ports),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C ends both" in line:
            break
    yield process
    if process.poll() is None:
        process.kill()
    process.stdout.close()
    process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_both_servers_stay_until_they_are_stopped(
    ports: tuple[int, int], staying: subprocess.Popen[str], number: int, code: int
) -> None:
    for port in ports:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()

    staying.send_signal(number)

    assert staying.wait(timeout=15) == code
    assert staying.stdout is not None
    assert "Traceback" not in staying.stdout.read()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(map(listening, ports)):
        time.sleep(0.05)
    assert not any(map(listening, ports))


def listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
