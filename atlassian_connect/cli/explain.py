"""Why a request with a token is accepted or refused: the app's own verdict, and what it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Final
from urllib.parse import unquote, urlsplit

from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..errors import (
    AuthenticationError,
    ConnectError,
    InvalidRequestError,
    QshMismatchError,
    RequestError,
    UrlNotAllowedError,
)
from ..inbound import InboundRequest
from ..protocol.lifecycle import LifecycleEvent, LifecyclePayload
from ..protocol.qsh import CONTEXT_QSH, canonical_request, explain, query_string_hash, same_hash, strip_base_path
from ..protocol.tokens import TokenKind, UnverifiedToken, unverified
from ..protocol.urls import parse_base_url
from ..tenants import Tenant
from ..types import Product
from ..web.context import ConnectState
from ..web.guards import GUARD
from .tokens import decode, kind_of, times_of, token_in

__all__ = ["Explained", "Route", "explain_request", "report"]

_HOST_TOKEN: Final = frozenset({TokenKind.REQUEST})
_LIFECYCLE: Final = "atlassian_connect."

#: What is looked at only after the signature, so that these reasons speak for it.
_AFTER_SIGNATURE: Final = frozenset(
    {"audience", "expired", "malformed_claims", "missing_exp", "missing_qsh", "not_yet_valid", "qsh_mismatch"}
)
_CAUSES: Final = {
    "missing_token": "Iframes carry the token as the parameter jwt, everything else as Authorization: JWT <token>."
    " Some servers drop the header (Apache's mod_wsgi needs WSGIPassAuthorization On).",
    "conflicting_tokens": "Send one token, in the URL or in the header.",
    "malformed_token": "It was cut off, quoted or re-encoded on the way, or is no JWT.",
    "algorithm": "installed and uninstalled take RS256 tokens, all other endpoints HS256 tokens.",
    "unknown_tenant": "The app was never installed there, the tenant was forgotten, or this is another database than"
    " the one that took the install. `flask connect tenants list --all` shows who is known.",
    "uninstalled_tenant": "The app was uninstalled there; its tokens end with that. Install it again.",
    "bad_signature": "The app was installed again since, which gives a new secret; or the token comes from another"
    " deployment of the app; or it was changed.",
    "expired": "A page was reloaded inside its frame with the old URL, or one of the clocks is wrong.",
    "not_yet_valid": "One of the clocks is wrong.",
    "missing_qsh": "Tokens must be bound to a request (qsh), or be context tokens where those are taken.",
    "context_token": "A token of AP.context.getToken() is taken only by routes with"
    " @connect.require(context_token=True), never by URLs of the descriptor.",
    "session_token": "A session token is taken only by routes with @connect.require(session_token=True).",
    "request_token": "The route takes context or session tokens only; @connect.require(qsh=True, …) adds this kind.",
    "audience": "The aud claim is another base URL: ATLASSIAN_CONNECT_BASE_URL differs from the descriptor's"
    " baseUrl, or is one more that belongs into ATLASSIAN_CONNECT_ALLOWED_AUDIENCES.",
    "host_not_allowed": "The site is not in ATLASSIAN_CONNECT_ALLOWED_HOSTS (for a sandbox:"
    " ATLASSIAN_CONNECT_SANDBOX_URL).",
    "bad_key_id": "Only hosts sign installs; ATLASSIAN_CONNECT_INSTALL_KEY_ID_PATTERN tells what their key ids look"
    " like.",
    "unknown_key": "The token was not made by a host of this environment.",
}


@dataclass(frozen=True, slots=True)
class Route:
    """What of the app a URL leads to.

    :ivar name: endpoint, or what is in the way of one.
    :ivar accepts: kinds of token that it takes; None for a route that checks none, or where there is no route.
    :ivar lifecycle: which lifecycle callback it is.
    """

    name: str
    accepts: frozenset[TokenKind] | None
    lifecycle: LifecycleEvent | None = None
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Explained:
    """The verdict on one request.

    :ivar error: why the app refuses it; None: the token fits.
    :ivar expected: canonical request of what arrived.
    :ivar signed: the canonical request that the sender hashed, when it can be told.
    :ivar received: the ``qsh`` of the token.
    :ivar cause: the likely cause, or a remark on a token that fits.
    """

    request: str
    route: Route
    error: ConnectError | None
    cause: str
    kind: str = ""
    signature: str = ""
    tenant: Tenant | None = None
    times: list[tuple[str, str]] = field(default_factory=list)
    expected: str = ""
    signed: str | None = None
    received: str | None = None

    @property
    def fits(self) -> bool:
        """Whether the app accepts the token for this request."""
        return self.error is None


def explain_request(
    state: ConnectState, method: str, url: str, token: str | None = None, *, site: str | None = None
) -> Explained:
    """Judge a request as the app would, and find out why.

    :param url: as the app received it, absolute or from the root of the server; may carry the token.
    :param token: None: it is in the URL.
    :param site: base URL of the host, for lifecycle tokens of tenants that are not known yet.
    :raises UrlNotAllowedError: ``url`` is no URL, or ``site`` no base URL.
    """
    method, request = method.upper(), _inbound(method.upper(), url, token)
    base_path = state.settings.base_path
    route = _route(state, method, strip_base_path(request.path, base_path))
    shown = f"{method} {request.raw_path}" + (f"?{_without_token(request.query)}" if request.query else "")
    try:
        compact = request.token()
        parsed = unverified(compact)
    except AuthenticationError as refusal:
        return Explained(shown, route, refusal, _CAUSES[refusal.reason])
    decoded = decode(state, compact)
    error = _verdict(state, request, route, parsed, site)
    received = parsed.claims.get("qsh")
    expected, signed, qsh_cause, qsh_fits = _compare(request, base_path, received)
    return Explained(
        shown,
        route,
        error,
        _cause(error, qsh_cause, qsh_fits=qsh_fits),
        kind=kind_of(parsed, state.app_key),
        signature=_signature(error, parsed, decoded.verdict),
        tenant=decoded.signer or _named(state, parsed),
        times=times_of(parsed.claims, state.clock()),
        expected=expected,
        signed=signed,
        received=received if isinstance(received, str) else None,
    )


def _inbound(method: str, url: str, token: str | None) -> InboundRequest:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UrlNotAllowedError(f"Not a URL: {url[:200]!r}.") from error
    path = parts.path or "/"
    return InboundRequest(
        method=method,
        path=unquote(path, errors="surrogateescape"),
        raw_path=path,
        query=parts.query,
        authorization=None if token is None else f"JWT {token_in(token)}",
    )


def _without_token(query: str) -> str:
    return "&".join(part for part in query.split("&") if part.partition("=")[0] != "jwt")


def _route(state: ConnectState, method: str, path: str) -> Route:
    try:
        endpoint, _ = state.app.url_map.bind("localhost").match(path, method=method)
    except MethodNotAllowed as error:
        return Route(f"none: this URL takes {', '.join(error.valid_methods or ())}, not {method}", None, exists=False)
    except HTTPException:
        return Route("none of this app", None, exists=False)
    event = endpoint.removeprefix(_LIFECYCLE)
    if endpoint.startswith(_LIFECYCLE) and event in set(LifecycleEvent):
        return Route(endpoint, _HOST_TOKEN, LifecycleEvent(event))
    accepts = getattr(state.app.view_functions[endpoint], GUARD, None)
    if accepts is None and (endpoint in state.called_endpoints or path.rstrip("/") in state.called_paths):
        accepts = _HOST_TOKEN
    return Route(endpoint, accepts or None)


def _verdict(
    state: ConnectState, request: InboundRequest, route: Route, token: UnverifiedToken, site: str | None
) -> ConnectError | None:
    """Ask the rules themselves; nothing is decided twice."""
    try:
        if route.lifecycle is not None and route.lifecycle.is_signed_install:
            state.authenticator.authenticate_install(request, _payload(state, route.lifecycle, token, site))
        else:
            state.authenticator.authenticate(request, route.accepts or _HOST_TOKEN)
    except RequestError as error:
        return error
    return None


def _payload(state: ConnectState, event: LifecycleEvent, token: UnverifiedToken, site: str | None) -> LifecyclePayload:
    """The body that such a token would come with: only what the rules look at."""
    client_key = token.unverified_issuer or ""
    tenant = _named(state, token)
    if site is None and tenant is None:
        raise InvalidRequestError(
            f"There is no tenant {client_key!r} yet, and the body says which site it is: give --site with its baseUrl."
        )
    base_url = str(parse_base_url(site or (tenant.base_url if tenant else "")))
    product: Product = "confluence" if base_url.endswith("/wiki") else "jira"
    given = {"event": event, "client_key": client_key, "base_url": base_url, "product": product}
    return LifecyclePayload(**{field.name: None for field in fields(LifecyclePayload)} | given)  # type: ignore[arg-type]


def _named(state: ConnectState, token: UnverifiedToken) -> Tenant | None:
    issuer = token.unverified_issuer
    return state.store.get(issuer) if issuer else None


def _compare(request: InboundRequest, base_path: str, received: object) -> tuple[str, str | None, str, bool]:
    """Canonical request here, the sender's if it can be told, the likely cause, whether the hashes are equal."""
    paths = list(request.paths(base_path))
    try:
        expected = canonical_request(request.method, paths[0], request.query)
    except ValueError as error:
        return "", None, str(error), False
    if not isinstance(received, str):
        return expected, None, _CAUSES["missing_qsh"], False
    for path in paths:
        if same_hash(received, query_string_hash(request.method, path, request.query)):
            other = "" if path == paths[0] else "The sender hashed the path in another spelling, which is accepted."
            return expected, canonical_request(request.method, path, request.query), other, True
    told = explain(received, request.method, paths[0], request.query, base_path=base_path)
    for path in paths[1:]:
        if told.signed is None and received != CONTEXT_QSH:
            told = explain(received, request.method, path, request.query, base_path=base_path)
    return expected, told.signed, told.cause, False


