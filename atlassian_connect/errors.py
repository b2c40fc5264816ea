"""Every error this package raises.

::

    ConnectError
    ├── ConfigurationError              the app's settings or descriptor; raised before anything is served
    │   └── DescriptorError             a module, key or template is wrong; ``path`` says where
    ├── RequestError                    what reached us is refused; becomes a response with ``status``
    │   ├── InvalidRequestError         400  the body or a parameter does not have the form it must have
    │   │   └── PayloadTooLargeError    413
    │   ├── AuthenticationError         401  ``reason`` for logs; the response never tells it
    │   │   └── QshMismatchError
    │   ├── PermissionDeniedError       403  we know who it is, and the answer is no
    │   └── KeyServerError              503  the host's install key cannot be fetched right now
    ├── StorageError                    500  the database failed, or a stored secret cannot be decrypted
    ├── TenantError                     a tenant that is needed is not there
    │   ├── UnknownTenantError
    │   └── TenantUninstalledError
    ├── NotAuthenticatedError           ``current_tenant`` outside a verified request (also a RuntimeError)
    ├── UrlNotAllowedError              a URL outside the tenant's base URL (also a ValueError)
    └── HostError                       a call to the host failed
        ├── HostUnreachableError        no answer (also a ConnectionError)
        │   └── HostTimeoutError        (also a TimeoutError)
        └── HostResponseError           an answer with an error status; ``status``, ``message``, ``response``
            ├── HostBadRequestError     400
            ├── HostUnauthorizedError   401
            ├── HostForbiddenError      403
            ├── HostNotFoundError       404
            ├── HostConflictError       409
            ├── RateLimitedError        429
            └── HostServerError         5xx
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AuthenticationError",
    "ConfigurationError",
    "ConnectError",
    "DescriptorError",
    "HostBadRequestError",
    "HostConflictError",
    "HostError",
    "HostForbiddenError",
    "HostNotFoundError",
    "HostResponseError",
    "HostServerError",
    "HostTimeoutError",
    "HostUnauthorizedError",
    "HostUnreachableError",
    "InvalidRequestError",
    "KeyServerError",
    "NotAuthenticatedError",
    "PayloadTooLargeError",
    "PermissionDeniedError",
    "QshMismatchError",
    "RateLimitedError",
    "RequestError",
    "StorageError",
    "TenantError",
    "TenantUninstalledError",
    "UnknownTenantError",
    "UrlNotAllowedError",
]


class ConnectError(Exception):
    """Base of every error of this package."""


# --- the app itself ---------------------------------------------------------------------------------------------------


class ConfigurationError(ConnectError):
    """A setting is missing or wrong. The message names the setting and what to put there."""


class DescriptorError(ConfigurationError):
    """The descriptor, or a module declared for it, would be refused by the host.

    :ivar path: where in the descriptor, e.g. ``modules.webPanels[0].location``; empty when it concerns the whole.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


# --- what reaches us --------------------------------------------------------------------------------------------------


class RequestError(ConnectError):
    """A request is refused.

    :ivar status: the HTTP status of the answer.
    :ivar public_message: the only text the client gets to see.
    """

    status = 400
    public_message = "This request cannot be accepted."


