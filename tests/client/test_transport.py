from __future__ import annotations

import datetime
import inspect
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
import requests
import urllib3.exceptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from requests import exceptions

from atlassian_connect.client import Transport
from atlassian_connect.client.transport import ERROR_TABLE, prepare, translated
from atlassian_connect.errors import (
    ConfigurationError,
    ConnectError,
    HostError,
    HostTimeoutError,
    HostUnreachableError,
    UrlNotAllowedError,
)


@contextmanager
def socket_server(answer, wrap=lambda connection: connection):
    """One connection after the other; ``answer`` gets each."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        with wrap(connection) as wrapped:
                            answer(wrapped)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def sending(*pieces):
    def answer(connection):
        connection.recv(65536)
        for piece in pieces:
            connection.sendall(piece)

    return answer


def get(url, **headers):
    return requests.Request("GET", url, headers=headers).prepare()


# --- errors of the library --------------------------------------------------------------------------------------------

EXPECTED = {
    exceptions.RequestException: HostError,
    exceptions.HTTPError: HostError,
    exceptions.TooManyRedirects: HostError,
    exceptions.StreamConsumedError: HostError,
    exceptions.UnrewindableBodyError: HostError,
    exceptions.ConnectionError: HostUnreachableError,
    exceptions.ProxyError: HostUnreachableError,
    exceptions.SSLError: HostUnreachableError,
    exceptions.ChunkedEncodingError: HostUnreachableError,
    exceptions.ContentDecodingError: HostUnreachableError,
    exceptions.RetryError: HostUnreachableError,
    exceptions.Timeout: HostTimeoutError,
    exceptions.ConnectTimeout: HostTimeoutError,
    exceptions.ReadTimeout: HostTimeoutError,
    exceptions.InvalidURL: UrlNotAllowedError,
    exceptions.InvalidSchema: UrlNotAllowedError,
    exceptions.MissingSchema: UrlNotAllowedError,
    exceptions.URLRequired: UrlNotAllowedError,
    exceptions.InvalidProxyURL: ConfigurationError,
    exceptions.InvalidHeader: ValueError,
    exceptions.InvalidJSONError: ValueError,
    exceptions.JSONDecodeError: ValueError,
}


def test_the_table_of_errors_is_complete():
    """Every public exception of requests has its expected class; a new one must be looked at."""
    public = {
        value
        for _, value in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(value, exceptions.RequestException)
    }

    assert public == set(EXPECTED)


@pytest.mark.parametrize("theirs", EXPECTED, ids=lambda kind: kind.__name__)
def test_every_error_of_requests_becomes_ours(theirs):
    error = theirs("why", "", 0) if issubclass(theirs, exceptions.JSONDecodeError) else theirs("why")

    with pytest.raises(EXPECTED[theirs]) as caught, translated(get("https://a.example/x?secret=1")):
        raise error

    assert type(caught.value) is EXPECTED[theirs]
    assert caught.value.__cause__ is error
    assert "GET https://a.example/x" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "theirs",
    [kind for _, kind in inspect.getmembers(urllib3.exceptions, inspect.isclass)
     if issubclass(kind, urllib3.exceptions.HTTPError)],
)  # fmt: skip
def test_no_error_of_urllib3_gets_through(theirs):
    error = theirs.__new__(theirs)

    with pytest.raises((ConnectError, ValueError)) as caught, translated(get("https://a.example/x")):
        raise error

    assert not isinstance(caught.value, urllib3.exceptions.HTTPError)


def test_a_general_class_never_hides_a_special_one():
    """The first row that fits decides, so subclasses stand before their bases."""
    for index, (theirs, _) in enumerate(ERROR_TABLE):
        assert not any(issubclass(theirs, earlier) for earlier, _ in ERROR_TABLE[:index])


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "a.example", "https://", "http://*.a.example/", "https://a:99999/"]
)
def test_a_url_that_cannot_be_called(url, transport):
    with pytest.raises(UrlNotAllowedError):
        transport.send(prepare(requests.Request("GET", url)), timeout=1)


def test_a_header_that_cannot_be_sent():
    with pytest.raises(ValueError, match="Invalid") as caught:
        prepare(requests.Request("GET", "https://a.example/", headers={"X-A": "1\r\nX-B: 2"}))

    assert not isinstance(caught.value, exceptions.RequestException)


# --- failing servers --------------------------------------------------------------------------------------------------


def test_nobody_listens(transport):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(HostUnreachableError):
        transport.send(get(f"http://127.0.0.1:{port}/"), timeout=5)


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"not http at all\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"],
        [b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n"],
    ],
    ids=["nothing", "no http", "short body", "bad chunk", "bad gzip", "endless header"],
)
def test_an_answer_that_breaks_off(pieces, transport):
    with socket_server(sending(*pieces)) as address, pytest.raises(HostUnreachableError):
        transport.send(get(f"http://{address}/"), timeout=5)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], ids=["headers", "body"])
def test_an_answer_that_does_not_come(start, transport):
    finished = threading.Event()

    def answer(connection):
        connection.recv(65536)
        connection.sendall(start)
        finished.wait(20)

    with socket_server(answer) as address:
        try:
            with pytest.raises(HostTimeoutError):
                transport.send(get(f"http://{address}/"), timeout=(5, 0.1))
        finally:
            finished.set()


def test_a_certificate_nobody_vouches_for(tmp_path, transport):
    """There is no way to switch the check off; another authority can be named."""
    bundle = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    trusting = Transport(ca_bundle=bundle)

    answer = sending(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    with socket_server(answer, lambda connection: context.wrap_socket(connection, server_side=True)) as address:
        with pytest.raises(HostUnreachableError, match="SSL"):
            transport.send(get(f"https://{address}/"), timeout=5)
        assert trusting.send(get(f"https://{address}/"), timeout=5).content == b"ok"

    trusting.close()


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


# --- what is sent, and what is kept -----------------------------------------------------------------------------------


def test_nothing_is_added_kept_or_followed(served, transport, monkeypatch, tmp_path):
    """No cookies, no credentials of .netrc, no proxy of the environment, no redirect."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    served.on("/a", 302, Location="/b", Set_Cookie="session=1")

    for _ in range(2):
        response = transport.send(get(f"{served.origin}/a"), timeout=5)

    assert response.status_code == 302
    assert [received.path for received in served.received] == ["/a", "/a"]
    assert not {"authorization", "cookie"} & {name.lower() for name in served.last.headers}
    assert response.elapsed > datetime.timedelta(0)


