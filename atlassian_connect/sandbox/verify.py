"""Whether a request to the host comes from an app that is installed, and was signed for exactly this request.

Source: *Understanding JWT for Connect apps*,
https://developer.atlassian.com/cloud/confluence/understanding-jwt-for-connect-apps/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..errors import AuthenticationError, QshMismatchError
from ..protocol.qsh import CONTEXT_QSH, canonical_request, query_string_hash, same_hash
from ..protocol.tokens import UnverifiedToken, bearer_of, unverified, verify_hs256
from ..secret import Secret
from .installation import Installation
from .site import Site

__all__ = ["MAX_TOKEN_SECONDS", "Inquiry", "token_of", "verify"]

#: Tokens with a longer lifetime are refused. Apps are told to use three minutes.
MAX_TOKEN_SECONDS: Final = 3600


@dataclass(slots=True)
class Inquiry:
    """A request, and what is found out about it while it is verified; also when that fails.

    :ivar path: below the base URL of the site, percent-encoded as it came.
    :ivar query: as it came.
    :ivar claims: what the token says, proven or not.
    :ivar canonical: the canonical request of what arrived.
    :ivar verdict: for the log; see :class:`~atlassian_connect.sandbox.Crossing`.
    :ivar note: for the log.
    """

    method: str
    path: str
    query: str
    claims: Mapping[str, Any] | None = None
    canonical: str | None = None
    verdict: str = ""
    note: str = ""


def token_of(authorization: str | None, in_query: Sequence[str]) -> str | None:
    """Find the one token of a request. None: it has none.

    :param authorization: the header.
    :param in_query: values of the parameter ``jwt``.
    :raises AuthenticationError: there are different ones.
    """
    in_header = bearer_of(authorization)
    found = {*in_query, *([in_header] if in_header is not None else [])}
    if len(found) > 1:
        raise AuthenticationError("The request carries different tokens.", reason="several_tokens")
    return found.pop() if found else None


def verify(site: Site, token: str | None, inquiry: Inquiry, *, now: float) -> Installation:
    """Find the app that sent a request.

    :param inquiry: the request; what is found out is written into it.
    :param now: seconds since the epoch.
    :raises AuthenticationError: with the reason.
    """
    try:
        inquiry.canonical = canonical_request(inquiry.method, inquiry.path, inquiry.query)
        qsh = query_string_hash(inquiry.method, inquiry.path, inquiry.query)
    except ValueError as error:
        raise AuthenticationError(f"This request cannot be hashed: {error}", reason="qsh_mismatch") from error
    if token is None:
        raise AuthenticationError("There is no Authorization: JWT header.", reason="missing_token")
    parsed = unverified(token)
    inquiry.claims = parsed.claims
    installation = _installation(site, parsed)
    secret = installation.shared_secret
    if secret is None:
        raise AuthenticationError("The app has authentication none.", reason="no_secret")
    try:
        claims = verify_hs256(parsed, secret, now=now)
    except AuthenticationError as error:
        raise AuthenticationError(_more_about(site, installation, parsed, error), reason=error.reason) from error
    if claims.issued_at is None:
        raise AuthenticationError("The token does not say when it was made: iat is missing.", reason="lifetime")
    if claims.expires_at - claims.issued_at > MAX_TOKEN_SECONDS:
        raise AuthenticationError(f"The token lives longer than {MAX_TOKEN_SECONDS} s.", reason="lifetime")
    if claims.qsh is None:
        raise AuthenticationError("The token is bound to no request: qsh is missing.", reason="missing_qsh")
    if claims.qsh == CONTEXT_QSH:
        raise AuthenticationError("Context tokens are for apps, not for hosts.", reason="context_token")
    if not same_hash(claims.qsh, qsh):
        raise QshMismatchError(expected=inquiry.canonical, received=claims.qsh)
    inquiry.verdict = "verified"
    return installation


def _more_about(site: Site, installation: Installation, token: UnverifiedToken, error: AuthenticationError) -> str:
    """What the error says, and whose secret it was, when it is the one of another installation. For the log only."""
    if error.reason == "bad_signature":
        for other in site.all_known:
            secret = other.shared_secret
            if other is not installation and secret is not None and _fits(token, secret):
                return (
                    f"The token is signed by the shared secret of {other.app_key} on {other.site.name}"
                    f" (client key {other.client_key}), not by that of {installation.app_key} on {site.name}."
                )
    return str(error)


def _fits(token: UnverifiedToken, secret: Secret) -> bool:
    try:
        verify_hs256(token, secret, now=0)
    except AuthenticationError as error:
        return error.reason != "bad_signature"  # the signature is looked at before the times
    return True


def _installation(site: Site, token: UnverifiedToken) -> Installation:
    issuer = token.unverified_issuer
    installation = next((one for one in site.known if one.app_key == issuer), None) if issuer else None
    if installation is None and issuer and any(one.client_key == issuer for one in site.known):
        raise AuthenticationError(
            "iss is the client key. That is how hosts sign; apps name themselves by the key of their descriptor.",
            reason="unknown_app",
        )
    if installation is None:
        raise AuthenticationError(f"No app of this key is installed on {site.product}.", reason="unknown_app")
    if installation.state != "enabled":
        raise AuthenticationError(f"The app is {installation.state}.", reason=installation.state)
    return installation
