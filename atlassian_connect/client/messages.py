"""Error answers: which error they become, and what the host says in one line.

Sources: the error schemas in the REST references of both products, https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/
and https://developer.atlassian.com/cloud/confluence/rest/v2/intro/. Gateways in front of them answer HTML or text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any, Final

import requests

from ..errors import (
    HostBadRequestError,
    HostConflictError,
    HostForbiddenError,
    HostNotFoundError,
    HostResponseError,
    HostServerError,
    HostUnauthorizedError,
    RateLimitedError,
)

__all__ = ["MAX_ERROR_BYTES", "MAX_MESSAGE_LENGTH", "error_of", "host_message"]

#: More of an error body is not looked at.
MAX_ERROR_BYTES: Final = 262_144
#: Longer messages are cut.
MAX_MESSAGE_LENGTH: Final = 500

_BY_STATUS: Final[Mapping[int, type[HostResponseError]]] = {
    400: HostBadRequestError,
    401: HostUnauthorizedError,
    403: HostForbiddenError,
    404: HostNotFoundError,
    409: HostConflictError,
    429: RateLimitedError,
}
_MAX_TEXT = 8192
_INVISIBLE_ELEMENT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def error_of(response: requests.Response, body: bytes, *, method: str, url: str) -> HostResponseError:
    """Make the error for a response, by its status.

    :param body: the response's content, or the beginning of it.
    :param url: for the error's text; without query, which may hold personal data.
    """
    status = response.status_code
    made = _BY_STATUS.get(status, HostServerError if status >= 500 else HostResponseError)
    message = host_message(body)
    if not message and status == 401:
        message = _one_line(response.headers.get("WWW-Authenticate", ""))
    return made(status=status, message=message, method=method, url=url, response=response)


def host_message(body: bytes) -> str:
    """Find what a host says in an error body. Any bytes will do; empty when nothing readable is there.

    What belongs to fields comes as ``field: text``; several messages are joined by ``; ``.
    """
    text = body[:MAX_ERROR_BYTES].decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _one_line(_first_line(text[:_MAX_TEXT]))
    if isinstance(document, str):
        return _one_line(document)
    parts = [part for part in map(_one_line, _parts(document)) if part]
    return _bounded("; ".join(dict.fromkeys(parts)))


def _parts(document: Any) -> Iterator[str]:
    if isinstance(document, list):
        for entry in document[:5]:
            if isinstance(entry, Mapping):
                yield from _parts(entry)
    if not isinstance(document, Mapping):
        return
    specific = list(_specific(document))
    if specific:
        yield from specific
        return
    general = ("errorMessage", "message", "error_description", "error", "title", "detail")
    found = {name: text for name in general if (text := _text(document.get(name)))}
    if "error_description" in found and "error" in found:
        yield f"{found['error']}: {found['error_description']}"
        return
    yield from list(found.values())[:1]


def _specific(document: Mapping[str, Any]) -> Iterator[str]:
    """Texts that tell more than ``message`` does."""
    messages = document.get("errorMessages")
    for entry in messages if isinstance(messages, list) else [messages]:
        yield from filter(None, [_text(entry)])
    data = document.get("data")
    for errors in (document.get("errors"), data.get("errors") if isinstance(data, Mapping) else None):
        if isinstance(errors, Mapping):  # Jira: field → text
            yield from (f"{name}: {text}" for name, value in errors.items() if (text := _text(value)))
        elif isinstance(errors, list):
            yield from filter(None, map(_entry, errors))


def _entry(error: Any) -> str:
    if not isinstance(error, Mapping):
        return _text(error)
    title, detail = _text(error.get("title")), _text(error.get("detail"))
    if title and detail and detail != title:
        return f"{title}: {detail}"
    return title or detail or _text(error.get("message")) or _text(error.get("errorMessage"))


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("translation") or value.get("message") or value.get("key")
    if isinstance(value, list):
        return ", ".join(entry for entry in value if isinstance(entry, str))
    return value if isinstance(value, str) else ""


def _first_line(text: str) -> str:
    if "<" in text:
        text = unescape(_TAG.sub("\n", _INVISIBLE_ELEMENT.sub("\n", text)))
    return next((line for line in map(str.strip, text.splitlines()) if line), "")


def _one_line(text: str) -> str:
    # Hosts may quote what they refuse, and a log line must stay one line.
    text = _TOKEN.sub("[token]", text[: 4 * _MAX_TEXT])
    printable = "".join(character if character.isprintable() else " " for character in text)
    return _bounded(" ".join(printable.split()))


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE_LENGTH else text[: MAX_MESSAGE_LENGTH - 1] + "…"
