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

from .hosts import (
    AppAccessBlockedError,
    HostBadRequestError,
    HostConflictError,
    HostError,
    HostForbiddenError,
    HostNotFoundError,
    HostResponseError,
    HostServerError,
    HostTimeoutError,
    HostUnauthorizedError,
    HostUnreachableError,
    ImpersonationError,
    PaginationError,
    RateLimitedError,
    TaskFailedError,
    TaskTimeoutError,
)
from .inbound import (
    AuthenticationError,
    InvalidRequestError,
    KeyServerError,
    PayloadTooLargeError,
    PermissionCheckError,
    PermissionDeniedError,
    QshMismatchError,
    RequestError,
    StorageError,
)
from .local import (
    ConfigurationError,
    ConnectError,
    DescriptorError,
    NotAuthenticatedError,
    PropertyError,
    ScopeMissingError,
    SyncBusyError,
    TenantError,
    TenantUninstalledError,
    UnknownTenantError,
    UrlNotAllowedError,
)

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
