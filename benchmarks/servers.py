"""Servers with one worker process, started on a free port and ended again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .apps import DATABASES_VARIABLE

_ROOT = Path(__file__).resolve().parent.parent
_TARGET = "benchmarks.apps:application"
_COMMANDS = {
    "gunicorn": (
        "gunicorn", "--worker-class", "gthread", "--threads", "1", "--workers", "1", "--keep-alive", "60",
        "--log-level", "warning", "--bind", "127.0.0.1:{port}", _TARGET,
    ),
    "granian": (
        "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "1", "--runtime-threads", "1",
        "--no-ws", "--log-level", "warning", "--host", "127.0.0.1", "--port", "{port}", _TARGET,
    ),
}  # fmt: skip
NAMES = tuple(_COMMANDS)
_START_SECONDS = 30


@contextmanager
def serving(name: str, database_urls: Mapping[str, str]) -> Iterator[int]:
    """Serve :mod:`benchmarks.apps`; the port."""
    port = _free_port()
    command = [sys.executable, "-m", *(part.format(port=port) for part in _COMMANDS[name])]
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, DATABASES_VARIABLE: json.dumps(database_urls), "PYTHONPATH": path}
    with tempfile.TemporaryFile() as log:  # the forged requests of the check are logged there, too
        process = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(port, process)
            yield port
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace")[-4000:])
            raise
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode} before it listened.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The server does not listen after {_START_SECONDS} s.")
