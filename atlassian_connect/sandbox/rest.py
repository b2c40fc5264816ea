"""The door of the sites' REST: who calls, may they, and errors in the shape of the product.

Sources: the REST references of both products, and *Scopes for Connect apps*,
https://developer.atlassian.com/cloud/confluence/scopes-for-connect-apps/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from ..errors import AuthenticationError, QshMismatchError
from ..protocol.qsh import explain, strip_base_path
from .installation import Installation
from .json_text import read_json
from .log import Crossing, mask_url
from .people import Person
from .site import Site
from .verify import Inquiry, token_of, verify

if TYPE_CHECKING:
    from .host import Sandbox

__all__ = ["Call", "Operation", "Reply", "RestError", "mount", "raw_target"]

_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_CONNECT: Final = "/rest/atlassian-connect/"
_DYNAMIC: Final = "/rest/atlassian-connect/1/app/module/dynamic"


class RestError(Exception):
    """Becomes an answer in the product's shape.

    :ivar errors: Jira's messages per field.
    """

    def __init__(self, status: int, message: str, *, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = dict(errors or {})


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of an operation. ``payload`` None: an empty body."""

    status: int = 200
    payload: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One verified request to an operation.

    :ivar caller: the app; None for an anonymous request, where the operation takes those.
    :ivar path: below the base URL, as it came.
    :ivar query: decoded.
    :ivar trace: ``X-Atlassian-Webhook-Trace``, to echo on webhooks that the request causes.
    :ivar later: for deliveries that the request causes.
    """

    site: Site
    caller: Installation | None
    path: str
    query: MultiDict[str, str]
    trace: str | None
    body: bytes
    later: Callable[[Callable[[], None]], None] | None

    @property
    def app(self) -> Installation:
        """The calling app.

        :raises RestError: the request is anonymous.
        """
        if self.caller is None:
            raise RestError(401, "Client must be authenticated to access this resource.")
        return self.caller

    @property
    def person(self) -> Person | None:
        """Whom the call is made as: the app's user, or None for anonymous."""
        return self.caller.person if self.caller else None

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object.

        :raises RestError: it is none.
        """
        try:
            value = read_json(self.body)
        except ValueError:
            raise RestError(400, "The request body is not valid JSON.") from None
        if not isinstance(value, dict):
            raise RestError(400, "The request body must be a JSON object.")
        return value

    def integer(self, name: str, default: int, *, maximum: int, minimum: int = 1) -> int:
        """Read a whole number of the query. Larger values are reduced to the maximum, as hosts do.

        :raises RestError: it is no number, or below the minimum.
        """
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < minimum:
            raise RestError(400, f"The parameter {name} must be a whole number of at least {minimum}.")
        return min(int(text), maximum)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the REST.

    :ivar rule: below the base URL of the site, in Flask's form.
    :ivar scope: what the app must have asked for; None when nothing is needed.
    :ivar anonymous: answers requests without a token too.
    """

    method: str
    rule: str
    view: Callable[..., Reply]
    scope: str | None = "READ"
    anonymous: bool = False


def mount(app: Flask, sandbox: Sandbox, site: Site, operations: Iterable[Operation]) -> None:
    """Add a site's operations to the web app, and an answer for everything else below its REST roots."""
    for operation in operations:
        _route(app, sandbox, site, operation)
    for root in ("/rest", "/api") if site.product == "confluence" else ("/rest",):
        for method in _METHODS:
            _route(app, sandbox, site, Operation(method, f"{root}/<path:anything>", _missing, scope=None))


def _route(app: Flask, sandbox: Sandbox, site: Site, operation: Operation) -> None:
    def view(**arguments: str) -> Response:
        return _answer(sandbox, site, operation, arguments)

    rule = site.context_path + operation.rule
    app.add_url_rule(
        rule,
        endpoint=f"{operation.method} {rule.replace('.', '_')}",
        view_func=view,
        methods=[operation.method],
        provide_automatic_options=False,
    )


def _missing(call: Call, anything: str) -> NoReturn:
    raise RestError(501, f"The sandbox does not have {request.method} {call.site.context_path}{call.path}.")