def test_proxies_are_those_of_the_constructor(served):
    transport = Transport(proxies={"http": served.origin})

    transport.send(get("http://host.example/x?a=1"), timeout=5)

    assert served.last.target == "http://host.example/x?a=1"
    transport.close()


def test_connections_are_used_again(served, transport):
    for _ in range(5):
        transport.send(get(f"{served.origin}/"), timeout=5)

    assert served.connections == 1


def test_a_closed_transport_can_be_used_again(served, transport):
    transport.send(get(f"{served.origin}/"), timeout=5)
    transport.close()

    assert transport.send(get(f"{served.origin}/"), timeout=5).status_code == 200


# --- fetch ------------------------------------------------------------------------------------------------------------


def test_fetch_gets_a_document_without_credentials(served, transport):
    served.on("/key", 200, b"-----BEGIN PUBLIC KEY-----")

    assert transport.fetch(f"{served.origin}/key", timeout=5, max_bytes=100) == (200, b"-----BEGIN PUBLIC KEY-----")
    assert "Authorization" not in served.last.headers
    assert served.last.headers["User-Agent"].startswith("flask-atlassian-connect/")


@pytest.mark.parametrize(("length", "read"), [(99, 99), (100, 100), (101, 101), (5_000_000, 101)])
def test_fetch_stops_reading_one_byte_behind_the_limit(length, read, served, transport):
    served.on("/key", 200, b"x" * length)

    status, body = transport.fetch(f"{served.origin}/key", timeout=5, max_bytes=100)

    assert (status, len(body)) == (200, read)


def test_fetch_follows_no_redirect(served, transport):
    served.on("/key", 302, b"", Location="http://169.254.169.254/")

    assert transport.fetch(f"{served.origin}/key", timeout=5, max_bytes=100) == (302, b"")
    assert len(served.received) == 1


def test_fetch_gives_up_on_a_server_that_trickles(transport):
    """Each byte comes within the read timeout; all of them together would take hours."""
    given_up = threading.Event()

    def answer(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        while not given_up.wait(0.02):
            connection.sendall(b"x")

    with socket_server(answer) as address:
        try:
            with pytest.raises(HostTimeoutError):
                transport.fetch(f"http://{address}/", timeout=(0.2, 0.2), max_bytes=10_000)
        finally:
            given_up.set()


def test_fetch_works_in_process_too(cloud, transport):
    cloud.on("/key", 404, b"no such key")

    assert transport.fetch("https://example.atlassian.net/key", timeout=5, max_bytes=5) == (404, b"no suc")
