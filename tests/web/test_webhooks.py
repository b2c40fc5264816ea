"""Deliveries of webhooks."""

from __future__ import annotations

import pytest

from atlassian_connect import AtlassianConnect, condition
from atlassian_connect.errors import DescriptorError, StorageError
from tests.host import Host

IDENTIFIER = {"X-Atlassian-Webhook-Identifier": "delivery-1"}
ISSUE_UPDATED = {
    "timestamp": 1650000000000,
    "webhookEvent": "jira:issue_updated",
    "issue_event_type_name": "issue_generic",
    "user": {"accountId": "user-1", "accountType": "atlassian", "active": True},
    "issue": {"id": "10000", "key": "OPS-1", "fields": {"summary": "Renew the certificate"}},
    "changelog": {"id": "1", "items": [{"field": "summary", "from": None, "toString": "Renew the certificate"}]},
}
PAGE_UPDATED = {
    "userAccountId": "user-1",
    "accountType": "customer",
    "timestamp": 1650000000000,
    "updateTrigger": "edit_page",
    "page": {"id": 65536, "idAsString": "65536", "spaceKey": "DS", "title": "Runbook", "version": 3},
}


@pytest.fixture
def events():
    return []


@pytest.fixture
def connect(events):
    connect = AtlassianConnect()
    connect.add_webhook("page_updated", events.append)
    connect.add_webhook("jira:issue_updated", events.append, filter="project = OPS")
    return connect


@pytest.fixture
def host(app_with_webhooks):
    host = Host(app_with_webhooks)
    host.install()
    return host


@pytest.fixture
def app_with_webhooks(make_app, connect):
    return make_app(connect)


def deliver(host, url, body=None, **headers):
    return host.post(url, host.token("POST", url), body, **headers)


def test_a_confluence_delivery(host, events):
    response = deliver(host, "/connect/webhooks/page_updated", PAGE_UPDATED)

    assert (response.status_code, response.data) == (204, b"")
    (event,) = events
    assert event.name == "page_updated"
    assert event.tenant.client_key == "tenant-1"
    assert event.account_id == "user-1"
    assert event.body["page"]["title"] == "Runbook"
    assert event.identifier is None


def test_a_jira_delivery(host, events):
    url = "/connect/webhooks/jira-issue_updated"
    headers = {**IDENTIFIER, "X-Atlassian-Webhook-Retry": "2", "X-Atlassian-Webhook-Trace": "mine"}

    assert deliver(host, url, ISSUE_UPDATED, **headers).status_code == 204
    (event,) = events
    assert (event.name, event.identifier, event.retry, event.trace) == ("jira:issue_updated", "delivery-1", 2, "mine")


def test_a_repeated_delivery_is_handled_once(host, events):
    url = "/connect/webhooks/jira-issue_updated"
    for retry in range(3):
        headers = {**IDENTIFIER, **({"X-Atlassian-Webhook-Retry": str(retry)} if retry else {})}
        assert deliver(host, url, ISSUE_UPDATED, **headers).status_code == 204

    assert len(events) == 1


def test_the_same_identifier_of_another_tenant_is_another_delivery(host, events):
    other = Host(host.app, client_key="tenant-2")
    other.install()
    for site in (host, other):
        deliver(site, "/connect/webhooks/jira-issue_updated", ISSUE_UPDATED, **IDENTIFIER)

    assert [event.tenant.client_key for event in events] == ["tenant-1", "tenant-2"]


def test_a_delivery_whose_handler_failed_is_handled_when_it_comes_again(make_app):
    connect = AtlassianConnect()
    attempts = []

    @connect.webhook("jira:issue_updated")
    def handler(event):
        attempts.append(event)
        if len(attempts) == 1:
            raise RuntimeError("transient")

    app = make_app(connect, PROPAGATE_EXCEPTIONS=False)
    host = Host(app)
    host.install()
    statuses = [
        deliver(host, "/connect/webhooks/jira-issue_updated", ISSUE_UPDATED, **IDENTIFIER).status_code for _ in range(3)
    ]

    assert statuses == [500, 204, 204]
    assert len(attempts) == 2


def test_a_webhook_without_a_body(host, events):
    """`excludeBody`: identity and URL only."""
    url = "/connect/webhooks/page_updated"
    response = host.http.post(url, headers={"Authorization": f"JWT {host.token('POST', url)}"})

    assert response.status_code == 204
    assert events[0].body == {}


@pytest.mark.parametrize("data", [b"{", b"[1]", b"\xff", b"[" * 50_000, b"null"])
def test_bodies_that_are_none(host, events, data):
    url = "/connect/webhooks/page_updated"
    response = host.http.post(url, data=data, headers={"Authorization": f"JWT {host.token('POST', url)}"})

    assert response.status_code == 400
    assert events == []


def test_a_body_beyond_the_bound(make_app, events):
    connect = AtlassianConnect()
    connect.add_webhook("page_updated", events.append)
    host = Host(make_app(connect, ATLASSIAN_CONNECT_MAX_WEBHOOK_BYTES=2048))
    host.install()

    assert deliver(host, "/connect/webhooks/page_updated", {"page": "x" * 3000}).status_code == 413
    assert events == []


