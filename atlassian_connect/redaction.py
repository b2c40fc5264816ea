"""Keeps tokens and secrets out of log lines, whoever writes them."""

from __future__ import annotations

import logging
import re

__all__ = ["TokenRedactor", "redact"]

_RULES = (
    # Anything that looks like a compact token, wherever it stands.
    (re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), "[token]"),
    (re.compile(r"(?i)([?&](?:jwt|acpt)=)[^&\s\"']+"), r"\1[token]"),
    (re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?(?:jwt|bearer)\s+)[^\s'\"]+"), r"\1[token]"),
    (
        re.compile(r"(?i)(['\"](?:sharedSecret|access_token|assertion)['\"]\s*:\s*)(['\"])(?:(?!\2).)*\2"),
        r"\1\2[secret]\2",
    ),
)


def redact(text: str) -> str:
    """Replace tokens, ``jwt`` parameters and shared secrets in a text."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


class TokenRedactor(logging.Filter):
    """A logging filter that redacts messages. ``init_app`` puts it on our own loggers and on Werkzeug's access log.

    Other access logs need it too, since an iframe's URL carries a token: see the page on security.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record, and let it through."""
        message = record.getMessage()
        clean = redact(message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True