def _cause(error: ConnectError | None, qsh_cause: str, *, qsh_fits: bool) -> str:
    if error is None:
        return qsh_cause if qsh_fits else ""
    reason = getattr(error, "reason", "")
    if reason == "qsh_mismatch":
        return qsh_cause
    return _CAUSES.get(reason, "")


def _signature(error: ConnectError | None, token: UnverifiedToken, verdict: str) -> str:
    if token.algorithm != "RS256":
        return verdict
    if error is None:
        return "Signed with an install key of the host."
    if getattr(error, "reason", "") in _AFTER_SIGNATURE:
        return "Signed with an install key of the host."
    return "NOT VERIFIED."


# --- for people -------------------------------------------------------------------------------------------------------


def report(told: Explained) -> list[str]:
    """Write the verdict down, line by line."""
    lines = [f"Request    {told.request}", f"Route      {_route_text(told.route)}"]
    if told.kind:
        lines += [f"Token      {told.kind}", f"Signature  {told.signature}", f"Tenant     {_tenant_text(told.tenant)}"]
        lines += [f"{name.ljust(9)}  {text}" for name, text in told.times]
    if told.expected:
        lines += _qsh_lines(told)
    if told.error is None:
        lines.append("Verdict    The token fits this request.")
    else:
        status = getattr(told.error, "status", "")
        lines.append(f"Verdict    Refused with {status} ({_reason(told.error)}): {_sentence(told.error)}")
    if told.cause:
        lines.append(f"{'Cause' if told.error else 'Note'}".ljust(11) + told.cause)
    return lines


