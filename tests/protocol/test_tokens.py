"""Tokens: reading, verifying, signing; forged ones, and agreement with two other implementations."""

from __future__ import annotations

import base64
import hmac
import json
import time

import atlassian_jwt
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from atlassian_connect.errors import AuthenticationError
from atlassian_connect.protocol.qsh import query_string_hash
from atlassian_connect.protocol.tokens import (
    DEFAULT_LEEWAY_SECONDS,
    MAX_TOKEN_LENGTH,
    Claims,
    audience_matches,
    bearer_of,
    session_key,
    sign_hs256,
    sign_rs256,
    unverified,
    verify_hs256,
    verify_rs256,
)
from atlassian_connect.secret import Secret

SECRET = Secret("0123456789abcdef0123456789abcdef")
NOW = 1_700_000_100
CLAIMS = {"iss": "client-key-1", "iat": NOW - 100, "exp": NOW + 800, "qsh": "0" * 64, "sub": "acc-1", "context": {}}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forge(header: object, payload: object, key: bytes = SECRET.reveal().encode()) -> str:
    """Sign anything with HMAC-SHA256: objects are written as JSON, bytes as they are."""
    first, second = (b64(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, payload))
    return f"{first}.{second}.{b64(hmac.digest(key, f'{first}.{second}'.encode(), 'sha256'))}"


def hs256(payload: object) -> str:
    return forge({"typ": "JWT", "alg": "HS256"}, payload)


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def reason_of(token: str, *, now: float = NOW, secret: Secret | bytes = SECRET) -> str:
    with pytest.raises(AuthenticationError) as caught:
        verify_hs256(unverified(token), secret, now=now)
    return caught.value.reason


# --- the published token ----------------------------------------------------------------------------------------------

# Made with Atlassian's JavaScript library for GET /panel?lic=active&cp=
PUBLISHED = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJjbGllbnQta2V5LTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDkwMCwicXNoIjoiNWJiNzhjNDUyODRjMWI1N2EyZDQzMzIx"
    "MWYxZTE0YThmOTczMTRjMmFkMGYwMTE0ZWE2OGFjNzg0MjA3OWQ0NyIsInN1YiI6ImFjYy0xIiwiY29udGV4dCI6e319."
    "kGHPmS8LmXycI69Bt7G8HbWG8xgLrqqp18AwjVp1Mo8"
)
PUBLISHED_CLAIMS = {
    "iss": "client-key-1",
    "iat": 1_700_000_000,
    "exp": 1_700_000_900,
    "qsh": "5bb78c45284c1b57a2d433211f1e14a8f97314c2ad0f0114ea68ac7842079d47",
    "sub": "acc-1",
    "context": {},
}


def test_signing_gives_the_published_token():
    assert sign_hs256(PUBLISHED_CLAIMS, SECRET) == PUBLISHED
    assert PUBLISHED_CLAIMS["qsh"] == query_string_hash("GET", "/panel", "lic=active&cp=")


def test_the_published_token_is_accepted_during_its_life():
    claims = verify_hs256(unverified(PUBLISHED), SECRET, now=1_700_000_450)

    assert claims == Claims(
        issuer="client-key-1",
        subject="acc-1",
        audience=(),
        issued_at=1_700_000_000,
        expires_at=1_700_000_900,
        qsh="5bb78c45284c1b57a2d433211f1e14a8f97314c2ad0f0114ea68ac7842079d47",
        context={},
    )


# --- agreement with others --------------------------------------------------------------------------------------------


def test_pyjwt_reads_what_we_sign():
    claims = {**CLAIMS, "iat": int(time.time()), "exp": int(time.time()) + 180}

    assert jwt.decode(sign_hs256(claims, SECRET), SECRET.reveal(), algorithms=["HS256"]) == claims


def test_pyjwt_reads_the_installs_we_sign(install_private_key):
    claims = {**CLAIMS, "aud": ["https://app.example.com"], "iat": int(time.time()), "exp": int(time.time()) + 180}
    token = sign_rs256(claims, install_private_key, key_id="a-key")

    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": "a-key"}
    decoded = jwt.decode(
        token, install_private_key.public_key(), algorithms=["RS256"], audience="https://app.example.com"
    )
    assert decoded == claims


