"""What a view answers when an administrator blocks apps from the data it needs, and when hosts say that changed."""

from __future__ import annotations

import json
import sqlite3

import pytest

from atlassian_connect import AtlassianConnect, current_tenant
from atlassian_connect.client.access import MissingScopeWarning
from atlassian_connect.client.call_counts import MAX_OPERATIONS, OTHERS, CallCount
from atlassian_connect.errors import AppAccessBlockedError, HostNotFoundError, ScopeMissingError, StorageError
from atlassian_connect.web.blocked import ACCESS_EVENTS
from atlassian_connect.web.call_file import CallFile
from atlassian_connect.web.context import state_of
from tests.client.hosts import Host as Site
from tests.host import Host

METADATA = "/wiki/api/v2/data-policies/metadata"
PAGE = "/wiki/api/v2/pages/1"
JSON = {"Content-Type": "application/json"}
BEHAVIOURS = ("message", "empty", "error")


def read_page():
    return connect_of().client(current_tenant).get("/api/v2/pages/1").text


def connect_of():
    from flask import current_app

    return current_app.extensions["connect_under_test"]


@pytest.fixture
def connect():
    connect = AtlassianConnect()
    for behaviour in BEHAVIOURS:
        connect.add_module("generalPages", behaviour, read_page, name="Page", when_blocked=behaviour)
        connect.add_module(
            "generalPages", f"wrapped-{behaviour}", connect.when_blocked(behaviour)(read_page), name="Page"
        )
    connect.add_dynamic_module("webPanels", "panel", read_page, when_blocked="message", name="Panel", location="x")
    connect.add_module("generalPages", "plain", read_page, name="Page")
    return connect


@pytest.fixture
def site(app):
    """The tenant's host: it blocks the app, and refuses page 1."""
    site = Site()
    site.answers[METADATA] = (200, JSON, b'{"anyContentBlocked": true}')
    site.on(PAGE, 404)
    state_of(app).transport.mount("https://tenant-1.atlassian.net", site)
    return site


@pytest.fixture
def app(make_app, connect):
    app = make_app(connect, ATLASSIAN_CONNECT_SYNC_AFTER_INSTALL=False)
    app.extensions["connect_under_test"] = connect

    @app.get("/space")
    @connect.require
    @connect.when_blocked("message")
    def space():
        connect.client(current_tenant).get("/api/v2/spaces/7/pages")

    @app.get("/async")
    @connect.require
    @connect.when_blocked("empty")
    async def page():
        return read_page()

    return app


@pytest.fixture
def host(app, site):
    host = Host(app)
    host.install()
    return host


def assert_in_a_frame(response):
    assert "frame-ancestors https://tenant-1.atlassian.net" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert "X-Frame-Options" not in response.headers


@pytest.mark.parametrize("page", ["message", "wrapped-message", "panel"])
def test_a_page_that_says_so(host, page):
    response = host.get(f"/connect/{page}", Accept="text/html")

    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert "An administrator of this site does not let the app use this content." in response.text
    assert "https://connect-cdn.atl-paas.net/all.js" in response.text, "or the host says that the app does not respond"
    assert_in_a_frame(response)


@pytest.mark.parametrize("page", ["empty", "wrapped-empty"])
def test_an_empty_page(host, page):
    response = host.get(f"/connect/{page}", Accept="text/html")

    assert response.status_code == 200
    assert "<body>" not in response.text
    assert "all.js" in response.text
    assert_in_a_frame(response)


@pytest.mark.parametrize("page", ["error", "wrapped-error", "plain"])
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/plain"])
def test_an_error(host, page, accept):
    response = host.get(f"/connect/{page}", Accept=accept)

    assert (response.status_code, response.mimetype) == (403, accept)
    assert "An administrator of this site" in response.text
    assert_in_a_frame(response)


@pytest.mark.parametrize(
    ("page", "accept", "status", "text"),
    [
        ("message", "application/json", 403, "An administrator"),
        ("message", "text/plain", 403, "An administrator"),
        ("message", "*/*", 403, "An administrator"),
        ("empty", "application/json", 204, ""),
        ("empty", "text/plain", 204, ""),
    ],
)
def test_scripts_get_a_status(host, page, accept, status, text):
    response = host.get(f"/connect/{page}", Accept=accept)

    assert response.status_code == status
    assert response.text.startswith(text) or response.json["message"].startswith(text)
    assert_in_a_frame(response)


