"""``flask connect dev`` as a developer runs it: a terminal, a new app, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from atlassian_connect.cli import connect_group
from atlassian_connect.devloop import usable_port
from atlassian_connect.sandbox import MEMBER, Sandbox, SandboxServer
from atlassian_connect.scaffold import NewApp, write_app
from tests.devloop.programs import NGROK, install

ROOT = Path(__file__).parents[2]


class Terminal:
    """The command in a session of its own, as in a terminal; its output in a file."""

    def __init__(self, folder: Path, log: str, *options: str, **variables: str) -> None:
        self._log = folder / log
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FLASK_RUN", "FLASK_APP", "ATLASSIAN", "DATABASE_URL"))
        }
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "notes", "connect", "dev", *options],
                cwd=folder,
                env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self._log.read_text()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def until(self, text: str, *, times: int = 1) -> None:
        deadline = time.monotonic() + 60
        while self.text.count(text) < times:
            assert self.running, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)

    def port(self, name: str) -> int:
        found = re.search(rf"^{name} +http://localhost:(\d+)", self.text, re.MULTILINE)
        assert found, self.text
        return int(found[1])

    def processes(self) -> str:
        """All processes of the machine, with their arguments."""
        return subprocess.run(["ps", "-eww", "-o", "pid,ppid,args"], check=True, capture_output=True, text=True).stdout

    def child(self) -> int:
        """The process of the app."""
        found = [line.split() for line in self.processes().splitlines()[1:]]
        return next(int(words[0]) for words in found if words[1] == str(self._process.pid))

    def interrupt(self) -> int:
        """Ctrl-C goes to every process of the terminal."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(60)

    def terminate(self) -> int:
        self._process.terminate()
        return self._process.wait(60)

    def wait(self) -> int:
        return self._process.wait(60)

    def close(self) -> None:
        if self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_app(tmp_path / "notes", NewApp("notes"))
    return tmp_path / "notes"


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(folder: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(*options: str, **variables: str) -> Terminal:
        opened.append(Terminal(folder, f"terminal-{len(opened)}.log", *options, **variables))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with SandboxServer(Sandbox(), port=0) as server:
        yield server.sandbox


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_sandbox_of_its_own_from_the_start_to_ctrl_c(terminal: Open, folder: Path) -> None:
    run = terminal("--sandbox", "--sandbox-port", "0", "--port", "0", "--uninstall")
    run.until("installed notes", times=2)
    ports = [run.port("App"), run.port("Sandbox")]
    pages = folder / "notes" / "pages.py"
    text = pages.read_text()

    descriptor = folder / "notes" / "atlassian-connect.json"
    descriptor.write_text(descriptor.read_text().replace('"name": "Notes"', '"name": "Better notes"'))
    run.until("updated notes", times=2)
    pages.write_text("def broken(:\n")
    run.until("The app does not start (exit code 1)")
    pages.write_text(text)
    run.until("its descriptor is the same")
    child = run.child()

    assert run.interrupt() == 0
    assert run.text.count("connect/lifecycle/uninstalled") == 2  # the app was there to hear of it
    assert run.text.count("uninstalled notes") == 2
    assert "SyntaxError" in run.text
    assert run.text.count("Traceback") <= 1
    assert run.text.endswith("Stopped.\n")
    assert gone(child)
    assert [is_free(port) for port in ports] == [True, True]


def test_a_sandbox_in_a_file_goes_on_where_it_was(terminal: Open, tmp_path: Path) -> None:
    port = usable_port(0)
    kept = Path(tmp_path / "site.db")
    keys = []
    for _ in range(2):
        run = terminal("--sandbox", "--sandbox-port", str(port), "--sandbox-data", str(kept), "--port", "0")
        run.until("installed notes", times=2)
        assert run.interrupt() == 0
        opened = Sandbox(f"http://localhost:{port}", data=kept)
        keys.append([site.installation("notes").client_key for site in opened.sites])
        opened.close()

    assert keys[0] == keys[1]


def test_a_product_is_the_only_one_it_is_installed_on(terminal: Open, sandbox: Sandbox) -> None:
    variables = {"ATLASSIAN_EMAIL": "ada@example.com", "ATLASSIAN_API_TOKEN": sandbox.api_token.reveal()}
    confluence = ("--product", "confluence", "--port", "0")  # the second one: Jira would come before it
    own = terminal("--sandbox", "--sandbox-port", "0", *confluence)
    other = terminal("--sandbox-url", sandbox.origin, *confluence, **variables)
    for run in (own, other):
        run.until("installed notes")
        assert run.interrupt() == 0
        assert re.findall(r"connect: (\w+) at \S+ installed", run.text) == ["Confluence"]
    assert sandbox.jira.installations == []


def test_credentials_are_neither_printed_nor_handed_on(terminal: Open, sandbox: Sandbox) -> None:
    token = sandbox.api_token.reveal()
    variables = {"ATLASSIAN_EMAIL": "ada@example.com", "ATLASSIAN_API_TOKEN": token}
    run = terminal("--sandbox-url", sandbox.origin, "--port", "0", **variables)
    run.until("installed notes", times=2)
    child = run.child()
    processes = run.processes()
    environ = Path(f"/proc/{child}/environ")

    assert run.interrupt() == 0
    assert token not in run.text + processes
    assert str(child) in processes
    assert gone(child)
    assert "uninstalled" not in run.text
    assert [site.installation("notes").state for site in sandbox.sites] == ["enabled"] * 2
    assert not environ.exists()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="environments are read from /proc")
