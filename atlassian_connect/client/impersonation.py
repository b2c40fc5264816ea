"""Acting as a user: an access token of the host's authorization server in place of the app's signature.

Source: *User impersonation for Connect apps*,
https://developer.atlassian.com/cloud/confluence/user-impersonation-for-connect-apps/
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import requests

from ..errors import TenantUninstalledError, UrlNotAllowedError
from ..protocol.urls import Target, target_below
from ..secret import Secret
from ..tenants.tenant import Tenant
from .user_tokens import UserTokens

__all__ = ["UserAuth"]

# 557058:f58131cb-b67d-43c7-b30d-6b58d40bd077, 5b10a2844c20165700ede21g, qm:…:…:… and the like.
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_-]{0,127}").fullmatch
_SCOPE = re.compile(r"[A-Z][A-Z0-9_:.-]{0,99}").fullmatch


class UserAuth:
    """Puts a user's access token on requests to one tenant's host: ``Authorization: Bearer …``.

    :param account_id: from a verified token, or stored for what this user asked for; never from a request's parameter.
    :param scopes: what the token may do, at most; None for all that the app has.
    :raises ValueError: something that cannot be an account id or a scope.
    """

    def __init__(
        self, tenant: Tenant, tokens: UserTokens, account_id: str, scopes: Iterable[str] | None = None
    ) -> None:
        if not isinstance(account_id, str) or not _ACCOUNT_ID(account_id := str(account_id)):
            raise ValueError(
                f"{str(account_id)[:40]!r} is not an account id; visitors who are not logged in have none."
            )
        if isinstance(scopes, str):
            raise ValueError("scopes is a list of names, not one text.")
        self._scopes = None if scopes is None else tuple(sorted({scope.upper() for scope in scopes}))
        if self._scopes is not None and not (self._scopes and all(map(_SCOPE, self._scopes))):
            raise ValueError(f"These are no scopes: {self._scopes}. None asks for all that the app has.")
        self._tenant = tenant
        self._tokens = tokens
        self.account_id = account_id

    def __call__(self, request: requests.PreparedRequest, target: Target) -> None:
        """Put the token on the request; fetches one when none is known.

        :raises TenantUninstalledError: the tenant has uninstalled the app.
        :raises UrlNotAllowedError: the request does not go to the tenant's host.
        :raises ImpersonationError: the host does not let the app act as this user.
        :raises HostError: the authorization server cannot be reached, fails or limits us.
        """
        if not self._tenant.installed:
            raise TenantUninstalledError(self._tenant.client_key)
        # Unlike a signature, a token is worth something at any place: look at where it goes, not at what was meant.
        if request.url != target.url or target_below(self._tenant.base, request.url).url != request.url:
            raise UrlNotAllowedError(
                f"{str(request.url)[:200]!r} is not a URL of {self._tenant.base}; nothing was sent."
            )
        token = self._tokens.token(self._tenant, self.account_id, self._scopes)
        request.headers["Authorization"] = "Bearer " + token.reveal()

    def renewed(self, authorization: Secret) -> bool:
        """Forget the token that was refused. True: the next one will be another."""
        token = Secret(authorization.reveal().removeprefix("Bearer "))
        self._tokens.drop(self._tenant, self.account_id, self._scopes, token)
        return True
