"""What can be made to go wrong, in process and over a real port."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from atlassian_connect.sandbox import ADMIN, Installation, Sandbox, SandboxServer
from atlassian_connect.sandbox.fault_kinds import Broken, Dropped, EndlessPages, Redirected, Slow, Unavailable
from atlassian_connect.sandbox.faults import Announced, Exchange, Fault, Outcome, RateLimited

from .connect_app import HostCaller

MYSELF = "/rest/api/3/myself"


def test_a_fault_lasts_as_long_as_its_block(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    with sandbox.jira.faults.add(Unavailable()) as fault:
        assert host("GET", MYSELF).status_code == 503
        assert sandbox.jira.faults.active == [fault]
    assert host("GET", MYSELF).status_code == 200
    assert (fault.hits, sandbox.jira.faults.active) == (1, [])


def test_which_requests_it_concerns(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation
):
    fault = sandbox.jira.faults.add(Unavailable(), method="put", path="/rest/api/3/issue/OPS-1", times=2)
    change = {"fields": {"summary": "x"}}
    assert host("GET", "/rest/api/3/issue/OPS-1").status_code == 200
    assert host("PUT", "/rest/api/3/issue/OPS-2", change).status_code == 204
    assert host("GET", "/api/v2/spaces", product="confluence").status_code == 200
    assert [host("PUT", "/rest/api/3/issue/OPS-1", change).status_code for _ in range(3)] == [503, 503, 204]
    assert fault.hits == 2
    assert "hits=2" in repr(fault)
    in_confluence = sandbox.confluence.faults.add(Unavailable(), path="/api/v2")
    assert host("GET", "/api/v2/spaces", product="confluence").status_code == 503
    assert in_confluence.hits == 1
    sandbox.reset()
    assert sandbox.jira.faults.active == sandbox.confluence.faults.active == []


def test_a_refused_request_is_not_executed_and_logged(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    sandbox.jira.faults.add(RateLimited(), times=1)
    assert host("PUT", "/rest/api/3/issue/OPS-1", {"fields": {"summary": "new"}}).status_code == 429
    assert sandbox.content.issue("OPS-1").summary != "new"
    crossing = sandbox.log[-1]
    assert (crossing.status, crossing.verdict, crossing.note) == (429, "fault", "RateLimited")


def test_rate_limits(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    def limited(fault: RateLimited) -> dict[str, str]:
        with sandbox.jira.faults.add(fault):
            response = host("GET", MYSELF)
        assert response.status_code == 429
        return dict(response.headers)

    assert limited(RateLimited(7))["Retry-After"] == "7"
    date = parsedate_to_datetime(limited(RateLimited(60, "date"))["Retry-After"])
    assert 50 < date.timestamp() - sandbox.wire.clock() <= 60
    plain = limited(RateLimited(60, "x-ratelimit", reason="jira-quota-tenant-based"))
    assert (plain["X-RateLimit-Limit"], plain["X-RateLimit-Remaining"]) == ("100", "0")
    assert plain["RateLimit-Reason"] == "jira-quota-tenant-based"
    assert datetime.fromisoformat(plain["X-RateLimit-Reset"]).timestamp() > sandbox.wire.clock()
    structured = limited(RateLimited(5, "structured"))
    assert structured["RateLimit"] == '"jira-burst-based";r=0;t=5'
    assert structured["RateLimit-Policy"] == '"jira-burst-based";q=100;w=1'
    quota = limited(RateLimited(5, "structured", reason="jira-quota-tenant-based"))
    assert quota["RateLimit-Policy"] == '"tenant-app-quota";q=100;w=3600'
    assert not {"Retry-After", "X-RateLimit-Limit"} & set(structured)
    beta = limited(RateLimited(5, "beta", reason=""))
    assert beta["Beta-Retry-After"] == "5"
    assert [name for name in beta if "ate" in name and "Beta" not in name and name != "Date"] == []
    assert not {"Retry-After", "RateLimit"} & set(limited(RateLimited(5, "none")))


def test_limits_on_good_answers(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    sandbox.jira.faults.add(Announced(remaining=3))
    sandbox.jira.faults.add(Announced("beta", remaining=50, seconds=9))
    response = host("GET", MYSELF)
    assert response.status_code == 200
    assert (response.headers["X-RateLimit-NearLimit"], response.headers["X-Beta-RateLimit-NearLimit"]) == (
        "true",
        "false",
    )
    assert response.headers["Beta-RateLimit"] == '"global-app-quota";r=50;t=9'


def test_broken_answers(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    with sandbox.jira.faults.add(Unavailable(3)):
        assert host("GET", MYSELF).headers["Retry-After"] == "3"
    with sandbox.jira.faults.add(Unavailable(status=500)):
        assert host("GET", MYSELF).status_code == 500
    with sandbox.jira.faults.add(Broken()):
        response = host("GET", MYSELF)
        assert (response.status_code, response.content_type) == (200, "application/json")
        with pytest.raises(ValueError, match="Expecting"):
            response.get_json(force=True)
    with sandbox.jira.faults.add(Broken(502, "<html>", "text/html")):
        assert host("GET", MYSELF).text == "<html>"
    with sandbox.jira.faults.add(Redirected("https://evil.example/x", 307)):
        response = host("GET", MYSELF)
        assert (response.status_code, response.headers["Location"]) == (307, "https://evil.example/x")


def test_faults_of_no_site(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    with sandbox.faults.add(Unavailable(), path="/oauth2/token"):
        assert host.send("POST", sandbox.token_url, {}, b"").status_code == 503
        assert host("GET", MYSELF).status_code == 200
    assert host.send("POST", sandbox.token_url, {}, b"").status_code == 400


def test_a_fault_of_ones_own(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    class Teapot(Fault):
        def apply(self, exchange: Exchange) -> Outcome:
            assert (exchange.product, exchange.path) == ("jira", MYSELF)
            return Outcome(418, (("X-Was", str(exchange.run().status)),))

    with sandbox.jira.faults.add(Teapot()):
        response = host("GET", MYSELF)
    assert (response.status_code, response.headers["X-Was"]) == (418, "200")


@pytest.mark.parametrize("repeat", [False, True])
def test_pages_without_end(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, confluence_app: Installation, repeat: bool
):
    sandbox.jira.faults.add(EndlessPages(repeat=repeat))
    tokens, token = [], ""
    for _ in range(4):
        suffix = f"&nextPageToken={token}" if token else ""
        answer = host("GET", f"/rest/api/3/search/jql?jql=project=OPS{suffix}").json
        assert (len(answer["issues"]), answer["isLast"]) == (8, False)
        tokens.append(token := answer["nextPageToken"])
    assert len(set(tokens)) == (1 if repeat else 4)
    for path in ("/api/v2/spaces?limit=2", "/rest/api/content?limit=2", "/rest/api/search?cql=type=page&limit=2"):
        with sandbox.confluence.faults.add(EndlessPages(repeat=repeat)):
            links = [path]
            for _ in range(4):
                response = host("GET", links[-1], product="confluence")
                assert (response.status_code, len(response.json["results"])) == (200, 2)
                links.append(response.json["_links"]["next"].removeprefix("/wiki"))
                assert parse_qs(urlsplit(links[-1]).query)["limit"] == ["2"]
            assert len(set(links[1:])) == (1 if repeat else 4)


def test_offset_pages_without_end(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    sandbox.jira.faults.add(EndlessPages())
    for start in (0, 2, 4):
        answer = host("GET", f"/rest/api/3/project/search?startAt={start}&maxResults=2").json
        assert (answer["startAt"], answer["isLast"], len(answer["values"])) == (start, False, 2)


def test_endless_pages_leave_refusals_alone(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    with sandbox.jira.faults.add(EndlessPages()):
        assert host("GET", MYSELF, signed="/rest/api/3/other").status_code == 401


def test_answers_to_head_have_no_body(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    length = host("HEAD", MYSELF).headers["Content-Length"]
    assert int(length) > 10
    with sandbox.jira.faults.add(RateLimited()):
        refused = host("HEAD", MYSELF)
        assert (refused.status_code, refused.data) == (429, b"")
    with sandbox.jira.faults.add(Announced()):
        told = host("HEAD", MYSELF)
        assert (told.status_code, told.data, told.headers["Content-Length"]) == (200, b"", length)


def test_endless_pages_leave_alone_what_has_no_pages(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    sandbox.jira.faults.add(EndlessPages())
    assert isinstance(host("GET", "/rest/api/3/field").json, list)
    owner = ("issue", sandbox.content.issue("OPS-1").id)
    file = sandbox.attachments.add(owner, name="f", media_type="text/plain", data=b"x", account_id=ADMIN)
    assert host("GET", f"/rest/api/3/attachment/content/{file.id}?redirect=false").data == b"x"


def test_endless_pages_of_a_start_that_is_no_number(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    fault = sandbox.jira.faults.add(EndlessPages(), path="/rest/api/3/project/search")
    assert host("GET", "/rest/api/3/project/search?startAt=0").json["isLast"] is False
    assert host("GET", "/rest/api/3/project/search?startAt=junk").json["startAt"] == 0
    assert fault.hits == 2


@pytest.mark.parametrize("after", ["nothing", "executed", "half"])
def test_dropped_in_process(sandbox: Sandbox, host: HostCaller, jira_app: Installation, after):
    fault = sandbox.jira.faults.add(Dropped(after), times=1)
    with pytest.raises(ConnectionResetError):
        host("GET", MYSELF).get_data()
    assert fault.hits == 1
    executed = any(crossing.url.endswith(MYSELF) and crossing.status == 200 for crossing in sandbox.log)
    assert executed == (after != "nothing")


# --- over a port ------------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(), port=0) as server:
        yield server


def get(server: SandboxServer, timeout: float = 5) -> requests.Response:
    return requests.get(f"{server.url}/rest/api/3/issue/OPS-1", timeout=timeout)


def test_dropped_over_a_port(server: SandboxServer):
    faults = server.sandbox.jira.faults
    assert get(server).status_code == 200
    for after in ("nothing", "executed"):
        with faults.add(Dropped(after)), pytest.raises(requests.ConnectionError):
            get(server)
    with faults.add(Dropped("half")), pytest.raises(requests.RequestException):
        get(server)
    assert get(server).status_code == 200


def test_half_of_the_body_arrives(server: SandboxServer):
    server.sandbox.jira.faults.add(Dropped("half"))
    host, _, port = server.url.partition("://")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"GET /rest/api/3/issue/OPS-1 HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(next(line for line in head.decode().splitlines() if line.startswith("Content-Length:")).split()[1])
    assert len(body) == length // 2


def test_slow_over_a_port(server: SandboxServer):
    with server.sandbox.jira.faults.add(Slow(30)) as fault:
        with pytest.raises(requests.Timeout):
            get(server, timeout=0.2)
        assert fault.hits == 1
    before = time.monotonic()
    with server.sandbox.jira.faults.add(Slow(0.05)):
        assert get(server).status_code == 200
    assert time.monotonic() - before < 10
