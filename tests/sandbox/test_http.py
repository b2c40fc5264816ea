from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from atlassian_connect.sandbox import Answer, AppUnreachableError, NetworkTransport, WsgiTransport
from atlassian_connect.sandbox.http import MAX_ANSWER_BYTES, Headers


def test_answers():
    answer = Answer(200, Headers([("Content-Type", "text/x"), ("X-A", "1"), ("x-a", "2")]), '{"a": "é"}'.encode())
    assert answer.headers["content-type"] == "text/x"
    assert answer.headers["X-a"] == "1, 2"
    assert list(answer.headers) == ["Content-Type", "X-A"]
    assert answer.headers.get("none") is None
    assert answer.json() == {"a": "é"}
    assert answer.text == '{"a": "é"}'
    assert "é" not in repr(answer)


def test_the_environ_of_a_wsgi_call():
    seen = {}
    closed = []

    class Chunks:
        def __iter__(self):
            return iter([b"b", b"c"])

        def close(self):
            closed.append(True)

    def app(environ, start_response):
        seen.update(environ)
        seen["body"] = environ["wsgi.input"].read()
        write = start_response("201 Created", [("X-A", "1")])
        write(b"a")
        return Chunks()

    transport = WsgiTransport({"http://app.localhost:5000": app})
    answer = transport.send(
        "POST",
        "http://app.localhost:5000/a%2Fb%20%C3%A9?x=%2F&y#z",
        headers={"Content-Type": "application/json", "X-Y": "1"},
        body=b"{}",
        timeout=1,
    )
    assert (answer.status, answer.body, answer.headers["x-a"], closed) == (201, b"abc", "1", [True])
    assert seen["PATH_INFO"] == "/a/b \xc3\xa9"
    assert seen["QUERY_STRING"] == "x=%2F&y"
    assert seen["RAW_URI"] == seen["REQUEST_URI"] == "/a%2Fb%20%C3%A9?x=%2F&y"
    assert (seen["SCRIPT_NAME"], seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("", "app.localhost", "5000")
    assert (seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"], seen["HTTP_X_Y"], seen["body"]) == (
        "application/json",
        "2",
        "1",
        b"{}",
    )
    with pytest.raises(AppUnreachableError):
        transport.send("GET", "http://app.localhost:5001/", headers={}, body=b"", timeout=1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.startswith("/endless"):
            self.send_response(200)
            self.send_header("Content-Length", str(MAX_ANSWER_BYTES * 10))
            self.end_headers()
            try:
                for _ in range(200):
                    self.wfile.write(b"x" * 65_536)
            except OSError:
                self.close_connection = True
            return
        body = f"{self.path} {self.headers.get('Cookie')}".encode()
        self.send_response(200)
        self.send_header("Set-Cookie", "a=b")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def get(url: str) -> Answer:
    return NetworkTransport().send("GET", url, headers={}, body=b"", timeout=5)


def test_over_the_network(origin: str, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    for _ in range(2):
        assert get(f"{origin}/a%7Eb?x=%7E&y='").text == "/a%7Eb?x=%7E&y=' None"
    redirected = get(f"{origin}/redirect")
    assert (redirected.status, redirected.headers["location"]) == (302, "/elsewhere")


def test_no_answer_is_one_error_without_the_token(origin: str):
    bad = [f"http://{host}/x?jwt=TOKEN" for host in ("127.0.0.1:1", "[bad", "a..b", "x" * 300, "u:TOKEN@127.0.0.1:1")]
    for url in (f"{origin}/endless?jwt=TOKEN", *bad):
        with pytest.raises(AppUnreachableError) as caught:
            get(url)
        assert "TOKEN" not in str(caught.value)
