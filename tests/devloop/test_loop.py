"""The loop with a real app, a real sandbox and files that change; what it says moves the test on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atlassian_connect.client.plugin_manager import PluginManager
from atlassian_connect.devloop import AppServer, DevLoop, DevLoopError, Tunnel, loop, usable_port
from atlassian_connect.devloop.server import snapshot
from atlassian_connect.sandbox import ADMIN, Sandbox, SandboxServer
from atlassian_connect.scaffold import NewApp, write_app
from tests.devloop.programs import NGROK, install

PATH = "/atlassian-connect.json"
Step = tuple[str, Callable[[], object]]


class Enough(Exception):
    """Ends the loop, as Ctrl-C does."""


class Script:
    """Takes what the loop says: where the text of the next step is in a line, its action is done."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.steps: list[Step] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if self.steps and self.steps[0][0] in line:
            self.steps.pop(0)[1]()
            if not self.steps:
                raise Enough


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new app, and the current folder."""
    write_app(tmp_path / "notes", NewApp("notes"))
    monkeypatch.chdir(tmp_path / "notes")
    return tmp_path / "notes"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with SandboxServer(Sandbox(), port=0) as server:
        yield server.sandbox


@pytest.fixture
def played(folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    """Runs a loop until the steps are done, and returns what it said."""
    loops: list[DevLoop] = []

    deadline = time.monotonic() + 60

    def ending_snapshot(folder: Path) -> Any:  # a step that never comes must not hold the tests
        assert time.monotonic() < deadline, "\n".join(scripts[-1].lines)
        return snapshot(folder)

    monkeypatch.setattr(loop, "snapshot", ending_snapshot)
    scripts: list[Script] = []

    def play(
        *steps: Step, base_url: str = "", tunnel: Tunnel | None = None, served_at: str = "", path: str = PATH
    ) -> list[str]:
        port, script = usable_port(0), Script()
        scripts.append(script)
        script.steps = list(steps)
        base_url = base_url or f"http://localhost:{port}"
        settings = {
            "ATLASSIAN_CONNECT_BASE_URL": served_at or base_url,
            "ATLASSIAN_CONNECT_SANDBOX_URL": sandbox.origin,
        }
        sites = [PluginManager(one.base_url, "ada@example.com", sandbox.api_token) for one in sandbox.sites]
        made = DevLoop(
            AppServer("notes", port=port, environ=os.environ, settings=settings),
            base_url=base_url,
            descriptor_path=path,
            sites=sites,
            folder=folder,
            say=script,
            tunnel=tunnel,
        )
        loops.append(made)
        with pytest.raises(Enough):
            made.run()
        return script.lines

    play.loops = loops  # type: ignore[attr-defined]
    yield play
    for made in loops:
        made.close()


def edit(file: Path, old: str, new: str) -> Callable[[], object]:
    def change() -> None:
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    return change


def nothing() -> None:
    return None


def test_the_app_is_updated_when_its_descriptor_changes_and_only_then(
    played: Any, folder: Path, sandbox: Sandbox
) -> None:
    package = folder / "notes"
    said = played(
        ("Confluence at", edit(package / "atlassian-connect.json", '"name": "Notes"', '"name": "Better notes"')),
        ("updated notes", nothing),
        ("updated notes", edit(package / "pages.py", "\n\n", "\n\n# A comment.\n")),
        ("its descriptor is the same", nothing),
    )

    assert [site.installation("notes").descriptor["name"] for site in sandbox.sites] == ["Better notes"] * 2
    assert sum("installed notes" in line for line in said) == 2
    assert any("Changed: notes/atlassian-connect.json" in line for line in said)


def test_an_app_that_does_not_load_is_told_about_and_recovers(played: Any, folder: Path, sandbox: Sandbox) -> None:
    pages = folder / "notes" / "pages.py"
    text = pages.read_text()
    pages.write_text("def broken(:\n")  # from the beginning

    said = played(
        ("does not start", lambda: pages.write_text(text)),
        ("Confluence at", lambda: pages.write_text("import nowhere\n")),
        ("does not start", lambda: pages.write_text(text)),
        ("its descriptor is the same", nothing),
    )

    assert sum("does not start (exit code" in line for line in said) == 2
    assert [site.installation("notes").state for site in sandbox.sites] == ["enabled"] * 2


def test_an_install_that_failed_is_tried_again_after_a_change(played: Any, folder: Path, sandbox: Sandbox) -> None:
    sandbox.jira.plugins.private_installs = sandbox.confluence.plugins.private_installs = "refused"

    def allow() -> None:
        sandbox.jira.plugins.private_installs = sandbox.confluence.plugins.private_installs = "taken"
        (folder / "notes" / "more.py").write_text("")

    said = played(("Confluence: ", allow), ("Confluence at", nothing))

    assert "Since 31 March 2026 hosts refuse" in said[0]
    assert said[-1].endswith("installed notes")


def test_a_descriptor_that_sites_refuse_is_told_and_not_sent(played: Any, folder: Path, sandbox: Sandbox) -> None:
    main = folder / "notes" / "__init__.py"
    bad = (
        '    @app.get("/bad.json")\n    def bad() -> dict[str, object]:\n        return {"key": "!"}\n\n    return app'
    )
    edit(main, "    return app", bad)()

    said = played(("is not installed with this descriptor", nothing), path="/bad.json")

    assert any(line.startswith("Descriptor, error: key") for line in said)
    assert sandbox.jira.known == []


def test_an_app_that_does_not_take_its_base_url_is_told_which_setting(played: Any, sandbox: Sandbox) -> None:
    said = played(("ATLASSIAN_CONNECT_BASE_URL", nothing), served_at="https://elsewhere.example.com")

    assert "baseUrl is https://elsewhere.example.com" in said[-1]
    assert sandbox.jira.known == []


def test_without_a_descriptor_there_is_a_hint(played: Any) -> None:
    said = played(("answers 404 at /nowhere.json", nothing), path="/nowhere.json")

    assert "where its descriptor should be" in said[-1]


def test_nothing_is_installed_before_the_address_leads_to_the_app(
    played: Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_LATE_SECONDS", 0.0)

    played(("Waiting until https://0.0.0.0:1/atlassian-connect.json", nothing), base_url="https://0.0.0.0:1")

    assert sandbox.jira.known == []


def test_an_app_that_does_not_answer_is_waited_for_and_told(
    played: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = folder / "notes" / "pages.py"
    text = pages.read_text()
    pages.write_text(text + "\nimport time\n\ntime.sleep(1000)\n")
    monkeypatch.setattr(loop, "_LATE_SECONDS", 0.0)

    played(("Waiting until the app answers", lambda: pages.write_text(text)), ("Confluence at", nothing))


def test_the_end_of_the_tunnel_ends_the_loop(played: Any, tmp_path: Path) -> None:
    address = "https://app.localhost:1"
    environ = install(tmp_path / "bin", "ngrok", NGROK.replace("ADDRESS", address))
    tunnel = Tunnel("ngrok", 1, environ=environ)
    close = (tmp_path / "bin" / "close").touch
    try:
        with pytest.raises(DevLoopError, match="ngrok ended, and the address with it"):
            played(("could not be fetched", close), ("never said", nothing), base_url=address, tunnel=tunnel)
    finally:
        tunnel.stop()


def test_what_could_not_be_uninstalled_is_told(played: Any, sandbox: Sandbox) -> None:
    said = played(("Confluence at", nothing))
    sandbox.users.edit(ADMIN, administers=False)

    played.loops[0].uninstall()

    assert [line.partition(" at ")[0] for line in said if "did not uninstall notes: " in line] == ["Jira", "Confluence"]