def test_we_read_what_pyjwt_signs(install_private_key):
    shared = jwt.encode(CLAIMS, SECRET.reveal(), algorithm="HS256")
    install = jwt.encode(CLAIMS, install_private_key, algorithm="RS256", headers={"kid": "a-key"})

    assert verify_hs256(unverified(shared), SECRET, now=NOW).subject == "acc-1"
    assert verify_rs256(unverified(install), install_private_key.public_key(), now=NOW).subject == "acc-1"
    assert unverified(install).key_id == "a-key"


def test_we_read_what_atlassian_jwt_signs():
    url = "/rest/api/3/search?jql=a+%3D+1&expand=b&expand=a"
    token = atlassian_jwt.encode_token("GET", url, "client-key-1", SECRET.reveal())

    claims = verify_hs256(unverified(token), SECRET, now=time.time())

    assert claims.issuer == "client-key-1"
    assert claims.audience == ("client-key-1",)
    assert claims.qsh == query_string_hash("GET", "/rest/api/3/search", "jql=a+%3D+1&expand=b&expand=a")


def test_atlassian_jwt_accepts_what_we_sign():
    class App(atlassian_jwt.Authenticator):
        def get_shared_secret(self, client_key):
            return SECRET.reveal()

    now = int(time.time())
    qsh = query_string_hash("GET", "/page", "a=%C3%A9,b")
    token = sign_hs256({"iss": "client-key-1", "iat": now, "exp": now + 180, "qsh": qsh}, SECRET)

    client_key, _ = App().authenticate("GET", "/page?a=%C3%A9,b", {"Authorization": f"JWT {token}"})

    assert client_key == "client-key-1"


# --- forged headers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256", "hs256", "HS256 "])
def test_attack_another_algorithm(alg):
    """The endpoint says HS256; a header saying anything else is refused even with a valid HMAC below it."""
    assert reason_of(forge({"typ": "JWT", "alg": alg}, CLAIMS)) == "algorithm"


@pytest.mark.parametrize("alg", ["none", "HS256", "RS384", "RS512", "PS256"])
def test_attack_another_algorithm_for_an_install(alg, install_private_key):
    token = unverified(forge({"typ": "JWT", "alg": alg}, CLAIMS))

    with pytest.raises(AuthenticationError) as caught:
        verify_rs256(token, install_private_key.public_key(), now=NOW)

    assert caught.value.reason == "algorithm"


def test_attack_unsigned_token():
    """RFC 8725, section 2.1: an empty signature with ``alg: none``."""
    header, payload, _ = forge({"alg": "none"}, CLAIMS).split(".")

    with pytest.raises(AuthenticationError):
        unverified(f"{header}.{payload}.")


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("format_", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
@pytest.mark.parametrize("alg", ["HS256", "RS256"])
def test_attack_key_confusion(install_private_key, encoding, format_, alg):
    """CVE-2022-29217 and its family: HMAC keyed with the public key, which everyone has."""
    public_key = install_private_key.public_key()
    token = unverified(forge({"alg": alg}, CLAIMS, key=public_key.public_bytes(encoding, format_)))

    with pytest.raises(AuthenticationError) as install:
        verify_rs256(token, public_key, now=NOW)
    with pytest.raises(AuthenticationError) as request:
        verify_hs256(token, SECRET, now=NOW)

    assert install.value.reason == ("algorithm" if alg == "HS256" else "bad_signature")
    assert request.value.reason == ("bad_signature" if alg == "HS256" else "algorithm")


def test_attack_header_exchanged_after_signing(install_private_key):
    install = sign_rs256(CLAIMS, install_private_key, key_id="a-key")
    _, payload, signature = install.split(".")
    relabelled = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'a-key'}).encode())}.{payload}.{signature}"

    assert reason_of(relabelled) == "bad_signature"
    with pytest.raises(AuthenticationError, match="RS256"):
        verify_rs256(unverified(relabelled), install_private_key.public_key(), now=NOW)


def test_attack_kid_exchanged_after_signing(install_private_key):
    _, payload, signature = sign_rs256(CLAIMS, install_private_key, key_id="a-key").split(".")
    moved = f"{b64(json.dumps({'alg': 'RS256', 'kid': 'b-key'}).encode())}.{payload}.{signature}"

    with pytest.raises(AuthenticationError, match="install key"):
        verify_rs256(unverified(moved), install_private_key.public_key(), now=NOW)