def test_json_says_what_is_blocked(host, site):
    site.on("/wiki/api/v2/spaces/7/pages", 403)
    site.answers["/wiki/api/v2/data-policies/spaces"] = (
        200,
        JSON,
        json.dumps({"results": [{"id": "7", "dataPolicy": {"anyContentBlocked": True}}]}).encode(),
    )

    assert host.get("/space").json == {
        "message": "An administrator of this site does not let the app use this content.",
        "blocked": True,
        "space": "7",
        "project": None,
    }


def test_an_async_view_too(host):
    assert host.get("/async").status_code == 204


@pytest.mark.parametrize("page", ["message", "empty", "error"])
def test_without_a_policy_it_is_a_failed_call_as_before(host, site, page):
    site.on(METADATA, 401)

    assert host.get(f"/connect/{page}", Accept="text/html").status_code == 502


@pytest.mark.parametrize("page", ["message", "empty", "error"])
def test_a_view_that_may_read_is_left_alone(host, site, page):
    site.answers[PAGE] = (200, JSON, b'{"title": "Runbook"}')

    assert host.get(f"/connect/{page}").text == '{"title": "Runbook"}'


def test_the_decorators_keep_the_function(connect):
    def view():
        """Read a page."""

    wrapped = connect.when_blocked("empty")(view)

    assert (wrapped.__name__, wrapped.__doc__) == ("view", "Read a page.")
    assert connect.general_page("other", name="Other", when_blocked="empty")(view) is view
    assert "when_blocked" not in str(connect._registry.modules[-1].fields)


def test_another_word_is_refused_when_it_is_written(connect):
    with pytest.raises(ValueError, match="one of message, empty, error"):
        connect.when_blocked("mesage")
    with pytest.raises(ValueError, match="one of message, empty, error"):
        connect.general_page("x", name="X", when_blocked="mesage")(read_page)


# --- webhooks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ACCESS_EVENTS)
def test_a_webhook_about_access_makes_the_policy_be_asked_anew(make_app, event):
    connect = AtlassianConnect()
    seen = []

    @connect.webhook("app_access_to_objects_blocked")
    def delete_copies(event):
        seen.append(connect.client(event.tenant).data_policy.any_blocked())

    connect.clear_data_policy_on_webhooks()
    app = make_app(connect)
    site = Site()
    site.answers[METADATA] = (200, JSON, b'{"anyContentBlocked": false}')
    state_of(app).transport.mount("https://tenant-1.atlassian.net", site)
    host = Host(app)
    host.install()
    with app.app_context():
        policy = connect.client(connect.tenant("tenant-1")).data_policy
        assert policy.any_blocked() is False
        site.answers[METADATA] = (200, JSON, b'{"anyContentBlocked": true}')
        assert policy.any_blocked() is False

        url = f"/connect/webhooks/{event}"
        assert host.post(url, host.token("POST", url), {"timestamp": 1}).status_code == 204

        assert policy.any_blocked() is True
    assert seen == ([True] if event == "app_access_to_objects_blocked" else []), "handlers see the new policy"


def test_the_webhooks_are_in_the_descriptor_once(make_app):
    connect = AtlassianConnect()
    connect.add_webhook("app_policy_changed", print)
    connect.clear_data_policy_on_webhooks()
    connect.clear_data_policy_on_webhooks()

    webhooks = state_of(make_app(connect)).descriptor["modules"]["webhooks"]

    assert sorted(webhook["event"] for webhook in webhooks) == sorted(ACCESS_EVENTS)


def test_an_unsigned_delivery_clears_nothing(make_app):
    connect = AtlassianConnect()
    connect.clear_data_policy_on_webhooks()
    app = make_app(connect)
    policies = state_of(app).policies
    facts = policies.facts("tenant-1")

    assert app.test_client().post("/connect/webhooks/app_policy_changed", json={}).status_code == 401
    assert policies.facts("tenant-1") is facts


# --- the client that views get ----------------------------------------------------------------------------------------


