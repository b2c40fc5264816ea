"""What the README and the guides show is run, as it is written."""

from __future__ import annotations

import ast
import os
import pkgutil
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from atlassian_connect import signals
from atlassian_connect.cli import connect_group

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def python_blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text_of(page), re.DOTALL)


# --- the first app ----------------------------------------------------------------------------------------------------


@dataclass
class FirstApp:
    """The README's app in a folder of its own, on other ports than written."""

    folder: Path
    port: int
    sandbox_port: int

    def elsewhere(self, code: str) -> str:
        code = code.replace("localhost:5000", f"localhost:{self.port}")
        return code.replace("localhost:2990", f"localhost:{self.sandbox_port}")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def until(self, name: str, text: str) -> None:
        deadline = time.monotonic() + 30
        while text not in self.log(name):
            assert time.monotonic() < deadline, self.log(name)
            time.sleep(0.05)

    @contextmanager
    def running(self, name: str, *arguments: str) -> Iterator[None]:
        """``flask …`` until Ctrl-C."""
        with (self.folder / f"{name}.log").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "flask", *arguments],
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=ENVIRONMENT,
            )
            try:
                yield
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@pytest.fixture
def first_app(tmp_path: Path) -> FirstApp:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        app = FirstApp(tmp_path, one.getsockname()[1], other.getsockname()[1])
    (tmp_path / "hello.py").write_text(app.elsewhere(python_blocks("README.md")[0]))
    return app


@pytest.fixture
def commands() -> tuple[list[str], list[str]]:
    """The README's two commands: the app, the sandbox."""
    run, sandbox = re.findall(r"^flask (--app hello .*)$", text_of("README.md"), re.MULTILINE)
    return run.split(), sandbox.split()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        text: str = response.read().decode()
        return text


def test_first_app_runs_as_written(first_app: FirstApp, commands: tuple[list[str], list[str]]) -> None:
    run, sandbox = commands
    with first_app.running("app", *run, "--no-reload", "--port", str(first_app.port)):
        first_app.until("app", "Running on")  # both would create the tables
        with first_app.running("sandbox", *sandbox, "--port", str(first_app.sandbox_port)):
            first_app.until("sandbox", "Confluence installed com.example.hello")
            address = "http://localhost:2990/sandbox/apps/confluence/com.example.hello/modules/hello/go"
            page = get(first_app.elsewhere(address))  # leads on to the app, signed

    assert "<h1>Hello 557058:" in page
    assert page.count("<p>") > 0
    assert "[token]" in first_app.log("app")
    assert "eyJ" not in first_app.log("app")
    assert "Traceback" not in first_app.log("app") + first_app.log("sandbox")
    assert first_app.log("sandbox").endswith("Stopped.\n")


def test_sandbox_by_program_runs_as_written(first_app: FirstApp, commands: tuple[list[str], list[str]]) -> None:
    with first_app.running("app", *commands[0], "--no-reload", "--port", str(first_app.port)):
        first_app.until("app", "Running on")
        program = first_app.elsewhere(python_blocks("docs/guides/sandbox.md")[0])
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, env=ENVIRONMENT, check=True
        )
        first_app.until("app", "changed at http://localhost")

    assert "webhooks/page_updated 204" in ran.stdout
    assert "wiki/api/v2/spaces 200 verified" in ran.stdout
    assert "lifecycle/uninstalled 204" in ran.stdout


def test_test_of_an_app_runs_as_written(first_app: FirstApp) -> None:
    (first_app.folder / "test_hello.py").write_text(python_blocks("docs/guides/testing.md")[0])

    arguments = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "test_hello.py"]
    if "pytest11" not in _entry_points():  # a checkout that is not installed has no plugin
        arguments = ["-p", "atlassian_connect.testing.plugin", *arguments]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=first_app.folder,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


def _entry_points() -> set[str]:
    from importlib.metadata import entry_points

    return {entry.group for entry in entry_points(group="pytest11") if entry.name == "atlassian_connect"}


def test_quickstart_has_the_same_app() -> None:
    assert python_blocks("README.md")[0] in python_blocks("docs/quickstart.md")


# --- migrations -------------------------------------------------------------------------------------------------------


def test_migrations_are_made_as_the_guide_says(tmp_path: Path) -> None:
    setup, metadata = python_blocks("docs/guides/database.md")[:2]
    app = python_blocks("README.md")[0].replace("metadata.create_all(db.engine)", "pass")
    (tmp_path / "hello.py").write_text(
        f"from flask_migrate import Migrate\n{app}\napp = create_app()\n{setup}\n", encoding="utf-8"
    )

    def flask(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "hello", "--debug", *arguments],
            cwd=tmp_path,
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
        )

    flask("db", "init")
    environment = tmp_path / "migrations" / "env.py"
    written = re.sub(r"def get_metadata\(\):\n(?:    .*\n)+", lambda _: metadata, environment.read_text())
    assert metadata in written
    environment.write_text(written)
    flask("db", "migrate", "-m", "tenants")
    flask("db", "upgrade")
    flask("db", "check")  # fails when another migration would have something to do
    flask("connect", "tenants", "list")

    [version] = (tmp_path / "migrations" / "versions").glob("*.py")
    assert "atlassian_connect_tenant" in version.read_text()
    assert "import atlassian_connect" not in version.read_text()


# --- all pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_is_python(page: Path) -> None:
    for block in python_blocks(str(page.relative_to(ROOT))):
        compile(block.replace("{...}", "{}"), str(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.is_file(), link
        heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        slugs = {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}
        assert not anchor or anchor in slugs, link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    for name, rest in re.findall(
        r"flask (?:--app \w+ )?(?:--debug )?connect ([a-z-]+)(?: ([a-z-]+))?", page.read_text(encoding="utf-8")
    ):
        command = connect_group.commands[name]
        if rest and hasattr(command, "commands"):
            assert rest in command.commands, rest


def test_api_page_names_what_exists() -> None:
    for name in re.findall(r"^::: (\S+)$", text_of("docs/api.md"), re.MULTILINE):
        pkgutil.resolve_name(name)


def test_api_page_has_what_the_pages_import() -> None:
    promised = re.findall(r"^::: atlassian_connect\.(\S+)$", text_of("docs/api.md"), re.MULTILINE)
    words = set(re.findall(r"\w+", text_of("docs/api.md")))
    for page in PAGES:
        for block in python_blocks(str(page.relative_to(ROOT))):
            for node in ast.walk(ast.parse(block.replace("{...}", "{}"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("atlassian_connect"):
                    module = str(node.module).partition(".")[2]
                    for name in node.names:
                        assert name.name in words or module in promised, f"{page.name}: {node.module}.{name.name}"


def test_api_page_has_every_signal() -> None:
    named = set(re.findall(r"`(\w+_\w+)`", text_of("docs/api.md")))
    assert set(signals.__all__) <= named


def test_every_page_is_in_the_navigation() -> None:
    config = text_of("mkdocs.yml")
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).as_posix()
        assert f"- {name}" in config or name == "performance.md", name
