"""A load driver in a process of its own: keep-alive connections, requests prepared beforehand.

It imports nothing of this project and does little, so that what is measured is the server.
"""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from types import TracebackType

_CONNECTIONS = 2  # one request is always waiting while the other is served
_TIMEOUT_SECONDS = 30


class Client:
    """Sends requests from another process. Use it in a ``with`` statement."""

    def __init__(self, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, port), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def prepare(self, name: str, requests: Sequence[bytes]) -> None:
        """Hand over a list of requests, to be sent in turn, from the first again after the last."""
        self._pipe.send(("prepare", name, list(requests)))

    def send(self, name: str, count: int) -> tuple[float, bytes]:
        """Send the next ones of a list. Seconds it took, and the last body.

        :raises AssertionError: an answer was not 200.
        """
        self._pipe.send(("send", name, count))
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise AssertionError(answer)
        seconds, body = answer
        return float(seconds), bytes(body)


def _serve(pipe: Connection, port: int) -> None:
    lists: dict[str, list[bytes]] = {}
    positions: dict[str, int] = {}
    sockets = [_connect(port) for _ in range(_CONNECTIONS)]
    while True:
        try:
            what, name, argument = pipe.recv()
        except EOFError:
            return
        if what == "prepare":
            lists[name], positions[name] = argument, 0
            continue
        requests, start = lists[name], positions[name]
        positions[name] = (start + argument) % len(requests)
        try:
            pipe.send(_run(sockets, requests, start, argument))
        except Exception as error:
            pipe.send(f"{name}: {error}")


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _run(sockets: list[socket.socket], requests: list[bytes], start: int, count: int) -> tuple[float, bytes]:
    body = b""
    begun = time.perf_counter()
    for i in range(count + _CONNECTIONS):
        connection = sockets[i % _CONNECTIONS]
        if i >= _CONNECTIONS and i - _CONNECTIONS < count:
            body = _read(connection)
        if i < count:
            connection.sendall(requests[(start + i) % len(requests)])
    return time.perf_counter() - begun, body


def _read(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    head = data[:end].lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(data) < end + 4 + length:
        data += _more(connection)
    if not head.startswith(b"http/1.1 200"):
        raise ValueError(f"the server answered {data[:40]!r}")
    return data[end + 4 :]


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ValueError("the server closed the connection")
    return data
