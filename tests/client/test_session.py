from __future__ import annotations

import io
import json
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.wrappers import Request

from atlassian_connect import errors
from atlassian_connect.client import HostClient, Transport
from atlassian_connect.errors import (
    HostBadRequestError,
    HostError,
    HostNotFoundError,
    HostTimeoutError,
    HostUnreachableError,
    TenantUninstalledError,
    UrlNotAllowedError,
)

from .hosts import APP_KEY, CLIENT_KEY, CLOUD, SECRET, Host, VirtualTime, make_tenant

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NASTY = st.sampled_from(
    ["a,b", "it's", '"q"', "1+1", "~x", "a b", "é✓", "%2F", "%zz", "a=b&c", "100%", "*()!", "[0]", "#"]
)
VALUES = TEXTS | NASTY | st.integers() | st.booleans() | st.none()
NAMES = (TEXTS | NASTY | st.sampled_from(["q", "expand"])).filter(lambda name: name != "jwt")


# --- URL and signature ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "wire"),
    [
        ("/rest/api/content", "/wiki/rest/api/content"),
        ("rest/api/content", "/wiki/rest/api/content"),
        ("/wiki/api/v2/pages?limit=5", "/wiki/api/v2/pages?limit=5"),
        (f"{CLOUD}/wiki/api/v2/pages?cursor=a%3D%3D", "/wiki/api/v2/pages?cursor=a%3D%3D"),
        ("/wikipedia", "/wiki/wikipedia"),
        ("", "/wiki/"),
        ("/rest/a%2fb/%c3%a9", "/wiki/rest/a%2Fb/%C3%A9"),
        ("/rest/%7euser/a%41", "/wiki/rest/~user/aA"),
        ("/rest/é b", "/wiki/rest/%C3%A9%20b"),
        ("/x?cql=type=page and title~'a, b'", "/wiki/x?cql=type=page%20and%20title~'a,%20b'"),
        ("/x?a[0]=1&b=%7e", "/wiki/x?a%5B0%5D=1&b=~"),
        ("/a//b/;c=1/d@e", "/wiki/a//b/;c=1/d@e"),
    ],
)
def test_every_form_of_a_url_is_joined_and_signed_as_sent(url, wire, client, tenant, cloud):
    client.get(url)

    assert cloud.last.target == wire
    cloud.last.claims(tenant)


def test_the_signed_path_is_without_the_base_path(served_client, served_tenant, served):
    """The verifier hashes ``/rest/…``; with ``/wiki`` in front the hash would be another."""
    served_client.get("/rest/api/content", params={"limit": 1})

    assert served.last.target == "/wiki/rest/api/content?limit=1"
    assert served.last.claims(served_tenant)["iss"] == APP_KEY


def test_jira_has_no_base_path(transport, cloud):
    tenant = make_tenant(CLOUD)

    HostClient(tenant, transport=transport).get("/rest/api/3/issue/X-1")

    assert cloud.last.target == "/rest/api/3/issue/X-1"
    cloud.last.claims(tenant)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_every_method_is_signed(method, served_client, served_tenant, served):
    getattr(served_client, method)("/x")

    assert served.last.method == method.upper()
    served.last.claims(served_tenant)


def test_the_method_may_be_written_small(client, tenant, cloud):
    client.request("get", "/x")

    assert cloud.last.method == "GET"
    cloud.last.claims(tenant)


@pytest.mark.parametrize("method", ["GET /x HTTP/1.1\r\nX", "", "G ET", "GET\n"])
def test_request_splitting_by_the_method(method, client, cloud):
    with pytest.raises(ValueError, match="method"):
        client.request(method, "/x")

    assert not cloud.received


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(st.lists(st.tuples(NAMES, VALUES | st.lists(VALUES, max_size=4)), max_size=5))
@example([("a", ["b", "a", "C", "é", "~", ","])])
@example([("", ""), ("é", "1"), ("z", "2")])
def test_any_parameters_arrive_as_meant_and_signed_as_sent(served_client, served_tenant, served, params):
    served_client.get("/x", params=params)

    served.last.claims(served_tenant)
    arrived = parse_qsl(served.last.query, keep_blank_values=True, max_num_fields=None)
    assert arrived == list(flat(params))


