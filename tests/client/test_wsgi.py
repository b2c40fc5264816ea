from __future__ import annotations

import gzip
import io

import pytest
import requests
from werkzeug.wrappers import Request, Response

from atlassian_connect.client import Transport
from atlassian_connect.errors import HostUnreachableError, UrlNotAllowedError

ORIGIN = "https://host.example"


@pytest.fixture
def call():
    """Send one request to a WSGI app."""

    def call(app, url="/", method="GET", stream=False, **options):
        transport = Transport()
        transport.mount(ORIGIN, app)
        return transport.send(requests.Request(method, ORIGIN + url, **options).prepare(), timeout=1, stream=stream)

    return call


class Recorder:
    def __init__(self, answer=(b"ok",), headers=()):
        self.answer, self.headers, self.environ, self.body, self.closed = answer, headers, {}, b"", 0

    def __call__(self, environ, start_response):
        self.environ = environ
        self.body = Request(environ).get_data()
        start_response("201 Made it", list(self.headers))
        return self

    def __iter__(self):
        return iter(self.answer)

    def close(self):
        self.closed += 1


def test_the_environ_says_what_was_on_the_wire(call):
    app = Recorder()

    call(app, "/a%2Fb/%C3%A9?q=%C3%A9+x&q=%2c", headers={"X-Some-Thing": "1", "Content-Type": "text/x"})

    expected = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a/b/\xc3\xa9",
        "QUERY_STRING": "q=%C3%A9+x&q=%2C",
        "REQUEST_URI": "/a%2Fb/%C3%A9?q=%C3%A9+x&q=%2C",
        "RAW_URI": "/a%2Fb/%C3%A9?q=%C3%A9+x&q=%2C",
        "SERVER_NAME": "host.example",
        "SERVER_PORT": "443",
        "HTTP_HOST": "host.example",
        "HTTP_X_SOME_THING": "1",
        "CONTENT_TYPE": "text/x",
        "wsgi.url_scheme": "https",
        "wsgi.input_terminated": True,
    }
    assert {name: app.environ[name] for name in expected} == expected


def test_the_answer_is_an_ordinary_response(call):
    response = call(Recorder([b"some", b"", b"thing"], [("X-A", "1"), ("X-A", "2")]), "/x?y=1")

    assert (response.status_code, response.reason, response.content) == (201, "Made it", b"something")
    assert response.headers["x-a"] == "1, 2"
    assert response.url == f"{ORIGIN}/x?y=1"
    assert response.request.method == "GET"
    assert response.elapsed.total_seconds() > 0


@pytest.mark.parametrize(
    "body",
    ["été", "été".encode(), io.BytesIO("été".encode()), (piece for piece in ["é".encode(), b"", "té".encode()])],
    ids=["str", "bytes", "file", "generator"],
)
def test_any_body_arrives(call, body):
    app = Recorder()

    call(app, method="POST", data=body)

    assert app.body == "été".encode()


def test_an_answer_is_pulled_as_it_is_read(call):
    pulled = []

    def pieces():
        for number in range(3):
            pulled.append(number)
            yield b"%d" % number

    app = Recorder(pieces())
    response = call(app, stream=True)
    assert pulled == [0]

    response.close()

    assert pulled == [0]
    assert app.closed == 1


def test_an_answer_that_is_read_is_closed_once(call):
    app = Recorder()

    response = call(app)
    response.close()

    assert app.closed == 1


@pytest.mark.parametrize("body", [[], [b"0123456789"]])
def test_a_head_answer_has_no_body(body, call):
    app = Recorder(body, [("Content-Length", "10")])

    response = call(app, method="HEAD")

    assert (response.content, response.headers["Content-Length"], app.closed) == (b"", "10", 1)


def test_compression_is_undone_as_on_the_network(call):
    assert call(Recorder([gzip.compress(b"text")], [("Content-Encoding", "gzip")])).content == b"text"


def test_a_body_shorter_than_announced_breaks_off_as_on_the_network(call):
    with pytest.raises(HostUnreachableError):
        call(Recorder([b"text"], [("Content-Length", "100")]))


def test_late_start_write_and_generators(call):
    def app(environ, start_response):
        write = start_response("200 OK", [])
        write(b"one ")
        yield b"two"

    assert call(app).content == b"one two"


def test_a_response_may_be_replaced_by_an_error(call):
    def app(environ, start_response):
        start_response("200 OK", [])
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as error:
            start_response("500 Oh", [], (ZeroDivisionError, error, error.__traceback__))
        return [b"no"]

    assert call(app).status_code == 500


def test_apps_of_werkzeug_answer(call):
    response = call(Response("hello", mimetype="text/plain"))

    assert (response.text, response.encoding) == ("hello", "utf-8")


def test_what_the_app_raises_comes_out(call):
    def app(environ, start_response):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(app)


def test_an_app_without_start_response_is_told_so(call):
    with pytest.raises(AssertionError, match="start_response"):
        call(lambda environ, start_response: [b"x"])


@pytest.mark.parametrize("origin", ["https://host.example/wiki", "host.example", "https://user@host.example"])
def test_an_app_is_mounted_for_an_origin_only(origin):
    with pytest.raises(UrlNotAllowedError):
        Transport().mount(origin, Recorder())


def test_other_origins_go_to_the_network(transport, served):
    transport.mount("http://127.0.0.1:1", Recorder())

    response = transport.send(requests.Request("GET", f"{served.origin}/").prepare(), timeout=5)

    assert response.json() == {}
    assert len(served.received) == 1