def test_attack_install_signed_with_another_key(install_private_key, other_private_key):
    token = unverified(sign_rs256(CLAIMS, other_private_key, key_id="a-key"))

    with pytest.raises(AuthenticationError) as caught:
        verify_rs256(token, install_private_key.public_key(), now=NOW)

    assert caught.value.reason == "bad_signature"


@pytest.mark.parametrize("crit", [["exp"], ["b64"], [], None, "b64"])
def test_attack_critical_header_that_nobody_understands(crit):
    """RFC 7515, section 4.1.11: a token with an extension that the reader does not know must be refused."""
    assert reason_of(forge({"alg": "HS256", "crit": crit, "b64": False}, CLAIMS)) == "malformed_token"


@pytest.mark.parametrize(
    "header",
    [
        {},
        [],
        "HS256",
        None,
        1,
        {"alg": None},
        {"alg": 1},
        {"alg": ["HS256"]},
        {"alg": {"HS256": 1}},
        b"{",
        b"\xff",
        b" ",
    ],
)
def test_header_that_is_none(header):
    assert reason_of(forge(header, CLAIMS)) == "malformed_token"


@pytest.mark.parametrize("kid", [None, 1, True, ["a"], {"a": 1}])
def test_kid_that_is_no_string_is_no_kid(kid):
    assert unverified(forge({"alg": "RS256", "kid": kid}, CLAIMS)).key_id is None


@pytest.mark.parametrize("kid", [1, ["a"], {"a": 1}])
def test_attack_install_with_a_kid_that_is_no_string(kid, install_private_key):
    header = b64(json.dumps({"alg": "RS256", "kid": kid}).encode())
    _, payload, signature = sign_rs256(CLAIMS, install_private_key, key_id="a").split(".")

    with pytest.raises(AuthenticationError):
        verify_rs256(unverified(f"{header}.{payload}.{signature}"), install_private_key.public_key(), now=NOW)


# --- signatures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret", [Secret("x" * 32), Secret(SECRET.reveal() + "0"), Secret(SECRET.reveal().upper()), b"", Secret("")]
)
def test_wrong_secret(secret):
    assert reason_of(hs256(CLAIMS), secret=secret) == "bad_signature"


def test_attack_empty_secret():
    """A tenant whose secret was lost must not accept tokens that anyone can sign."""
    assert reason_of(forge({"alg": "HS256"}, CLAIMS, key=b""), secret=Secret("")) == "bad_signature"
    with pytest.raises(ValueError, match="empty"):
        sign_hs256(CLAIMS, Secret(""))


def test_attack_claims_exchanged_after_signing():
    header, _, signature = hs256(CLAIMS).split(".")
    payload = b64(json.dumps({**CLAIMS, "sub": "somebody-else"}).encode())

    assert reason_of(f"{header}.{payload}.{signature}") == "bad_signature"


@pytest.mark.parametrize("length", [2, 10, 42])
def test_attack_shortened_signature(length):
    header, payload, signature = hs256(CLAIMS).split(".")

    assert reason_of(f"{header}.{payload}.{signature[:length]}") == "bad_signature"


def test_the_secret_is_its_utf8_text_and_is_not_decoded():
    secret = Secret("pässwörd-as-it-stands-in-the-body=")

    token = unverified(sign_hs256(CLAIMS, secret))

    assert verify_hs256(token, secret.reveal().encode("utf-8"), now=NOW).issuer == "client-key-1"


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [-1, 0, DEFAULT_LEEWAY_SECONDS])
def test_exp_is_honoured_up_to_the_leeway(late):
    assert verify_hs256(unverified(hs256({**CLAIMS, "exp": NOW - late})), SECRET, now=NOW).expires_at == NOW - late


@pytest.mark.parametrize("late", [DEFAULT_LEEWAY_SECONDS + 1, DEFAULT_LEEWAY_SECONDS + 0.001, 10**9])
def test_expired(late):
    assert reason_of(hs256({**CLAIMS, "exp": NOW - late})) == "expired"


