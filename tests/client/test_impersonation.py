"""Acting as a user: the assertion, the token, its cache, what can go wrong."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import jwt
import pytest

from atlassian_connect.client import HostClient, SealedTokens, UserAuth, UserTokens, authorization_server, call_of
from atlassian_connect.errors import (
    HostServerError,
    HostUnauthorizedError,
    HostUnreachableError,
    ImpersonationError,
    RateLimitedError,
    StorageError,
    TenantUninstalledError,
    UrlNotAllowedError,
)
from atlassian_connect.protocol.urls import parse_base_url
from atlassian_connect.secret import Secret

from .hosts import CLOUD, SECRET, Host, make_tenant

SERVER = "https://oauth-2-authorization-server.services.atlassian.com"
ACCOUNT = "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077"


class AuthorizationServer(Host):
    """Issues token-1, token-2, …; records the forms."""

    def __init__(self):
        super().__init__()
        self.lifetime = 900
        self.issued = 0
        self.answers["/oauth2/token"] = self.issue

    def issue(self, received):
        self.issued += 1
        document = {"access_token": f"token-{self.issued}", "expires_in": self.lifetime, "token_type": "Bearer"}
        return 200, {}, json.dumps(document).encode()

    def refuse(self, status, document):
        self.answers["/oauth2/token"] = (status, {}, json.dumps(document).encode())

    @property
    def form(self):
        return {name: values[0] for name, values in parse_qs(self.last.body.decode(), strict_parsing=True).items()}


@pytest.fixture
def server(transport):
    server = AuthorizationServer()
    transport.mount(SERVER, server)
    return server


@pytest.fixture
def tenant(cloud):
    return make_tenant(f"{CLOUD}/wiki", oauth_client_id="client-id-1")


@pytest.fixture
def tokens(transport, server, clock):
    return UserTokens(transport, retry_policy=clock.policy(), clock=clock)


@pytest.fixture
def client(tenant, transport, clock, tokens):
    return HostClient(tenant, transport=transport, clock=clock, retry_policy=clock.policy(), user_tokens=tokens)


# --- the request for a token ------------------------------------------------------------------------------------------


def test_the_assertion_says_who_acts_as_whom_and_where(client, server, clock):
    client.as_user(ACCOUNT, scopes=["write", "READ", "read"]).get("/rest/api/user/current")

    assert (server.last.method, server.last.target) == ("POST", "/oauth2/token")
    assert server.last.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert server.last.headers["Accept"] == "application/json"
    assert server.last.headers["Authorization"] is None
    assert server.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert server.form["scope"] == "READ WRITE"
    assert "scope=READ+WRITE" in server.last.body.decode()
    claims = jwt.decode(
        server.form["assertion"], SECRET, algorithms=["HS256"], options={"verify_exp": False}, audience=SERVER
    )
    assert claims == {
        "iss": "urn:atlassian:connect:clientid:client-id-1",
        "sub": f"urn:atlassian:connect:useraccountid:{ACCOUNT}",
        "tnt": f"{CLOUD}/wiki",
        "aud": SERVER,
        "iat": int(clock.now),
        "exp": int(clock.now) + 60,
    }


def test_without_scopes_the_token_has_all_of_the_app(client, server):
    client.as_user(ACCOUNT).get("/x")

    assert "scope" not in server.form


def test_requests_carry_the_users_token(client, server, cloud):
    user = client.as_user(ACCOUNT)

    user.post("/rest/api/content", json={"title": "t"})
    list(user.paginate("/rest/api/content", items=None, max_items=0))

    assert cloud.last.headers["Authorization"] == "Bearer token-1"
    assert cloud.last.target == "/wiki/rest/api/content"
    client.get("/x")
    assert cloud.last.headers["Authorization"].startswith("JWT ")
    user.anonymous().get("/x")
    assert cloud.last.headers["Authorization"] is None
    user.get("/x", anonymous=True)
    assert cloud.last.headers["Authorization"] is None


@pytest.mark.parametrize(
    ("url", "options", "server"),
    [
        ("https://a.atlassian.net/wiki", {}, SERVER),
        ("https://a.jira.com", {}, SERVER),
        ("https://jira.example.com", {}, SERVER),
        (
            "https://a.atlassian-us-gov-mod.net",
            {},
            "https://oauth-2-authorization-server.services.atlassian-us-gov-mod.com",
        ),
        ("https://a.jira-dev.com", {}, SERVER),
        (
            "https://a.jira-dev.com",
            {"environments": ["staging"]},
            "https://oauth-2-authorization-server.stg.services.atlassian.com",
        ),
        ("http://localhost:2990/confluence/wiki", {"sandbox_url": "http://localhost:2990"}, "http://localhost:2990"),
        ("https://a.atlassian.net", {"sandbox_url": "http://localhost:2990"}, SERVER),
        ("https://a.atlassian.net", {"override": "https://auth.example.com"}, "https://auth.example.com"),
    ],
)
def test_each_environment_has_its_server(url, options, server):
    found = authorization_server(parse_base_url(url), **{"environments": ["production", "fedramp"], **options})

    assert found == server


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_token_is_kept_until_shortly_before_it_expires(client, server, clock):
    user = client.as_user(ACCOUNT)
    user.get("/x")
    clock.now += 869
    client.as_user(ACCOUNT).get("/x")
    assert server.issued == 1

    clock.now += 2
    user.get("/x")
    assert server.issued == 2


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [(40, 20), ("120", 90), (None, 30), ("soon", 30), (-5, 30), (True, 30), (10**12, 30), (1.0, 0.5)],
)
def test_how_long_a_token_is_kept(lifetime, seconds, client, server, clock):
    server.lifetime = lifetime
    user = client.as_user(ACCOUNT)
    user.get("/x")
    clock.now += seconds - 0.1
    user.get("/x")
    assert server.issued == 1

    clock.now += 0.2
    user.get("/x")
    assert server.issued == 2


def test_tokens_are_kept_apart(client, server, transport, clock, tokens):
    def other(**changes):
        tenant = make_tenant(f"{CLOUD}/wiki", **{"oauth_client_id": "client-id-1", **changes})
        return HostClient(tenant, transport=transport, clock=clock, user_tokens=tokens)

    for user in [
        client.as_user(ACCOUNT),
        client.as_user("5b10a2844c20165700ede21g"),
        client.as_user(ACCOUNT, ["READ"]),
        client.as_user(ACCOUNT, ["READ", "WRITE"]),
        other(client_key="other").as_user(ACCOUNT),
        other(oauth_client_id="other").as_user(ACCOUNT),
        other(shared_secret=Secret("another-secret-of-thirty-two-characters")).as_user(ACCOUNT),
    ]:
        user.get("/x")
    assert server.issued == 7

    client.as_user(ACCOUNT, ["write", "READ"]).get("/x")
    assert server.issued == 7


def test_only_so_many_tokens_are_kept(transport, server, tenant, clock):
    tokens = UserTokens(transport, max_entries=3, clock=clock)

    for number in range(10):
        tokens.token(tenant, f"user{number}", None)

    assert len(tokens._known) == 3


def test_a_forgotten_tenants_tokens_are_dropped(client, server, tokens, tenant):
    client.as_user(ACCOUNT).get("/x")
    tokens.drop_tenant("other")
    client.as_user(ACCOUNT).get("/x")
    assert server.issued == 1

    tokens.drop_tenant(tenant.client_key)
    client.as_user(ACCOUNT).get("/x")
    assert server.issued == 2


def test_twenty_waiters_make_one_request(client, server):
    started, finish = threading.Barrier(20), threading.Event()

    def slow(received):
        finish.wait(5)
        return server.issue(received)

    server.answers["/oauth2/token"] = slow

    def call(number):
        user = client.as_user(ACCOUNT)
        started.wait(5)
        if number == 0:
            threading.Timer(0.05, finish.set).start()
        return user.get("/x").request

    with ThreadPoolExecutor(20) as pool:
        assert len(list(pool.map(call, range(20)))) == 20

    assert server.issued == 1


def test_waiters_share_the_error_too(client, server):
    started, finish = threading.Barrier(5), threading.Event()

    def slow(received):
        finish.wait(5)
        return 400, {}, b'{"error": "invalid_grant"}'

    server.answers["/oauth2/token"] = slow

    def call(number):
        started.wait(5)
        if number == 0:
            threading.Timer(0.05, finish.set).start()
        with pytest.raises(ImpersonationError):
            client.as_user(ACCOUNT).get("/x")

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(call, range(5)))
    server.answers["/oauth2/token"] = server.issue
    assert client.as_user(ACCOUNT).get("/x").ok


# --- 401 --------------------------------------------------------------------------------------------------------------


def test_a_refused_token_is_dropped_and_one_more_is_tried(client, server, cloud):
    user = client.as_user(ACCOUNT)
    user.get("/x")
    cloud.answers["/wiki/x"] = lambda received: (
        401 if received.headers["Authorization"].endswith("1") else 200,
        {},
        received.body,
    )

    response = user.post("/x", data=b"body")

    assert response.content == b"body"
    assert call_of(response).attempts == 1
    assert server.issued == 2


def test_a_second_refusal_is_final(client, server, cloud):
    cloud.on("/wiki/x", 401)

    with pytest.raises(HostUnauthorizedError):
        client.as_user(ACCOUNT).get("/x")
    assert len(cloud.received) == server.issued == 2


def test_what_can_be_sent_once_is_not_sent_again(client, server, cloud):
    cloud.on("/wiki/x", 401)

    with pytest.raises(HostUnauthorizedError):
        client.as_user(ACCOUNT).post("/x", data=iter([b"a"]))
    assert len(cloud.received) == 1


def test_a_refused_token_that_was_replaced_already_stays_replaced(tokens, tenant, server):
    first = tokens.token(tenant, ACCOUNT, None)
    tokens.drop(tenant, ACCOUNT, None, first)
    second = tokens.token(tenant, ACCOUNT, None)

    tokens.drop(tenant, ACCOUNT, None, first)

    assert tokens.token(tenant, ACCOUNT, None) == second
    assert server.issued == 2


def test_a_refused_signature_is_not_tried_again(client, cloud):
    cloud.on("/wiki/x", 401)

    with pytest.raises(HostUnauthorizedError):
        client.get("/x")
    assert len(cloud.received) == 1


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "reason", "words"),
    [
        (400, "unauthorized_client", "not_authorized", "ACT_AS_USER"),
        (401, "invalid_client", "not_authorized", "install again"),
        (400, "invalid_grant", "unknown_user", "deactivated"),
        (403, "access_denied", "unknown_user", "deactivated"),
        (400, "invalid_scope", "bad_scope", "scope"),
        (400, "invalid_request", "bad_assertion", "clock"),
    ],
)
def test_errors_are_explained(status, error, reason, words, client, server, cloud):
    server.refuse(status, {"error": error, "error_description": "The server's own words"})

    with pytest.raises(ImpersonationError, match=words) as raised:
        client.as_user(ACCOUNT).get("/x")

    assert (raised.value.reason, raised.value.error) == (reason, error)
    assert "The server's own words" in str(raised.value)
    assert not cloud.received
    assert len(server.received) == 1


def test_a_tenant_without_client_id_is_told_before_anything_is_sent(transport, server, cloud):
    client = HostClient(make_tenant(CLOUD), transport=transport)

    with pytest.raises(ImpersonationError, match="ACT_AS_USER") as raised:
        client.as_user(ACCOUNT).get("/x")

    assert (raised.value.reason, raised.value.error) == ("no_client_id", None)
    assert not server.received
    assert not cloud.received


def test_an_uninstalled_tenants_users_are_nobody(transport, server, cloud):
    client = HostClient(make_tenant(CLOUD, installed=False, oauth_client_id="c"), transport=transport)

    with pytest.raises(TenantUninstalledError):
        client.as_user(ACCOUNT).get("/x")
    assert not server.received


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        b"{}",
        b'{"access_token": 7}',
        b'{"access_token": ""}',
        b'{"access_token": "a\\r\\nX: y"}',
        b'{"access_token": "a", "token_type": "mac"}',
        b'{"access_token": "a", "token_type": 1}',
        b'{"access_token": "' + b"a" * 100_000 + b'"}',
    ],
)
def test_an_answer_that_is_no_token(body, client, server, cloud):
    server.on("/oauth2/token", 200, body)

    with pytest.raises(ImpersonationError) as raised:
        client.as_user(ACCOUNT).get("/x")
    assert raised.value.reason == "bad_answer"
    assert not cloud.received


def test_the_servers_limits_are_honoured(client, server, clock):
    answers = [(429, {"Retry-After": "3"}, b""), (503, {}, b"")]
    server.answers["/oauth2/token"] = lambda received: answers.pop(0) if answers else server.issue(received)

    client.as_user(ACCOUNT).get("/x")

    assert clock.slept[0] >= 3
    assert len(clock.slept) == 2
    first, _, last = (
        jwt.decode(parse_qs(sent.body.decode())["assertion"][0], options={"verify_signature": False})
        for sent in server.received
    )
    assert last["iat"] > first["iat"]


def test_a_server_that_limits_beyond_the_budget(client, server, clock):
    server.on("/oauth2/token", 429, Retry_After="100")

    with pytest.raises(RateLimitedError) as raised:
        client.as_user(ACCOUNT).get("/x")
    assert raised.value.retry_after == 100
    assert raised.value.url.startswith(SERVER)
    assert clock.slept == []


def test_a_server_that_fails_is_not_asked_by_every_attempt(client, server, clock):
    """Its own attempts are enough: those of the call do not multiply them."""
    server.on("/oauth2/token", 503)

    with pytest.raises(HostServerError):
        client.as_user(ACCOUNT).get("/x")
    assert len(server.received) <= 5


def test_a_server_that_cannot_be_reached(tenant, transport, clock, cloud):
    tokens = UserTokens(
        transport, server=lambda base: "http://127.0.0.1:1", retry_policy=clock.policy(attempts=3), clock=clock
    )
    client = HostClient(tenant, transport=transport, clock=clock, retry_policy=clock.policy(), user_tokens=tokens)

    with pytest.raises(HostUnreachableError):
        client.as_user(ACCOUNT).get("/x")
    assert len(clock.slept) <= 2
    assert not cloud.received


def test_a_server_does_not_redirect_an_assertion(client, server, transport):
    evil = AuthorizationServer()
    transport.mount("https://evil.example", evil)
    server.on("/oauth2/token", 307, Location="https://evil.example/oauth2/token")

    with pytest.raises(Exception, match="307"):
        client.as_user(ACCOUNT).get("/x")
    assert not evil.received


# --- attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "account_id",
    ["", " ", "a b", "a/b", "user\r\n", "a" * 129, "../x", ":x", "é", None, 7, "x&scope=ADMIN", "a\x00"],
)
def test_what_cannot_be_an_account_id(account_id, client, server):
    with pytest.raises(ValueError, match="account id"):
        client.as_user(account_id)


@pytest.mark.parametrize("scopes", [[], "READ", ["READ WRITE"], [""], ["A&B"]])
def test_what_cannot_be_scopes(scopes, client):
    """No scope at all would silently be every scope."""
    with pytest.raises(ValueError, match="scopes"):
        client.as_user(ACCOUNT, scopes)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "https://example.atlassian.net@evil.example/wiki/x",
        "\\\\evil.example",
    ],
)
def test_a_users_token_to_another_place_by_url(url, client, server, transport):
    evil = Host()
    transport.mount("https://evil.example", evil)

    with pytest.raises(UrlNotAllowedError):
        client.as_user(ACCOUNT).get(url)
    assert not evil.received


def test_a_users_token_to_another_place_by_redirect(client, server, cloud, transport):
    evil = Host()
    transport.mount("https://evil.example", evil)
    cloud.on("/wiki/x", 302, Location="https://evil.example/f")
    user = client.as_user(ACCOUNT)

    with pytest.raises(UrlNotAllowedError):
        user.get("/x")
    user.get("/x", follow_foreign=True)

    assert evil.last.headers["Authorization"] is None


def test_a_users_token_for_another_target(client, server, tenant, tokens):
    import requests

    from atlassian_connect.protocol.urls import Target

    request = requests.Request("GET", "https://evil.example/x").prepare()

    with pytest.raises(UrlNotAllowedError):
        UserAuth(tenant, tokens, ACCOUNT)(request, Target("https://evil.example/x", "/x", ""))
    assert not server.received


def test_nothing_shows_a_users_token_or_an_assertion(client, server, cloud, caplog, tokens):
    caplog.set_level(logging.DEBUG)
    cloud.answers["/wiki/echo"] = lambda received: (400, {}, b"no")
    user = client.as_user(ACCOUNT)
    response = user.get("/x")
    with pytest.raises(Exception, match="400") as echoed:
        user.get("/echo")
    server.refuse(400, {"error": "invalid_grant"})
    with pytest.raises(ImpersonationError) as refused:
        client.as_user("someone-else").get("/x")

    assertion = server.form["assertion"]
    shown = [caplog.text, repr(user), repr(vars(user)), repr(vars(tokens)), repr(response.request.headers)]
    shown += [repr(vars(tokens._known)), repr(vars(user._auth))]
    for error in (echoed.value, refused.value):
        below = error.__traceback__.tb_next  # the frame of this test knows the assertion
        shown += traceback.TracebackException(type(error), error, below, capture_locals=True).format()
    for text in shown:
        assert "token-1" not in text
        assert assertion not in text
        assert SECRET not in text


# --- the cache that processes share -----------------------------------------------------------------------------------


class Shared(dict):
    """A token cache in memory."""

    failing = False

    def get(self, key):
        if self.failing:
            raise StorageError("down")
        return super().get(key)

    def set(self, key, value, *, ttl_seconds):
        if self.failing:
            raise StorageError("down")
        self.ttl = ttl_seconds
        self[key] = value

    def delete(self, key):
        if self.failing:
            raise StorageError("down")
        self.pop(key, None)


def encrypt(secret):
    return secret.reveal()[::-1].encode().hex()


def decrypt(text):
    try:
        return Secret(bytes.fromhex(text).decode()[::-1])
    except ValueError as error:
        raise StorageError("not ours") from error


@pytest.fixture
def shared():
    return Shared()


@pytest.fixture
def two_processes(transport, server, clock, shared, tenant):
    return [
        HostClient(
            tenant,
            transport=transport,
            clock=clock,
            user_tokens=UserTokens(
                transport, clock=clock, shared=SealedTokens(shared, encrypt=encrypt, decrypt=decrypt)
            ),
        ).as_user(ACCOUNT)
        for _ in range(2)
    ]


def test_processes_share_tokens(two_processes, server, shared, clock):
    for user in two_processes:
        user.get("/x")

    assert server.issued == 1
    assert shared.ttl == 870
    assert "token-1" not in repr(shared)
    assert ACCOUNT not in repr(shared)


def test_a_refused_token_is_dropped_for_all(two_processes, server, cloud):
    first, second = two_processes
    first.get("/x")
    second.get("/x")
    cloud.answers["/wiki/x"] = lambda received: (
        401 if received.headers["Authorization"].endswith("1") else 200,
        {},
        b"",
    )

    first.get("/x")
    second.get("/x")  # drops its own copy, and finds the new one

    assert server.issued == 2


@pytest.mark.parametrize(
    "garbage", ["", "zz", encrypt(Secret("[]")), encrypt(Secret("{")), encrypt(Secret('{"key": "k"}'))]
)
def test_garbage_in_the_cache_is_no_token(garbage, two_processes, server, shared):
    two_processes[0].get("/x")
    for key in shared:
        shared[key] = garbage

    two_processes[1].get("/x")

    assert server.issued == 2


def test_a_token_moved_to_another_users_place_is_not_believed(two_processes, server, shared, client, transport, clock):
    """Who can write to the cache cannot make one user another."""
    first, second = two_processes
    first.get("/x")
    value = next(iter(shared.values()))
    victim = second._user_tokens

    class Moved(Shared):
        def get(self, key):
            return value

    victim._shared._cache = Moved()
    HostClient(client.tenant, transport=transport, clock=clock, user_tokens=victim).as_user("someone-else").get("/x")

    assert server.issued == 2


def test_a_cache_that_is_down_is_an_empty_one(two_processes, server, shared, cloud, caplog):
    shared.failing = True
    for user in two_processes:
        user.get("/x")
    assert server.issued == 2
    assert "shared cache" in caplog.text
