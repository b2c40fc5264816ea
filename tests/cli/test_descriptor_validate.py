"""``flask connect descriptor validate``: files, standard input, URLs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from atlassian_connect.cli import connect_group

GOOD: dict[str, Any] = {
    "key": "com.example.app",
    "name": "Example",
    "baseUrl": "https://app.example.com",
    "authentication": {"type": "none"},
    "modules": {"generalPages": [{"key": "page", "name": {"value": "Page"}, "url": "/page"}]},
}


def validate(*args: str, stdin: bytes = b"") -> tuple[int, str]:
    """Run it without any app."""
    result = CliRunner().invoke(connect_group, ["descriptor", "validate", *args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "descriptor.json"


def test_a_file_without_problems(file: Path) -> None:
    file.write_text(json.dumps(GOOD))

    assert validate(str(file)) == (0, "No problems found.\n")


def test_errors_come_first_and_decide_the_exit_code(file: Path) -> None:
    file.write_text(json.dumps({**GOOD, "version": 1, "scopes": ["read:jira-work"], "modules": {"webPanel": []}}))

    code, output = validate(str(file))

    assert code == 1
    assert output.splitlines()[0].startswith("error: scopes[0]: 'read:jira-work' is a scope of Forge")
    assert [line.split(":")[0] for line in output.splitlines()] == ["error", "warning", "warning", "warning"]


def test_strict_fails_on_warnings_too() -> None:
    text = json.dumps({**GOOD, "version": 1}).encode()

    assert validate("-", stdin=text)[0] == 0
    assert validate("-", "--strict", stdin=text)[0] == 1


def test_json_for_programs() -> None:
    code, output = validate("-", "--json", stdin=json.dumps({**GOOD, "name": "\ud800", "apiVersion": "1"}).encode())

    report = json.loads(output)
    assert code == 1
    assert (report["errors"], report["warnings"]) == (1, 0)
    assert report["problems"] == [
        {
            "severity": "error",
            "path": "apiVersion",
            "message": "'1' is no version.",
            "fix": "Write 1, or a higher whole number without quotes.",
        }
    ]


def test_the_product_is_taken_into_account() -> None:
    text = json.dumps({**GOOD, "modules": {"spaceToolsTabs": GOOD["modules"]["generalPages"]}}).encode()

    assert validate("-", "--product", "confluence", stdin=text) == (0, "No problems found.\n")
    assert "Is a module type of Confluence; Jira does not know it." in validate("-", "--product", "jira", stdin=text)[1]


def test_what_is_no_json_says_where() -> None:
    assert validate("-", stdin=b'{\n  "key" "x"}') == (
        1,
        "error: descriptor: Is not JSON: Expecting ':' delimiter at line 2, column 9.\n",
    )


def test_half_a_surrogate_pair_is_printed_as_something_else() -> None:
    code, output = validate("-", stdin=json.dumps({**GOOD, "\ud800": 1}).encode())

    assert code == 0
    assert "warning: �: Is not a field" in output


def test_a_line_is_no_longer_than_people_read() -> None:
    _, output = validate("-", stdin=json.dumps({**GOOD, "key": "k " * 10_000}).encode())

    assert max(map(len, output.splitlines())) <= 600


@pytest.mark.parametrize("source", ["/no/such/file", "/", "a\0b", "https://user:pass@example.com/d.json", "http://["])
def test_what_cannot_be_read_is_one_line(source: str) -> None:
    code, output = validate(source)

    assert code == 1
    assert output.startswith("Error: ")
    assert "pass@" not in output


def test_a_file_too_large_is_refused(file: Path) -> None:
    file.write_bytes(b" " * (2 * 1024 * 1024 + 1))

    assert "that is no descriptor" in validate(str(file))[1]


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, tuple[int, bytes]], list[str | None]]]:
    """A server on this machine: its URL, what it answers by path, and the Authorization it was sent."""
    answers: dict[str, tuple[int, bytes]] = {}
    sent: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent.append(self.headers["Authorization"])
            status, body = answers.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Location", "/good")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_address[1]}", answers, sent
        listening.shutdown()
        thread.join()


def test_a_url_is_what_hosts_fetch(server: tuple[str, dict[str, tuple[int, bytes]], list[str | None]]) -> None:
    """Placeholders there are errors, redirects and statuses are told, and no credentials are sent."""
    url, answers, sent = server
    answers["/good"] = (200, json.dumps(GOOD).encode())
    answers["/template"] = (200, json.dumps({**GOOD, "baseUrl": "{{ base }}"}).encode())
    answers["/moved"] = (302, b"")

    assert validate(f"{url}/good") == (0, "No problems found.\n")
    assert validate(f"{url}/template")[0] == 1
    assert "answered with status 302" in validate(f"{url}/moved")[1]
    assert "answered with status 404" in validate(f"{url}/nothing")[1]
    assert set(sent) == {None}
