from __future__ import annotations

import json

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from atlassian_connect import errors
from atlassian_connect.client.messages import MAX_MESSAGE_LENGTH, error_of, host_message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"errorMessages": ["Issue does not exist."], "errors": {}}, "Issue does not exist."),
        ({"errorMessages": [], "errors": {"summary": "You must specify a summary."}, "status": 400},
         "summary: You must specify a summary."),
        ({"errorMessages": ["One.", "Two."], "errors": {"a": "Three."}}, "One.; Two.; a: Three."),
        ({"errorMessage": "No such request.", "i18nErrorMessage": {"i18nKey": "x"}}, "No such request."),
        ({"statusCode": 404, "data": {"errors": [{"message": {"translation": "No space.", "args": []}}]},
          "message": "com.example.NotFoundException: No space."}, "No space."),
        ({"statusCode": 404, "data": {"errors": []}, "message": "No content found."}, "No content found."),
        ({"errors": [{"status": 404, "code": "NOT_FOUND", "title": "Not Found", "detail": "Page 1"}]},
         "Not Found: Page 1"),
        ({"errors": [{"title": "Not Found", "detail": None}]}, "Not Found"),
        ({"errors": ["plain"]}, "plain"),
        ({"message": "The request is not from a Connect app.", "statusCode": 401},
         "The request is not from a Connect app."),
        ({"error": "invalid_grant", "error_description": "unknown user"}, "invalid_grant: unknown user"),
        ({"timestamp": 1, "error": "Not Found", "path": "/x"}, "Not Found"),
        ([{"message": "First."}, {"message": "Second."}], "First.; Second."),
        ("just text", "just text"),
        ({"message": "two\nlines\tand \x1b[31mcolour"}, "two lines and [31mcolour"),
        ({"message": {"unexpected": 1}}, ""),
        ({"errorMessages": {"a": [1]}, "errors": 5, "data": 7}, ""),
        (None, ""),
        (17, ""),
    ],
)  # fmt: skip
def test_every_published_shape_is_read(document, message):
    assert host_message(json.dumps(document).encode()) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", ""),
        (b"upstream connect error\nreset", "upstream connect error"),
        (b"<html><head><title>403 Forbidden</title></head><body><h1>403</h1></body></html>", "403 Forbidden"),
        (b"<script>var a = '<b>';</script><style>p{}</style><p>Log&nbsp;in &amp; retry</p>", "Log in & retry"),
        (b"\xff\xfe\x00", "\ufffd\ufffd"),
        (b'{"message": "cut o', '{"message": "cut o'),
    ],
)
def test_text_and_html_give_their_first_line(body, message):
    assert host_message(body) == message


def test_a_long_message_is_cut():
    message = host_message(json.dumps({"message": "x" * 10_000}).encode())

    assert len(message) == MAX_MESSAGE_LENGTH
    assert message.endswith("…")


def test_a_token_that_the_host_quotes_is_masked():
    message = host_message(b'{"message": "Bad token eyJ0eXAi.eyJpc3Mi.c2ln in JWT header"}')

    assert message == "Bad token [token] in JWT header"


@pytest.mark.parametrize("body", [b"[" * 100_000, b"<" * 300_000, b"<script" * 40_000, b"{" + b'"a":{' * 50_000])
def test_a_body_made_to_exhaust_us_gives_a_short_message(body):
    assert len(host_message(body)) <= MAX_MESSAGE_LENGTH


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["errorMessages", "errors", "message", "data", "error", "title", "translation", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_any_body_gives_one_bounded_printable_line(body):
    message = host_message(body)

    assert len(message) <= MAX_MESSAGE_LENGTH
    assert message.isprintable() or not message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.HostBadRequestError),
        (401, errors.HostUnauthorizedError),
        (403, errors.HostForbiddenError),
        (404, errors.HostNotFoundError),
        (409, errors.HostConflictError),
        (410, errors.HostResponseError),
        (413, errors.HostResponseError),
        (429, errors.RateLimitedError),
        (500, errors.HostServerError),
        (503, errors.HostServerError),
        (599, errors.HostServerError),
    ],
)
def test_the_status_decides_the_class(status, kind):
    response = requests.Response()
    response.status_code = status

    error = error_of(response, b'{"message": "why"}', method="GET", url="https://a.example/x")

    assert type(error) is kind
    assert (error.status, error.message, error.response) == (status, "why", response)
    assert str(error) == f"GET https://a.example/x answered {status}: why"


def test_an_empty_401_is_explained_by_its_challenge():
    response = requests.Response()
    response.status_code = 401
    response.headers["WWW-Authenticate"] = 'JWT realm="x", error="expired"'

    assert error_of(response, b"", method="GET", url="u").message == 'JWT realm="x", error="expired"'
