"""Install keys: which server, which kid, what counts as a key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from atlassian_connect.errors import AuthenticationError, ConfigurationError
from atlassian_connect.protocol.install_keys import (
    ENVIRONMENTS,
    FALLBACK_KEY_SERVER,
    MAX_KEY_BYTES,
    check_key_id,
    check_key_server,
    environment_of,
    key_url,
    parse_install_key,
)
from atlassian_connect.protocol.urls import parse_base_url

KEY_ID = "0e50fccb-239d-4991-a5db-dc850ba3f236"


def pem_of(public_key) -> bytes:
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="session")
def pem(install_private_key) -> bytes:
    return pem_of(install_private_key.public_key())


# --- servers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hosts", "servers"),
    [
        (
            "production",
            ("*.atlassian.net", "*.jira.com"),
            (
                "https://asap-distribution.us-west-2.prod.atl-asap.net",
                "https://connect-install-keys.atlassian.com",
            ),
        ),
        (
            "fedramp",
            ("*.atlassian-us-gov-mod.net",),
            (
                "https://asap-distribution.us-west-2.prod.atl-auth-us-gov-mod.net",
                "https://cs-migrations--fedrampcdn.us-east-1.prod.cdn.atlassian-us-gov-mod.com",
            ),
        ),
        (
            "staging",
            ("*.jira-dev.com",),
            (
                "https://asap-distribution.us-west-2.staging.atl-asap.net",
                "https://cs-migrations--cdn.us-east-1.staging.public.atl-paas.net",
            ),
        ),
        (
            "fedramp-staging",
            ("*.atlassian-stg-fedm.net",),
            (
                "https://asap-distribution.us-west-2.staging.atl-auth-us-gov-mod.net",
                "https://cs-migrations--fedrampcdn.us-east-1.staging.cdn.atlassian-us-gov-mod.com",
            ),
        ),
    ],
)
def test_environment(name, hosts, servers):
    """Hosts, servers and their order as in Atlassian's Express framework 11.5."""
    environment = ENVIRONMENTS[name]

    assert (environment.name, environment.hosts, environment.key_servers) == (name, hosts, servers)


def test_there_are_four_environments_and_one_fallback():
    assert list(ENVIRONMENTS) == ["production", "fedramp", "staging", "fedramp-staging"]
    assert FALLBACK_KEY_SERVER == "https://connect-install-keys.atlassian.com"


def test_every_server_of_the_table_passes_the_check_for_configured_ones():
    for environment in ENVIRONMENTS.values():
        assert [check_key_server(server) for server in environment.key_servers] == list(environment.key_servers)
        assert environment.authorization_server.startswith("https://")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.atlassian.net", "production"),
        ("https://example.atlassian.net/wiki", "production"),
        ("https://EXAMPLE.Jira.Com", "production"),
        ("https://example.atlassian-us-gov-mod.net", "fedramp"),
        ("https://example.jira-dev.com", "staging"),
        ("https://example.atlassian-stg-fedm.net", "fedramp-staging"),
    ],
)
def test_environment_of(url, name):
    assert environment_of(parse_base_url(url), ENVIRONMENTS) is ENVIRONMENTS[name]


@pytest.mark.parametrize("url", ["https://example.jira-dev.com", "https://example.atlassian-stg-fedm.net"])
def test_staging_counts_only_when_enabled(url):
    assert environment_of(parse_base_url(url), ("production", "fedramp")) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://evil-atlassian.net",
        "https://atlassian.net",
        "https://atlassian.net.evil.com",
        "https://example.atlassian.net.evil.com",
        "https://a.b.atlassian.net",
        "https://example.atlassian.net:8443",
        "http://example.atlassian.net",
        "https://evil.com/example.atlassian.net",
        "https://localhost",
        "https://127.0.0.1",
    ],
)
def test_attack_host_that_only_looks_like_the_cloud(url):
    assert environment_of(parse_base_url(url), ENVIRONMENTS) is None


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://keys.example.com", "https://keys.example.com"),
        ("https://keys.example.com/", "https://keys.example.com"),
        ("https://keys.example.com/install/", "https://keys.example.com/install"),
        ("http://localhost:2990/keys", "http://localhost:2990/keys"),
        ("http://127.0.0.1:2990", "http://127.0.0.1:2990"),
    ],
)
def test_check_key_server(url, server):
    assert check_key_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "keys.example.com",
        "http://keys.example.com",
        "http://localhost.evil.com",
        "ftp://keys.example.com",
        "file:///etc/keys",
        "https://user:password@keys.example.com",
        "https://keys.example.com?kid=",
        "https://keys.example.com/#",
        "https://keys.example.com/../",
    ],
)
def test_key_server_that_is_none(url):
    with pytest.raises(ConfigurationError):
        check_key_server(url)


# --- kid --------------------------------------------------------------------------------------------------------------


def test_kid_becomes_the_last_segment():
    url = key_url(check_key_server("https://keys.example.com/"), check_key_id(KEY_ID))

    assert url == f"https://keys.example.com/{KEY_ID}"


@pytest.mark.parametrize(
    "key_id",
    [
        None,
        "",
        "a",
        KEY_ID.upper(),
        KEY_ID + "\n",
        "\n" + KEY_ID,
        KEY_ID + " ",
        KEY_ID + "0",
        KEY_ID[:-1],
        KEY_ID.replace("-", ""),
        "{" + KEY_ID + "}",
        KEY_ID.replace("0", "٠", 1),
        KEY_ID + "\0",
        KEY_ID + "/../secrets",
        "../" + KEY_ID,
    ],
)
def test_attack_kid_that_is_no_uuid(key_id):
    with pytest.raises(AuthenticationError) as caught:
        check_key_id(key_id)
    assert caught.value.reason == "bad_key_id"