def test_leeway_is_a_setting():
    token = unverified(hs256({**CLAIMS, "exp": NOW - 3}))

    assert verify_hs256(token, SECRET, now=NOW, leeway=3)
    with pytest.raises(AuthenticationError):
        verify_hs256(token, SECRET, now=NOW, leeway=2)


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_future_is_allowed_within_the_leeway(name):
    assert verify_hs256(unverified(hs256({**CLAIMS, name: NOW + DEFAULT_LEEWAY_SECONDS})), SECRET, now=NOW)
    assert reason_of(hs256({**CLAIMS, name: NOW + DEFAULT_LEEWAY_SECONDS + 1})) == "not_yet_valid"


@pytest.mark.parametrize("payload", [without("exp"), {**CLAIMS, "exp": None}])
def test_attack_token_that_never_expires(payload):
    assert reason_of(hs256(payload)) == "missing_exp"


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    ["true", "false", '"1700000800"', "NaN", "Infinity", "-Infinity", "1e400", "1" * 300, "-1e300", "[1]", "{}"],
)
def test_attack_time_that_is_no_number_of_seconds(name, value):
    payload = json.dumps({**CLAIMS, name: "@"}).replace('"@"', value).encode()

    assert reason_of(hs256(payload)) == "malformed_claims"


def test_attack_integer_too_long_to_convert():
    """CVE-2020-10735: converting thousands of digits takes quadratic time, so Python refuses."""
    payload = json.dumps({**CLAIMS, "exp": "@"}).replace('"@"', "9" * 5000).encode()

    assert reason_of(hs256(payload)) == "malformed_token"


def test_fractions_of_seconds_are_numbers():
    assert verify_hs256(unverified(hs256({**CLAIMS, "exp": NOW + 0.5})), SECRET, now=NOW).expires_at == NOW + 0.5


@pytest.mark.parametrize("name", ["iat", "nbf", "sub", "qsh", "context", "aud"])
def test_optional_claims_may_be_missing_or_null(name):
    assert verify_hs256(unverified(hs256(without(name))), SECRET, now=NOW)
    assert verify_hs256(unverified(hs256({**CLAIMS, name: None})), SECRET, now=NOW)


def test_installs_have_their_times_checked_too(install_private_key):
    token = unverified(sign_rs256({**CLAIMS, "exp": NOW - 31}, install_private_key, key_id="a"))

    with pytest.raises(AuthenticationError) as caught:
        verify_rs256(token, install_private_key.public_key(), now=NOW)

    assert caught.value.reason == "expired"


# --- other claims -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"iss": value} for value in (None, "", 1, True, ["client-key-1"], {"a": 1})]
    + [{"sub": value} for value in (1, False, ["acc-1"], {"a": 1})]
    + [{"qsh": value} for value in (1, True, ["0" * 64], {})]
    + [{"context": value} for value in ("x", [], [{}], 1, False)]
    + [{"aud": value} for value in (1, True, {}, [1], ["a", None], [["a"]])],
    ids=str,
)
def test_claim_of_the_wrong_type(change):
    assert reason_of(hs256({**CLAIMS, **change})) == "malformed_claims"


def test_issuer_missing():
    assert reason_of(hs256(without("iss"))) == "malformed_claims"


@pytest.mark.parametrize(
    ("aud", "audience"), [("a", ("a",)), (["a", "b"], ("a", "b")), ([], ()), (None, ()), ("", ("",))]
)
def test_audience_is_a_string_or_a_list(aud, audience):
    assert verify_hs256(unverified(hs256({**CLAIMS, "aud": aud})), SECRET, now=NOW).audience == audience


@pytest.mark.parametrize(
    ("change", "account_id"),
    [
        ({}, "acc-1"),
        ({"sub": None}, None),
        ({"sub": ""}, None),
        ({"sub": None, "context": {"user": {"accountId": "acc-2"}}}, "acc-2"),
        ({"context": {"user": {"accountId": "acc-2"}}}, "acc-1"),
        ({"sub": None, "context": {"user": {"accountId": 7}}}, None),
        ({"sub": None, "context": {"user": {"accountId": ""}}}, None),
        ({"sub": None, "context": {"user": "acc-2"}}, None),
    ],
)
def test_account_id(change, account_id):
    assert verify_hs256(unverified(hs256({**CLAIMS, **change})), SECRET, now=NOW).account_id == account_id