def flat(params):
    for name, value in params:
        for entry in value if isinstance(value, list) else [value]:
            if entry is not None:
                yield name, str(entry).lower() if isinstance(entry, bool) else str(entry)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(st.text(st.sampled_from("abé %&=+~,'\"[]{}|^`<>;@$!*()-._?2eEfF"), max_size=15))
def test_any_query_in_a_url_is_signed_as_sent(served_client, served_tenant, served, query):
    """A broken escape (``%zz``) reaches the wire as the library writes it, and that is what is signed."""
    served_client.get(f"/x?{query}")

    served.last.claims(served_tenant)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(
    # Without ";": atlassian-jwt loses the last one of a path when nothing follows it.
    st.lists(st.text(st.sampled_from("abé &=+~,'\"[]{}|^`<>@$!*()-_"), min_size=1, max_size=8), min_size=1, max_size=3)
)
def test_any_path_is_signed_as_sent(served_client, served_tenant, served, segments):
    served_client.get("/rest/" + "/".join(segments))

    served.last.claims(served_tenant)


def test_parameters_are_added_to_those_of_the_url(client, tenant, cloud):
    client.get("/x?a=1", params={"a": [2, 3], "b": "c"})

    assert cloud.last.query == "a=1&a=2&a=3&b=c"
    cloud.last.claims(tenant)


def test_each_request_has_a_token_of_its_own(transport, tenant, cloud):
    now = [1000.0]
    client = HostClient(tenant, transport=transport, clock=lambda: now[0], token_lifetime_seconds=60)

    client.get("/x")
    now[0] = 2000.0
    client.get("/x")

    first, second = (received.headers["Authorization"] for received in cloud.received)
    assert first != second


# --- attacks on the URL -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://evil.example/wiki/x", id="foreign origin by absolute URL"),
        pytest.param("//evil.example/wiki/x", id="foreign origin without scheme"),
        pytest.param("///evil.example/x", id="three slashes"),
        pytest.param("\\\\evil.example\\x", id="backslashes"),
        pytest.param("/\\evil.example/x", id="slash and backslash"),
        pytest.param("https://example.atlassian.net@evil.example/wiki/x", id="our host as user info"),
        pytest.param("https://user:pw@example.atlassian.net/wiki/x", id="user info"),
        pytest.param("https://example.atlassian.net.evil.example/wiki/x", id="prefix look-alike"),
        pytest.param("https://evilexample.atlassian.net/wiki/x", id="suffix look-alike"),
        pytest.param("https://example.atlassian.net:8443/wiki/x", id="another port"),
        pytest.param("http://example.atlassian.net/wiki/x", id="plain http"),
        pytest.param("https://example.atlassian.net/wikix/x", id="base path look-alike"),
        pytest.param("https://example.atlassian.net/rest/api/3/issue", id="out of the base path"),
        pytest.param("/../rest/api/3/issue", id="dot segments"),
        pytest.param("/wiki/../rest/api/3/issue", id="dot segments behind the base path"),
        pytest.param("/x/%2e%2e/%2e%2e/rest", id="escaped dot segments"),
        pytest.param("/x/%2E./rest", id="half-escaped dot segments"),
        pytest.param("/x/..%2frest", id="dot segments with an escaped slash"),
        pytest.param("/./x", id="single dot"),
        pytest.param("https://example.atlassian.net/wiki//evil.example/x", id="empty first segment"),
        pytest.param("/wiki//evil.example/x", id="empty first segment of a path"),
        pytest.param("/x\r\nHost: evil.example", id="request splitting"),
        pytest.param("/x\t", id="control character"),
        pytest.param("/x#fragment", id="fragment"),
        pytest.param("javascript:alert(1)", id="another scheme"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("https://[::1/x", id="broken address"),
        pytest.param("/x?jwt=eyJ", id="a token of its own"),
        pytest.param("/x?a=1&%6Awt=eyJ", id="an escaped token of its own"),
    ],
)
def test_signature_to_another_place(url, client, cloud):
    with pytest.raises(UrlNotAllowedError):
        client.get(url)

    assert not cloud.received


def test_a_token_as_parameter(client, cloud):
    with pytest.raises(UrlNotAllowedError, match="jwt"):
        client.get("/x", params={"jwt": "eyJ"})

    assert not cloud.received


