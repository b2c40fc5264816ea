"""Responses: the headers of pages in a frame, and the one place where errors become answers.

Sources: *Security requirements for cloud apps*,
https://developer.atlassian.com/platform/marketplace/security-requirements/; Content Security Policy Level 3,
``frame-ancestors``.
"""

from __future__ import annotations

import logging

from flask import Flask, Request, Response, jsonify, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from ..errors import (
    AppAccessBlockedError,
    AuthenticationError,
    ConnectError,
    HostError,
    HostTimeoutError,
    QshMismatchError,
    RequestError,
    StorageError,
)
from ..protocol.qsh import explain, mask_values
from .context import ConnectState, current_state, inbound_request, principal_of
from .host_script import allow_sandbox_script

__all__ = [
    "BLOCKED_MESSAGE",
    "accepted_type",
    "allow_framing",
    "install_response_handling",
    "mark_shell",
    "merge_frame_ancestors",
    "page",
]

BLOCKED_MESSAGE = "An administrator of this site does not let the app use this content."

_log = logging.getLogger("atlassian_connect.web")
_SHELL = "_atlassian_connect_shell"
_CSP = "Content-Security-Policy"
_FRAMING = frozenset({"content-security-policy", "x-frame-options"})

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>{head}<style>
:root{{color-scheme:light dark}}
body{{font:14px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:32rem;padding:0 1rem}}
h1{{font-size:1.2rem}} p{{opacity:.8}}
</style></head><body class="ac-content"><h1>{title}</h1><p>{message}</p></body></html>
"""
_NOTHING = Markup("")
_TITLES = {401: "Please reload this page", 403: "Not allowed", 413: "Too large", 503: "Try again in a moment"}
_RELOAD = (
    "The link to this page has expired or is not valid. Reload the whole page in Jira or Confluence,"
    " not just this frame."
)


def install_response_handling(app: Flask) -> None:
    """Add the headers and the error handler to an app."""
    # First in the list runs last: a security extension that was set up earlier must not add X-Frame-Options after us.
    app.after_request_funcs.setdefault(None, []).insert(0, _add_headers)
    app.register_error_handler(ConnectError, _answer_error)


def mark_shell() -> None:
    """Say that the current response is the same for every tenant and may be framed by any allowed host."""
    setattr(_request(), _SHELL, True)


def _add_headers(response: Response) -> Response:
    http = _request()
    principal = principal_of(http)
    if principal is None and not hasattr(http, _SHELL):
        return response
    state = current_state()
    headers = response.headers
    # Read once: Werkzeug raises and catches an error for each look-up of a header that is not there.
    present = {name.lower() for name, _ in headers}
    tenant = None if principal is None else principal.tenant
    ancestors = _any_host(state) if tenant is None else tenant.frame_ancestors
    if present.isdisjoint(_FRAMING):
        headers.add(_CSP, f"frame-ancestors {ancestors}")
    else:
        allow_framing(response, ancestors)
        if state.settings.sandbox_url:
            policies = [allow_sandbox_script(policy, state.settings, tenant) for policy in headers.getlist(_CSP)]
            headers.setlist(_CSP, policies)
    # The URL of the page carries a token, hence no referrer.
    wanted = [("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff")]
    if principal is not None:
        wanted.append(("Cache-Control", "no-store"))
    settings = state.settings
    if settings.hsts_seconds and settings.base_url.startswith("https:") and "strict-transport-security" not in present:
        wanted.append(("Strict-Transport-Security", f"max-age={settings.hsts_seconds}"))
    for name, value in wanted:
        if name.lower() in present:
            headers.set(name, value)
        else:
            headers.add(name, value)
    return response


def _request() -> Request:
    """The request itself: what is noted on it ends with it, unlike ``g`` inside a test's app context."""
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]  # a proxy


def allow_framing(response: Response, ancestors: str) -> None:
    """Let these origins, and no others, show the response in a frame.

    The rest of a policy that the view set stays, and so does each of several, since browsers obey them all.
    ``X-Frame-Options`` goes: browsers would obey it and show nothing.
    """
    response.headers.pop("X-Frame-Options", None)
    policies = [policy for header in response.headers.getlist(_CSP) for policy in header.split(",")]
    response.headers.setlist(_CSP, [merge_frame_ancestors(policy, ancestors) for policy in policies or [""]])


