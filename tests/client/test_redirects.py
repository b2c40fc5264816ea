from __future__ import annotations

import pytest

from atlassian_connect.client import HostClient
from atlassian_connect.client.session import MAX_REDIRECTS
from atlassian_connect.errors import HostError, HostResponseError, UrlNotAllowedError

from .hosts import CLOUD, Host, ServedHost, make_tenant

MEDIA = "https://media.example"


@pytest.fixture
def media(transport):
    """Another https origin, as attachments are served from."""
    host = Host()
    transport.mount(MEDIA, host)
    return host


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("location", ["/wiki/b?x=1,2", f"{CLOUD}/wiki/b?x=1,2", "b?x=1,2", "/wiki/c/../b?x=1,2#f"])
def test_each_hop_below_the_base_url_is_signed_anew(status, method, location, client, tenant, cloud):
    cloud.on("/wiki/a", status, Location=location)

    response = client.request(method, "/a", params={"first": 1}, headers={"X-Mine": "1"})

    assert response.status_code == 200
    assert [hop.status_code for hop in response.history] == [status]
    assert [received.target for received in cloud.received] == ["/wiki/a?first=1", "/wiki/b?x=1,2"]
    for received in cloud.received:
        received.claims(tenant)
        assert received.headers["X-Mine"] == "1"


def test_a_location_in_raw_utf_8_is_understood(client, tenant, cloud):
    cloud.on("/wiki/a", 302, Location="/wiki/é".encode().decode("latin-1"))

    client.get("/a")

    assert cloud.last.target == "/wiki/%C3%A9"
    cloud.last.claims(tenant)


@pytest.mark.parametrize(
    "location",
    [
        pytest.param(f"{MEDIA}/file", id="another origin"),
        pytest.param("//media.example/file", id="another origin without scheme"),
        pytest.param("http://example.atlassian.net/wiki/b", id="http downgrade"),
        pytest.param("https://example.atlassian.net:444/wiki/b", id="another port"),
        pytest.param("https://example.atlassian.net@media.example/b", id="user info"),
        pytest.param("https://example.atlassian.net.media.example/wiki/b", id="look-alike"),
        pytest.param("/\\media.example/b", id="backslash"),
        pytest.param("/rest/api/3/issue", id="out of the base path"),
        pytest.param("../../rest", id="dot segments out of the base path"),
        pytest.param("/wiki/%2e%2e/rest", id="escaped dot segments"),
        pytest.param("/wiki/b?jwt=eyJ", id="a token of its own"),
        pytest.param("https://[::1/b", id="broken address"),
        pytest.param("javascript:alert(1)", id="another scheme"),
        pytest.param("file:///etc/passwd", id="file"),
    ],
)
def test_signature_to_another_place_by_redirect(location, client, cloud, media):
    cloud.on("/wiki/a", 302, Location=location)

    with pytest.raises(UrlNotAllowedError):
        client.get("/a")

    assert len(cloud.received) == 1
    assert not media.received


def test_the_refusal_names_the_origin(client, cloud):
    cloud.on("/wiki/a", 302, Location=f"{MEDIA}/file?token=secret")

    with pytest.raises(UrlNotAllowedError, match=f"redirects to {MEDIA}, which") as caught:
        client.get("/a", stream=True)

    assert "secret" not in str(caught.value)


def test_a_loop_ends(client, cloud):
    cloud.on("/wiki/a", 302, Location="/wiki/a")

    with pytest.raises(HostError, match="more than 5"):
        client.get("/a", stream=True)

    assert len(cloud.received) == MAX_REDIRECTS + 1


def test_redirects_can_be_left_alone(client, cloud):
    cloud.on("/wiki/a", 302, Location="https://evil.example/")

    response = client.get("/a", allow_redirects=False)

    assert (response.status_code, response.headers["Location"]) == (302, "https://evil.example/")


def test_a_redirect_to_nowhere_is_an_answer(client, cloud):
    cloud.on("/wiki/a", 302)
    cloud.on("/wiki/b", 304, Location="/wiki/c")

    assert client.get("/a").status_code == 302
    assert client.get("/b").status_code == 304


# --- methods that change something ------------------------------------------------------------------------------------


def test_a_started_task_is_returned(client, cloud):
    """Jira answers 303 with the task's URL."""
    cloud.on("/wiki/a", 303, Location="/wiki/task/1")

    response = client.post("/a", json={})

    assert (response.status_code, response.headers["Location"]) == (303, "/wiki/task/1")
    assert len(cloud.received) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_change_is_not_repeated_elsewhere_and_not_taken_for_done(method, status, client, cloud, media):
    """What a renamed site answers: without an error the caller would believe that it was done."""
    cloud.on("/wiki/a", status, Location=f"{MEDIA}/a")

    with pytest.raises(HostResponseError, match=r"media\.example") as caught:
        client.request(method, "/a", follow_foreign=True)

    assert caught.value.status == status
    assert len(cloud.received) == 1
    assert not media.received
    assert client.request(method, "/a", allow_redirects=False).status_code == status
    assert client.request(method, "/a", check=False).status_code == status


# --- downloads --------------------------------------------------------------------------------------------------------


def test_a_download_follows_to_another_origin_without_credentials(client, tenant, cloud, media):
    cloud.on("/wiki/a", 302, Location=f"{MEDIA}/file?token=t%2Bt")
    media.on("/file", 200, b"content")

    response = client.get("/a", follow_foreign=True, headers={"X-Private": "1", "Range": "bytes=0-", "Accept": "*/*"})

    assert response.content == b"content"
    cloud.last.claims(tenant)
    assert media.last.target == "/file?token=t%2Bt"
    assert {name.lower() for name in media.last.headers} == {"host", "accept", "accept-encoding", "range", "user-agent"}


def test_a_chain_that_left_the_host_is_never_signed_again(client, cloud, media):
    """Otherwise the other server could choose what we sign."""
    cloud.on("/wiki/a", 302, Location=f"{MEDIA}/file")
    media.on("/file", 302, Location=f"{CLOUD}/wiki/rest/secret")

    client.get("/a", follow_foreign=True)

    assert cloud.last.target == "/wiki/rest/secret"
    assert "Authorization" not in cloud.last.headers


@pytest.mark.parametrize(
    "location",
    [
        "http://media.example/file",
        "http://example.atlassian.net/wiki/b",
        "http://127.0.0.1:1/file",
        "https://user:pw@media.example/file",
        "ftp://media.example/file",
        "file:///etc/passwd",
    ],
)
def test_a_download_never_leaves_https(location, client, cloud, media):
    cloud.on("/wiki/a", 302, Location=location)

    with pytest.raises(UrlNotAllowedError):
        client.get("/a", follow_foreign=True)

    assert len(cloud.received) == 1
    assert not media.received


def test_a_downgrade_on_the_second_hop(client, cloud, media):
    cloud.on("/wiki/a", 302, Location=f"{MEDIA}/file")
    media.on("/file", 302, Location="http://media.example/file")

    with pytest.raises(UrlNotAllowedError, match="https"):
        client.get("/a", follow_foreign=True)


def test_development_hosts_redirect_among_themselves(served, transport):
    """A host on this machine over plain http may serve its media from another port."""
    with ServedHost() as other:
        served.on("/wiki/a", 302, Location=f"{other.origin}/file")
        client = HostClient(make_tenant(f"{served.origin}/wiki"), transport=transport)

        client.get("/a", follow_foreign=True)

        assert "Authorization" not in other.last.headers
        with pytest.raises(UrlNotAllowedError):
            client.get("/a")
        transport.close()
