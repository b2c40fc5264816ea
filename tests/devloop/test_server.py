"""What of an app's files is watched, and which port it gets."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from atlassian_connect.devloop import DevLoopError, usable_port
from atlassian_connect.devloop.server import snapshot


def test_code_descriptors_and_variables_are_watched_and_nothing_else(tmp_path: Path) -> None:
    watched = ["app.py", "app/pages.py", "app/atlassian-connect.json", ".env", "pyproject.toml"]
    others = [
        *("app/page.html", ".git/hook.py", "__pycache__/a.py", "node_modules/a.json", "instance/report.json"),
        *("venv/pyvenv.cfg", "venv/lib/a.py"),
    ]
    for name in watched + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    assert {str(Path(path).relative_to(tmp_path)) for path in snapshot(tmp_path)} == set(watched)


def test_every_change_shows(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text("a")
    first = snapshot(tmp_path)
    os.utime(file, ns=(1, 1))
    touched = snapshot(tmp_path)
    file.unlink()

    assert first != touched
    assert snapshot(tmp_path) == {}


def test_a_folder_that_went_away_has_no_files(tmp_path: Path) -> None:
    assert snapshot(tmp_path / "none") == {}


def test_a_port_is_free_or_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DevLoopError, match=f"Port {port} is taken.*--port"):
            usable_port(port)

    assert usable_port(0) > 0
    with pytest.raises(DevLoopError, match="Port 99999"):
        usable_port(99999)