def merge_frame_ancestors(policy: str, ancestors: str) -> str:
    """Put ``frame-ancestors`` into a policy, in the place of one that is there."""
    kept = [part.strip() for part in policy.split(";") if part.strip() and part.split()[0].lower() != "frame-ancestors"]
    return "; ".join([*kept, f"frame-ancestors {ancestors}"])


def _any_host(state: ConnectState) -> str:
    return " ".join(
        f"{pattern.scheme}://{'*.' if pattern.wildcard else ''}{pattern.host}"
        + ("" if pattern.port in (80, 443) else f":{pattern.port}")
        for pattern in state.settings.allowed_hosts
    )


# --- errors -----------------------------------------------------------------------------------------------------------


def _status_of(error: ConnectError) -> int | None:
    """The one table from errors to statuses. None: not ours to answer, so Flask's own 500."""
    if isinstance(error, RequestError | StorageError):
        return error.status
    if isinstance(error, AppAccessBlockedError):
        return 403
    if isinstance(error, HostTimeoutError):
        return 504
    if isinstance(error, HostError):
        return 502
    return None


def _answer_error(error: ConnectError) -> ResponseReturnValue:
    status = _status_of(error)
    if status is None:
        raise error
    state = current_state()
    _log_refusal(error, status, request, state)
    if isinstance(error, RequestError | StorageError):
        message = error.public_message
    elif isinstance(error, AppAccessBlockedError):
        message = BLOCKED_MESSAGE
    else:
        message = "Jira or Confluence did not answer as expected. Please try again."
    response = _negotiated(status, message)
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = f'JWT realm="{state.app_key}"'
    if status == 503:
        response.headers["Retry-After"] = "30"
    if principal_of(_request()) is None:
        mark_shell()
    return response


def accepted_type() -> str:
    """HTML for a frame, text for who asks for text, JSON for the rest."""
    return request.accept_mimetypes.best_match(
        ["application/json", "text/html", "text/plain"], default="application/json"
    )


def page(title: str, message: str, head: Markup = _NOTHING) -> str:
    """Write a page that says one thing.

    :param head: further elements of the head.
    """
    return _PAGE.format(title=escape(title), message=escape(message), head=escape(head))


def _negotiated(status: int, message: str) -> Response:
    accepted = accepted_type()
    if accepted == "text/html":
        shown = _RELOAD if status == 401 else message
        title = _TITLES.get(status, "Something went wrong")
        response = Response(page(title, shown), mimetype="text/html")
    elif accepted == "text/plain":
        response = Response(message + "\n", mimetype="text/plain")
    else:
        response = jsonify(message=message)
    response.status_code = status
    return response


def _log_refusal(error: ConnectError, status: int, http: Request, state: ConnectState) -> None:
    reason = error.reason if isinstance(error, AuthenticationError) else type(error).__name__
    level = logging.WARNING if status < 500 else logging.ERROR
    _log.log(level, "refused %s %r with %d (%s): %s", http.method, http.path, status, reason, error)
    if isinstance(error, QshMismatchError):
        asked = inbound_request(http)
        path = next(asked.paths(""))  # percent-encoded: a question mark in it is no query
        told = explain(error.received, asked.method, path, asked.query, base_path=state.settings.base_path)
        _log.warning(
            "canonical request here: %r; signed by the sender: %s; likely cause: %s",
            mask_values(error.expected),
            _shown(told.signed, error),
            told.cause,
        )


def _shown(signed: str | None, error: QshMismatchError) -> str:
    """What the sender signed, without values; without names too where a decoded value looks like parameters."""
    if signed is None:
        return f"unknown (qsh {error.received[:64]!r})"
    masked, names = mask_values(signed), set(mask_values(error.expected).split("&"))
    if not set(masked.split("&")[2:]) <= names:
        return "the same with other parameters"
    return repr(masked)
