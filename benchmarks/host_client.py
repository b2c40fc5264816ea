"""What the host client adds to a call, and what a long list needs: against a local server in another process."""

from __future__ import annotations

import json
import multiprocessing
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from statistics import median

import requests

from atlassian_connect.client import HostAuth, HostClient, Transport
from atlassian_connect.protocol.urls import target_below
from atlassian_connect.secret import Secret
from atlassian_connect.tenants import Tenant

from .report import Report
from .timing import in_turns

_PATH = "/rest/api/3/issue/X-1"
_PAGE_SIZE = 1000
_CLAIMED_EXTRA_MICROSECONDS = 150
_CLAIMED_GROWTH = 1.5


def run(*, quick: bool) -> list[Report]:
    """Time single calls, and a list of a hundred thousand items."""
    with _server() as origin:
        return [_calls(origin, rounds=10 if quick else 150), _list(origin, total=20_000 if quick else 100_000)]


def _calls(origin: str, *, rounds: int) -> Report:
    tenant, transport = _tenant(origin), Transport()
    client, session = HostClient(tenant, transport=transport), requests.Session()
    session.trust_env = False
    auth, target = HostAuth(tenant), target_below(tenant.base, _PATH)
    prepared = requests.Request("GET", target.url).prepare()
    if client.get(_PATH).json() != session.get(origin + _PATH, timeout=5).json():
        raise AssertionError("The two do not get the same answer.")
    taken = in_turns(
        {
            "requests.Session": lambda: session.get(origin + _PATH, timeout=5),
            "HostClient": lambda: client.get(_PATH),
            "HostClient, anonymous": lambda: client.get(_PATH, anonymous=True),
            "the signature alone": lambda: auth(prepared, target),
        },
        rounds=rounds,
    )
    session.close()
    transport.close()
    report = Report("One GET over a kept connection (µs of CPU in the calling process, medians)")
    for name, figures in taken.items():
        report.rows.append({"way": name, "µs": median(figures)})
    extra = median(taken["HostClient"]) - median(taken["requests.Session"])
    report.claims.append(
        (
            f"a signed call costs {extra:+.0f} µs against a requests.Session without credentials, claimed at most"
            f" {_CLAIMED_EXTRA_MICROSECONDS:+}",
            extra <= _CLAIMED_EXTRA_MICROSECONDS,
        )
    )
    report.notes.append("No requests.Session takes part in the client: no cookie jar, no environment, no hooks.")
    return report


def _list(origin: str, *, total: int) -> Report:
    transport = Transport()
    client = HostClient(_tenant(origin), transport=transport)
    report = Report(f"Iterating over a list, {_PAGE_SIZE} items per page")
    peaks = []
    for count in (total // 10, total):
        begun = time.perf_counter()
        seen = sum(1 for _ in client.paginate("/list", limit=_PAGE_SIZE, max_items=count))
        seconds = time.perf_counter() - begun
        if seen != count:
            raise AssertionError(f"{seen} items of {count}.")
        tracemalloc.start()
        for _ in client.paginate("/list", limit=_PAGE_SIZE, max_items=count):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        report.rows.append(
            {"items": count, "seconds": seconds, "items per second": count / seconds, "peak KiB": peaks[-1] / 1024}
        )
    transport.close()
    growth = peaks[1] / peaks[0]
    report.claims.append(
        (
            f"ten times the items take {growth:.2f} times the memory, claimed at most {_CLAIMED_GROWTH}",
            growth <= _CLAIMED_GROWTH,
        )
    )
    return report


def _tenant(origin: str) -> Tenant:
    now = datetime.now(UTC)
    return Tenant(
        client_key="benchmark",
        app_key="com.example.benchmark",
        product="jira",
        base_url=origin,
        shared_secret=Secret("s" * 40),
        installed=True,
        enabled=True,
        installed_at=now,
        updated_at=now,
    )


# --- the server -------------------------------------------------------------------------------------------------------


@contextmanager
def _server() -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(30):
            raise RuntimeError("The server did not start.")
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()
        ours.close()


def _serve(pipe: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        pipe.send(server.getsockname()[1])
        items = json.dumps([{"id": str(number), "title": "A page of some length"} for number in range(_PAGE_SIZE)])
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_answer, args=(connection, items), daemon=True).start()


def _answer(connection: socket.socket, items: str) -> None:
    with connection:
        while True:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                piece = connection.recv(65536)
                if not piece:
                    return
                request += piece
            target = request.split(b" ", 2)[1].decode()
            body = '{"key": "X-1"}'
            if target.startswith("/list"):
                start = int(target.partition("startAt=")[2].partition("&")[0] or 0)
                body = f'{{"startAt": {start}, "maxResults": {_PAGE_SIZE}, "total": 10000000, "values": {items}}}'
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall((head + body).encode())
