"""Tokens by which an app acts as a user: the JWT bearer grant of OAuth 2.0.

Sources: *User impersonation for Connect apps*,
https://developer.atlassian.com/cloud/jira/platform/user-impersonation-for-connect-apps/, RFC 7523 and RFC 6749. Which
error answers which mistake is not published beyond ``unauthorized_client``; the rest follows the RFCs.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from ..errors import AuthenticationError
from ..protocol.scopes import SCOPES, effective_scopes
from ..protocol.tokens import Claims, audience_matches, unverified, verify_hs256
from ..protocol.urls import normal_base_url
from ..secret import Secret
from .installation import Installation
from .people import Person
from .site import Site

if TYPE_CHECKING:
    from .host import Sandbox

__all__ = ["GRANT_TYPE", "MAX_ASSERTION_SECONDS", "TOKEN_SECONDS", "AuthorizationServer", "Grant", "OAuthError"]

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: Lifetime of a token.
TOKEN_SECONDS: Final = 900
#: Assertions with a longer lifetime are refused.
MAX_ASSERTION_SECONDS: Final = 120
_CLIENT: Final = "urn:atlassian:connect:clientid:"
_USER: Final = "urn:atlassian:connect:useraccountid:"
_MAX_GRANTS: Final = 10_000


class OAuthError(Exception):
    """Becomes ``{"error", "error_description"}``.

    :ivar status: of the answer.
    :ivar error: the code.
    """

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for.

    :ivar scopes: those of the app, or fewer.
    :ivar secret: the app's when the token was made; the token ends with it.
    """

    installation: Installation
    person: Person
    scopes: frozenset[str]
    expires_at: float
    secret: Secret = field(repr=False)


class AuthorizationServer:
    """Makes tokens and knows them again.

    :ivar audiences: base URLs by which assertions may name it, besides the sandbox's origin: for a sandbox that takes
        the place of Atlassian's server.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.audiences: set[str] = set()
        self._sandbox = sandbox
        self._lock = Lock()
        self._grants: dict[str, Grant] = {}

    def issue(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer a request for a token.

        :param form: the decoded fields.
        :raises OAuthError: there is none to be had.
        """
        if form.get("grant_type") != GRANT_TYPE:
            raise OAuthError(400, "unsupported_grant_type", f"grant_type must be {GRANT_TYPE}.")
        if not form.get("assertion"):
            raise OAuthError(400, "invalid_request", "The request has no assertion.")
        site, installation, secret, claims = self._verified(form["assertion"])
        if "ACT_AS_USER" not in installation.scopes:
            raise _unauthorized_client()
        person = _person(site, claims)
        scopes = _scopes(installation, form.get("scope", ""))
        token, now = secrets.token_urlsafe(48), self._sandbox.wire.token_clock()
        with self._lock:
            self._grants = {known: grant for known, grant in self._grants.items() if grant.expires_at > now}
            while len(self._grants) >= _MAX_GRANTS:
                self._grants.pop(next(iter(self._grants)))
            self._grants[token] = Grant(installation, person, scopes, now + TOKEN_SECONDS, secret)
        return {"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}

    def grant(self, site: Site, token: str) -> Grant:
        """Tell what a token stands for: never more than the app may by now.

        :raises AuthenticationError: nothing on this site, or not any more.
        """
        with self._lock:
            grant = self._grants.get(token)
        if grant is None or grant.installation.site is not site:
            raise AuthenticationError("No such bearer token was made for this site.", reason="unknown_bearer")
        if grant.expires_at <= self._sandbox.wire.token_clock():
            raise AuthenticationError("The bearer token has expired.", reason="expired")
        installation, secret = grant.installation, grant.installation.shared_secret
        if installation.state != "enabled" or installation not in site.known:
            raise AuthenticationError("The app of the bearer token is gone.", reason=installation.state)
        if secret is None or secret.reveal() != grant.secret.reveal():
            raise AuthenticationError("The bearer token ended with the old shared secret.", reason="rotated")
        if "ACT_AS_USER" not in installation.scopes:
            raise AuthenticationError("The app may not act as users any more.", reason="no_impersonation")
        person = site.person(grant.person.account_id)
        if person is None or not person.active:
            raise AuthenticationError("The user of the bearer token is deactivated.", reason="inactive_user")
        return replace(grant, person=person, scopes=grant.scopes & installation.scopes)

    def clear(self) -> None:
        """Forget all tokens."""
        with self._lock:
            self._grants.clear()

    def _verified(self, assertion: str) -> tuple[Site, Installation, Secret, Claims]:
        try:
            token = unverified(assertion)
        except AuthenticationError as error:
            raise OAuthError(400, "invalid_grant", f"The assertion is no token: {error}") from error
        client_id = (token.unverified_issuer or "").removeprefix(_CLIENT)
        if not (token.unverified_issuer or "").startswith(_CLIENT):
            raise OAuthError(400, "invalid_grant", f"iss must be {_CLIENT} and the oauthClientId.")
        installation = next(
            (one for site in self._sandbox.sites for one in site.known if one.oauth_client_id == client_id), None
        )
        secret = installation.shared_secret if installation else None
        if installation is None or secret is None or installation.state != "enabled":
            raise _unauthorized_client()
        now = self._sandbox.wire.token_clock()
        try:
            claims = verify_hs256(token, secret, now=now)
        except AuthenticationError as error:
            raise OAuthError(400, "invalid_grant", str(error)) from error
        if claims.issued_at is None:
            raise OAuthError(400, "invalid_grant", "The assertion has no iat.")
        if claims.expires_at - claims.issued_at > MAX_ASSERTION_SECONDS:
            raise OAuthError(400, "invalid_grant", f"The assertion lives longer than {MAX_ASSERTION_SECONDS} s.")
        own = {normal_base_url(url) for url in (self._sandbox.origin, *self.audiences)}
        if not audience_matches(claims.audience, own):
            raise OAuthError(400, "invalid_grant", f"aud must be {self._sandbox.origin}.")
        if token.claims.get("tnt") != installation.site.base_url:
            raise OAuthError(400, "invalid_grant", f"tnt must be {installation.site.base_url}.")
        return installation.site, installation, secret, claims


def _unauthorized_client() -> OAuthError:
    return OAuthError(
        401,
        "unauthorized_client",
        "The authenticated client is not authorized to use this authorization grant type",
    )


def _person(site: Site, claims: Claims) -> Person:
    subject = claims.subject or ""
    person = site.person(subject.removeprefix(_USER)) if subject.startswith(_USER) else None
    if person is None or not person.active:
        raise OAuthError(400, "invalid_grant", f"sub must be {_USER} and the account id of an active user.")
    if person.account_type == "app":
        raise OAuthError(403, "access_denied", "The users of apps cannot be impersonated.")
    return person


def _scopes(installation: Installation, text: str) -> frozenset[str]:
    asked = {name.upper() for name in text.split()}
    if not asked:
        return installation.scopes
    beyond = asked - (installation.scopes & SCOPES)
    if beyond:
        raise OAuthError(400, "invalid_scope", f"The app does not have the scopes {', '.join(sorted(beyond))}.")
    return effective_scopes(installation.site.product, asked) & installation.scopes
