"""One call: what it may be told, what it tells afterwards, and who may watch it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol, TypeAlias, TypedDict

import requests

from ..errors import HostError
from ..protocol.urls import Target
from .multipart import Files
from .query import Params
from .rate_limits import RateLimit, rate_limit_of
from .retry import Attempts
from .transport import Timeout

__all__ = [
    "CallObserver",
    "CallOptions",
    "Data",
    "HostCall",
    "RequestOptions",
    "call_of",
    "remember_call",
    "was_remembered",
]

#: Form fields, raw bytes, or something to read from while it is sent.
Data: TypeAlias = "Mapping[str, Any] | list[tuple[str, Any]] | str | bytes | IO[bytes] | Iterable[bytes]"

_RECORD = "_atlassian_connect_call"


class CallOptions(TypedDict, total=False):
    """Keyword arguments of every call, also of those that stand for several requests."""

    headers: Mapping[str, str] | None
    timeout: Timeout | None
    anonymous: bool
    retry: bool
    budget: float | None


class RequestOptions(CallOptions, total=False):
    """Keyword arguments of :meth:`HostClient.request`, shared by :meth:`HostClient.get` and the others."""

    params: Params | None
    json: Any
    data: Data | None
    files: Files | None
    idempotent: bool
    stream: bool
    allow_redirects: bool
    follow_foreign: bool
    check: bool


class CallObserver(Protocol):
    """Sees every call of a client once, however many attempts and redirects it takes. Threads share it.

    A client made from another (``as_user``, ``anonymous``) has the same observer. What an observer asks the host itself
    goes through a client without this observer, or it sees its own calls.
    """

    def before(self, method: str, target: Target, options: RequestOptions) -> None:
        """Look at a call that is about to be made: its arguments were checked, nothing was sent.

        What it raises comes out of the call in place of everything else; it may also warn.

        :param method: upper case.
        :param target: where the call goes; ``target.path`` is below the tenant's base URL, without ``/wiki``.
        """

    def after(self, method: str, target: Target, response_or_error: requests.Response | HostError) -> HostError | None:
        """Look at how a call ended.

        :param target: as in :meth:`before`: where the call began, also when it was redirected.
        :param response_or_error: the response that the caller will get (with ``check=False`` also one of an error
            status), or the error that will be raised.
        :return: the error to raise in place of that error, which becomes its cause; None to leave things as they are.
            A response is never replaced, so what is returned for one has no effect.
        """


@dataclass(frozen=True, slots=True)
class HostCall:
    """How a call came to its end.

    :ivar attempts: how often it was sent; 0 when it was not, because the hour's points are known to be used up.
    :ivar waits: seconds waited, in order: between attempts, and before the first when points were used up.
    :ivar rate_limit: what the last answer says about limits; None when it says nothing.
    """

    attempts: int
    waits: tuple[float, ...] = ()
    rate_limit: RateLimit | None = None


def call_of(outcome: requests.Response | HostError) -> HostCall:
    """Tell how a call came to its end.

    :param outcome: what :meth:`HostClient.request` returned or raised.
    :raises LookupError: it is from somewhere else.
    """
    try:
        attempts, waits, now, limit = vars(outcome)[_RECORD]
    except KeyError:
        raise LookupError("This is neither a response nor an error of a HostClient's call.") from None
    response = outcome if isinstance(outcome, requests.Response) else getattr(outcome, "response", None)
    if isinstance(response, requests.Response):
        limit = rate_limit_of(response.headers, now=now)
    return HostCall(attempts, waits, limit)


def was_remembered(outcome: requests.Response | HostError) -> bool:
    """Tell whether :func:`remember_call` was here."""
    return _RECORD in vars(outcome)


def remember_call(
    outcome: requests.Response | HostError, attempts: Attempts, *, limit: RateLimit | None = None
) -> None:
    """Keep on a response or an error what :func:`call_of` tells. Its headers are read when somebody asks."""
    vars(outcome)[_RECORD] = (attempts.count, tuple(attempts.waits), attempts.clock(), limit)
