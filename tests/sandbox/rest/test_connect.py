"""Dynamic modules and app properties: the official behaviours."""

from __future__ import annotations

import pytest

from atlassian_connect.sandbox import Installation, Sandbox

from ..connect_app import APP_KEY, ConnectApp, HostCaller

DYNAMIC = "/rest/atlassian-connect/1/app/module/dynamic"
PROPERTIES = f"/rest/atlassian-connect/1/addons/{APP_KEY}/properties"


def item(key: str, **more: object) -> dict[str, object]:
    return {"key": key, "location": "system.top", "name": {"value": key}, "url": f"/item/{key}", **more}


@pytest.fixture(params=["jira", "confluence"])
def product(request, sandbox: Sandbox, descriptor_url: str, app: ConnectApp) -> str:
    getattr(sandbox, request.param).install(descriptor_url)
    return request.param


def test_nothing_is_there_at_first(host: HostCaller, product: str):
    response = host("GET", DYNAMIC, product=product)
    assert (response.status_code, response.json) == (200, {})


def test_register_list_remove(host: HostCaller, product: str):
    field = {"key": "field", "description": {"value": "d"}, "name": {"value": "F"}, "type": "string"}
    body = {"webItems": [item("a"), item("b")], "jiraIssueFields": [field]}
    response = host("POST", DYNAMIC, body, product=product)
    assert (response.status_code, response.data) == (200, b"")
    assert host("GET", DYNAMIC, product=product).json == body
    gone = f"{DYNAMIC}?moduleKey=b&moduleKey=unknown&moduleKey=field"
    response = host("DELETE", gone, product=product)
    assert (response.status_code, response.data) == (204, b"")
    assert host("GET", DYNAMIC, product=product).json == {"webItems": [item("a")]}


def test_jira_removes_all_modules_when_none_is_named_and_confluence_wants_their_keys(host: HostCaller, product: str):
    host("POST", DYNAMIC, {"webItems": [item("a")]}, product=product)

    response = host("DELETE", DYNAMIC, product=product)

    if product == "jira":
        assert response.status_code == 204
        assert host("GET", DYNAMIC, product=product).json == {}
    else:
        assert response.status_code == 400
        assert "moduleKey" in response.json["message"]
        assert host("GET", DYNAMIC, product=product).json == {"webItems": [item("a")]}


def test_the_wrapper_is_taken_too(host: HostCaller, product: str):
    assert host("POST", DYNAMIC, {"modules": {"webItems": [item("a")]}}, product=product).status_code == 200
    assert host("GET", DYNAMIC, product=product).json == {"webItems": [item("a")]}


@pytest.mark.parametrize("taken", ["page", "a"])
def test_a_taken_key_refuses_the_whole_request(host: HostCaller, product: str, taken: str):
    host("POST", DYNAMIC, {"webItems": [item("a")]}, product=product)
    response = host("POST", DYNAMIC, {"webItems": [item("new"), item(taken)]}, product=product)
    assert response.status_code == 400
    assert response.json == {
        "message": f"Installation failed. The app {APP_KEY} has duplicate module keys: [{taken}]."
        " Please contact the app vendor."
    }
    assert host("GET", DYNAMIC, product=product).json == {"webItems": [item("a")]}


def test_a_key_twice_in_one_request(host: HostCaller, product: str):
    response = host("POST", DYNAMIC, {"webItems": [item("a")], "webPanels": [item("a")]}, product=product)
    assert response.status_code == 400
    assert "duplicate module keys: [a]" in response.json["message"]


def test_a_hundred_and_no_more(host: HostCaller, product: str):
    items = [item(f"k{number}") for number in range(101)]
    response = host("POST", DYNAMIC, {"webItems": items}, product=product)
    assert response.status_code == 400
    assert "100" in response.json["message"]
    assert host("POST", DYNAMIC, {"webItems": items[:100]}, product=product).status_code == 200
    assert host("POST", DYNAMIC, {"webItems": items[100:]}, product=product).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 20000,
        b'{"webItems": [{"key": "a", "location": "x", "name": {"value": "\\ud800"}}]}',
        [],
        "x",
        3,
        None,
        {"webItems": "x"},
        {"webItems": [3]},
        {"webItems": item("a")},
        {"webItems": [{"location": "x", "name": {"value": "x"}}]},
        {"webItems": [item("a b")]},
        {"webItems": [{"key": "a", "name": {"value": "x"}}]},
        {"webItems": [{**item("a"), "name": "x"}]},
        {"webItems": [item("ok"), {**item("a"), "url": 3}]},
        {"no type": [item("a")]},
        {"webhooks": [{"event": "page_created", "url": "/x"}]},
        {"webPanels": [item("a", url="https://elsewhere.example/x")]},
        {"webPanels": [item("a", url="//elsewhere.example/x")]},
        {"webPanels": [item("a", url="http://app.localhost:5000/basement")]},
        {"webPanels": [item("a", url="javascript:alert(1)")]},
        {"webItems": [item("a", url="javascript:alert(1)")]},
    ],
)
def test_what_is_refused_registers_nothing(host: HostCaller, product: str, body: object):
    raw = body if isinstance(body, bytes) else __import__("json").dumps(body).encode()
    response = host("POST", DYNAMIC, raw, product=product)
    assert response.status_code == 400
    assert set(response.json) == {"message"}
    assert host("GET", DYNAMIC, product=product).json == {}


