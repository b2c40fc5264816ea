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
    │   ├── PermissionCheckError        503  whether the user may cannot be found out right now
    │   └── KeyServerError              503  the host's install key cannot be fetched right now
    ├── StorageError                    500  the database failed, or a stored secret cannot be decrypted
    ├── TenantError                     a tenant that is needed is not there
    │   ├── UnknownTenantError
    │   └── TenantUninstalledError
    ├── SyncBusyError                   others kept syncing this tenant for too long (also a TimeoutError)
    ├── NotAuthenticatedError           ``current_tenant`` outside a verified request (also a RuntimeError)
    ├── UrlNotAllowedError              a URL outside the tenant's base URL (also a ValueError)
    ├── ScopeMissingError               a call needs a scope that the descriptor lacks; it was not made
    ├── PropertyError                   a key or value that no host takes as a property (also a ValueError)
    └── HostError                       a call to the host failed
        ├── TaskFailedError             a long-running task of the host failed or was cancelled
        ├── TaskTimeoutError            it is not done yet (also a TimeoutError)
        ├── PaginationError             an answer is not the page of a list, or the list never ends
        ├── ImpersonationError          the host does not let us act as this user; ``reason`` says why
        ├── HostUnreachableError        no answer (also a ConnectionError)
        │   └── HostTimeoutError        (also a TimeoutError)
        └── HostResponseError           an answer with an error status; ``status``, ``message``, ``response``
            ├── HostBadRequestError     400
            ├── HostUnauthorizedError   401
            ├── HostForbiddenError      403
            ├── HostNotFoundError       404
            ├── AppAccessBlockedError   403 or 404, and one of these too: an administrator's rule blocks the app
            ├── HostConflictError       409
            ├── RateLimitedError        429
            └── HostServerError         5xx
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AppAccessBlockedError",
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
    "ImpersonationError",
    "InvalidRequestError",
    "KeyServerError",
    "NotAuthenticatedError",
    "PaginationError",
    "PayloadTooLargeError",
    "PermissionCheckError",
    "PermissionDeniedError",
    "PropertyError",
    "QshMismatchError",
    "RateLimitedError",
    "RequestError",
    "ScopeMissingError",
    "StorageError",
    "SyncBusyError",
    "TaskFailedError",
    "TaskTimeoutError",
    "TenantError",
    "TenantUninstalledError",
    "UnknownTenantError",
    "UrlNotAllowedError",
]