def test_every_client_of_an_app_shares_cache_counts_and_warnings(host, app, connect, site):
    with app.app_context():
        tenant = connect.tenant("tenant-1")
        for _ in range(2):
            with pytest.raises(HostNotFoundError) as raised:
                connect.client(tenant).get("/api/v2/pages/1")
            assert isinstance(raised.value, AppAccessBlockedError)
        report = connect.access_report()

    assert [received.path for received in site.received] == [PAGE, METADATA, PAGE]
    assert [(line.operation, line.count) for line in report] == [
        ("GET /wiki/api/v2/pages/{id}", CallCount(calls=2, refused=2, blocked=2))
    ]


def test_scopes_are_the_descriptors(host, app, connect, site):
    with app.app_context(), pytest.raises(MissingScopeWarning, match="needs the scope DELETE; the descriptor has READ"):
        connect.client(connect.tenant("tenant-1")).delete("/api/v2/pages/1")

    assert not site.received


def test_strict_scopes(make_app):
    connect = AtlassianConnect(strict_scopes=True)
    app = make_app(connect)
    host = Host(app)
    host.install()

    with app.app_context(), pytest.raises(ScopeMissingError):
        connect.client(connect.tenant("tenant-1")).delete("/api/v2/pages/1")


@pytest.mark.parametrize("scopes", [None, 7, "READ", [7]])
def test_bad_scopes_are_the_descriptors_error(make_app, scopes):
    descriptor = {"key": "com.example.app", "name": "App", "scopes": scopes}

    with pytest.raises(Exception, match="scopes"):
        make_app(AtlassianConnect(), ATLASSIAN_CONNECT_DESCRIPTOR=descriptor)


# --- the report's file ------------------------------------------------------------------------------------------------


def test_processes_add_up_in_one_file(tmp_path):
    key = ("jira", "GET /rest/api/3/issue/{issueIdOrKey}")
    first, second = CallFile(tmp_path / "made" / "calls"), CallFile(tmp_path / "made" / "calls")
    assert first.counts() == {}

    first.add({key: CallCount(calls=1, refused=1)})
    second.add({key: CallCount(calls=2, blocked=1)})

    assert first.counts() == {key: CallCount(calls=3, refused=1, blocked=1)}
    first.clear()
    assert second.counts() == {}


def test_the_file_is_bounded(tmp_path):
    file = CallFile(tmp_path / "calls")
    file.add({("jira", f"GET /{number}"): CallCount(calls=1) for number in range(MAX_OPERATIONS + 20)})
    file.add({("jira", "GET /0"): CallCount(calls=1), ("confluence", "GET /new"): CallCount(calls=1)})

    counts = file.counts()
    assert counts["jira", "GET /0"] == CallCount(calls=2)
    assert counts["jira", OTHERS] == CallCount(calls=20)
    assert len(counts) <= MAX_OPERATIONS + 2


def test_a_file_that_is_something_else_is_left_alone(tmp_path):
    path = tmp_path / "calls"
    path.write_text("no database at all, but somebody's notes")
    file = CallFile(path)

    with pytest.raises(StorageError, match="cannot be used"):
        file.counts()
    with pytest.raises(StorageError):
        file.add({("jira", "GET /"): CallCount(calls=1)})
    assert path.read_text().startswith("no database")


def test_a_file_that_somebody_writes_to_is_waited_for_and_then_an_error(tmp_path):
    file = CallFile(tmp_path / "calls", wait_seconds=0)
    file.add({("jira", "GET /"): CallCount(calls=1)})
    other = sqlite3.connect(tmp_path / "calls")
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageError, match="locked"):
        file.add({("jira", "GET /"): CallCount(calls=1)})
    other.close()

    file.add({("jira", "GET /"): CallCount(calls=1)})
    assert file.counts() == {("jira", "GET /"): CallCount(calls=2)}


def test_an_app_writes_its_file_into_the_instance_folder(make_app, tmp_path):
    connect = AtlassianConnect()
    app = make_app(connect, ATLASSIAN_CONNECT_ACCESS_REPORT=str(tmp_path / "access.sqlite3"))
    site = Site()
    state_of(app).transport.mount("https://tenant-1.atlassian.net", site)
    Host(app).install()

    with app.app_context():
        connect.client(connect.tenant("tenant-1")).get("/api/v2/pages/1")
    state_of(app).access.counts.flush()

    assert CallFile(tmp_path / "access.sqlite3").counts() == {
        ("confluence", "GET /wiki/api/v2/pages/{id}"): CallCount(calls=1)
    }
