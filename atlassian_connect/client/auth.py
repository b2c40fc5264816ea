"""Credentials: a step over the request that is about to be sent. Signing as the app, or none.

Source: *Understanding JWT for Connect apps*, "Claims" and "Creating a query string hash",
https://developer.atlassian.com/cloud/confluence/understanding-jwt-for-connect-apps/
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import requests

from ..errors import TenantUninstalledError, UrlNotAllowedError
from ..protocol.qsh import query_string_hash
from ..protocol.tokens import sign_hs256
from ..protocol.urls import Target
from ..secret import Secret
from ..tenants.tenant import Tenant

__all__ = ["AnonymousAuth", "HostAuth", "RequestAuth"]


class RequestAuth(Protocol):
    """Puts credentials for one target on one prepared request. Called for every attempt and every hop."""

    def __call__(self, request: requests.PreparedRequest, target: Target) -> None:
        """Set the ``Authorization`` header, or raise. Whatever it raises, nothing is sent."""

    def renewed(self, authorization: Secret) -> bool:
        """Tell whether it is worth trying again with new credentials, after a 401.

        :param authorization: the header that was refused.
        """


class HostAuth:
    """Signs as the app for one tenant: ``Authorization: JWT …``, bound to method, path and query.

    :param token_lifetime_seconds: from ``iat`` to ``exp``; the product documentation recommends three minutes.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self, tenant: Tenant, *, token_lifetime_seconds: int = 180, clock: Callable[[], float] = time.time
    ) -> None:
        if token_lifetime_seconds < 1:
            raise ValueError("A token lives for at least one second.")
        self._tenant = tenant
        self._lifetime = token_lifetime_seconds
        self._clock = clock

    def __call__(self, request: requests.PreparedRequest, target: Target) -> None:
        """Sign the request.

        :raises TenantUninstalledError: the tenant has uninstalled the app.
        :raises UrlNotAllowedError: the request goes to another URL than ``target``, byte for byte.
        :raises ValueError: there is nothing to sign with, or more parameters than can be hashed.
        """
        if not self._tenant.installed:
            raise TenantUninstalledError(self._tenant.client_key)
        if request.url != target.url:
            raise UrlNotAllowedError(f"Signed would be {target.url[:200]!r}, sent {str(request.url)[:200]!r}.")
        issued_at = int(self._clock())
        claims = {
            "iss": self._tenant.app_key,
            "iat": issued_at,
            "exp": issued_at + self._lifetime,
            "qsh": query_string_hash(request.method or "", target.path, target.query),
            "aud": [self._tenant.client_key],
        }
        request.headers["Authorization"] = "JWT " + sign_hs256(claims, self._tenant.shared_secret)

    def renewed(self, authorization: Secret) -> bool:
        """False: a signature is new for every request."""
        return False


class AnonymousAuth:
    """No credentials at all, to see what visitors see. Only few operations answer that."""

    def __call__(self, request: requests.PreparedRequest, target: Target) -> None:
        """Leave the request without an ``Authorization`` header."""
        request.headers.pop("Authorization", None)

    def renewed(self, authorization: Secret) -> bool:
        """False: there is nothing to renew."""
        return False
