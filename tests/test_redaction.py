from __future__ import annotations

import pytest

from atlassian_connect.redaction import redact

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"GET /p?x=1&jwt={TOKEN}&y=2", "GET /p?x=1&jwt=[token]&y=2"),
        ("GET /p?jwt=opaque HTTP/1.1", "GET /p?jwt=[token] HTTP/1.1"),
        (f"Authorization: JWT {TOKEN}", "Authorization: JWT [token]"),
        ("{'Authorization': 'Bearer abc'}", "{'Authorization': 'Bearer [token]'}"),
        ('{"sharedSecret": "s3cret", "key": "k"}', '{"sharedSecret": "[secret]", "key": "k"}'),
        ("{'sharedSecret': 's3\"cret'}", "{'sharedSecret': '[secret]'}"),
        (f"the token {TOKEN} failed", "the token [token] failed"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_redaction(text, clean):
    assert redact(text) == clean
