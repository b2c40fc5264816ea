"""What can go wrong with the registration of modules, and what hosts do with texts and defaults."""

from __future__ import annotations

import json

import pytest
from werkzeug.wrappers import Request, Response

from atlassian_connect.sandbox import Installation, Sandbox, WsgiTransport
from atlassian_connect.sandbox.faults import DYNAMIC_MODULES, Dropped, ModuleDefaults, ModuleRefused, Slow, Unavailable

from .connect_app import ConnectApp, HostCaller

A = {"key": "a", "location": "system.top", "name": {"value": "A"}, "url": "/a"}
B = {**A, "key": "b", "url": "/b"}
APP = "http://app.localhost:5000"


def register(host: HostCaller, *items: object) -> Response:
    return host("POST", DYNAMIC_MODULES, {"webItems": list(items)})


def listed(host: HostCaller) -> list[str]:
    return [item["key"] for item in host("GET", DYNAMIC_MODULES).json.get("webItems", [])]


@pytest.mark.parametrize(("named", "says"), [(True, "The module b is not valid"), (False, "A module is not valid")])
def test_one_refused_key_refuses_the_whole_registration(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, named: bool, says: str
):
    with sandbox.jira.faults.add(ModuleRefused("b", named=named), method="POST", path=DYNAMIC_MODULES):
        response = register(host, A, B)
        assert response.status_code == 400
        assert says in response.json["message"]
        assert listed(host) == []
        assert register(host, A).status_code == 200
    assert register(host, B).status_code == 200
    assert listed(host) == ["a", "b"]


def test_a_refusal_in_words_of_ones_own(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    sandbox.jira.faults.add(ModuleRefused("a", message="Invalid location."), path=DYNAMIC_MODULES)

    assert register(host, A).json == {"message": "Invalid location."}
    assert host("GET", DYNAMIC_MODULES).status_code == 200, "only registrations have modules"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7"])
def test_what_is_no_registration_is_left_to_the_host(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation, body: bytes
):
    sandbox.jira.faults.add(ModuleRefused("a"), path=DYNAMIC_MODULES)

    assert host("POST", DYNAMIC_MODULES, body).status_code == 400
    assert "a is not valid" not in sandbox.log[-1].note


def test_a_removal_goes_well_and_the_registration_after_it_fails(
    sandbox: Sandbox, host: HostCaller, jira_app: Installation
):
    register(host, A)
    sandbox.jira.faults.add(Unavailable(status=500), method="POST", path=DYNAMIC_MODULES, times=1)

    assert host("DELETE", f"{DYNAMIC_MODULES}?moduleKey=a").status_code == 204
    assert register(host, A).status_code == 500
    assert listed(host) == []
    assert register(host, A).status_code == 200


def test_the_connection_drops_after_the_work_was_done(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    with (
        sandbox.jira.faults.add(Dropped("executed"), method="POST", path=DYNAMIC_MODULES),
        pytest.raises(ConnectionResetError),
    ):
        register(host, A)

    assert listed(host) == ["a"]


def test_faults_of_several_kinds_see_the_same_body(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    for fault in (ModuleRefused("x"), Slow(0), ModuleRefused("y")):
        sandbox.jira.faults.add(fault, method="POST", path=DYNAMIC_MODULES)

    assert register(host, A).status_code == 200
    assert listed(host) == ["a"]


def test_defaults_that_nobody_sent_are_listed(sandbox: Sandbox, host: HostCaller, jira_app: Installation):
    register(host, A, {**B, "weight": 7, "context": "page"})

    with sandbox.jira.faults.add(ModuleDefaults(), method="GET", path=DYNAMIC_MODULES):
        first, second = host("GET", DYNAMIC_MODULES).json["webItems"]

    assert first == {**A, "weight": 100, "context": "addon", "conditions": []}
    assert (second["weight"], second["context"]) == (7, "page")
    assert host("GET", DYNAMIC_MODULES).json["webItems"][0] == A


class Translated:
    """The app, with a translation file as well."""

    def __init__(self, app: ConnectApp, texts: object, status: int = 200) -> None:
        self.app, self.texts, self.status, self.asked = app, texts, status, 0

    def __call__(self, environ, start_response):
        if Request(environ).path != "/base/i18n/en.json":
            return self.app.wsgi(environ, start_response)
        self.asked += 1
        return Response(json.dumps(self.texts), status=self.status)(environ, start_response)


def installed_with(
    texts: object, app: ConnectApp, transport: WsgiTransport, sandbox: Sandbox, url: str, status: int = 200
) -> Translated:
    translated = Translated(app, texts, status)
    transport.mount(APP, translated)
    app.descriptor["translations"] = {"paths": {"en-US": "/i18n/en.json"}}
    sandbox.jira.install(url)
    return translated


def test_translations_are_looked_up_when_a_module_is_registered(
    sandbox: Sandbox, app: ConnectApp, transport: WsgiTransport, host: HostCaller, descriptor_url: str
):
    files = installed_with({"a.name": "Ay"}, app, transport, sandbox, descriptor_url)
    register(host, {**A, "name": {"value": "A", "i18n": "a.name"}}, {**B, "name": {"value": "B", "i18n": "unknown"}})

    assert [item["name"] for item in host("GET", DYNAMIC_MODULES).json["webItems"]] == [
        {"value": "Ay", "i18n": "a.name"},
        {"value": "B", "i18n": "unknown"},
    ]
    assert files.asked == 1


def test_no_key_asks_no_file(
    sandbox: Sandbox, app: ConnectApp, transport: WsgiTransport, host: HostCaller, descriptor_url: str
):
    files = installed_with({}, app, transport, sandbox, descriptor_url)

    assert register(host, A).status_code == 200
    assert files.asked == 0


@pytest.mark.parametrize(("texts", "status"), [([1], 200), ({"a.name": 7}, 200), ({"a.name": "Ay"}, 404)])
def test_translations_that_cannot_be_read_leave_the_value(
    sandbox: Sandbox,
    app: ConnectApp,
    transport: WsgiTransport,
    host: HostCaller,
    descriptor_url: str,
    texts: object,
    status: int,
):
    installed_with(texts, app, transport, sandbox, descriptor_url, status)
    name = {"value": "A", "i18n": "a.name"}

    assert register(host, {**A, "name": name}).status_code == 200
    assert host("GET", DYNAMIC_MODULES).json["webItems"][0]["name"] == name


def test_translations_of_another_origin_are_not_fetched(
    sandbox: Sandbox, app: ConnectApp, host: HostCaller, descriptor_url: str
):
    app.descriptor["translations"] = {"paths": {"en-US": "https://elsewhere.example/en.json"}}
    sandbox.jira.install(descriptor_url)
    name = {"value": "A", "i18n": "a.name"}

    assert register(host, {**A, "name": name}).status_code == 200
    assert host("GET", DYNAMIC_MODULES).json["webItems"][0]["name"] == name
    assert all("elsewhere" not in crossing.url for crossing in sandbox.log)
