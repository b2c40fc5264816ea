from __future__ import annotations

import pytest

from atlassian_connect.client import HostClient
from atlassian_connect.errors import HostError, HostForbiddenError, HostNotFoundError, UrlNotAllowedError


class Blocked(HostForbiddenError):
    pass


class Observer:
    """Writes down what it sees; replaces a 403."""

    def __init__(self):
        self.seen = []

    def before(self, method, target, options):
        self.seen.append(("before", method, target.path, target.query, options))

    def after(self, method, target, response_or_error):
        self.seen.append(("after", method, target.path, response_or_error))
        if isinstance(response_or_error, HostForbiddenError):
            return Blocked(status=403, message="blocked", method=method, url=target.url)
        return None


@pytest.fixture
def observer():
    return Observer()


@pytest.fixture
def watched(tenant, transport, observer):
    return HostClient(tenant, transport=transport, observer=observer)


def test_an_observer_sees_a_call_before_and_after(watched, observer):
    response = watched.post("/wiki/rest/api/content", params={"expand": "body"}, json={"a": 1})

    (_, method, path, query, options), after = observer.seen
    assert (method, path, query, options["json"]) == ("POST", "/rest/api/content", "expand=body", {"a": 1})
    assert after == ("after", "POST", "/rest/api/content", response)


def test_an_observer_sees_a_redirected_call_once(watched, observer, cloud):
    cloud.on("/wiki/a", 302, Location="/wiki/b")

    watched.get("/a")

    assert [seen[2] for seen in observer.seen] == ["/a", "/a"]


def test_an_observer_may_stop_a_call(watched, observer, cloud, monkeypatch):
    monkeypatch.setattr(observer, "before", lambda *args: (_ for _ in ()).throw(HostError("not today")))

    with pytest.raises(HostError, match="not today"):
        watched.get("/a")

    assert not cloud.received


def test_an_observer_may_explain_an_error_better(watched, cloud):
    cloud.on("/wiki/a", 403)

    with pytest.raises(Blocked) as raised:
        watched.get("/a")

    assert isinstance(raised.value.__cause__, HostForbiddenError)


def test_an_error_that_an_observer_leaves_alone(watched, observer, cloud):
    cloud.on("/wiki/a", 404)

    with pytest.raises(HostNotFoundError) as raised:
        watched.get("/a")

    assert observer.seen[-1][-1] is raised.value


def test_without_check_an_observer_gets_the_response(watched, observer, cloud):
    cloud.on("/wiki/a", 403)

    response = watched.get("/a", check=False)

    assert observer.seen[-1][-1] is response


# --- anonymous --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
def test_an_anonymous_call_has_no_credentials_at_all(stream, client, cloud):
    cloud.on("/wiki/a", 302, Location="/wiki/b")

    client.get("/a", anonymous=True, stream=stream).close()
    client.anonymous().get("/a", stream=stream).close()

    assert len(cloud.received) == 4
    assert not any("Authorization" in received.headers for received in cloud.received)
    client.get("/a")
    assert cloud.last.headers["Authorization"]


def test_an_anonymous_client_stays_on_the_host(client):
    with pytest.raises(UrlNotAllowedError):
        client.anonymous().get("https://evil.example/")


def test_an_anonymous_client_has_the_same_observer(watched, observer):
    watched.anonymous().get("/a")

    assert observer.seen[0][-1]["anonymous"] is True