def _answer(sandbox: Sandbox, site: Site, operation: Operation, arguments: dict[str, str]) -> Response:
    raw_path, query = raw_target()
    inquiry = Inquiry(request.method, strip_base_path(raw_path, site.context_path), query)
    received_at, status = sandbox.wire.clock(), 500
    try:
        response = _decide(sandbox, site, operation, arguments, inquiry)
        status = response.status_code
        return response
    finally:
        sandbox.record(
            Crossing(
                time=received_at,
                direction="app→host",
                product=site.product,
                method=inquiry.method,
                url=mask_url(f"{site.origin}{raw_path}" + (f"?{query}" if query else "")),
                status=status,
                verdict=inquiry.verdict,
                claims=inquiry.claims,
                canonical=inquiry.canonical,
                note=inquiry.note,
            )
        )


def _decide(
    sandbox: Sandbox, site: Site, operation: Operation, arguments: dict[str, str], inquiry: Inquiry
) -> Response:
    path = inquiry.path
    try:
        _refuse_body_on_get()
        caller = None
        token = token_of(request.headers.get("Authorization"), request.args.getlist("jwt"))
        if token is None and operation.anonymous:
            inquiry.verdict = "anonymous"
        else:
            caller = verify(site, token, inquiry, now=sandbox.wire.clock())
            if operation.scope is not None and operation.scope not in caller.scopes:
                raise RestError(403, f"Request not in an authorized API scope: it needs {operation.scope}.")
        trace = request.headers.get("X-Atlassian-Webhook-Trace")
        call = Call(site, caller, path, request.args, trace, request.get_data(), sandbox.later)
        reply = operation.view(call, **arguments)
    except QshMismatchError as error:
        inquiry.verdict = error.reason
        why = explain(error.received, inquiry.method, path, inquiry.query, base_path=site.context_path)
        inquiry.note = why.cause
        return _unauthenticated(site, path)
    except AuthenticationError as error:
        inquiry.verdict, inquiry.note = error.reason, str(error)
        return _unauthenticated(site, path)
    except RestError as error:
        inquiry.note = error.message
        return _error(site, path, error)
    except HTTPException as error:
        inquiry.note = error.name
        return _error(site, path, RestError(error.code or 500, error.name))
    response = Response(status=reply.status, headers=dict(reply.headers))
    if reply.payload is not None:
        response = _json(reply.status, reply.payload)
        response.headers.extend(reply.headers)
    if caller is not None:
        response.headers["X-AAccountId"] = caller.account_id
    return response


def _refuse_body_on_get() -> None:
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if request.method in ("GET", "HEAD") and has_body:
        raise RestError(403, f"A {request.method} request must not have a body.")


def raw_target() -> tuple[str, str]:
    """Path and query of the request as they came, percent-encoded."""
    environ = request.environ
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if "://" in raw.partition("?")[0]:  # absolute form, as proxies get it
        raw = "/" + raw.partition("://")[2].partition("/")[2]
    if not raw.startswith("/"):
        raw = quote(request.script_root + request.path, safe="/:@!$&'()*+,;=-._~")
    return raw.partition("?")[0].partition("#")[0], environ.get("QUERY_STRING", "")


# --- errors -----------------------------------------------------------------------------------------------------------


def _unauthenticated(site: Site, path: str) -> Response:
    if path == _DYNAMIC:
        message = "The request is not from a Connect app."
    elif path.startswith(_CONNECT):
        message = "Access to this resource must be authenticated as an app."
    else:
        message = "Client must be authenticated to access this resource."
    response = _error(site, path, RestError(401, message))
    response.headers["WWW-Authenticate"] = f'JWT realm="{site.base_url}"'
    return response


def _error(site: Site, path: str, error: RestError) -> Response:
    status, message = error.status, error.message
    shape: dict[str, Any]
    if path == _DYNAMIC:
        shape = {"message": message}
    elif path.startswith(_CONNECT):
        shape = {"message": message, "statusCode": status}
    elif site.product == "jira":
        shape = {"errorMessages": [] if error.errors else [message], "errors": error.errors, "status": status}
    elif path.startswith("/api/"):
        title = HTTP_STATUS_CODES.get(status, "Error")
        code = title.upper().replace(" ", "_")
        shape = {"errors": [{"status": status, "code": code, "title": title, "detail": message}]}
    else:
        errors = [{"message": {"translation": message, "args": []}}]
        data = {"authorized": status not in (401, 403), "valid": False, "errors": errors, "successful": False}
        shape = {"statusCode": status, "data": data, "message": message}
    return _json(status, shape)


def _json(status: int, payload: Any) -> Response:
    return Response(json.dumps(payload), status=status, content_type="application/json;charset=UTF-8")