@pytest.mark.parametrize("identifier", ["x" * 256, "a b", "ä"])
def test_a_strange_identifier_is_a_bad_request(host, events, identifier):
    headers = {"X-Atlassian-Webhook-Identifier": identifier}

    assert deliver(host, "/connect/webhooks/page_updated", PAGE_UPDATED, **headers).status_code == 400


@pytest.mark.parametrize("retry", ["", "-1", "x", "9" * 50, "²"])
def test_a_strange_retry_count_counts_as_none(host, events, retry):
    headers = {"X-Atlassian-Webhook-Retry": retry}

    assert deliver(host, "/connect/webhooks/page_updated", PAGE_UPDATED, **headers).status_code == 204
    assert events[0].retry == 0


def test_storage_that_fails_is_a_503_so_that_jira_repeats(host, monkeypatch):
    def broken(self, client_key):
        raise StorageError("down")

    monkeypatch.setattr("atlassian_connect.tenants.store.SqlTenantStore.get", broken)
    host.app.extensions["atlassian_connect"].tenants.drop("tenant-1")

    assert deliver(host, "/connect/webhooks/page_updated", PAGE_UPDATED).status_code == 503


def test_handlers_of_one_event_run_in_order_at_one_url(make_app):
    connect = AtlassianConnect()
    order = []
    connect.add_webhook("page_updated", lambda event: order.append("first"))
    app = make_app(connect)
    connect.add_webhook("page_updated", lambda event: order.append("second"))
    host = Host(app)
    host.install()
    deliver(host, "/connect/webhooks/page_updated", PAGE_UPDATED)

    assert order == ["first", "second"]
    descriptor = host.http.get("/atlassian-connect.json").json
    assert descriptor["modules"]["webhooks"] == [{"event": "page_updated", "url": "/connect/webhooks/page_updated"}]


def test_fields_of_a_webhook_are_spelt_like_those_of_the_shortcuts(make_app):
    connect = AtlassianConnect()
    connect.webhook(
        "issue_property_set",
        filter="project = OPS",
        exclude_body=True,
        property_keys=("notes",),
        conditions=condition("user_is_logged_in"),
    )(lambda event: None)
    connect.add_webhook("page_created", lambda event: None, exclude_body=None)
    as_in_the_descriptor = {"excludeBody": True, "propertyKeys": ["notes"]}
    connect.add_webhook("page_moved", lambda event: None, **as_in_the_descriptor)

    descriptor = make_app(connect).test_client().get("/atlassian-connect.json").json

    assert descriptor["modules"]["webhooks"] == [
        {
            "event": "issue_property_set",
            "url": "/connect/webhooks/issue_property_set",
            "filter": "project = OPS",
            "excludeBody": True,
            "propertyKeys": ["notes"],
            "conditions": [{"condition": "user_is_logged_in"}],
        },
        {"event": "page_created", "url": "/connect/webhooks/page_created"},
        {"event": "page_moved", "url": "/connect/webhooks/page_moved", **as_in_the_descriptor},
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"fliter": "project = OPS"}, r"webhook 'jira:issue_updated'\.fliter: There is no such field; known are"),
        ({"exclude_bodies": True}, "known are conditions, exclude_body, filter, property_keys"),
        ({"excludeBodies": True}, r"\.excludeBodies: There is no such field"),
        ({"excludeBody": True, "exclude_body": True}, r"\.excludeBody: Is given as exclude_body as well"),
        ({"methods": ["GET"]}, "no such field"),
        ({"exclude_body": "true"}, "excludeBody"),
        ({"property_keys": "notes"}, "propertyKeys"),
        ({"filter": ["project = OPS"]}, "filter"),
        ({"conditions": "user_is_logged_in"}, "conditions"),
    ],
)
def test_a_field_that_no_webhook_has_is_refused_when_declared(fields, message):
    connect = AtlassianConnect()

    with pytest.raises(DescriptorError, match=message):
        connect.webhook("jira:issue_updated", **fields)(lambda event: None)


def test_two_filters_of_one_event_need_two_urls():
    connect = AtlassianConnect()
    connect.add_webhook("jira:issue_updated", lambda event: None, filter="project = A")

    with pytest.raises(DescriptorError, match="give url="):
        connect.add_webhook("jira:issue_updated", lambda event: None, filter="project = B")
    connect.add_webhook("jira:issue_updated", lambda event: None, filter="project = B", url="/hooks/b")


def test_two_events_of_one_url_are_refused_since_confluence_does_not_tell_them_apart():
    connect = AtlassianConnect()
    connect.add_webhook("page_updated", lambda event: None, url="/hook")

    with pytest.raises(DescriptorError):
        connect.add_webhook("page_created", lambda event: None, url="/hook")


def test_variables_in_the_url_are_part_of_the_hash(make_app, events):
    connect = AtlassianConnect()
    connect.add_webhook("jira:issue_updated", events.append, url="/hook/{issue.key}?project={project.key}")
    host = Host(make_app(connect))
    host.install()

    assert deliver(host, "/hook/OPS-1?project=OPS", ISSUE_UPDATED).status_code == 204
    token = host.token("POST", "/hook/OPS-1?project=OPS")
    assert host.post("/hook/OPS-2?project=OPS", token, ISSUE_UPDATED).status_code == 401


def test_webhooks_need_the_scope_read(make_app, connect):
    with pytest.raises(DescriptorError, match="READ"):
        make_app(connect, ATLASSIAN_CONNECT_DESCRIPTOR={"key": "com.example.app", "scopes": []})
