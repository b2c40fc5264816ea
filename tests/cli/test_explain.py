from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from atlassian_connect import AtlassianConnect, Tenant
from atlassian_connect.protocol.qsh import CONTEXT_QSH, query_string_hash
from atlassian_connect.protocol.tokens import session_key, sign_hs256
from atlassian_connect.secret import Secret
from atlassian_connect.testing import SandboxHost
from atlassian_connect.web.context import ConnectState

from ..conftest import add_routes, declare
from .conftest import CLIENT_KEY, SECRET, Outputs, Run, store_tenant

PAGE = "/connect/hello"


@pytest.fixture
def token(state: ConnectState, tenant: Tenant) -> Callable[..., str]:
    """Makes tokens of the tenant's host."""

    def make(method: str = "GET", path: str = PAGE, query: str = "", *, secret: str = SECRET, **changes: Any) -> str:
        now = int(state.clock())
        claims = {"iss": CLIENT_KEY, "iat": now, "exp": now + 900, "qsh": query_string_hash(method, path, query)}
        return sign_hs256({**claims, **changes}, Secret(secret))

    return make


Token = Callable[..., str]


def assert_refused(result: Result, reason: str, *texts: str) -> None:
    assert f"Verdict    Refused with 401 ({reason})" in result.stdout
    for text in texts:
        assert text in result.stdout


@pytest.mark.parametrize(
    "url",
    [
        PAGE + "?a=1&b=2",
        PAGE + "?b=2&a=1",
        "https://app.example.com" + PAGE + "?a=1&b=2",
        "http://127.0.0.1:5000" + PAGE + "?a=1&b=2",
    ],
)
def test_token_that_fits(run: Run, token: Token, url: str) -> None:
    result = run("jwt", "explain", "get", url, token(query="a=1&b=2"))

    assert "Verdict    The token fits this request." in result.stdout
    assert "qsh        equal" in result.stdout
    assert "Route      atlassian_connect.module.hello, takes request tokens" in result.stdout
    assert f"Tenant     {CLIENT_KEY}, https://example.atlassian.net/wiki, installed" in result.stdout


def test_token_from_the_url_is_used_and_not_printed(run: Run, token: Token) -> None:
    made = token(query="a=1")

    result = run("jwt", "explain", "GET", f"{PAGE}?a=1&jwt={made}")

    assert made not in result.output
    assert f"Request    GET {PAGE}?a=1\n" in result.stdout


def test_token_from_stdin(run: Run, token: Token) -> None:
    run("jwt", "explain", "GET", PAGE, "-", stdin=f"Authorization: JWT {token()}\n")


