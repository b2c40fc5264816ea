from __future__ import annotations

import json

import pytest

from atlassian_connect.client import DynamicModulesClient, HostClient
from atlassian_connect.errors import DescriptorError, HostBadRequestError, HostError, HostUnauthorizedError
from atlassian_connect.protocol.modules import Module

from .hosts import CLOUD, make_tenant

PATH = "/wiki/rest/atlassian-connect/1/app/module/dynamic"


def macro(key, **fields):
    return Module("dynamicContentMacros", {"key": key, "name": {"value": "Poll"}, "url": "/poll", **fields})


def item(key):
    return Module("webItems", {"key": key, "name": {"value": "Go"}, "location": "system.top", "url": "/go"})


@pytest.fixture
def dynamic(client):
    return DynamicModulesClient(client)


@pytest.fixture
def listed(cloud):
    def listed(document):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        cloud.on(PATH, 200, body, Content_Type="application/json")

    return listed


# --- list -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "keys"),
    [
        ({}, []),
        ({"webItems": []}, []),
        ({"webItems": [{"key": "a"}], "dynamicContentMacros": [{"key": "b"}, {"key": "c"}]}, ["a", "b", "c"]),
        ({"modules": {"webItems": [{"key": "a"}]}}, ["a"]),
        ({"modules": {}}, []),
        ({"modules": []}, []),
        ({"configurePage": {"key": "a"}}, ["a"]),
        ({"webhooks": [{"event": "page_created", "url": "/hook"}]}, [""]),
        ({"aTypeOfTomorrow": [{"key": "a"}], "another": []}, ["a"]),
    ],
)
def test_list_reads_every_shape(document, keys, dynamic, listed, cloud, tenant):
    listed(document)

    assert [module.key for module in dynamic.list()] == keys
    assert (cloud.last.method, cloud.last.target) == ("GET", PATH)
    cloud.last.claims(tenant)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"<html>Log in</html>", b"{", b"\xff", b"[" * 100_000])
def test_a_list_that_is_no_object_is_an_error(body, dynamic, listed):
    listed(body)

    with pytest.raises(HostError, match="The list of dynamic modules is"):
        dynamic.list()


@pytest.mark.parametrize(
    "document",
    [
        {"error": "internal"},
        {"error": {"message": "internal"}},
        {"errorMessages": ["internal"], "errors": {}},
        {"message": "internal", "statusCode": 500},
        {"errors": [{"message": "internal"}]},
        {"webItems": None},
        {"webItems": "none"},
        {"webItems": [{"key": "a"}, None]},
        {"webItems": [["a"]]},
        {"modules": None},
        {"modules": 0},
        {"modules": [{"key": "a"}]},
        {"modules": {"webItems": "none"}},
        {"modules": {"modules": {"webItems": [{"key": "a"}]}}},
        {"modules": {"webItems": [{"key": "a"}]}, "size": 1},
        {"modules": {"webItems": []}, "webPanels": []},
    ],
)
def test_an_object_that_is_no_list_of_modules_does_not_read_as_no_modules(document, dynamic, listed):
    listed(document)

    with pytest.raises(HostError, match=r"The list of dynamic modules is none: its .* holds something else"):
        dynamic.list()


@pytest.mark.parametrize("value", ['{"a":' * 100 + "1" + "}" * 100, '"\\ud800"', "NaN"])
def test_a_list_with_what_could_never_be_sent_back_is_an_error(value, dynamic, listed):
    listed(f'{{"webItems": [{{"key": "a", "x": {value}}}]}}'.encode())

    with pytest.raises(HostError, match="The list of dynamic modules is"):
        dynamic.list()


def test_jira_has_it_below_the_bare_site(transport, cloud):
    tenant = make_tenant(CLOUD)

    DynamicModulesClient(HostClient(tenant, transport=transport)).list()

    assert cloud.last.target == "/rest/atlassian-connect/1/app/module/dynamic"
    cloud.last.claims(tenant)


# --- register ---------------------------------------------------------------------------------------------------------