def test_an_uninstalled_tenant_is_not_called(transport, cloud):
    client = HostClient(make_tenant(CLOUD, installed=False), transport=transport)

    with pytest.raises(TenantUninstalledError):
        client.get("/x")

    assert not cloud.received


def test_a_failing_signature_sends_nothing(client, cloud, monkeypatch):
    def fail(*args):
        raise RuntimeError("no signature today")

    monkeypatch.setattr("atlassian_connect.client.auth.sign_hs256", fail)

    with pytest.raises(RuntimeError):
        client.post("/x", json={})

    assert not cloud.received


def test_more_parameters_than_can_be_hashed_send_nothing(client, cloud):
    with pytest.raises(ValueError, match="1000"):
        client.get("/x", params=[("a", "1")] * 1001)

    assert not cloud.received


# --- headers ----------------------------------------------------------------------------------------------------------


def test_headers_by_default(served_client, served):
    served_client.get("/x")

    headers = served.last.headers
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("flask-atlassian-connect/")
    assert headers["User-Agent"].endswith(f" ({APP_KEY})")
    assert {"content-type", "content-length", "cookie"}.isdisjoint(name.lower() for name in headers)


def test_callers_headers_win(client, cloud):
    client.get("/x", headers={"accept": "text/csv", "X-Atlassian-Webhook-Trace": "me", "User-Agent": "mine"})

    headers = cloud.last.headers
    assert (headers["Accept"], headers["X-Atlassian-Webhook-Trace"], headers["User-Agent"]) == (
        "text/csv",
        "me",
        "mine",
    )


@pytest.mark.parametrize(
    "name",
    ["Authorization", "authorization", " Authorization", "Host", "Cookie", "Content-Length", "Transfer-Encoding"],
)
def test_headers_that_are_ours_to_set_are_refused(name, client, cloud):
    with pytest.raises(ValueError, match="itself"):
        client.post("/x", headers={name: "x"})

    assert not cloud.received


def test_header_injection(client, cloud):
    with pytest.raises(ValueError, match="Invalid"):
        client.get("/x", headers={"X-A": "1\r\nAuthorization: JWT x"})

    assert not cloud.received


def test_an_app_key_cannot_break_the_user_agent(transport, cloud):
    tenant = make_tenant(CLOUD, app_key="evil)\r\nX: é")

    HostClient(tenant, transport=transport).get("/x")

    assert cloud.last.headers["User-Agent"].endswith(" (evilX)")


def test_the_user_agent_can_be_set(transport, tenant, cloud):
    HostClient(tenant, transport=transport, user_agent="stale-pages/1.0").get("/x")

    assert cloud.last.headers["User-Agent"] == "stale-pages/1.0"


def test_cookies_are_not_kept(client, cloud):
    cloud.on("/wiki/x", 200, Set_Cookie="session=1; Path=/")

    client.get("/x")
    client.get("/x")

    assert "Cookie" not in cloud.last.headers


# --- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "get"])
@pytest.mark.parametrize("body", [{"json": {}}, {"json": False}, {"data": "x"}, {"data": {}}, {"files": {}}])
def test_a_body_on_get_is_refused_before_anything_is_sent(method, body, client, cloud):
    with pytest.raises(ValueError, match="403"):
        client.request(method, "/x", **body)

    assert not cloud.received


def test_get_announces_no_body(client, cloud):
    client.get("/x", headers={"Content-Type": "application/json"})

    assert "Content-Type" not in cloud.last.headers


@pytest.mark.parametrize("document", [{"a": ["é", None, True]}, [], {}, False, 0, ""])
def test_json_is_sent(document, served_client, served):
    served_client.post("/x", json=document)

    assert json.loads(served.last.body) == document
    assert served.last.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("document", [float("nan"), {"a": float("inf")}])
def test_json_that_is_none_sends_nothing(document, client, cloud):
    with pytest.raises(ValueError, match="JSON"):
        client.post("/x", json=document)

    assert not cloud.received


