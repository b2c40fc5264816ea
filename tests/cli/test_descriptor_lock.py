"""``flask connect descriptor lock`` and ``diff``."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from atlassian_connect import AtlassianConnect, Tenant
from atlassian_connect.protocol.sync_plan import SyncOutcome
from atlassian_connect.web.context import ConnectState

from .conftest import Run


@pytest.fixture
def lock(tmp_path: Path) -> str:
    return str(tmp_path / "connect-lock.json")


def edit(lock: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change what was locked, as if the app had changed since."""
    path = Path(lock)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_lock_is_the_served_document_without_its_base_url(run: Run, lock: str, state: ConnectState) -> None:
    assert "Wrote" in run("descriptor", "lock", "--file", lock).output

    written = json.loads(Path(lock).read_text())
    assert written["descriptor"] == {**state.descriptor, "baseUrl": "{{ base_url }}"}
    assert list(written["descriptor"]) == list(state.descriptor)
    assert "up to date" in run("descriptor", "lock", "--file", lock).output


def test_the_same_app_elsewhere_has_the_same_lock(
    make_app: Callable[..., Flask], connect: AtlassianConnect, app: Flask, tmp_path: Path
) -> None:
    elsewhere = make_app(connect, ATLASSIAN_CONNECT_BASE_URL="https://staging.example.com/app")
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for each, file in zip((app, elsewhere), files, strict=True):
        result = each.test_cli_runner().invoke(args=["connect", "descriptor", "lock", "--file", str(file)])
        assert result.exit_code == 0

    assert files[0].read_bytes() == files[1].read_bytes()


def test_nothing_changed_passes_every_check(run: Run, lock: str) -> None:
    run("descriptor", "lock", "--file", lock)

    assert run("descriptor", "diff", "--file", lock, "--exit-code").output == "Nothing changed.\n"


def test_a_scope_more_is_said_and_fails_ci_that_asks_for_it(run: Run, lock: str) -> None:
    run("descriptor", "lock", "--file", lock)
    edit(lock, lambda locked: locked["descriptor"].update(scopes=["NONE"]))

    report = run("descriptor", "diff", "--file", lock).output
    assert "needs approval: scopes" in report
    assert '- ["NONE"]' in report
    assert '+ ["READ"]' in report
    assert "1 change: 1 × needs approval." in report
    run("descriptor", "diff", "--file", lock, "--fail-on", "conflict", "--fail-on", "breaks")
    run("descriptor", "diff", "--file", lock, "--fail-on", "conflict", "--fail-on", "approval", exit_code=1)
    run("descriptor", "diff", "--file", lock, "--exit-code", exit_code=1)


def test_another_app_key_counts_as_needing_approval(run: Run, lock: str) -> None:
    run("descriptor", "lock", "--file", lock)
    edit(lock, lambda locked: locked["descriptor"].update(key="com.example.before"))

    assert "another app: key" in run("descriptor", "diff", "--file", lock, "--fail-on", "approval", exit_code=1).output


def test_changes_for_programs(run: Run, lock: str) -> None:
    run("descriptor", "lock", "--file", lock)
    edit(lock, lambda locked: locked["descriptor"].update(name="Before"))

    (change,) = json.loads(run("descriptor", "diff", "--file", lock, "--json").output)

    assert (change["path"], change["kind"], change["old"], change["effect"]) == ("name", "changed", "Before", "silent")
    assert change["sentence"]


def test_a_module_that_was_dynamic_when_locked_conflicts(run: Run, lock: str) -> None:
    def before(locked: dict[str, Any]) -> None:
        locked["dynamicModules"] = ["hello"]
        locked["descriptor"]["modules"]["generalPages"] = []

    run("descriptor", "lock", "--file", lock)
    edit(lock, before)

    report = run("descriptor", "diff", "--file", lock, "--fail-on", "conflict", exit_code=1).output
    assert "dynamic modules lost: modules.generalPages[0]" in report
    assert "'hello' was dynamic when the descriptor was locked" in report


