"""Headers and bodies for people to look at: cut to a size, and nothing secret in them.

Hidden are tokens (their signatures, where a token stands in a text), shared secrets, passwords, assertions, cookies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["HIDDEN", "SHOWN_BYTES", "Message", "hide_text", "message", "shown_body", "shown_headers", "without"]

HIDDEN: Final = "•••"
#: So much of a body is kept.
SHOWN_BYTES: Final = 8192

_SECRET_HEADERS: Final = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-csrf-token", "x-acpt", "x-api-key"}
)
# Not whatever ends in "token": the cursors of pages do, too.
_NAMES: Final = (
    "(?:shared|client)?_?secret|(?:access|refresh|id|api|csrf|auth|session)?[_-]?token|assertion|password|jwt|acpt"
    "|(?:api|private)[_-]?key|authorization"
)
_IN_JSON: Final = re.compile(rf'("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*', re.IGNORECASE)
_IN_FORM: Final = re.compile(rf"((?:^|[?&;\s\"'])(?:{_NAMES})=)[^&#\s\"'<>]+", re.IGNORECASE)
# A token: its header and claims may be read, its signature may not. Cut off, it has less of each.
_TOKEN: Final = re.compile(r"(eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.)[A-Za-z0-9_-]+")
_TEXT: Final = re.compile(r"^(text/|application/(json|xml|javascript|x-www-form-urlencoded|.*\+(json|xml)))|^$")


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer as it is shown.

    :ivar body: its beginning, at most :data:`SHOWN_BYTES`.
    :ivar size: of the whole body, in bytes.
    """

    headers: tuple[tuple[str, str], ...]
    body: str
    size: int

    @property
    def is_cut(self) -> bool:
        """Whether there was more of the body."""
        return self.size > SHOWN_BYTES


def message(headers: Iterable[tuple[str, str]], body: bytes) -> Message:
    """What may be shown of a request or an answer."""
    shown = tuple(shown_headers(headers))
    kind = next((value for name, value in shown if name.lower() == "content-type"), "")
    return Message(shown, shown_body(kind, body), len(body))


def without(shown: Message | None, secret: str) -> Message | None:
    """The message with a secret taken out, whatever its name."""
    if shown is None or not (secret in shown.body or any(secret in value for _, value in shown.headers)):
        return shown
    headers = tuple((name, value.replace(secret, HIDDEN)) for name, value in shown.headers)
    return Message(headers, shown.body.replace(secret, HIDDEN), shown.size)


def shown_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers; of those that carry secrets, the scheme at most."""
    return [(name, _scheme(value) if name.lower() in _SECRET_HEADERS else hide_text(value)) for name, value in headers]


def shown_body(content_type: str, body: bytes, limit: int = SHOWN_BYTES) -> str:
    """The beginning of a body, when it is text."""
    if not _TEXT.match(content_type.lower()):
        return f"({content_type.partition(';')[0]}, {len(body)} bytes)" if body else ""
    return hide_text(body[:limit].decode("utf-8", "replace"))


def hide_text(text: str) -> str:
    """Take secrets out of a text, as far as the names before them and their form tell."""
    text = _IN_JSON.sub(rf"\1{HIDDEN}", text)
    text = _IN_FORM.sub(rf"\1{HIDDEN}", text)
    return _TOKEN.sub(rf"\1{HIDDEN}", text)


def _scheme(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {HIDDEN}" if space and scheme.upper() in ("JWT", "BEARER", "BASIC") else HIDDEN
