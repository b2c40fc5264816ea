"""Installing on a site by its plugin manager: against the sandbox, and against hosts that answer otherwise."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from atlassian_connect.client import Transport
from atlassian_connect.client.plugin_manager import (
    CredentialsRefusedError,
    DeveloperModeError,
    InstalledPlugin,
    InstallRefusedError,
    InstallTimeoutError,
    PluginManager,
    PluginManagerError,
)
from atlassian_connect.errors import HostError, UrlNotAllowedError
from atlassian_connect.sandbox import MEMBER, Sandbox, Site, WsgiTransport
from atlassian_connect.secret import Secret

from ..sandbox.connect_app import APP_KEY, ConnectApp
from .hosts import Host, Received, VirtualTime

ROOT = "/rest/plugins/1.0"
SITE = "https://example.atlassian.net"
TOKEN = "ATATT-not-a-real-token-0123456789"
DESCRIPTOR = "http://app.localhost:5000/atlassian-connect.json"


# --- the sandbox ------------------------------------------------------------------------------------------------------


@pytest.fixture
def sandbox() -> Sandbox:
    apps = WsgiTransport()
    made = Sandbox(transport=apps)

    def fetch_key(key_id: str) -> bytes:
        return made.wsgi_app.test_client().get(f"/install-keys/{key_id}", base_url=made.origin).data

    app = ConnectApp(DESCRIPTOR.rpartition("/")[0], fetch_key)
    apps.mount("http://app.localhost:5000", app.wsgi)
    return made


@pytest.fixture(params=["jira", "confluence"])
def site(request: pytest.FixtureRequest, sandbox: Sandbox) -> Site:
    return sandbox.jira if request.param == "jira" else sandbox.confluence


@pytest.fixture
def manager(sandbox: Sandbox, site: Site, transport: Transport) -> PluginManager:
    transport.mount(sandbox.origin, sandbox.wsgi_app)
    return PluginManager(site.base_url, "ada@example.com", sandbox.api_token, transport=transport)


def test_an_app_is_installed_updated_disabled_and_uninstalled(manager: PluginManager, site: Site) -> None:
    manager.check_developer_mode()
    assert manager.installed(APP_KEY) is None

    first = manager.install(DESCRIPTOR)
    client_key = site.installation(APP_KEY).client_key
    assert manager.install(DESCRIPTOR) == first == manager.installed(APP_KEY)
    assert (first.key, first.enabled, site.installation(APP_KEY).client_key) == (APP_KEY, True, client_key)
    assert manager.product == site.product

    manager.enable(APP_KEY, enabled=False)
    assert site.installation(APP_KEY).state == "disabled"
    assert manager.uninstall(APP_KEY)
    assert not manager.uninstall(APP_KEY)
    assert site.installations == []


def test_what_the_host_says_is_in_the_error(manager: PluginManager) -> None:
    with pytest.raises(InstallRefusedError, match="The descriptor could not be fetched") as caught:
        manager.install("http://app.localhost:5000/elsewhere.json")

    assert "31 March 2026" not in str(caught.value)


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_that_private_installs_ended_is_explained(manager: PluginManager, site: Site, how: Any) -> None:
    site.plugins.private_installs = how

    with pytest.raises(InstallRefusedError, match=r"no longer supports.*Since 31 March 2026.*--sandbox") as caught:
        manager.install(DESCRIPTOR)

    assert caught.value.host_message.startswith("Development Mode no longer supports")


def test_a_site_without_developer_mode_is_told_apart(manager: PluginManager, site: Site) -> None:
    site.plugins.developer_mode = False

    with pytest.raises(DeveloperModeError, match="switches it on"):
        manager.check_developer_mode()


def test_wrong_tokens_and_people_without_rights_are_told_apart(
    sandbox: Sandbox, transport: Transport, manager: PluginManager, site: Site
) -> None:
    wrong = PluginManager(site.base_url, "ada@example.com", Secret(TOKEN), transport=transport)
    member = PluginManager(site.base_url, "jonas@example.com", sandbox.api_tokens.of(MEMBER), transport=transport)

    with pytest.raises(CredentialsRefusedError, match="does not take") as unknown:
        wrong.install(DESCRIPTOR)
    with pytest.raises(CredentialsRefusedError, match="no administrator") as forbidden:
        member.install(DESCRIPTOR)

    assert (unknown.value.status, forbidden.value.status) == (401, 403)
    assert TOKEN not in str(unknown.value)


# --- other hosts ------------------------------------------------------------------------------------------------------


@pytest.fixture
def cloud(transport: Transport) -> Host:
    host = Host()
    transport.mount(SITE, host)
    host.on(f"{ROOT}/", upm_token="once")
    return host


Cloud = Callable[[str], PluginManager]


@pytest.fixture
def at(cloud: Host, transport: Transport, clock: VirtualTime) -> Cloud:
    def make(product_url: str) -> PluginManager:
        return PluginManager(
            product_url, "ada@example.com", Secret(TOKEN), transport=transport, clock=clock, sleep=clock.sleep
        )

    return make


def answer(status: int, payload: object = None, **headers: str) -> Any:
    return status, headers, b"" if payload is None else json.dumps(payload).encode()


def begun(received: Received, **more: Any) -> Any:
    """Answer GET with a token, POST with a task."""
    if received.method == "GET":
        return 200, {"upm-token": "once"}, b"{}"
    return answer(202, {"links": {"self": f"{ROOT}/pending/1"}, **more})


def in_turn(*answers: Any) -> Callable[[Received], Any]:
    left: Iterator[Any] = iter(answers)
    return lambda received: next(left)


def test_the_request_is_as_hosts_want_it(cloud: Host, at: Cloud) -> None:
    cloud.answers[f"/wiki{ROOT}/"] = lambda received: begun(received, links={"self": f"/wiki{ROOT}/pending/1"})
    cloud.answers[f"/wiki{ROOT}/pending/1"] = answer(200, {"key": "k", "name": "K", "version": "1", "enabled": False})

    found = at(f"{SITE}/wiki").install("https://app.example.com/atlassian-connect.json")

    assert found == InstalledPlugin("k", "K", "1", enabled=False)
    asked, posted, polled = cloud.received
    assert [one.path for one in (asked, posted, polled)] == [f"/wiki{ROOT}/"] * 2 + [f"/wiki{ROOT}/pending/1"]
    assert (posted.method, posted.query) == ("POST", "token=once")
    assert posted.headers["Content-Type"] == "application/vnd.atl.plugins.remote.install+json"
    assert json.loads(posted.body) == {"pluginUri": "https://app.example.com/atlassian-connect.json"}
    assert (
        base64.b64decode(posted.headers["Authorization"].removeprefix("Basic ")).decode() == f"ada@example.com:{TOKEN}"
    )
    assert not any(one.headers["Cookie"] for one in cloud.received)


def test_it_waits_as_long_as_the_host_says(cloud: Host, at: Cloud, clock: VirtualTime) -> None:
    cloud.answers[f"{ROOT}/"] = lambda received: begun(received, pingAfter=1500)
    cloud.answers[f"{ROOT}/pending/1"] = in_turn(
        answer(200, {"status": {"done": False}}),
        answer(200, {"status": {"done": False}, "pingAfter": 300}),
        answer(303, Location=f"{SITE}{ROOT}/k-key"),
    )
    cloud.answers[f"{ROOT}/k-key"] = answer(200, {"key": "k", "enabled": True})

    assert at(SITE).install("https://app.example.com/d").enabled
    assert clock.slept == [1.5, 0.2, 0.3]  # and after 303 not at all


def test_it_gives_up_after_thirty_seconds(cloud: Host, at: Cloud, clock: VirtualTime) -> None:
    cloud.answers[f"{ROOT}/"] = begun
    cloud.answers[f"{ROOT}/pending/1"] = answer(200, {"status": {"done": False}})

    with pytest.raises(InstallTimeoutError, match="30 seconds"):
        at(SITE).install("https://app.example.com/d")

    assert sum(clock.slept) == pytest.approx(30)


@pytest.mark.parametrize(
    ("path", "reply", "error", "text"),
    [
        (f"{ROOT}/", answer(302, Location="https://evil.example/"), PluginManagerError, "redirects"),
        (f"{ROOT}/", answer(200, {}), PluginManagerError, "no upm-token"),
        (f"{ROOT}/", answer(500, {"message": "Broken."}), PluginManagerError, "answered 500.*Broken"),
        (f"{ROOT}/pending/1", answer(303, Location="https://evil.example/x"), PluginManagerError, "asked after"),
        (f"{ROOT}/pending/1", answer(303, Location="http://["), PluginManagerError, "asked after"),
        (f"{ROOT}/pending/1", answer(303, Location=f"{ROOT}/pending/1"), PluginManagerError, "plugin manager does"),
        (f"{ROOT}/pending/1", (200, {}, b"<html>"), PluginManagerError, "plugin manager does"),
        (f"{ROOT}/pending/1", answer(401), CredentialsRefusedError, "does not take"),
        (
            f"{ROOT}/pending/1",
            answer(200, {"status": {"done": True}}),
            InstallRefusedError,
            "no reason.*Since 31 March",
        ),
    ],
)
def test_odd_answers_are_clear_errors(
    cloud: Host, at: Cloud, path: str, reply: Any, error: type[PluginManagerError], text: str
) -> None:
    cloud.answers[f"{ROOT}/"] = begun
    cloud.answers[path] = reply

    with pytest.raises(error, match=text) as caught:
        at(SITE).install("https://app.example.com/d")

    assert isinstance(caught.value, HostError)
    assert TOKEN not in str(caught.value)
    assert {one.headers["Host"] for one in cloud.received} == {"example.atlassian.net"}


def test_a_link_of_another_host_is_asked_of_this_one(cloud: Host, at: Cloud) -> None:
    cloud.answers[f"{ROOT}/"] = lambda received: begun(
        received, links={"self": f"https://evil.example{ROOT}/pending/1"}
    )
    cloud.answers[f"{ROOT}/pending/1"] = answer(200, {"key": "k"})

    assert at(SITE).install("https://app.example.com/d").key == "k"


@pytest.mark.parametrize(
    "url", ["http://example.atlassian.net", "https://example.atlassian.net/jira", "ftp://x", "https://a@b.example"]
)
def test_credentials_go_to_products_only(url: str) -> None:
    with pytest.raises(UrlNotAllowedError):
        PluginManager(url, "ada@example.com", Secret(TOKEN))


@pytest.mark.parametrize(("email", "token"), [("", TOKEN), ("a:b", TOKEN), ("a@b", ""), ("a@b", "x\r\ny: z")])
def test_credentials_that_cannot_be_sent_are_refused(email: str, token: str) -> None:
    with pytest.raises(ValueError, match="empty, or has characters"):
        PluginManager(SITE, email, Secret(token))


@pytest.mark.parametrize("key", ["", "..", "a/b", "a?b", "a" * 81])
def test_what_is_no_app_key_is_not_sent(cloud: Host, at: Cloud, key: str) -> None:
    with pytest.raises(ValueError, match="no app key"):
        at(SITE).uninstall(key)

    assert cloud.received == []


def test_credentials_do_not_show(at: Cloud) -> None:
    manager = at(SITE)

    assert repr(manager) == f"PluginManager('{SITE}')"
    assert not any(
        hidden in str(vars(manager))
        for hidden in (TOKEN, base64.b64encode(f"ada@example.com:{TOKEN}".encode()).decode())
    )
