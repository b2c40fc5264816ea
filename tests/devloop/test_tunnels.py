"""Tunnels: the program is found, its address is read, and it ends with us."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from atlassian_connect.devloop import DevLoopError, Tunnel
from tests.devloop.programs import CLOUDFLARED, CLOUDFLARED_FAILS, NGROK, install


@pytest.mark.parametrize(
    ("name", "prints", "address", "arguments"),
    [
        (
            "cloudflared",
            CLOUDFLARED,
            "https://swift-alpha-bravo-charlie.trycloudflare.com",
            ["tunnel", "--no-autoupdate", "--url", "http://127.0.0.1:5003"],
        ),
        (
            "ngrok",
            NGROK.replace("ADDRESS", "https://8e00-35-197-38-167.ngrok-free.app"),
            "https://8e00-35-197-38-167.ngrok-free.app",
            ["http", "5003", "--log", "stdout", "--log-format", "logfmt"],
        ),
    ],
)
def test_the_address_is_read_and_the_program_ended(
    tmp_path: Path, name: str, prints: str, address: str, arguments: list[str]
) -> None:
    environ = install(tmp_path / "bin", name, prints) | {"ATLASSIAN_API_TOKEN": "hidden"}

    tunnel = Tunnel(name, 5003, environ=environ)
    was_alive = tunnel.alive
    tunnel.stop()

    assert (tunnel.url, was_alive, tunnel.alive) == (address, True, False)
    pid, given, variables = json.loads((tmp_path / "bin" / "seen.json").read_text())
    assert given == arguments
    assert "ATLASSIAN_API_TOKEN" not in variables
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_program_that_ends_is_quoted(tmp_path: Path) -> None:
    environ = install(tmp_path / "bin", "cloudflared", CLOUDFLARED_FAILS, stays=False)

    with pytest.raises(DevLoopError, match=r"ended without an address.*failed to request quick Tunnel"):
        Tunnel("cloudflared", 5003, environ=environ)


def test_a_program_without_an_address_is_ended(tmp_path: Path) -> None:
    environ = install(tmp_path / "bin", "ngrok", "t=1 lvl=info msg=waiting\n")

    with pytest.raises(DevLoopError, match=r"no address in 5 seconds.*waiting"):
        Tunnel("ngrok", 5003, environ=environ, seconds=5)

    pid = json.loads((tmp_path / "bin" / "seen.json").read_text())[0]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_program_that_is_not_there_is_said_with_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(DevLoopError, match=r"cloudflared is not installed.*github\.com/cloudflare.*--url"):
        Tunnel("cloudflared", 5003, environ={"PATH": str(tmp_path)})
