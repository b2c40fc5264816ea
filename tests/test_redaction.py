from __future__ import annotations

import importlib
import logging
from pathlib import Path

import pytest

import atlassian_connect
from atlassian_connect import AtlassianConnect
from atlassian_connect.redaction import redact

PACKAGE = Path(atlassian_connect.__file__).parent

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


LOGGING = [path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py") if "getLogger(" in path.read_text()]


@pytest.mark.parametrize("path", LOGGING, ids=str)
def test_every_logger_of_the_package_redacts(path, make_app, caplog):
    """A filter of a logger is none of the loggers below it, so each has one."""
    module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    loggers = [value for value in vars(module).values() if isinstance(value, logging.Logger)]
    make_app(AtlassianConnect())

    for logger in loggers:
        logger.warning("the URL was /page?jwt=%s", TOKEN)

    assert [record.getMessage() for record in caplog.records] == ["the URL was /page?jwt=[token]"] * len(loggers)