class ConnectError(Exception):
    """Base of every error of this package.

    All of them can be pickled, as job queues do it. The ``response`` of a host stays behind: its request may hold a
    file or a generator.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in vars(self).items() if name != "response"}
        return _rebuilt, (type(self), self.args, state)


def _rebuilt(kind: type[ConnectError], args: tuple[Any, ...], state: dict[str, Any]) -> ConnectError:
    """Make an error again as it was, past its own ``__init__``, which takes other arguments."""
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(state)
    return error


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


class PermissionCheckError(RequestError):
    """The host does not say right now whether the user may do this, so the view does not run."""

    status = 503
    public_message = "Your permissions cannot be checked right now. Please try again."


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


class SyncBusyError(ConnectError, TimeoutError):
    """Another thread or process was syncing the tenant's dynamic modules for all of the time to wait.

    Nothing was sent for this call. The other sync brings what is declared, so there is mostly nothing left to do.

    :ivar client_key: the tenant.
    :ivar waited_seconds: how long.
    """

    def __init__(self, client_key: str, *, waited_seconds: float) -> None:
        super().__init__(
            f"Somebody else has been syncing the dynamic modules of tenant {client_key!r} for more than"
            f" {waited_seconds:g} s. Nothing was sent; try again later."
        )
        self.client_key = client_key
        self.waited_seconds = waited_seconds


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


class ScopeMissingError(ConnectError):
    """The host would refuse this call, so it was not made. Raised only with ``ATLASSIAN_CONNECT_STRICT_SCOPES``.

    :ivar operation: e.g. ``DELETE /rest/api/3/issue/{issueIdOrKey}``.
    :ivar scope: the scope to add to the descriptor; ``INACCESSIBLE`` when no Connect app may call this.
    """

    def __init__(self, message: str, *, operation: str, scope: str) -> None:
        super().__init__(message)
        self.operation = operation
        self.scope = scope


class PropertyError(ConnectError, ValueError):
    """A property that the host would refuse: its key or value is too long, or is no JSON. Nothing was sent."""


class HostError(ConnectError):
    """A call to the host failed."""


class TaskFailedError(HostError):
    """A long-running task of the host failed or was cancelled.

    :ivar task: its last state: a :class:`.client.TaskState`.
    """

    def __init__(self, message: str, *, task: Any) -> None:
        super().__init__(message)
        self.task = task


class TaskTimeoutError(HostError, TimeoutError):
    """A long-running task was not done when the time was up. The host goes on with it; it can be waited for again.

    :ivar task: its last state: a :class:`.client.TaskState`.
    """

    def __init__(self, message: str, *, task: Any) -> None:
        super().__init__(message)
        self.task = task


class PaginationError(HostError):
    """An answer is not the page of a list, or the host repeats a page it has already sent."""


class ImpersonationError(HostError):
    """The host does not let the app act as this user. The message says what to do.

    :ivar reason: ``no_client_id``, ``not_authorized``, ``unknown_user``, ``bad_scope``, ``bad_assertion`` or
        ``bad_answer``.
    :ivar error: the authorization server's own code, e.g. ``unauthorized_client``; None when nothing was sent.
    """

    def __init__(self, message: str, *, reason: str, error: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.error = error


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

    response: Any = None

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


class AppAccessBlockedError(HostResponseError):
    """403 or 404, and the site's data policy says that an administrator blocks apps from such data.

    Never raised as such: for a 403 it is a :class:`HostForbiddenError` too, for a 404 a :class:`HostNotFoundError`, so
    that what caught the refusal before goes on catching it. A 404 that is this error is no proof that the object is
    gone: hide what the app stored of it, or delete it, as the administrator's rule demands.

    :ivar operation: e.g. ``GET /wiki/api/v2/pages/{id}``.
    :ivar space: key or id of the Confluence space, when the call names it.
    :ivar project: key or id of the Jira project, when the call names it.
    :ivar certain: True when the policy blocks that very space or project. False when the call names none that can be
        looked up, and the policy says only that the site blocks the app somewhere.
    """

    def __init__(
        self,
        *,
        status: int,
        message: str,
        method: str,
        url: str,
        response: Any = None,
        operation: str = "",
        space: str | None = None,
        project: str | None = None,
        certain: bool = False,
    ) -> None:
        super().__init__(status=status, message=message, method=method, url=url, response=response)
        told = "The site blocks apps from some of its data, which may be the cause."
        if certain:
            what = f"space {space}" if space is not None else f"project {project}"
            told = f"An administrator blocks apps from {what}."
        self.args = (f"{str(self).rstrip('.')}. {told}",)
        self.operation = operation
        self.space = space
        self.project = project
        self.certain = certain


class HostConflictError(HostResponseError):
    """409: somebody else changed it first; read it again."""


class RateLimitedError(HostResponseError):
    """429: too many calls, and no time left to wait for better. The host has not executed the call.

    :ivar rate_limit: which limit it is, and what the host says about it: a :class:`.client.RateLimit`, or None.
    :ivar retry_after: seconds to stay away, at least; None when the host does not say.
    :ivar attempts: how often the call was sent; 0 when an earlier answer said that the hour's points are used up.
    """

    rate_limit: Any = None
    retry_after: float | None = None
    attempts: int = 1


class HostServerError(HostResponseError):
    """5xx: the host failed. Safe to repeat only for methods that change nothing."""