def test_register_sends_all_in_one_request(dynamic, cloud, tenant):
    dynamic.register([macro("a"), item("b"), macro("c")])

    assert len(cloud.received) == 1
    assert (cloud.last.method, cloud.last.target) == ("POST", PATH)
    assert cloud.last.headers["Content-Type"] == "application/json"
    assert json.loads(cloud.last.body) == {
        "dynamicContentMacros": [macro("a").definition, macro("c").definition],
        "webItems": [item("b").definition],
    }
    cloud.last.claims(tenant)


def test_nothing_is_sent_for_nothing(dynamic, cloud):
    dynamic.register(iter(()))

    assert not cloud.received


@pytest.mark.parametrize(
    "module",
    [
        macro("with space"),
        macro("with,comma"),
        macro(""),
        macro("a", name="a string"),
        Module("webItems", {"name": {"value": "no key"}}),
        Module("webhooks", {"event": "page_created", "url": "/hook"}),
        Module("no type", {"key": "a"}),
    ],
)
def test_a_wrong_module_is_refused_before_anything_is_sent(module, dynamic, cloud):
    with pytest.raises(DescriptorError, match=r"dynamic modules\[1\]"):
        dynamic.register([macro("good"), module])

    assert not cloud.received


def test_the_hosts_refusal_is_told_in_its_words(dynamic, cloud):
    cloud.on(PATH, 400, b'{"message": "The app x has duplicate module keys: [a]."}')

    with pytest.raises(HostBadRequestError) as caught:
        dynamic.register([macro("a")])

    assert caught.value.message == "The app x has duplicate module keys: [a]."


def test_a_host_that_does_not_know_us(dynamic, cloud):
    cloud.on(PATH, 401, b'{"message": "The request is not from a Connect app."}')

    with pytest.raises(HostUnauthorizedError, match="not from a Connect app"):
        dynamic.list()


# --- remove -----------------------------------------------------------------------------------------------------------


def test_remove_repeats_the_parameter_and_signs_it(dynamic, cloud, tenant):
    cloud.on(PATH, 204, b"")

    dynamic.remove("b", "a", "C-1", "b")

    assert (cloud.last.method, cloud.last.query) == ("DELETE", "moduleKey=b&moduleKey=a&moduleKey=C-1")
    cloud.last.claims(tenant)


def test_remove_without_keys_would_remove_all(dynamic, cloud):
    with pytest.raises(ValueError, match="remove_all"):
        dynamic.remove()

    assert not cloud.received


def test_keys_that_no_new_module_could_have_are_removed(dynamic, cloud):
    dynamic.remove("my_panel.old")

    assert cloud.last.target == f"{PATH}?moduleKey=my_panel.old"


@pytest.mark.parametrize("key", ["a,b", "a b", "", "a&moduleKey=b", "é", "a\n", "x" * 256, None])
def test_removing_what_is_no_key(key, dynamic, cloud):
    """A comma would mean two keys to some hosts, an empty key all of them."""
    with pytest.raises(DescriptorError):
        dynamic.remove("good", key)

    assert not cloud.received


def test_many_long_keys_do_not_make_one_endless_url(dynamic, cloud, tenant):
    cloud.on(PATH, 204, b"")
    keys = [f"{number:03}-" + "x" * 96 for number in range(100)]

    dynamic.remove(*keys)

    sent = [part.removeprefix("moduleKey=") for received in cloud.received for part in received.query.split("&")]
    assert sent == keys
    assert len(cloud.received) == 2
    for received in cloud.received:
        assert len(received.target) < 7000
        received.claims(tenant)


def test_remove_all_names_every_key(dynamic, cloud, tenant):
    answer = json.dumps({"webItems": [{"key": "a"}, {"key": "b"}], "webhooks": [{"event": "x"}]}).encode()
    cloud.answers[PATH] = lambda received: (200, {}, answer) if received.method == "GET" else (204, {}, b"")

    assert dynamic.remove_all() == ["a", "b"]
    assert [(received.method, received.query) for received in cloud.received] == [
        ("GET", ""),
        ("DELETE", "moduleKey=a&moduleKey=b"),
    ]


def test_remove_all_of_nothing_asks_only(dynamic, cloud):
    assert dynamic.remove_all() == []
    assert [received.method for received in cloud.received] == ["GET"]