def test_form_fields_are_sent(client, cloud):
    client.post("/x", data={"a": "1", "b": ["2", "3"]})

    assert cloud.last.body == b"a=1&b=2&b=3"
    assert cloud.last.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"json": {}, "data": "x"}, "two bodies"),
        ({"json": {}, "files": {"file": b"x"}}, "two bodies"),
        ({"data": "text", "files": {"file": b"x"}}, "form fields"),
        ({"files": {"file": b"x"}, "headers": {"Content-Type": "multipart/form-data"}}, "boundary"),
    ],
)
def test_bodies_that_exclude_each_other(options, words, client, cloud):
    with pytest.raises(ValueError, match=words):
        client.post("/x", **options)

    assert not cloud.received


@pytest.mark.parametrize("kind", ["bytes", "file", "generator"])
def test_uploads_are_streamed(kind, served_client, served_tenant, served):
    content = b"0123456789" * 20_000
    data = {
        "bytes": content,
        "file": io.BytesIO(content),
        "generator": (content[i : i + 7000] for i in range(0, len(content), 7000)),
    }

    served_client.put("/upload", data=data[kind], headers={"Content-Type": "application/octet-stream"})

    assert served.last.body == content
    assert (served.last.headers["Transfer-Encoding"] == "chunked") == (kind == "generator")
    served.last.claims(served_tenant)


@pytest.mark.parametrize("sized", [True, False])
def test_attachments_are_read_while_they_are_sent(sized, served_client, served_tenant, served, tmp_path):
    class File(io.BytesIO):
        largest = 0

        def read(self, size=-1, /):
            self.largest = max(self.largest, size if size >= 0 else 10**9)
            return super().read(size)

        def seek(self, *args):
            if not sized:
                raise OSError
            return super().seek(*args)

    content = b"0123456789" * 20_000
    file = File(content)

    served_client.post("/x", files={"file": ("a.txt", file, "text/plain")}, data={"minorEdit": "true"})

    received = served.last
    assert received.headers["X-Atlassian-Token"] == "no-check"
    assert (received.headers["Transfer-Encoding"] == "chunked") == (not sized)
    assert file.largest < 10**6
    received.claims(served_tenant)
    request = Request(
        {"REQUEST_METHOD": "POST", "CONTENT_TYPE": received.headers["Content-Type"],
         "CONTENT_LENGTH": str(len(received.body)), "wsgi.input": io.BytesIO(received.body)}
    )  # fmt: skip
    with request:
        assert request.form.to_dict() == {"minorEdit": "true"}
        assert request.files["file"].filename == "a.txt"
        assert request.files["file"].read() == content


