"""Nothing that the inspector keeps has a secret in it."""

from __future__ import annotations

import json

import pytest

from atlassian_connect.sandbox import InstallError
from atlassian_connect.sandbox.hiding import HIDDEN, SHOWN_BYTES, hide_text, message

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJlLW9mLWl0"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"sharedSecret": "HUSH", "key": "k"}), json.dumps({"a": [{"access_token": 'HU\\"SH'}]}),
        "grant_type=x&assertion=HUSH&scope=READ", "https://x/y?a=1&jwt=HUSH#z", '{"sharedSecret": "HUSH',
        '{"password" : "HUSH"}', "client_secret=HUSH", '{"accessToken": "HUSH"}', '{"refreshToken":"HUSH"}',
        "x=1&api-key=HUSH", '{"Authorization": "HUSH"}', '{"clientSecret": "HUSH"}', "csrf_token=HUSH",
        '<meta name="t" content="/p?jwt=HUSH">',
    ],
)  # fmt: skip
def test_secrets_by_name_are_hidden(text):
    shown = hide_text(text)
    assert "HUSH" not in shown.replace("\\", "").replace('"', "")
    assert HIDDEN in shown


def test_cursors_are_no_secrets():
    text = '{"nextPageToken": "abc", "pageToken": "def"} ?cursor=1&nextPageToken=2&isLast=false'
    assert hide_text(text) == text


def test_a_token_anywhere_loses_its_signature_only():
    header, claims, signature = TOKEN.split(".")
    shown = hide_text(f"<script data-t='{TOKEN}'>")
    assert f"{header}.{claims}.{HIDDEN}" in shown
    assert signature not in shown


def test_headers_that_carry_secrets_keep_the_scheme():
    shown = dict(message([("Authorization", f"JWT {TOKEN}"), ("Cookie", "session=abc"), ("X-Name", "v")], b"").headers)
    assert shown == {"Authorization": f"JWT {HIDDEN}", "Cookie": HIDDEN, "X-Name": "v"}


def test_a_secret_where_the_body_is_cut_is_hidden_too():
    secret = "s" * 64
    for offset in range(90):
        body = json.dumps({"pad": "x" * (SHOWN_BYTES - 90 + offset), "sharedSecret": secret})
        assert "sss" not in message([("Content-Type", "application/json")], body.encode()).body


def test_long_bodies_are_cut_and_files_are_not_shown():
    long = message([("content-type", "text/plain")], b"x" * (SHOWN_BYTES + 1))
    assert (len(long.body), long.size, long.is_cut) == (SHOWN_BYTES, SHOWN_BYTES + 1, True)
    assert message([("Content-Type", "image/png")], b"\x89PNG").body == "(image/png, 4 bytes)"


def test_the_secret_of_an_install_is_nowhere_in_the_log(sandbox, host, jira_app, confluence_app):
    """Lifecycle, calls in both directions: all that is kept of them is searched."""
    host("GET", "/rest/api/3/issue/OPS-1")
    sandbox.content.edit_issue("OPS-1", summary="x")

    kept = repr([(one, one.request, one.answer, one.claims) for one in sandbox.log])

    assert '"sharedSecret": "' + HIDDEN in kept
    for installation in (jira_app, confluence_app):
        assert installation.shared_secret.reveal() not in kept


def test_a_shared_secret_is_hidden_whatever_it_is_called(sandbox, host, jira_app):
    secret = jira_app.shared_secret.reveal()

    host("PUT", "/rest/api/3/issue/OPS-1", {"fields": {"summary": f"see {secret}"}}, headers={"X-Key": secret})

    written = next(one for one in sandbox.log if one.method == "PUT")
    assert f"see {HIDDEN}" in written.request.body
    assert dict(written.request.headers)["X-Key"] == HIDDEN
    assert secret not in repr([(one.request, one.answer) for one in sandbox.log])


def test_a_shared_secret_in_an_address_is_hidden(sandbox, host, jira_app):
    """Also in what was signed, and in what is said about a request."""
    secret = jira_app.shared_secret.reveal()

    host("GET", f"/rest/api/3/search/{secret}?note={secret}")

    assert secret not in repr([(one.url, one.canonical, one.note) for one in sandbox.log])


def test_a_login_in_an_address_is_hidden(sandbox):
    with pytest.raises(InstallError) as caught:
        sandbox.jira.install("http://ada:HUSH@nobody.localhost/atlassian-connect.json")

    assert "HUSH" not in repr((str(caught.value), sandbox.log))
    assert sandbox.log[-1].url == "http://***@nobody.localhost/atlassian-connect.json"
