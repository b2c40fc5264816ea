"""Signing as the app: a step over the request that is about to be sent.

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
from ..tenants.tenant import Tenant

__all__ = ["HostAuth", "RequestAuth"]


class RequestAuth(Protocol):
    """Puts credentials for one target on one prepared request. Called for every attempt and every hop."""

    def __call__(self, request: requests.PreparedRequest, target: Target) -> None:
        """Set the ``Authorization`` header, or raise. Whatever it raises, nothing is sent."""


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
