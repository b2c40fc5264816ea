"""Calls to a host that failed."""

from __future__ import annotations

from typing import Any

from .local import ConnectError

__all__ = [
    "AppAccessBlockedError",
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
    "PaginationError",
    "RateLimitedError",
    "TaskFailedError",
    "TaskTimeoutError",
]


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