def test_urls_below_the_base_url_may_be_absolute(host: HostCaller, product: str):
    body = {
        "webPanels": [item("a", url="http://app.localhost:5000/base/x")],
        "webItems": [item("b", url="https://example.com/help")],  # a link, which the host does not call
    }
    assert host("POST", DYNAMIC, body, product=product).status_code == 200


def test_webhooks_need_the_scope_read(sandbox: Sandbox, app: ConnectApp, host: HostCaller, descriptor_url: str):
    app.descriptor["scopes"] = []
    app.descriptor["modules"].pop("webhooks")
    sandbox.jira.install(descriptor_url)
    hook = {"key": "h", "event": "issue_property_set", "url": "/h"}
    response = host("POST", DYNAMIC, {"webhooks": [hook]})
    assert response.status_code == 400
    assert "READ scope" in response.json["message"]


def test_modules_belong_to_one_tenant(host: HostCaller, jira_app: Installation, confluence_app: Installation):
    host("POST", DYNAMIC, {"webItems": [item("a")]}, product="jira")
    assert host("GET", DYNAMIC, product="confluence").json == {}


def test_a_registered_page_can_be_opened(app: ConnectApp, host: HostCaller, jira_app: Installation):
    host("POST", DYNAMIC, {"webPanels": [item("a", url="/dynamic/x?i={issue.id}")]})
    assert jira_app.open("a", context={"issue.id": "7"}).status == 200
    assert app.received_paths()[-1] == "/dynamic/x"


# --- app properties ---------------------------------------------------------------------------------------------------


def test_properties(host: HostCaller, product: str):
    assert host("GET", PROPERTIES, product=product).json == {"keys": []}
    created = host("PUT", f"{PROPERTIES}/days", {"n": 30}, product=product)
    assert (created.status_code, created.json) == (201, {"message": "Property created.", "statusCode": 201})
    updated = host("PUT", f"{PROPERTIES}/days", {"n": 31}, product=product)
    assert (updated.status_code, updated.json["message"]) == (200, "Property updated.")
    read = host("GET", f"{PROPERTIES}/days", product=product).json
    assert (read["key"], read["value"]) == ("days", {"n": 31})
    assert read["self"].endswith("/properties/days")
    assert [entry["key"] for entry in host("GET", PROPERTIES, product=product).json["keys"]] == ["days"]
    assert host("DELETE", f"{PROPERTIES}/days", product=product).status_code == 204
    missing = host("GET", f"{PROPERTIES}/days", product=product)
    assert (missing.status_code, missing.json) == (404, {"message": "Property with key not found.", "statusCode": 404})
    assert host("DELETE", f"{PROPERTIES}/days", product=product).status_code == 404


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"1e999", b"NaN", b'"\\udfff"', b'"' + b"x" * 32_768 + b'"'])
def test_property_values_are_json_of_bounded_length(host: HostCaller, jira_app: Installation, raw: bytes):
    assert host("PUT", f"{PROPERTIES}/x", raw).status_code == 400


def test_property_keys_and_count_are_bounded(host: HostCaller, jira_app: Installation):
    response = host("PUT", f"{PROPERTIES}/{'k' * 128}", 1)
    assert response.json["message"] == "The property key cannot be longer than 127 characters."
    for number in range(100):
        jira_app.properties.put(f"k{number}", b"1")
    assert host("PUT", f"{PROPERTIES}/one-more", 1).status_code == 409
    assert host("PUT", f"{PROPERTIES}/k7", 2).status_code == 200


def test_the_reserved_property_is_the_client_key(host: HostCaller, jira_app: Installation):
    key = "connect_client_key_019cdff3-8bfb-71fe-9628-875b700aebb8"
    assert host("GET", f"{PROPERTIES}/{key}").json["value"] == jira_app.client_key
    assert host("PUT", f"{PROPERTIES}/{key}", 1).status_code == 403
    assert host("GET", PROPERTIES).json == {"keys": []}


def test_properties_of_another_app(host: HostCaller, jira_app: Installation):
    assert host("GET", "/rest/atlassian-connect/1/addons/other/properties").status_code == 401
    assert host("GET", "/rest/atlassian-connect/1/addons/other").status_code == 403


def test_facts_about_the_app(app: ConnectApp, sandbox: Sandbox, host: HostCaller, descriptor_url: str):
    app.descriptor["enableLicensing"] = True
    installation = sandbox.jira.install(descriptor_url)
    facts = host("GET", f"/rest/atlassian-connect/1/addons/{APP_KEY}").json
    assert (facts["key"], facts["state"], facts["host"]["product"]) == (APP_KEY, "ENABLED", "Jira")
    assert "license" not in facts
    assert "lic=none" in installation.iframe_url("page")
    installation.licensed = True
    assert host("GET", f"/rest/atlassian-connect/1/addons/{APP_KEY}").json["license"]["active"] is True
    assert "lic=active" in installation.iframe_url("page")


def test_properties_survive_a_reinstall(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, descriptor_url: str
):
    host("PUT", f"{PROPERTIES}/x", 1)
    jira_app.uninstall()
    sandbox.jira.install(descriptor_url)
    assert host("GET", f"{PROPERTIES}/x").json["value"] == 1
