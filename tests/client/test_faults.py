"""Hosts that fail over real HTTP, many threads, forks; nothing is left open."""

from __future__ import annotations

import gc
import io
import json
import os
import socket
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from atlassian_connect.client import HostClient, Transport, call_of
from atlassian_connect.errors import (
    HostServerError,
    HostTimeoutError,
    HostUnreachableError,
    PaginationError,
    RateLimitedError,
    UrlNotAllowedError,
)

from .hosts import ServedHost, VirtualTime, make_tenant


@contextmanager
def broken_host(*scripts: bytes):
    """Answer the n-th connection with the n-th script, then hang up with a reset. The last one is used on and on."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(5)
    rest = list(scripts)
    done = threading.Event()

    def serve():
        while not done.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                request = b""
                while b"\r\n\r\n" not in request and (piece := connection.recv(65536)):
                    request += piece
                connection.sendall(rest.pop(0) if len(rest) > 1 else rest[0])
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        done.set()
        with socket.socket() as wake:  # from accept()
            wake.connect(server.getsockname())
            wake.sendall(b"\r\n\r\n")
        thread.join()
        server.close()


def response(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{fields}Connection: close\r\n".encode() + (
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


TORN = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nbeginning"


@pytest.fixture
def client_of(transport, clock):
    return lambda origin: HostClient(
        make_tenant(origin), transport=transport, timeout=(2, 5), retry_policy=clock.policy(), clock=clock
    )


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "3"},
        {"Retry_After": "Fri, 31 Dec 1999 23:59:59 GMT"},
        {"X_RateLimit_Limit": "100", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2020-01-01T00:00:00Z"},
        {"RateLimit_Reason": "jira-burst-based", "RateLimit": '"jira-burst-based";r=0;t=1'},
        {"Beta_RateLimit": '"global-app-quota";r=0;t=1000', "Beta_Retry_After": "1000"},
        {},
    ],
    ids=lambda headers: " ".join(headers) or "none",
)
def test_a_429_of_any_style_is_waited_for(headers, client_of, clock):
    with broken_host(response(b"slow", "429 Too Many Requests", **headers), response(b"{}")) as origin:
        answer = client_of(origin).post("/x", json={})

    assert call_of(answer).attempts == 2
    assert clock.slept[0] <= 5


def test_a_reset_before_the_answer(client_of, clock):
    with broken_host(b"", response(b"{}")) as origin:
        assert call_of(client_of(origin).get("/x")).attempts == 2
    with broken_host(b"") as origin, pytest.raises(HostUnreachableError) as raised:
        client_of(origin).post("/x", json={})
    assert call_of(raised.value).attempts == 1


def test_a_reset_in_the_middle_of_the_body(client_of):
    with broken_host(TORN, response(b"whole")) as origin:
        answer = client_of(origin).get("/x")

    assert answer.content == b"whole"
    assert call_of(answer).attempts == 2


@pytest.mark.parametrize(
    "read",
    [
        lambda streamed: list(streamed.iter_content(4)),
        lambda streamed: list(streamed.iter_lines()),
        lambda streamed: streamed.content,
        lambda streamed: streamed.text,
        lambda streamed: streamed.json(),
        b"".join,
    ],
)
def test_a_reset_while_a_stream_is_read(read, client_of):
    with broken_host(TORN) as origin, client_of(origin).get("/x", stream=True) as streamed:
        with pytest.raises(HostUnreachableError, match="GET http"):
            read(streamed)
        assert streamed.raw.closed


def test_a_slow_stream(served_client, served):
    served.answers["/wiki/x"] = lambda received: (200, {"Content-Length": "10"}, b"half")

    with served_client.get("/x", stream=True, timeout=(2, 0.1)) as streamed, pytest.raises(HostTimeoutError):
        list(streamed.iter_content(10))


def test_a_busy_gateway(client_of, clock):
    busy = response(b"<html>busy</html>", "503 Service Unavailable", Retry_After="1")
    with broken_host(busy) as origin, pytest.raises(HostServerError, match="busy") as raised:
        client_of(origin).get("/x")

    assert call_of(raised.value).attempts == 5
    assert clock.now - clock.started <= 30


def test_wrong_json_on_a_page(client_of):
    with broken_host(response(b'{"values": [1, 2')) as origin, pytest.raises(PaginationError, match="not JSON"):
        list(client_of(origin).paginate("/x"))


def test_a_redirect_to_another_origin(client_of, served):
    with broken_host(response(b"", "302 Found", Location=f"{served.origin}/stolen")) as origin:
        with pytest.raises(UrlNotAllowedError):
            client_of(origin).get("/x")
        client_of(origin).download("/x", io.BytesIO())

    assert served.last.headers["Authorization"] is None


def test_nobody_listens_for_a_while(client_of, clock):
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"

    with pytest.raises(HostUnreachableError) as raised:
        client_of(origin).get("/x")
    assert call_of(raised.value).attempts == 5
    assert len(clock.slept) == 4


# --- threads, processes, sockets --------------------------------------------------------------------------------------


def test_twenty_threads_page_through_one_client(served, transport):
    def make(received):
        number = int(dict(part.split("=") for part in received.query.split("&") if part).get("cursor", 0))
        links = {"next": f"/wiki/x?cursor={number + 1}"} if number < 9 else {}
        return 200, {}, json.dumps({"results": [number] * 5, "_links": links}).encode()

    served.answers["/wiki/x"] = make
    client = HostClient(make_tenant(f"{served.origin}/wiki"), transport=transport, retry_policy=VirtualTime().policy())

    with ThreadPoolExecutor(20) as pool:
        lists = list(pool.map(lambda _: list(client.paginate("/x")), range(20)))

    assert lists == [sorted(list(range(10)) * 5)] * 20
    assert len(served.received) == 200


def test_connections_are_used_again_after_a_stream_and_after_a_repetition(served, transport, clock):
    answers = [(429, {}, b"x" * 1000), (503, {}, b"")]
    served.answers["/x"] = lambda received: answers.pop() if answers else (200, {}, b"{}")
    client = HostClient(make_tenant(served.origin), transport=transport, retry_policy=clock.policy())

    client.get("/x")
    with client.get("/y", stream=True) as streamed:
        assert streamed.content == b"{}"
    client.get("/z")

    assert served.connections == 1


def test_no_socket_is_left_behind(clock):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        with ServedHost() as served, broken_host(TORN) as broken:
            transport = Transport()
            client = HostClient(make_tenant(served.origin), transport=transport, retry_policy=clock.policy())
            served.on("/busy", 503)
            served.on("/limited", 429, Retry_After="100")
            served.on("/far", 302, Location="https://evil.example")
            for path, error in [
                ("/busy", HostServerError),
                ("/limited", RateLimitedError),
                ("/far", UrlNotAllowedError),
            ]:
                for stream in (False, True):
                    with pytest.raises(error):
                        client.get(path, stream=stream)
            with pytest.raises(HostUnreachableError):
                HostClient(make_tenant(broken), transport=transport, retry_policy=clock.policy()).download(
                    "/x", io.BytesIO()
                )
            transport.close()
        del client, transport
        gc.collect()

    assert [str(warning.message) for warning in caught] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(served, transport):
    """Two processes on one socket would read each other's answers."""
    served.answers["/who"] = lambda received: (200, {}, received.headers["X-Who"].encode())
    client = HostClient(make_tenant(served.origin), transport=transport, timeout=5)
    assert client.get("/who", headers={"X-Who": "parent"}).text == "parent"
    assert served.connections == 1

    child = os.fork()
    if child == 0:
        right = False
        try:
            right = all(client.get("/who", headers={"X-Who": "child"}, retry=False).text == "child" for _ in range(3))
        finally:
            os._exit(0 if right else 1)
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert served.connections == 2
    assert client.get("/who", headers={"X-Who": "parent"}).text == "parent"
    assert served.connections == 2, "the parent's connection must have survived"
