"""The site as a server, as users' browser tests get it."""

from __future__ import annotations

from urllib.request import urlopen

import pytest
from flask import Flask

from atlassian_connect import AtlassianConnect
from atlassian_connect.testing import LiveHost, SandboxHost


@pytest.fixture
def make_hello(make_app, tmp_path):
    def make(base_url: str, sandbox_url: str) -> Flask:
        connect = AtlassianConnect()
        connect.general_page("hello", name="Hello")(lambda: "hello")
        connect.webhook("page_updated")(lambda event: None)
        return make_app(
            connect,
            f"sqlite:///{tmp_path}/live.db",
            ATLASSIAN_CONNECT_BASE_URL=base_url,
            ATLASSIAN_CONNECT_SANDBOX_URL=sandbox_url,
            ATLASSIAN_CONNECT_DESCRIPTOR={"key": "com.example.live", "name": "Live", "scopes": ["READ"]},
        )

    return make


def test_an_app_is_served_installed_and_framed(connect_live: LiveHost, make_hello):
    app = connect_live.serve(make_hello)
    installation = connect_live.install(app)

    address = connect_live.page_url(installation, "hello", context={"space.key": "DS"})

    assert installation.open("hello").text == "hello"
    with urlopen(address) as answer:
        page = answer.read().decode()
    assert f"{installation.app_base_url}/" in page
    with pytest.raises(KeyError, match="no module"):
        connect_live.page_url(installation, "other")


def test_two_live_hosts_do_not_meet():
    with LiveHost() as one, LiveHost() as other:
        assert one.url != other.url
        one.sandbox.content.edit_page(one.sandbox.content.pages()[0].id, account_id="x", title="Only here")
        assert other.sandbox.content.pages()[0].title != "Only here"


@pytest.fixture
def host(make_hello) -> SandboxHost:
    return SandboxHost(make_hello("https://app.example.com", "http://localhost:2990"))


def test_a_test_sees_the_webhooks_that_its_edit_caused(host: SandboxHost):
    host.install("confluence")
    page = host.sandbox.content.pages()[0]

    host.sandbox.confluence.edit_page(page.id, title="Edited")

    (webhook,) = host.webhooks("page_updated")
    assert (webhook.outcome, webhook.json()["page"]["title"]) == ("delivered", "Edited")
    assert host.webhooks("page_created") == []
    assert host.retry_webhooks() == 0


def test_reset_gives_the_samples_and_the_same_ids_again(host: SandboxHost):
    first = host.install("confluence").client_key
    page = host.sandbox.content.pages()[0]
    host.sandbox.confluence.edit_page(page.id, title="Edited")

    host.reset()

    assert host.webhooks() == []
    assert host.settle() == 0
    assert host.sandbox.content.page(page.id).title == page.title
    assert host.install("confluence").client_key == first