# --- form -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [[], [CLAIMS], "x", 1, None, True, b"", b"{", b"\xff\xfe", b"null", b"{} {}"])
def test_payload_that_is_no_object(payload):
    assert reason_of(hs256(payload)) == "malformed_token"


@pytest.mark.parametrize("part", ["header", "payload"])
@pytest.mark.parametrize("brackets", [b"[", b'{"a":'])
def test_attack_deep_nesting(part, brackets):
    deep = brackets * 1500
    token = forge(deep, CLAIMS) if part == "header" else hs256(deep)

    assert reason_of(token) == "malformed_token"


def test_attack_deep_nesting_that_is_valid_json():
    deep = b'{"context":' + b"[" * 2000 + b"]" * 2000 + b"}"

    assert reason_of(hs256(deep)) in {"malformed_token", "missing_exp", "malformed_claims"}


GOOD = sign_hs256(CLAIMS, SECRET)
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        f"{HEADER}.{PAYLOAD}",
        f"{HEADER}.{PAYLOAD}.",
        f".{PAYLOAD}.{SIGNATURE}",
        f"{HEADER}..{SIGNATURE}",
        f"{GOOD}.",
        f".{GOOD}",
        f"{GOOD}.{SIGNATURE}",
        f"{HEADER}=.{PAYLOAD}.{SIGNATURE}",
        f"{GOOD}=",
        f"{GOOD}\n",
        f"\n{GOOD}",
        f" {GOOD}",
        f"{GOOD} ",
        f"{HEADER}.{PAYLOAD} .{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-2]}\t{SIGNATURE[-2:]}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-2]}+/",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-1]}é",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-1]}٣",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}\0",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}é",
        f"{HEADER}.{PAYLOAD}.\ud800",
        f"JWT {GOOD}",
        f"{HEADER}.{PAYLOAD}.{'A' * 41}",  # a length that base64 never has
        f"{HEADER}.{PAYLOAD}.{'A' * MAX_TOKEN_LENGTH}",
    ],
    ids=lambda token: repr(token)[-12:],
)
def test_what_is_not_a_compact_token(token):
    assert reason_of(token) == "malformed_token"


