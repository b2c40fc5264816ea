"""``make run``, as somebody follows it: the story is told, then the addresses that were printed are opened."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .helpers import free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def told(bridge) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program once it has told its story, and what it printed."""
    ports = ["--port", str(free_port()), "--sandbox-port", str(free_port())]
    command = [sys.executable, "-m", "example_app", "--no-color", *ports]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C ends both" in line:
            break
    try:
        yield process, "".join(lines)
    finally:
        process.kill()
        process.communicate()


def test_the_addresses_that_make_run_prints_lead_to_the_app_on_both_sites(told, page):
    process, text = told
    assert re.search(r"All \d+ steps came out right\.", text), text
    printed = dict(re.findall(r"^   (Confluence|Jira|The app|Manage apps|Everything) +(http\S+)$", text, re.MULTILINE))
    assert len(printed) == 5

    for name in ("Confluence", "Jira"):
        assert page.goto(printed[name]).status == 200
        page.locator("details.menu", has=page.locator("summary", has_text="Apps")).first.locator("summary").click()
        page.get_by_role("link", name="Stale pages", exact=True).click()
        frame = page.frame_locator("main iframe[data-bridge=up]")
        frame.locator("#list.framed li[data-id]").first.wait_for()
    page.goto(printed["The app"])
    page.frame_locator("main iframe[data-bridge=up]").locator("#list.framed li[data-id]").first.wait_for()
    page.goto(printed["Manage apps"])
    page.get_by_role("link", name="Stale pages").first.wait_for()
    assert page.goto(printed["Everything"]).status == 200

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
