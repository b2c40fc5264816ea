"""The app that ``flask connect new`` writes, in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from atlassian_connect.sandbox import AppUnreachableError, NetworkTransport
from atlassian_connect.scaffold import NewApp, write_app
from atlassian_connect.tenants import new_encryption_key

from .helpers import frame_of, free_port

ROOT = Path(__file__).parents[2]


def answers(url: str) -> bool:
    try:
        return NetworkTransport().send("GET", url, headers={}, body=b"", timeout=2).status == 200
    except AppUnreachableError:
        return False


@pytest.fixture
def written(sandbox, tmp_path) -> Iterator[str]:
    """The written app, served by a process of its own; the URL of its descriptor."""
    write_app(tmp_path, NewApp("notes", "com.example.notes", frozenset({"jira", "confluence"})))
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FLASK", "ATLASSIAN"))}
    environment |= {
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "ATLASSIAN_CONNECT_BASE_URL": f"http://localhost:{port}",
        "ATLASSIAN_CONNECT_SANDBOX_URL": sandbox.origin,
        "ATLASSIAN_CONNECT_ENCRYPTION_KEYS": new_encryption_key(),
    }
    command = [sys.executable, "-m", "flask", "--app", "notes", "run", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    url, end = f"http://localhost:{port}/atlassian-connect.json", time.monotonic() + 60
    try:
        while not answers(url):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("product", ["confluence", "jira"])
def test_its_page_works_in_a_frame(sandbox, written, page, product):
    """The bridge comes up, the page greets, its switch registers a module, and it follows the theme."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    site = sandbox.confluence if product == "confluence" else sandbox.jira
    installation = site.install(written)
    page.goto(f"{site.base_url}/plugins/servlet/ac/com.example.notes/hello")
    frame = frame_of(page, "main iframe[data-bridge=up]")
    frame.wait_for_selector("html[data-color-mode=light]")
    assert frame.locator("h1").inner_text() == "Hello"

    frame.get_by_label("Greet people elsewhere").check()
    page.locator("#app-flags .app-flag", has_text="Saved.").wait_for()

    assert len(installation.dynamic_modules) == 1
    page.evaluate("document.documentElement.dataset.colorMode = 'dark'")
    frame.wait_for_selector("html[data-color-mode=dark]")
    assert complaints == []
