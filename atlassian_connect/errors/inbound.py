"""What reaches us and is refused: these become responses."""

from __future__ import annotations

from .local import ConnectError

__all__ = [
    "AuthenticationError",
    "InvalidRequestError",
    "KeyServerError",
    "PayloadTooLargeError",
    "PermissionCheckError",
    "PermissionDeniedError",
    "QshMismatchError",
    "RequestError",
    "StorageError",
]


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
