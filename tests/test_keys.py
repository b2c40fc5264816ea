"""Which key servers are asked, and what is remembered."""

from __future__ import annotations

import pytest

from atlassian_connect.errors import AuthenticationError, HostUnreachableError, KeyServerError
from atlassian_connect.keys import KeyProvider
from atlassian_connect.protocol.urls import parse_base_url
from atlassian_connect.settings import load_settings
from tests.host import KEY_ID, public_pem

ASAP = "https://asap-distribution.us-west-2.prod.atl-asap.net"
CDN = "https://connect-install-keys.atlassian.com"
SITE = parse_base_url("https://one.atlassian.net/wiki")


class Servers:
    def __init__(self, **answers):
        self.asked = []
        self.answers = {}

    def fetch(self, url):
        self.asked.append(url)
        server = url.rpartition("/")[0]
        answer = self.answers.get(server, (404, b""))
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def servers():
    return Servers()


def provider(servers, clock=None, **config):
    settings = load_settings(
        {"ATLASSIAN_CONNECT_BASE_URL": "https://app.example.com"}
        | {f"ATLASSIAN_CONNECT_{name.upper()}": value for name, value in config.items()},
        {},
    )
    return KeyProvider(settings, servers.fetch, clock=clock or Clock())


GOOD = (200, public_pem("host"))


def test_the_first_server_is_enough(servers):
    servers.answers[ASAP] = GOOD
    keys = provider(servers)

    assert keys.get(KEY_ID, SITE) is keys.get(KEY_ID, SITE)
    assert servers.asked == [f"{ASAP}/{KEY_ID}"]


@pytest.mark.parametrize("first", [(404, b""), (200, b"<html>"), (503, b""), HostUnreachableError("x")])
def test_the_second_server_is_asked_when_the_first_does_not_help(servers, first):
    servers.answers = {ASAP: first, CDN: GOOD}

    provider(servers).get(KEY_ID, SITE)

    assert servers.asked == [f"{ASAP}/{KEY_ID}", f"{CDN}/{KEY_ID}"]


def test_unreachable_is_not_unknown(servers):
    servers.answers = {ASAP: HostUnreachableError("x"), CDN: (404, b"")}

    with pytest.raises(KeyServerError):
        provider(servers).get(KEY_ID, SITE)


def test_a_miss_is_remembered_for_ten_seconds(servers):
    clock = Clock()
    keys = provider(servers, clock)
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            keys.get(KEY_ID, SITE)
    assert len(servers.asked) == 2

    clock.now = 11
    servers.answers[ASAP] = GOOD
    assert keys.get(KEY_ID, SITE)


def test_a_key_that_was_withdrawn_is_believed_for_a_day_at_most(servers):
    clock = Clock()
    keys = provider(servers, clock)
    servers.answers[ASAP] = GOOD
    keys.get(KEY_ID, SITE)
    servers.answers.clear()

    clock.now = 24 * 60 * 60 - 1
    assert keys.get(KEY_ID, SITE)
    clock.now = 24 * 60 * 60
    with pytest.raises(AuthenticationError):
        keys.get(KEY_ID, SITE)


def test_an_outage_is_not_remembered(servers):
    keys = provider(servers)
    servers.answers = {ASAP: HostUnreachableError("x"), CDN: HostUnreachableError("x")}
    with pytest.raises(KeyServerError):
        keys.get(KEY_ID, SITE)
    servers.answers[ASAP] = GOOD

    assert keys.get(KEY_ID, SITE)


@pytest.mark.parametrize("key_id", [None, "", "../x", KEY_ID.upper(), KEY_ID + "\n", f"{KEY_ID}/..", "%2e%2e"])
def test_a_key_id_that_is_none_asks_nobody(servers, key_id):
    """SSRF and path traversal by kid."""
    with pytest.raises(AuthenticationError):
        provider(servers).get(key_id, SITE)

    assert servers.asked == []


@pytest.mark.parametrize(
    ("host", "config", "asked"),
    [
        ("https://one.jira.com", {}, (ASAP, CDN)),
        ("https://one.jira-dev.com", {}, (CDN,)),
        (
            "https://one.jira-dev.com",
            {"environments": "production,staging"},
            (
                "https://asap-distribution.us-west-2.staging.atl-asap.net",
                "https://cs-migrations--cdn.us-east-1.staging.public.atl-paas.net",
            ),
        ),
        ("https://jira.example.com", {}, (CDN,)),
        ("https://one.atlassian.net", {"install_key_servers": CDN}, (CDN,)),
        (
            "http://localhost:2990/wiki",
            {"sandbox_url": "http://localhost:2990"},
            ("http://localhost:2990/install-keys",),
        ),
        ("https://one.atlassian.net", {"sandbox_url": "http://localhost:2990"}, (ASAP, CDN)),
    ],
)
def test_the_host_chooses_a_row_of_a_fixed_table(servers, host, config, asked):
    assert provider(servers, **config).servers_for(parse_base_url(host)) == asked


def test_a_sandbox_key_is_no_key_for_real_sites(servers):
    """Whoever runs a sandbox must not be able to install as a production site."""
    servers.answers["http://localhost:2990/install-keys"] = GOOD
    keys = provider(servers, sandbox_url="http://localhost:2990")
    assert keys.get(KEY_ID, parse_base_url("http://localhost:2990/wiki"))

    with pytest.raises(AuthenticationError):
        keys.get(KEY_ID, SITE)


def test_too_many_fetches_at_once_are_put_off(servers):
    keys = provider(servers)
    depth = []

    def fetch(url):
        depth.append(url)
        if len(depth) < 20:
            keys.get(f"{len(depth):08d}-0000-4000-8000-000000000000", SITE)
        return 404, b""

    keys._fetch = fetch
    with pytest.raises(KeyServerError, match="Too many"):
        keys.get(KEY_ID, SITE)
    assert len(depth) == 8