def test_a_token_at_the_limit_is_read():
    room = MAX_TOKEN_LENGTH - len(hs256({**CLAIMS, "pad": ""}))
    longest = hs256({**CLAIMS, "pad": "x" * (room * 3 // 4)})

    assert MAX_TOKEN_LENGTH - 4 < len(longest) <= MAX_TOKEN_LENGTH
    assert verify_hs256(unverified(longest), SECRET, now=NOW)


def test_unverified_token_shows_neither_token_nor_claims():
    shown = repr(unverified(GOOD)) + str(unverified(GOOD)) + f"{unverified(GOOD)}"

    assert "algorithm='HS256'" in shown
    for secret in (SIGNATURE, PAYLOAD, "client-key-1", "acc-1"):
        assert secret not in shown


def test_errors_do_not_quote_the_token():
    for token in (f"{GOOD}.x", forge({"alg": "HS512"}, CLAIMS), hs256({**CLAIMS, "exp": 1}), f"{GOOD[:-4]}AAAA"):
        with pytest.raises(AuthenticationError) as caught:
            verify_hs256(unverified(token), SECRET, now=NOW)
        assert PAYLOAD not in str(caught.value)
        assert SECRET.reveal() not in str(caught.value)


@pytest.mark.parametrize(("iss", "issuer"), [("a", "a"), (None, None), (1, None), (["a"], None)])
def test_unverified_issuer(iss, issuer):
    assert unverified(hs256({"iss": iss})).unverified_issuer == issuer


# --- session tokens ---------------------------------------------------------------------------------------------------


def test_session_key_is_another_key_for_every_secret():
    assert session_key(SECRET) == session_key(SECRET)
    assert session_key(SECRET) != session_key(Secret("x" * 32))
    assert session_key(SECRET) != SECRET.reveal().encode()


def test_attack_session_token_as_host_token():
    token = sign_hs256(CLAIMS, session_key(SECRET))

    assert verify_hs256(unverified(token), session_key(SECRET), now=NOW)
    assert reason_of(token, secret=SECRET) == "bad_signature"


def test_attack_host_token_as_session_token():
    assert reason_of(hs256(CLAIMS), secret=session_key(SECRET)) == "bad_signature"


# --- audience ---------------------------------------------------------------------------------------------------------

ALLOWED = {"https://app.example.com", "https://eu.example.com/App"}


@pytest.mark.parametrize(
    "audience",
    [
        ("https://app.example.com",),
        ("https://app.example.com/",),
        ("HTTPS://App.Example.COM/",),
        ("https://eu.example.com/App/",),
        ("https://elsewhere.example.com", "https://app.example.com"),
    ],
)
def test_audience_is_ours(audience):
    assert audience_matches(audience, ALLOWED)


@pytest.mark.parametrize(
    "audience",
    [
        (),
        ("",),
        ("https://app.example.com//",),
        ("https://app.example.com.evil.com",),
        ("https://app.example.com/other",),
        ("https://app.example.com:443",),
        ("http://app.example.com",),
        ("https://eu.example.com/app",),
        ("https://eu.example.com",),
        ("app.example.com",),
        ("https://user@app.example.com",),
    ],
)
def test_attack_audience_of_another_app(audience):
    assert not audience_matches(audience, ALLOWED)


# --- the Authorization header -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("JWT a.b.c", "a.b.c"),
        ("jwt a.b.c", "a.b.c"),
        ("Jwt a.b.c", "a.b.c"),
        ("JWT  a.b.c", " a.b.c"),  # which is no token any more
        ("JWT ", ""),
        ("JWT", None),
        ("", None),
        (None, None),
        ("JWTa.b.c", None),
        ("JWT\ta.b.c", None),
        (" JWT a.b.c", None),
        ("Bearer a.b.c", None),
        ("Basic YTpi", None),
        ("a.b.c", None),
    ],
)
def test_bearer_of(header, token):
    assert bearer_of(header) == token


# --- properties -------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
claim_names = st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "qsh", "context", "x"])
claim_values = json_values | st.sampled_from(
    [NOW, NOW + 100, NOW - 100, "client-key-1", ["https://app.example.com"], {}]
)
headers = st.dictionaries(
    st.sampled_from(["alg", "typ", "kid", "crit", "b64", "x"]), json_values | st.just("HS256"), max_size=4
)


def claims_or_refusal(token: str) -> Claims | None:
    try:
        return verify_hs256(unverified(token), SECRET, now=NOW)
    except AuthenticationError:
        return None


@given(st.text() | st.text("abAB01-_.=\n "))
def test_any_text_is_refused_and_nothing_else_happens(text):
    assert claims_or_refusal(text) is None


@given(st.binary(max_size=30), st.binary(max_size=30), st.binary(max_size=40))
def test_any_bytes_in_segments_are_refused_and_nothing_else_happens(header, payload, signature):
    assert claims_or_refusal(f"{b64(header)}.{b64(payload)}.{b64(signature)}") is None


@given(headers | json_values, st.dictionaries(claim_names, claim_values, max_size=6) | json_values)
def test_any_json_signed_properly_is_claims_or_refused(header, payload):
    claims_or_refusal(forge(header, payload))


@given(st.dictionaries(claim_names, claim_values))
def test_any_claims_signed_properly_are_claims_or_refused(changes):
    claims = claims_or_refusal(hs256({**CLAIMS, **changes}))

    if claims is not None:
        assert claims.issuer
        assert claims.expires_at >= NOW - DEFAULT_LEEWAY_SECONDS
        assert all(isinstance(entry, str) for entry in claims.audience)


@given(headers, st.dictionaries(claim_names, claim_values))
def test_any_install_with_a_made_up_signature_is_refused(install_private_key, header, changes):
    token = forge({**header, "alg": "RS256"}, {**CLAIMS, **changes})
    with pytest.raises(AuthenticationError):
        verify_rs256(unverified(token), install_private_key.public_key(), now=NOW)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_what_we_sign_reads_back(claims):
    signed = json.loads(json.dumps(claims))
    assert repr(unverified(sign_hs256(claims, SECRET)).claims) == repr(signed)