def test_declared_dynamic_modules_are_locked_by_their_key(
    make_app: Callable[..., Flask], connect: AtlassianConnect, lock: str
) -> None:
    connect.add_dynamic_module("webPanels", "runtime", lambda: "", location="l", name="R")
    app = make_app(connect)

    app.test_cli_runner().invoke(args=["connect", "descriptor", "lock", "--file", lock])

    assert json.loads(Path(lock).read_text())["dynamicModules"] == ["runtime"]


def test_a_plain_descriptor_can_be_compared_with(run: Run, tmp_path: Path) -> None:
    published = tmp_path / "published.json"
    run("descriptor", "--output", str(published))
    document = json.loads(published.read_text())
    document["baseUrl"] = "https://another.example.com"
    published.write_text(json.dumps(document))

    assert run("descriptor", "diff", "--against", str(published), "--exit-code").output == "Nothing changed.\n"


@pytest.fixture
def published() -> Iterator[Callable[[int, bytes], str]]:
    """Serves one document over HTTP and gives its URL."""
    servers: list[ThreadingHTTPServer] = []

    def serve(status: int, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/atlassian-connect.json"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_what_is_published_can_be_compared_with(
    run: Run, published: Callable[[int, bytes], str], state: ConnectState
) -> None:
    same = published(200, state.descriptor_bytes)
    other = published(200, json.dumps({**state.descriptor, "apiVersion": 2}).encode())

    assert run("descriptor", "diff", "--against", same).output == "Nothing changed.\n"
    assert "needs approval: apiVersion" in run("descriptor", "diff", "--against", other).output


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b"{}", "404"),
        (200, b"<html>", "JSON"),
        (200, b"[]", "neither"),
        (200, b'{"links": ' + b'{"a":' * 900 + b"1" + b"}" * 901, "nested"),
    ],
)
def test_what_is_published_may_be_no_descriptor(
    run: Run, published: Callable[[int, bytes], str], status: int, body: bytes, words: str
) -> None:
    assert words in run("descriptor", "diff", "--against", published(status, body), exit_code=1).output


def test_a_missing_lock_says_how_to_write_one(run: Run, lock: str) -> None:
    assert "descriptor lock" in run("descriptor", "diff", "--file", lock, exit_code=1).output


@pytest.mark.parametrize("text", ["", "{", "[]", '{"descriptor": []}', '{"descriptor": {}, "dynamicModules": 3}'])
def test_a_broken_lock_is_one_line(run: Run, lock: str, text: str) -> None:
    Path(lock).write_text(text)

    output = run("descriptor", "diff", "--file", lock, exit_code=1).output
    assert output.startswith("Error: ")
    assert len(output.splitlines()) == 1


def test_a_lock_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    assert "Error: " in run("descriptor", "lock", "--file", str(tmp_path / "no" / "x.json"), exit_code=1).output


def test_what_a_foreign_descriptor_says_does_not_steer_the_terminal(run: Run, lock: str) -> None:
    run("descriptor", "lock", "--file", lock)
    edit(lock, lambda locked: locked["descriptor"].update({"x\x1b[2J": "\x1b[31m"}))

    assert "\x1b" not in run("descriptor", "diff", "--file", lock).output


def test_what_tenants_have_registered_conflicts_too(run: Run, lock: str, state: ConnectState, tenant: Tenant) -> None:
    run("descriptor", "lock", "--file", lock)
    edit(lock, lambda locked: locked["descriptor"]["modules"].update(generalPages=[]))
    with state.app.app_context():
        state.sync_records.put(tenant.client_key, SyncOutcome(at=1.0, registered=("hello", "other")))

    assert "'hello' is registered at 1 tenant:" in run("descriptor", "diff", "--file", lock, "--tenants").output
    run("descriptor", "diff", "--file", lock, "--tenants", "--fail-on", "conflict", exit_code=1)
    run("descriptor", "diff", "--file", lock, "--fail-on", "conflict")