def test_the_xsrf_header_can_be_overridden(client, cloud):
    client.post("/x", files={"file": b"x"}, headers={"X-Atlassian-Token": "nocheck"})

    assert cloud.last.headers["X-Atlassian-Token"] == "nocheck"


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.HostBadRequestError),
        (401, errors.HostUnauthorizedError),
        (403, errors.HostForbiddenError),
        (404, errors.HostNotFoundError),
        (409, errors.HostConflictError),
        (418, errors.HostResponseError),
        (429, errors.RateLimitedError),
        (500, errors.HostServerError),
        (503, errors.HostServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_error_statuses_raise_what_they_mean(status, kind, stream, served_client, served):
    served.on("/wiki/x", status, b'{"errorMessages": ["No such thing."]}', Content_Type="application/json")

    with pytest.raises(HostError) as caught:
        served_client.get("/x", params={"q": "personal"}, stream=stream)

    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.message == "No such thing."
    assert caught.value.response.json() == {"errorMessages": ["No such thing."]}
    assert "personal" not in str(caught.value)


def test_an_error_body_that_breaks_off_keeps_its_status(served_client, served):
    served.on("/wiki/x", 404, b"short", Content_Length="5000", Connection="close")

    with pytest.raises(HostNotFoundError) as caught:
        served_client.get("/x", stream=True)

    assert caught.value.message == ""


def test_an_endless_error_body_is_not_read_to_its_end(client, cloud):
    cloud.on("/wiki/x", 400, b'{"message": "' + b"x" * 3_000_000)

    with pytest.raises(HostBadRequestError) as caught:
        client.get("/x", stream=True)

    assert len(caught.value.response.content) == 262_144


def test_without_check_every_status_is_returned(client, cloud):
    cloud.on("/wiki/x", 500, b"oh")

    assert client.get("/x", check=False).text == "oh"


def test_a_stream_is_left_unread(client, cloud):
    cloud.on("/wiki/x", 200, b"0123456789")

    with client.get("/x", stream=True) as response:
        assert list(response.iter_content(4)) == [b"0123", b"4567", b"89"]


# --- time -------------------------------------------------------------------------------------------------------------


class RecordingTransport(Transport):
    def __init__(self):
        super().__init__()
        self.timeouts = []

    def send(self, request, *, timeout, stream=False):
        self.timeouts.append(timeout)
        return super().send(request, timeout=timeout, stream=stream)


def test_no_request_is_without_a_timeout(tenant):
    transport = RecordingTransport()
    transport.mount(CLOUD, Host())

    HostClient(tenant, transport=transport).get("/x")
    HostClient(tenant, transport=transport).get("/x", timeout=None)
    HostClient(tenant, transport=transport).get("/x", timeout=3)
    HostClient(tenant, transport=transport, timeout=7).get("/x")

    assert transport.timeouts == [(5, 30), (5, 30), 3, 7]


def test_a_host_that_does_not_answer_in_time(served_client, served):
    finished = threading.Event()
    served.answers["/wiki/x"] = lambda received: (finished.wait(20), (200, {}, b""))[1]

    try:
        with pytest.raises(HostTimeoutError, match="/wiki/x") as caught:
            served_client.get("/x", timeout=(5, 0.1), params={"q": "personal"})
    finally:
        finished.set()

    assert isinstance(caught.value, TimeoutError)
    assert "personal" not in str(caught.value)


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_nothing_shows_a_token_or_the_secret(served_client, served, served_tenant, caplog):
    """Neither responses, errors, their causes and tracebacks with local variables, the client, nor any log."""
    caplog.set_level(logging.DEBUG)
    served.answers["/wiki/echo"] = lambda received: (400, {}, f"bad {received.headers['Authorization']}".encode())
    served.on("/wiki/torn", 200, b"short", Content_Length="5000", Connection="close")
    served.on("/wiki/moved", 302, Location="/wiki/x")

    response = served_client.get("/moved")
    with pytest.raises(HostBadRequestError) as echoed:
        served_client.get("/echo")
    with pytest.raises(HostUnreachableError) as torn:
        served_client.get("/torn", retry=False)

    told = traceback.TracebackException.from_exception(torn.value, capture_locals=True)
    shown = [caplog.text, "".join(told.format()), repr(torn.value), str(echoed.value), repr(echoed.value)]
    shown += [
        repr(vars(torn.value.__cause__)),
        repr(served_client),
        repr(vars(served_client)),
        repr(served_client._auth),
    ]
    for hop in [response, *response.history, echoed.value.response]:
        assert "Authorization" not in hop.request.headers
        shown += [repr(hop), repr(vars(hop.request))]
    tokens = [received.headers["Authorization"].removeprefix("JWT ") for received in served.received]
    assert len(set(tokens)) == 4
    for text in shown:
        assert SECRET not in text
        assert not any(token in text for token in tokens)


def test_an_error_of_the_connection_carries_no_token(transport, served):
    """The library's error holds on to the request."""
    client = HostClient(make_tenant(served.origin), transport=transport, retry_policy=VirtualTime().policy())
    served.answers["/x"] = lambda received: 1 // 0  # the handler dies, the connection closes

    with pytest.raises(HostUnreachableError) as caught:
        client.get("/x")

    assert caught.value.__cause__.request.url == f"{served.origin}/x"
    assert "Authorization" not in caught.value.__cause__.request.headers


def test_the_client_says_whose_it_is(client):
    assert repr(client) == f"<HostClient '{CLIENT_KEY}' {CLOUD}/wiki>"
    assert client.tenant.client_key == CLIENT_KEY


# --- threads ----------------------------------------------------------------------------------------------------------


def test_twenty_threads_share_one_client(served_client, served_tenant, served):
    """Every request carries its own token, parameters and answer."""
    served.answers["/wiki/echo"] = lambda received: (200, {}, received.query.encode())
    start = threading.Barrier(20)

    def work(thread):
        start.wait()
        return [served_client.get("/echo", params={"n": [thread, number]}).text for number in range(10)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(work, range(20)))

    assert answers == [[f"n={thread}&n={number}" for number in range(10)] for thread in range(20)]
    assert len(served.received) == 200
    for received in served.received:
        received.claims(served_tenant)