class InvalidRequestError(RequestError):
    """The body or a parameter does not have the form that the host's protocol gives it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.public_message = message


class PayloadTooLargeError(InvalidRequestError):
    """The body is larger than this endpoint takes."""

    status = 413


class AuthenticationError(RequestError):
    """The request does not prove who sent it.

    :ivar reason: a short word for logs and tests (``missing_token``, ``bad_signature``, ``expired``, …). The body of
        the 401 is the same for every reason, so that a caller cannot probe.
    """

    status = 401
    reason = "unauthenticated"
    public_message = "This request could not be authenticated."

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class QshMismatchError(AuthenticationError):
    """The token is genuine but was signed for another method, path or query.

    :ivar expected: the canonical request computed from what arrived. It carries query values: mask before logging.
    :ivar received: the ``qsh`` claim of the token.
    """

    reason = "qsh_mismatch"

    def __init__(self, *, expected: str, received: str) -> None:
        super().__init__(
            "The qsh claim does not match this request. Usual causes: a proxy that rewrites path or query, or"
            " ATLASSIAN_CONNECT_BASE_URL not being the URL in the descriptor. `flask connect jwt explain` compares."
        )
        self.expected = expected
        self.received = received


class PermissionDeniedError(RequestError):
    """The request is authentic, and this user or tenant may not do it. Views may raise it themselves."""

    status = 403
    public_message = "You are not allowed to do this."


class KeyServerError(RequestError):
    """The public key that an install is signed with could not be fetched; installing again later can work."""

    status = 503
    public_message = "The install key is not available right now. Please try again."


class StorageError(ConnectError):
    """Reading or writing tenants failed; nothing half-written remains."""

    status = 500
    public_message = "The app cannot reach its data right now. Please try again."


# --- tenants ----------------------------------------------------------------------------------------------------------


class TenantError(ConnectError, LookupError):
    """A tenant that the caller needs is not available.

    :ivar client_key: the one that was asked for.
    """

    def __init__(self, client_key: str, message: str) -> None:
        super().__init__(message)
        self.client_key = client_key


class UnknownTenantError(TenantError):
    """No tenant with this client key was ever installed, or it was forgotten."""

    def __init__(self, client_key: str) -> None:
        super().__init__(client_key, f"There is no tenant with client key {client_key!r}.")


class TenantUninstalledError(TenantError):
    """The tenant has uninstalled the app, so its shared secret must no longer be used."""

    def __init__(self, client_key: str) -> None:
        super().__init__(client_key, f"Tenant {client_key!r} has uninstalled the app; its secret is no longer used.")


class NotAuthenticatedError(ConnectError, RuntimeError):
    """``current_tenant`` and its siblings were used where no verified request is being handled."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is only there while a verified request is handled: declare the view with @connect.general_page,"
            " @connect.module or @connect.webhook, or guard it with @connect.require(). In jobs and commands, pass the"
            " tenant as an argument."
        )


# --- calls to the host ------------------------------------------------------------------------------------------------


class UrlNotAllowedError(ConnectError, ValueError):
    """The URL is not below the tenant's base URL, so nothing is signed and nothing is sent."""


class HostError(ConnectError):
    """A call to the host failed."""


class HostUnreachableError(HostError, ConnectionError):
    """No answer from the host. Safe to repeat only for methods that change nothing."""


class HostTimeoutError(HostUnreachableError, TimeoutError):
    """The host did not answer in time; it may still have done the work."""


class HostResponseError(HostError):
    """The host answered with an error status.

    :ivar status: HTTP status.
    :ivar message: what the host says, in one line; empty when its body says nothing readable.
    :ivar response: the ``requests.Response``.
    """

    def __init__(self, *, status: int, message: str, method: str, url: str, response: Any = None) -> None:
        super().__init__(f"{method} {url} answered {status}" + (f": {message}" if message else ""))
        self.status = status
        self.message = message
        self.method = method
        self.url = url
        self.response = response


class HostBadRequestError(HostResponseError):
    """400: the host refuses the request as it is; ``message`` is the host's explanation."""


class HostUnauthorizedError(HostResponseError):
    """401: rotated secret, clock skew, app disabled or not yet enabled on the site, or an endpoint closed to apps."""


class HostForbiddenError(HostResponseError):
    """403: a scope is missing, the app user lacks the permission, or an app access rule blocks it."""


class HostNotFoundError(HostResponseError):
    """404: it does not exist, or this app may not see it. Hosts do not tell the two apart."""


class HostConflictError(HostResponseError):
    """409: somebody else changed it first; read it again."""


class RateLimitedError(HostResponseError):
    """429: too many calls; ``response.headers`` say when to come back."""


class HostServerError(HostResponseError):
    """5xx: the host failed. Safe to repeat only for methods that change nothing."""