@pytest.mark.parametrize("pattern", [r".*", r"(?s).*", r"[\s\S]*"])
@pytest.mark.parametrize(
    "key_id",
    [
        None,
        "",
        ".",
        "..",
        "...",
        "a..b",
        "../secrets",
        "a/b",
        "/a",
        "//evil.com",
        "\\\\evil.com",
        "a\\b",
        "a%2fb",
        "%2e%2e%2fsecrets",
        "%00",
        "a?b",
        "a#b",
        "a@evil.com",
        "a:b",
        "https://evil.com/key",
        "a b",
        "a\n",
        "\na",
        "a\r\nHost: evil.com",
        "a\tb",
        "a\0",
        "a\x7f",
        "é",
        "ａ",
        "a;b",
        "a&b",
        "a=b",
        "a+b",
        "*",
        "a" * 201,
    ],
)
def test_attack_kid_that_leaves_its_segment_whatever_pattern_is_configured(pattern, key_id):
    with pytest.raises(AuthenticationError) as caught:
        check_key_id(key_id, pattern)
    assert caught.value.reason == "bad_key_id"


@pytest.mark.parametrize("key_id", ["prod.key-1", "A_b-c~1", "a" * 200])
def test_a_wider_pattern_lets_other_plain_ids_pass(key_id):
    assert check_key_id(key_id, r".*") == key_id


def test_a_configured_pattern_must_match_the_whole_id():
    with pytest.raises(AuthenticationError):
        check_key_id("ab", "a|abc")


@given(st.text())
def test_any_kid_is_one_segment_or_refused(key_id):
    try:
        checked = check_key_id(key_id, r"(?s).*")
    except AuthenticationError:
        return
    assert str(parse_base_url(key_url("https://keys.example.com/k", checked))) == f"https://keys.example.com/k/{key_id}"


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_public_key_is_read(pem, install_private_key):
    assert parse_install_key(200, pem) == install_private_key.public_key()


@pytest.mark.parametrize(
    "dress",
    [
        lambda pem: pem.replace(b"\n", b"\r\n"),
        lambda pem: b"\n\n  " + pem,
        lambda pem: pem.rstrip(),
        lambda pem: pem + b"\r\n\r\n",
    ],
    ids=["crlf", "leading blank", "no newline at the end", "blank at the end"],
)
def test_line_ends_and_blanks_do_not_matter(pem, dress, install_private_key):
    assert parse_install_key(200, dress(pem)) == install_private_key.public_key()


@pytest.mark.parametrize("status", [0, 201, 203, 204, 206, 301, 302, 304, 400, 403, 404, 500, 503])
def test_attack_key_in_an_answer_that_is_no_success(pem, status):
    with pytest.raises(ValueError, match=f"answered {status}"):
        parse_install_key(status, pem)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<!DOCTYPE html><html><body>Not found</body></html>",
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        b'{"keys": []}',
        b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== host",
        b"\xff\xfe\x00",
        b"-----BEGIN PUBLIC KEY-----",
        b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ],
)
def test_attack_error_page_as_key(body):
    with pytest.raises(ValueError, match=r".") as caught:
        parse_install_key(200, body)
    assert caught.type is ValueError


def test_attack_page_with_a_key_somewhere_in_it(pem):
    with pytest.raises(ValueError, match="not a public key"):
        parse_install_key(200, b"<html>" + pem)


@pytest.mark.parametrize(
    "private_key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
        x25519.X25519PrivateKey.generate(),
        dsa.generate_private_key(1024),
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
    ],
    ids=["ec", "ed25519", "x25519", "dsa", "rsa-1024"],
)
def test_key_of_another_kind(private_key):
    with pytest.raises(ValueError, match="not an RSA key of at least 2048 bits"):
        parse_install_key(200, pem_of(private_key.public_key()))


def test_key_of_a_kind_that_nobody_knows():
    body = (
        b"-----BEGIN PUBLIC KEY-----\n"
        b"MBowDQYJKoZIhvcNAQljBQADCQAAAAAAAAAAAA==\n"  # with the OID 1.2.840.113549.1.9.99
        b"-----END PUBLIC KEY-----\n"
    )

    with pytest.raises(ValueError, match="unknown kind"):
        parse_install_key(200, body)


@pytest.mark.parametrize("format_", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_private_key(install_private_key, format_):
    body = install_private_key.private_bytes(Encoding.PEM, format_, NoEncryption())

    with pytest.raises(ValueError, match="not a public key"):
        parse_install_key(200, body)


def test_certificate(install_private_key):
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder(name, name, install_private_key.public_key(), 1)
        .not_valid_before(datetime.now(UTC))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(install_private_key, hashes.SHA256())
    )

    with pytest.raises(ValueError, match="not a public key"):
        parse_install_key(200, certificate.public_bytes(Encoding.PEM))


@pytest.mark.parametrize("format_", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
def test_other_encodings_of_a_public_key(install_private_key, format_):
    body = install_private_key.public_key().public_bytes(Encoding.DER, format_)

    with pytest.raises(ValueError, match="not a public key"):
        parse_install_key(200, body)


def test_attack_answer_without_end(pem):
    with pytest.raises(ValueError, match="longer than 16384 bytes"):
        parse_install_key(200, pem + b"\n" * MAX_KEY_BYTES)


@given(st.binary(max_size=60))
def test_any_bytes_behind_the_marker_are_refused_with_the_documented_error(rest):
    with pytest.raises(ValueError, match=r".") as caught:
        parse_install_key(200, b"-----BEGIN PUBLIC KEY-----\n" + rest + b"\n-----END PUBLIC KEY-----\n")
    assert issubclass(caught.type, ValueError)