def test_other_method(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", PAGE, token("POST"), exit_code=1)

    assert_refused(
        result,
        "qsh_mismatch",
        f"  here     GET&{PAGE}&\n  sender   POST&{PAGE}&\n",
        f"  expected {query_string_hash('GET', PAGE)}\n  received {query_string_hash('POST', PAGE)}\n",
        "Cause      The token was signed for POST.",
    )


def test_extra_parameter(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", f"{PAGE}?a=1&utm=x", token(query="a=1"), exit_code=1)

    assert_refused(result, "qsh_mismatch", "sender   GET&/connect/hello&a=1\n", "The parameter 'utm' was added after")


def test_dropped_query(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", f"{PAGE}?a=1", token(), exit_code=1)

    assert_refused(result, "qsh_mismatch", "The query was left out of the hash")


def test_query_encoded_twice(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", f"{PAGE}?a=x%20y", token(query="a=x%2520y"), exit_code=1)

    assert_refused(result, "qsh_mismatch", "percent-encoded twice")


def test_another_url_is_not_guessed(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", PAGE, token(path="/elsewhere"), exit_code=1)

    assert_refused(result, "qsh_mismatch", "  sender   unknown\n", "None of the usual mistakes")


def test_decoded_path_is_accepted_and_said(run: Run, app: Flask, token: Token) -> None:
    """Atlassian's own host signed decoded paths for years, so the app accepts them."""
    result = run("jwt", "explain", "GET", "/caf%C3%A9", token(path="/café"))

    assert "Note       The sender hashed the path in another spelling, which is accepted." in result.stdout
    assert "qsh        equal by another spelling" in result.stdout
    assert "sender   GET&/café&" in result.stdout


def test_path_encoded_twice(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", "/caf%C3%A9", token(path="/caf%25C3%25A9"), exit_code=1)

    assert_refused(result, "qsh_mismatch", "The path was percent-encoded twice.")


@pytest.fixture
def run_below(make_app: Callable[..., Flask], outputs: Outputs) -> Run:
    """``run`` for an app whose base URL has a path."""
    connect = AtlassianConnect()
    declare(connect)
    app = make_app(connect, ATLASSIAN_CONNECT_BASE_URL="https://app.example.com/app")
    add_routes(app, connect)
    from atlassian_connect.web.context import state_of

    store_tenant(state_of(app))

    def run(*args: str, exit_code: int = 0) -> Result:
        result = app.test_cli_runner().invoke(args=["connect", *args])
        outputs.append(result.output)
        assert result.exit_code == exit_code, result.output
        return result

    return run


def test_base_path_that_should_have_been_left_out(run_below: Run, token: Token) -> None:
    result = run_below("jwt", "explain", "GET", "/app" + PAGE, token(path="/app" + PAGE), exit_code=1)

    assert_refused(
        result,
        "qsh_mismatch",
        "atlassian_connect.module.hello",
        f"  here     GET&{PAGE}&\n  sender   GET&/app{PAGE}&\n",
        "The path was hashed with the base path /app; it must be left out.",
    )


@pytest.mark.parametrize("prefix", ["/app", "", "https://app.example.com/app"])
def test_base_path_left_out_as_it_should_be(run_below: Run, token: Token, prefix: str) -> None:
    run_below("jwt", "explain", "GET", prefix + PAGE, token())


def test_context_token_on_a_page(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", PAGE, token(qsh=CONTEXT_QSH), exit_code=1)

    assert_refused(result, "context_token", "qsh        context-qsh: bound to no request", "context_token=True")


def test_context_token_where_it_is_taken(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", "/api/context?any=thing", token(qsh=CONTEXT_QSH))

    assert "takes context tokens" in result.stdout


def test_page_token_on_a_context_route(run: Run, token: Token) -> None:
    assert_refused(
        run("jwt", "explain", "GET", "/api/context", token(path="/api/context"), exit_code=1), "request_token"
    )


def test_session_token(run: Run, state: ConnectState, tenant: Tenant) -> None:
    claims = {"iss": state.app_key, "aud": [CLIENT_KEY], "iat": int(state.clock()), "exp": int(state.clock()) + 60}
    made = sign_hs256(claims, session_key(tenant.shared_secret))

    run("jwt", "explain", "GET", "/api/session", made)
    assert_refused(run("jwt", "explain", "GET", PAGE, made, exit_code=1), "session_token", "session_token=True")


def test_expired(run: Run, state: ConnectState, token: Token) -> None:
    now = int(state.clock())
    result = run("jwt", "explain", "GET", PAGE, token(iat=now - 2000, exp=now - 1100), exit_code=1)

    assert_refused(result, "expired", "exp        20", " s ago)", "qsh        equal", "clocks is wrong")


def test_clock_ahead(run: Run, state: ConnectState, token: Token) -> None:
    now = int(state.clock())
    result = run("jwt", "explain", "GET", PAGE, token(iat=now + 500, exp=now + 1400), exit_code=1)

    assert_refused(result, "not_yet_valid", "One of the clocks is wrong.")


def test_wrong_secret(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", PAGE, token(secret="another secret"), exit_code=1)

    assert_refused(result, "bad_signature", "NOT VERIFIED: the signature does not fit", "installed again since")


def test_unknown_tenant(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", PAGE, token(iss="nobody"), exit_code=1)

    assert_refused(result, "unknown_tenant", "Tenant     unknown", "tenants list --all")


def test_uninstalled_tenant(run: Run, state: ConnectState, token: Token) -> None:
    with state.app.app_context():
        state.store.uninstall(CLIENT_KEY, now=datetime.now(UTC))

    assert_refused(run("jwt", "explain", "GET", PAGE, token(), exit_code=1), "uninstalled_tenant", "wiki, uninstalled")


def test_missing_qsh(run: Run, token: Token) -> None:
    assert_refused(run("jwt", "explain", "GET", PAGE, token(qsh=None), exit_code=1), "missing_qsh", "qsh        none")


def test_other_audience(run: Run, token: Token) -> None:
    result = run("jwt", "explain", "GET", PAGE, token(aud=["https://other.example"]), exit_code=1)

    assert_refused(result, "audience", "ATLASSIAN_CONNECT_ALLOWED_AUDIENCES")


@pytest.mark.parametrize(
    ("url", "given", "reason"),
    [
        (PAGE, None, "missing_token"),
        (PAGE, "garbage", "malformed_token"),
        (f"{PAGE}?jwt=eyJ.eyJ.x", "eyJ.eyJ.y", "conflicting_tokens"),
        (PAGE, "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.AAAA", "algorithm"),
    ],
)
def test_no_usable_token(run: Run, tenant: Tenant, url: str, given: str | None, reason: str) -> None:
    assert_refused(run("jwt", "explain", "GET", url, *([given] if given else []), exit_code=1), reason, "Cause      ")


def test_routes_are_named(run: Run, token: Token) -> None:
    for method, url, text in (
        ("GET", "/nowhere", "Route      none of this app; judged as a URL of the descriptor\n"),
        ("DELETE", PAGE, "not DELETE; judged as a URL of the descriptor\n"),
        ("GET", "/open", "open, open: it checks no token"),
        ("POST", "/connect/lifecycle/enabled", "takes HS256 tokens of a host"),
        ("POST", "/connect/lifecycle/installed", "takes RS256 tokens of a host"),
    ):
        assert text in run("jwt", "explain", method, url, token(secret="x"), exit_code=1).stdout


def test_lifecycle_endpoint_with_a_page_token(run: Run, token: Token) -> None:
    """CVE-2021-26073: context and page tokens reached the endpoint that stores tenants."""
    for qsh in (CONTEXT_QSH, query_string_hash("POST", "/connect/lifecycle/installed")):
        result = run("jwt", "explain", "POST", "/connect/lifecycle/installed", token(qsh=qsh), exit_code=1)
        assert_refused(result, "algorithm", "installed and uninstalled take RS256 tokens")


def test_what_is_no_url_is_one_line(run: Run, token: Token) -> None:
    said = run("jwt", "explain", "GET", "http://[x", token(), exit_code=1).stderr

    assert said == "Error: Not a URL: 'http://[x'.\n"


def test_too_many_parameters_are_an_answer(run: Run, token: Token) -> None:
    url = PAGE + "?" + "&".join(f"p{number}=1" for number in range(1001))

    assert "Refused with 400" in run("jwt", "explain", "GET", url, token(), exit_code=1).stdout


def test_values_of_strange_types_are_an_answer(run: Run, token: Token) -> None:
    for changes in ({"qsh": 7}, {"iss": []}, {"sub": {}}, {"exp": "x"}, {"aud": 1}, {"context": []}):
        assert "Refused with 401" in run("jwt", "explain", "GET", PAGE, token(**changes), exit_code=1).stdout


# --- installs ---------------------------------------------------------------------------------------------------------


class Spy:
    """Takes the place of the app's lifecycle endpoint and keeps what the host sent."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.tokens: dict[str, str] = {}

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Any:
        if environ.get("HTTP_AUTHORIZATION"):
            self.tokens[environ["PATH_INFO"].rpartition("/")[2]] = environ["HTTP_AUTHORIZATION"]
        return self.inner(environ, start_response)


@pytest.fixture
def install_token(app: Flask) -> tuple[SandboxHost, str, str]:
    """A host that installed the app, the token of its ``installed``, and the client key."""
    app.wsgi_app = spy = Spy(app.wsgi_app)  # type: ignore[method-assign]
    host = SandboxHost(app)
    client_key = host.install("confluence", shared_secret=SECRET).client_key
    return host, spy.tokens["installed"], client_key


INSTALLED = "/connect/lifecycle/installed"


def test_install_token_fits(run: Run, install_token: tuple[SandboxHost, str, str]) -> None:
    result = run("jwt", "explain", "POST", INSTALLED, install_token[1])

    assert "Signed with an install key of the host." in result.stdout
    assert "lifecycle token" in result.stdout


def test_install_token_of_a_site_that_is_not_known_yet(
    run: Run, state: ConnectState, install_token: tuple[SandboxHost, str, str]
) -> None:
    host, token, client_key = install_token
    with state.app.app_context():
        state.forget(client_key)

    assert "--site" in run("jwt", "explain", "POST", INSTALLED, token, exit_code=1).stdout
    site = host.site("confluence").base_url
    run("jwt", "explain", "POST", INSTALLED, token, "--site", site)
    foreign = run("jwt", "explain", "POST", INSTALLED, token, "--site", "https://evil.example", exit_code=1)
    assert_refused(foreign, "host_not_allowed", "NOT VERIFIED", "ATLASSIAN_CONNECT_ALLOWED_HOSTS")
    assert "Error: Not a" in run("jwt", "explain", "POST", INSTALLED, token, "--site", "x", exit_code=1).stderr


def test_install_behind_a_proxy_that_adds_a_path(run: Run, install_token: tuple[SandboxHost, str, str]) -> None:
    result = run("jwt", "explain", "POST", INSTALLED + "?x=1", install_token[1], exit_code=1)

    assert_refused(result, "qsh_mismatch", "Signed with an install key", "The query was left out of the hash")


def test_install_token_on_a_page(run: Run, install_token: tuple[SandboxHost, str, str]) -> None:
    assert_refused(run("jwt", "explain", "GET", PAGE, install_token[1], exit_code=1), "algorithm", "NOT VERIFIED")