def test_the_app_does_not_get_the_credentials_and_kill_ends_all(
    terminal: Open, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "config" / "credentials.json"
    asked = f"ada@example.com\n{sandbox.api_token.reveal()}\n"
    login = CliRunner().invoke(connect_group, ["dev", "--login", "--credentials", str(file)], input=asked)
    assert sandbox.api_token.reveal() not in login.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    run = terminal("--sandbox-url", sandbox.origin, "--port", "0", "--credentials", str(file), SOME_VARIABLE="kept")
    run.until("installed notes", times=2)
    child = run.child()
    environ = Path(f"/proc/{child}/environ").read_text()

    assert run.terminate() == 0
    assert gone(child)
    assert "SOME_VARIABLE=kept" in environ
    assert f"ATLASSIAN_CONNECT_SANDBOX_URL={sandbox.origin}" in environ
    assert sandbox.api_token.reveal() not in environ + run.text


def test_the_tunnels_address_becomes_the_apps_and_the_program_ends(
    terminal: Open, sandbox: Sandbox, tmp_path: Path
) -> None:
    address = "https://app.localhost:1"  # of this machine, so that nobody is asked for it; nothing is there
    environ = install(tmp_path / "bin", "ngrok", NGROK.replace("ADDRESS", address))
    run = terminal(
        *("--site", f"{sandbox.origin}/wiki", "--tunnel", "ngrok", "--port", "0"),
        ATLASSIAN_EMAIL="ada@example.com",
        ATLASSIAN_API_TOKEN=sandbox.api_token.reveal(),
        PATH=environ["PATH"],
    )
    run.until("did not install the app and says: The descriptor could not be fetched")

    assert run.interrupt() == 0
    assert f"App         {address}" in run.text
    seen = (tmp_path / "bin" / "seen.json").read_text()
    assert gone(int(seen[1:].partition(",")[0]))
    assert sandbox.api_token.reveal() not in seen


def test_that_private_installs_ended_is_said(terminal: Open, sandbox: Sandbox) -> None:
    sandbox.jira.plugins.private_installs = "failed"
    run = terminal(
        *("--sandbox-url", sandbox.origin, "--port", "0"),
        ATLASSIAN_EMAIL="ada@example.com",
        ATLASSIAN_API_TOKEN=sandbox.api_token.reveal(),
    )
    run.until("Confluence at")

    assert run.interrupt() == 0
    assert "Since 31 March 2026 hosts refuse to install private Connect apps" in run.text


def test_what_stands_in_the_way_is_one_line(terminal: Open, sandbox: Sandbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = terminal("--sandbox", "--sandbox-port", "0", "--port", str(taken.getsockname()[1]))
        assert run.wait() == 1
    wrong = terminal(
        "--sandbox-url", sandbox.origin, "--port", "0", ATLASSIAN_EMAIL="ada@example.com", ATLASSIAN_API_TOKEN="x"
    )
    first = (run.text, wrong.wait(), wrong.text)
    member = sandbox.api_tokens.of(MEMBER).reveal()
    other = terminal(
        "--sandbox-url", sandbox.origin, "--port", "0", ATLASSIAN_EMAIL="jonas@example.com", ATLASSIAN_API_TOKEN=member
    )

    assert re.fullmatch(r"Error: Port \d+ is taken by another program\..*\n", first[0])
    assert first[1] == other.wait() == 1
    assert first[2].startswith(f"Error: {sandbox.origin} does not take the e-mail address and the API token.")
    assert "is no administrator" in other.text
    assert first[2].count("\n") == other.text.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], "Where to?"),
        (["--sandbox", "--site", "https://a.example"], "Where to?"),
        (["--site", "https://a.example"], "--tunnel or --url"),
        (["--site", "https://a.example", "--tunnel", "ngrok", "--url", "https://b.example"], "Give one."),
        (["--site", "https://a.example", "--url", "http://b.example"], "https only"),
        (["--site", "https://a.example", "--url", "https://b.example/x"], "without a path"),
        (["--site", "https://a.example", "--url", "b"], "Not an absolute http or https URL"),
        (["--site", "https://a.example", "--url", "https://b.example", "--product", "jira"], "one product already"),
        (["--sandbox", "--port", "65536"], "0<=x<=65535"),
        (["--sandbox", "--sandbox-port", "-1"], "0<=x<=65535"),
        (["--sandbox", "--tunnel", "ngrok"], "needs no tunnel"),
        (["--sandbox", "--descriptor", "x.json"], "starts with a slash"),
        (["--sandbox-url", "https://a.example"], "on this machine"),
    ],
)
def test_what_does_not_go_together_is_said(options: list[str], text: str) -> None:
    result = CliRunner().invoke(connect_group, ["dev", *options])

    assert (result.exit_code, text in result.output) == (2, True), result.output


@pytest.mark.parametrize("site", ["http://a.example", "https://a.example/jira"])
def test_credentials_go_to_products_only(site: str, tmp_path: Path) -> None:
    environ = {"ATLASSIAN_EMAIL": "a@example.com", "ATLASSIAN_API_TOKEN": "hidden"}
    options = ["dev", "--port", "0", "--site", site, "--url", "https://b.example"]
    result = CliRunner(env=environ).invoke(connect_group, options)

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: '{site}'")