def _qsh_lines(told: Explained) -> list[str]:
    here = f"  here     {told.expected}"
    if told.received is None:
        return ["qsh        none", here]
    if told.received == CONTEXT_QSH:
        return [f"qsh        {CONTEXT_QSH}: bound to no request", here]
    if told.signed == told.expected:
        return ["qsh        equal", here]
    sender = told.signed if told.signed is not None else "unknown"
    return [
        "qsh        equal by another spelling" if told.fits else "qsh        different",
        here,
        f"  sender   {sender}",
        f"  expected {_digest(told.expected)}",
        f"  received {told.received[:200]}",
    ]


def _digest(canonical: str) -> str:
    method, path, query = canonical.split("&", 2)
    return query_string_hash(method, path, query)


def _sentence(error: ConnectError) -> str:
    # Its own text lists the usual causes and sends the reader here.
    return "It was signed for another request." if isinstance(error, QshMismatchError) else str(error)


def _reason(error: ConnectError) -> str:
    return str(getattr(error, "reason", type(error).__name__))


def _tenant_text(tenant: Tenant | None) -> str:
    if tenant is None:
        return "unknown"
    return f"{tenant.client_key}, {tenant.base_url}, {'installed' if tenant.installed else 'uninstalled'}"


def _route_text(route: Route) -> str:
    if route.lifecycle is not None:
        return f"{route.name}, takes {'RS256' if route.lifecycle.is_signed_install else 'HS256'} tokens of a host"
    if route.accepts is None:
        open_ = ", open: it checks no token" if route.exists else ""
        return f"{route.name}{open_}; judged as a URL of the descriptor"
    return f"{route.name}, takes {', '.join(sorted(kind.value for kind in route.accepts))} tokens"
