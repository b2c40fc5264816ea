"""Lifecycle callbacks: bodies as hosts send them, bodies as nobody should, and what an install turns out to be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian_connect.errors import InvalidRequestError
from atlassian_connect.protocol.lifecycle import (
    InstallDecision,
    KnownTenant,
    LifecycleChange,
    LifecycleEvent,
    decide_install,
    is_client_key,
    parse_json_object,
    parse_payload,
)
from atlassian_connect.secret import Secret

INSTALLED = LifecycleEvent.INSTALLED
FULL = {
    "key": "com.example.app",
    "clientKey": "0b2b7d2e-1111-3222-8333-444455556666",
    "oauthClientId": "eyJob3N0S2V5IjoiMCJ9",
    "publicKey": "MIGf",
    "sharedSecret": "s" * 64,
    "serverVersion": "100295",
    "pluginsVersion": "1001.0.0",
    "baseUrl": "https://example.atlassian.net/wiki",
    "displayUrl": "https://wiki.example.com",
    "displayUrlServicedeskHelpCenter": "https://help.example.com",
    "productType": "confluence",
    "description": "Atlassian Confluence at https://example.atlassian.net/wiki",
    "eventType": "installed",
    "serviceEntitlementNumber": "SEN-1",
    "entitlementId": "e-1",
    "entitlementNumber": "E-1",
    "installationId": "ari:cloud:ecosystem::installation/1",
    "cloudId": "c-1",
}
MINIMAL = {"clientKey": "a", "baseUrl": "https://a.atlassian.net", "sharedSecret": "s", "eventType": "installed"}


def body(fields: object) -> bytes:
    return json.dumps(fields).encode()


def refused(raw: bytes, event: LifecycleEvent = INSTALLED) -> str:
    with pytest.raises(InvalidRequestError) as caught:
        parse_payload(event, raw)
    assert caught.value.status == 400
    return str(caught.value)


# --- bodies of hosts --------------------------------------------------------------------------------------------------


def test_full_body():
    payload = parse_payload(INSTALLED, body(FULL))

    assert payload.event is INSTALLED
    assert payload.app_key == "com.example.app"
    assert payload.client_key == "0b2b7d2e-1111-3222-8333-444455556666"
    assert payload.base_url == "https://example.atlassian.net/wiki"
    assert payload.product == "confluence"
    assert payload.shared_secret == Secret("s" * 64)
    assert payload.display_url == "https://wiki.example.com"
    assert payload.help_center_url == "https://help.example.com"
    assert payload.oauth_client_id == "eyJob3N0S2V5IjoiMCJ9"
    assert payload.description == "Atlassian Confluence at https://example.atlassian.net/wiki"
    assert payload.installation_id == "ari:cloud:ecosystem::installation/1"
    assert payload.cloud_id == "c-1"
    assert payload.entitlement_id == "e-1"
    assert payload.entitlement_number == "E-1"


def test_minimal_body():
    payload = parse_payload(INSTALLED, body(MINIMAL))

    assert (payload.client_key, payload.base_url, payload.product) == ("a", "https://a.atlassian.net", "jira")
    assert payload.app_key is payload.display_url is payload.oauth_client_id is payload.entitlement_number is None


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_optional_fields_count_as_missing(empty):
    optional = set(FULL) - set(MINIMAL)

    assert parse_payload(INSTALLED, body({**FULL, **dict.fromkeys(optional, empty)})) == parse_payload(
        INSTALLED, body({name: FULL[name] for name in MINIMAL})
    )


@pytest.mark.parametrize("value", [None, 1, [], {"a": {"b": []}}, "x" * 5000, "\0"])
def test_unknown_and_legacy_fields_are_ignored_whatever_they_are(value):
    fields = {**MINIMAL, "publicKey": value, "serverVersion": value, "__proto__": value, "new": value}

    assert parse_payload(INSTALLED, body(fields)) == parse_payload(INSTALLED, body(MINIMAL))


@pytest.mark.parametrize("event", list(LifecycleEvent))
def test_each_event_reads_its_own_body(event):
    assert parse_payload(event, body({**FULL, "eventType": event.value})).event is event


@pytest.mark.parametrize("event", ["uninstalled", "enabled", "disabled"])
def test_only_installed_carries_a_secret(event):
    fields = {**MINIMAL, "eventType": event}

    assert parse_payload(LifecycleEvent(event), body(fields)).shared_secret is None
    del fields["sharedSecret"]
    assert parse_payload(LifecycleEvent(event), body(fields)).shared_secret is None


def test_installs_are_signed_by_an_install_key_and_switches_by_the_secret():
    signed = [event.value for event in LifecycleEvent if event.is_signed_install]

    assert signed == ["installed", "uninstalled"]


def test_byte_order_mark_is_no_harm():
    assert parse_payload(INSTALLED, b"\xef\xbb\xbf" + body(MINIMAL)).client_key == "a"


def test_the_newer_entitlement_number_wins():
    fields = {**MINIMAL, "serviceEntitlementNumber": "SEN-1"}

    assert parse_payload(INSTALLED, body(fields)).entitlement_number == "SEN-1"
    assert parse_payload(INSTALLED, body({**fields, "entitlementNumber": "E-1"})).entitlement_number == "E-1"


@pytest.mark.parametrize(
    ("base_url", "stored"),
    [
        ("https://a.atlassian.net/", "https://a.atlassian.net"),
        ("https://A.Atlassian.net:443/wiki/", "https://a.atlassian.net/wiki"),
        ("http://localhost:2990/jira", "http://localhost:2990/jira"),
    ],
)
def test_base_url_is_stored_in_one_form(base_url, stored):
    assert parse_payload(INSTALLED, body({**MINIMAL, "baseUrl": base_url})).base_url == stored


@pytest.mark.parametrize(
    ("change", "product"),
    [
        ({"productType": "jira"}, "jira"),
        ({"productType": "confluence"}, "confluence"),
        ({"productType": "Confluence"}, "confluence"),
        ({"productType": "JIRA", "baseUrl": "https://a.atlassian.net/wiki"}, "jira"),
        ({"baseUrl": "https://a.atlassian.net/wiki/"}, "confluence"),
        ({"baseUrl": "https://a.atlassian.net/wikipedia"}, "jira"),
        ({"baseUrl": "https://a.atlassian.net"}, "jira"),
        ({"productType": "", "baseUrl": "https://a.atlassian.net/wiki"}, "confluence"),
    ],
)
def test_product(change, product):
    assert parse_payload(INSTALLED, body({**MINIMAL, **change})).product == product


@pytest.mark.parametrize("name", ["displayUrl", "displayUrlServicedeskHelpCenter"])
@pytest.mark.parametrize("url", ["javascript:alert(1)", "wiki.example.com", "https://a b", "x" * 3000, "\0"])
def test_attack_strange_display_url_is_dropped(name, url):
    """It goes into a Content-Security-Policy; an install does not fail for it."""
    payload = parse_payload(INSTALLED, body({**MINIMAL, name: url}))

    assert payload.display_url is None
    assert payload.help_center_url is None


def test_payload_does_not_show_its_secret():
    assert "s" * 64 not in repr(parse_payload(INSTALLED, body(FULL)))


# --- bodies of nobody -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(MINIMAL))
@pytest.mark.parametrize("value", [..., None, ""])
def test_required_field_missing(name, value):
    fields = {**FULL, name: value}
    if value is ...:
        del fields[name]

    assert refused(body(fields)) == f"{name} is missing."


@pytest.mark.parametrize("name", sorted(set(FULL) - {"publicKey", "serverVersion", "pluginsVersion"}))
@pytest.mark.parametrize("value", [0, 1, -1.5, True, False, [], ["a"], {}, {"a": "b"}], ids=repr)
def test_field_of_the_wrong_type(name, value):
    fields = {**FULL, name: value}
    if name == "serviceEntitlementNumber":  # read only when the newer one is missing
        del fields["entitlementNumber"]

    assert refused(body(fields)) == f"{name} is not a string."


@pytest.mark.parametrize("name", ["clientKey", "sharedSecret", "description", "key", "oauthClientId", "cloudId"])
@pytest.mark.parametrize("text", ["a\0b", "x" * 2001], ids=ascii)
def test_attack_text_that_no_database_takes(name, text):
    assert name in refused(body({**FULL, name: text}))


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"], ids=ascii)
def test_attack_text_that_no_encoder_takes(text):
    assert refused(body({**FULL, "description": text})) == "The body is not valid JSON."


@pytest.mark.parametrize("event_type", ["uninstalled", "enabled", "Installed", " installed", "x"])
def test_attack_body_of_another_event(event_type):
    assert refused(body({**FULL, "eventType": event_type})) == "eventType is not 'installed'."


@pytest.mark.parametrize(
    "client_key", ["a b", "a\nb", " ", "é", "a\t", "x" * 256, "\u200b", "a\r\nX: y"], ids=lambda key: ascii(key[:9])
)
def test_client_key_that_is_none(client_key):
    assert not is_client_key(client_key)
    assert refused(body({**FULL, "clientKey": client_key})) == "clientKey does not have the form of one."


@pytest.mark.parametrize(
    "client_key", ["a", "jira:1234567", "0b2b7d2e-1111-3222-8333-444455556666", "x" * 255, "unencoded%2F/../"]
)
def test_client_keys_are_opaque(client_key):
    assert is_client_key(client_key)
    assert parse_payload(INSTALLED, body({**FULL, "clientKey": client_key})).client_key == client_key


@pytest.mark.parametrize(
    "base_url",
    [
        "example.atlassian.net",
        "ftp://example.atlassian.net",
        "https://",
        "https://user@example.atlassian.net",
        "https://example.atlassian.net?a",
        "https://example.atlassian.net/../",
        "https:\\\\example.atlassian.net",
        "https://[",
        "javascript:alert(1)",
    ],
)
def test_base_url_that_is_none(base_url):
    assert refused(body({**FULL, "baseUrl": base_url})) == "baseUrl is not an http or https URL."


@pytest.mark.parametrize("product", ["bitbucket", "jira ", "x"])
def test_product_that_is_none(product):
    assert "neither" in refused(body({**FULL, "productType": product}))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b'"installed"',
        b"1",
        b"true",
        b"NaN",
        b"{}{}",
        b"clientKey=a&baseUrl=b",
        b"<xml/>",
        b'{"clientKey": "\xff"}',
        b'{"clientKey": "\xed\xa0\x80"}',
        b'{"clientKey": "a\nb"}',
        b"\xff\xfe{\x00}\x00",
        b"\x1f\x8b\x08\x00",
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_body_that_is_no_json_object(raw):
    assert "JSON" in refused(raw)


def test_parse_json_object():
    assert parse_json_object(b' {"a": [1]} ') == {"a": [1]}


@pytest.mark.parametrize("name", sorted(MINIMAL))
@pytest.mark.parametrize("value", [["hush"], "hush\0", "hush" * 600], ids=["type", "character", "length"])
def test_refusals_do_not_quote_the_body(name, value):
    assert "hush" not in refused(body({**FULL, name: value}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(FULL)), json_values, max_size=6), st.sampled_from(LifecycleEvent))
def test_any_body_is_a_payload_or_refused(changes, event):
    try:
        payload = parse_payload(event, body({**FULL, "eventType": event.value, **changes}))
    except InvalidRequestError:
        return
    assert is_client_key(payload.client_key)


@given(st.binary())
def test_any_bytes_are_refused(raw):
    assert refused(raw)


# --- decisions --------------------------------------------------------------------------------------------------------

PAYLOAD = parse_payload(INSTALLED, body(FULL))
SAME_SECRET, OLD_SECRET = Secret("s" * 64), Secret("o" * 64)


@pytest.mark.parametrize(
    ("known", "others", "decision"),
    [
        (None, (), InstallDecision(LifecycleChange.NEW, False, ())),
        (None, ("older",), InstallDecision(LifecycleChange.IMPORTED, False, ("older",))),
        (
            KnownTenant(PAYLOAD.base_url, True, SAME_SECRET),
            (),
            InstallDecision(LifecycleChange.UPGRADED, False, ()),
        ),
        (
            KnownTenant(PAYLOAD.base_url, True, OLD_SECRET),
            (),
            InstallDecision(LifecycleChange.UPGRADED, True, ()),
        ),
        (
            KnownTenant("https://old.atlassian.net/wiki", True, SAME_SECRET),
            (),
            InstallDecision(LifecycleChange.RENAMED, False, ()),
        ),
        (
            KnownTenant("https://old.atlassian.net/wiki", True, OLD_SECRET),
            ("older",),
            InstallDecision(LifecycleChange.RENAMED, True, ("older",)),
        ),
        (
            KnownTenant(PAYLOAD.base_url, False, OLD_SECRET),
            (),
            InstallDecision(LifecycleChange.REINSTALLED, True, ()),
        ),
        (
            KnownTenant("https://old.atlassian.net/wiki", False, SAME_SECRET),
            (),
            InstallDecision(LifecycleChange.REINSTALLED, False, ()),
        ),
    ],
    ids=[
        "first install",
        "site import",
        "descriptor upgrade",
        "upgrade with a new secret",
        "site rename",
        "rename onto another tenant's URL",
        "uninstall then install",
        "reinstall after a rename",
    ],
)
def test_what_an_install_turns_out_to_be(known, others, decision):
    assert decide_install(PAYLOAD, known, others) == decision


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'{"a": [-Infinity]}', rb'{"a": "\ud800"}', rb'{"a": {"\uDC00": 1}}'])
def test_what_python_would_take_for_json_and_nobody_else(body):
    with pytest.raises(InvalidRequestError, match="not valid JSON"):
        parse_json_object(body)


def test_escaped_surrogate_pairs_are_characters():
    assert parse_json_object(rb'{"a": "\ud83d\ude00 \\ud800"}') == {"a": "\U0001f600 \\ud800"}
