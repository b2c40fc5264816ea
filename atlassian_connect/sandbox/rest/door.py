"""The door of the sites' REST: who calls, may they, and errors in the shape of the product.

Sources: the REST references of both products; *Scopes for Connect apps*,
https://developer.atlassian.com/cloud/confluence/scopes-for-connect-apps/; and *Data security policy developer guide*,
https://developer.atlassian.com/cloud/confluence/data-security-policy-developer-guide/
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from ...errors import AuthenticationError, QshMismatchError
from ...protocol import access
from ...protocol.qsh import explain, strip_base_path
from ..hiding import Message, message
from ..installation import Installation
from ..log import Crossing, mask_url
from ..module_faults import DYNAMIC_MODULES
from ..people import Person
from ..site import Site
from ..store.attachments import MAX_UPLOAD_BYTES
from ..token_header import token_header
from ..verify import Inquiry, token_of, verify
from .operations import Call, Operation, Reply, RestError, not_there
from .table import OperationTable

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["error_response", "mount", "raw_target", "written_response"]

_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_CONNECT: Final = "/rest/atlassian-connect/"


def mount(app: Flask, sandbox: Sandbox, site: Site, table: OperationTable) -> None:
    """Add a site's operations to the web app, and an answer for everything else below its REST roots."""

    def view(anything: str) -> Response:
        path = request.path.removeprefix(site.context_path)
        operation, values = table.find(request.method, path) or (_MISSING, {})
        return _answer(sandbox, site, operation, values)

    for root in ("/rest", "/api") if site.product == "confluence" else ("/rest",):
        rule = f"{site.context_path}{root}/<path:anything>"
        endpoint = f"rest of {site.product} below {root}"
        app.add_url_rule(rule, endpoint, view, methods=_METHODS, provide_automatic_options=False)


def _missing(call: Call) -> NoReturn:
    raise not_there(call.site, request.method, call.path)


#: Stands for all that the sandbox does not have: who asks must be known before it is said.
_MISSING: Final = Operation("*", "*", _missing, scope=None)


def _answer(sandbox: Sandbox, site: Site, operation: Operation, arguments: dict[str, str]) -> Response:
    raw_path, query = raw_target()
    inquiry = Inquiry(request.method, strip_base_path(raw_path, site.context_path), query)
    received_at, status, answered = sandbox.wire.clock(), 500, None
    try:
        response = _decide(sandbox, site, operation, arguments, inquiry)
        status, answered = response.status_code, message(response.headers.items(), response.get_data())
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
                token=token_header(request.headers.get("Authorization"), request.url),
                request=_request_shown(operation),
                answer=answered,
            )
        )


def _request_shown(operation: Operation) -> Message:
    try:
        body = b"" if operation.uploads else request.get_data()
    except HTTPException:  # too long: it was not read
        body = b""
    return message(request.headers.items(), body)


def _decide(
    sandbox: Sandbox, site: Site, operation: Operation, arguments: dict[str, str], inquiry: Inquiry
) -> Response:
    path = inquiry.path
    person: Person | None = None
    limits: dict[str, str] = {}
    try:
        _refuse_body_on_get()
        caller, user, scopes = _who_calls(sandbox, site, operation, inquiry)
        person = user or (caller.person if caller else None)
        if caller is not None and operation.scope is not None and operation.scope not in scopes:
            raise RestError(403, f"Request not in an authorized API scope: it needs {operation.scope}.")
        if caller is not None and site.limits is not None:
            taken = site.limits.take(caller.client_key, inquiry.method, operation.rule)
            limits = taken.headers
            if not taken.allowed:
                raise RestError(429, "Rate limit exceeded.")
        call = _read_call(sandbox, site, operation, path=path, caller=caller, user=user)
        with site.changes.caused_by(trace=call.trace, later=call.later):
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
        response = error_response(site, path, error)
    except HTTPException as error:
        inquiry.note = error.name
        response = error_response(site, path, RestError(error.code or 500, error.name))
    else:
        response = written_response(reply)
    response.headers.update(limits)
    if person is not None:
        response.headers["X-AAccountId"] = person.account_id
    return response


def _who_calls(
    sandbox: Sandbox, site: Site, operation: Operation, inquiry: Inquiry
) -> tuple[Installation | None, Person | None, frozenset[str]]:
    """Tell the app, the user whom it impersonates, and the scopes of the call.

    :raises AuthenticationError: the token is not good, or the operation is for apps that act as themselves.
    """
    authorization = request.headers.get("Authorization")
    bearer = _bearer(authorization)
    if bearer is not None:
        grant = sandbox.oauth.grant(site, bearer)
        caller, user, scopes = grant.installation, grant.person, grant.scopes
        inquiry.verdict, inquiry.note = "impersonated", f"as {user.name}"
    else:
        user = None
        token = token_of(authorization, request.args.getlist("jwt"))
        if token is None and operation.anonymous and not authorization:
            inquiry.verdict = "anonymous"
            return None, None, frozenset()
        caller = verify(site, token, inquiry, now=sandbox.wire.token_clock())
        scopes = caller.scopes
    if user is not None and operation.apps_only:
        raise AuthenticationError("This operation is for apps that act as themselves.", reason="apps_only")
    return caller, user, scopes


def _bearer(authorization: str | None) -> str | None:
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _read_call(
    sandbox: Sandbox, site: Site, operation: Operation, *, path: str, caller: Installation | None, user: Person | None
) -> Call:
    if operation.uploads:
        if request.headers.get("X-Atlassian-Token", "").lower() not in ("no-check", "nocheck"):
            raise RestError(403, "XSRF check failed: an upload needs the header X-Atlassian-Token: no-check.")
        request.max_content_length = MAX_UPLOAD_BYTES
    method, _, listed = (operation.listed_as or f"{request.method} {path}").partition(" ")
    return Call(
        site=site,
        caller=caller,
        user=user,
        effect=access.rule(method, listed, product=site.product).effect,
        path=path,
        query=request.args,
        trace=request.headers.get("X-Atlassian-Webhook-Trace"),
        body=b"" if operation.uploads else request.get_data(),
        later=sandbox.later,
        files=[file for _, file in request.files.items(multi=True)] if operation.uploads else (),
        form=request.form.to_dict() if operation.uploads else {},
    )


def _refuse_body_on_get() -> None:
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if request.method in ("GET", "HEAD") and has_body:
        raise RestError(403, f"A {request.method} request must not have a body.")


def written_response(reply: Reply) -> Response:
    """Write the answer of an operation."""
    if reply.payload is None:
        return Response(reply.content, status=reply.status, headers=dict(reply.headers))
    response = _json(reply.status, reply.payload)
    response.headers.extend(reply.headers)
    return response


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
    if path == DYNAMIC_MODULES:
        message = "The request is not from a Connect app."
    elif path.startswith(_CONNECT):
        message = "Access to this resource must be authenticated as an app."
    else:
        message = "Client must be authenticated to access this resource."
    response = error_response(site, path, RestError(401, message))
    response.headers["WWW-Authenticate"] = f'JWT realm="{site.base_url}"'
    return response


def error_response(site: Site, path: str, error: RestError) -> Response:
    """Write an error in the shape that the product gives it at a path."""
    status, message = error.status, error.message
    shape: dict[str, Any]
    if path == DYNAMIC_MODULES:
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
