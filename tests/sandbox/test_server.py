"""Over real ports: the sandbox, the app, and the network between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from atlassian_jwt import encode_token
from urllib3 import encode_multipart_formdata
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from atlassian_connect.sandbox import Installation, PortInUseError, Sandbox, SandboxServer, serve
from atlassian_connect.sandbox import server as module_of_server

from .connect_app import APP_KEY, ConnectApp, HostCaller


class Quiet(WSGIRequestHandler):
    def log(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(), port=0) as server:
        yield server


@pytest.fixture
def network_app(server: SandboxServer) -> Iterator[ConnectApp]:
    """One request at a time, as the simplest servers do."""
    listening = make_server("127.0.0.1", 0, Response(), request_handler=Quiet)
    app = ConnectApp(
        f"http://127.0.0.1:{listening.server_port}/base",
        lambda key_id: requests.get(f"{server.sandbox.key_server_url}/{key_id}", timeout=5).content,
    )
    listening.app = app.wsgi
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield app
    listening.shutdown()
    thread.join()
    listening.server_close()


def send(method: str, url: str, headers: dict[str, str], body: bytes) -> requests.Response:
    return requests.request(method, url, headers=headers, data=body or None, timeout=10)


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def test_the_whole_story_over_ports(server: SandboxServer, network_app: ConnectApp):
    sandbox, app, host = server.sandbox, network_app, HostCaller(network_app, send)
    for site in sandbox.sites:
        site.install(f"{app.base_url}/atlassian-connect.json")
    assert (app.refused, set(app.tenants)) == ([], {"jira", "confluence"})
    installation = sandbox.confluence.installation(APP_KEY)
    assert installation.open("page", context={"space.key": "DS"}).status == 200

    spaces = host("GET", "/api/v2/spaces?keys=DS&keys=HR", product="confluence")
    assert [space["key"] for space in spaces.json()["results"]] == ["DS", "HR"]
    dynamic = "/rest/atlassian-connect/1/app/module/dynamic"
    item = {"key": "watch-DS", "location": "x", "name": {"value": "DS"}, "url": "/watch"}
    assert host("POST", dynamic, {"webItems": [item]}, product="confluence").status_code == 200
    assert host("GET", dynamic, product="confluence").json() == {"webItems": [item]}

    # The app edits an issue while it handles a request of the host: the webhook waits until it is done.
    edited: list[int] = []
    app.during["page"] = lambda: edited.append(
        host("PUT", "/rest/api/3/issue/OPS-1", {"fields": {"summary": "Edited"}}).status_code
    )
    assert sandbox.jira.installation(APP_KEY).open("page").status == 200
    assert edited == [204]
    eventually(lambda: "/hooks/issue/OPS-1" in app.received_paths())

    installation.uninstall()
    assert host("GET", "/api/v2/spaces", product="confluence").status_code == 401
    assert host("GET", "/rest/api/3/myself").status_code == 200
    assert app.refused == []


def test_pages_over_a_port(server: SandboxServer):
    assert requests.get(f"{server.url}/sandbox/", timeout=5).url == f"{server.url}/"
    by_address = requests.get(f"{server.url.replace('localhost', '127.0.0.1')}/sandbox/", timeout=5)
    assert by_address.status_code == 200
    rebound = requests.get(f"{server.url}/sandbox/", headers={"Host": "evil.example"}, timeout=5)
    assert rebound.status_code == 421


def test_an_upload_in_pieces(server: SandboxServer, network_app: ConnectApp):
    """A client that tells of its progress sends the body in pieces, without a length."""
    installation = server.sandbox.jira.install(f"{network_app.base_url}/atlassian-connect.json")
    path = "/rest/api/3/issue/OPS-1/attachments"
    body, content_type = encode_multipart_formdata([("file", ("a.bin", b"x" * 200_000))])
    token = encode_token("POST", path, APP_KEY, installation.shared_secret.reveal())
    headers = {"Authorization": f"JWT {token}", "Content-Type": content_type, "X-Atlassian-Token": "no-check"}
    pieces = (body[start : start + 8192] for start in range(0, len(body), 8192))
    response = requests.post(f"{server.url}{path}", data=pieces, headers=headers, timeout=10)
    assert (response.status_code, response.json()[0]["size"]) == (200, 200_000)
    download = requests.get(
        response.json()[0]["content"],
        headers={"Authorization": f"JWT {_token_for(installation, response.json()[0]['id'])}"},
        timeout=10,
    )
    assert (download.status_code, len(download.content), len(download.history)) == (200, 200_000, 1)


def _token_for(installation: Installation, attachment_id: str) -> str:
    path = f"/rest/api/3/attachment/content/{attachment_id}"
    return encode_token("GET", path, APP_KEY, installation.shared_secret.reveal())


def test_a_taken_port_is_named(server: SandboxServer):
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(PortInUseError, match=f"Port {port} is in use") as caught:
        serve(Sandbox(), port=port)
    assert caught.value.port == port
    assert isinstance(caught.value, OSError)


def test_start_and_shutdown_again():
    server = SandboxServer(Sandbox(), port=0)
    server.shutdown()
    server.start()
    with pytest.raises(RuntimeError, match="runs already"):
        server.start()
    url = server.url
    server.shutdown()
    server.shutdown()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_a_server_at_another_address_of_this_machine_is_reached_there():
    with SandboxServer(Sandbox(), host="127.0.0.2", port=0) as server:
        assert server.url.startswith("http://127.0.0.2:")
        assert requests.get(f"{server.url}/sandbox/", timeout=5).status_code == 200


def test_an_app_that_does_not_answer_does_not_hold_up_the_end(sandbox, app, descriptor_url, monkeypatch):
    """What waits behind its delivery is not sent any more."""
    monkeypatch.setattr(module_of_server, "_PATIENCE_SECONDS", 0.1)
    reached, answer = threading.Event(), threading.Event()

    def hang() -> None:
        reached.set()
        answer.wait(60)

    app.during["OPS-1"] = hang
    server = SandboxServer(sandbox, port=0).start()
    sandbox.jira.install(descriptor_url)
    for number in range(3):
        sandbox.jira.edit_issue("OPS-1", summary=str(number), later=sandbox.later)
    assert reached.wait(60)
    server.shutdown()
    assert len(sandbox.deliveries.all()) == 1
    answer.set()
    with SandboxServer(sandbox):
        sandbox.jira.edit_issue("OPS-2", summary="x", later=sandbox.later)
        eventually(lambda: len(sandbox.deliveries.all()) == 2)


def test_this_machine_only():
    with pytest.raises(ValueError, match="this machine only"):
        SandboxServer(Sandbox(), host="0.0.0.0")


def test_a_server_makes_the_retries_by_itself(sandbox, app, descriptor_url):
    sandbox.deliveries.first_wait = 0.0
    app.answers["OPS-1"] = 503
    ended, run_due = threading.Event(), sandbox.deliveries.run_due

    def watched() -> int:
        made = run_due()
        if any(one.outcome == "failed" for one in sandbox.deliveries.all()):
            ended.set()
        return made

    sandbox.deliveries.run_due = watched
    with SandboxServer(sandbox, port=0):
        sandbox.jira.install(descriptor_url)
        sandbox.jira.edit_issue("OPS-1", summary="Other")
        assert ended.wait(60)

    (delivery,) = sandbox.deliveries.all()
    assert [one.retry for one in delivery.attempts] == [None, 1, 2, 3, 4, 5]
