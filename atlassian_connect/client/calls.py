"""One call: what it may be told, what it tells afterwards, and who may watch it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any, Protocol, TypeAlias, TypedDict

import requests

from ..errors import HostError
from ..protocol.urls import Target
from .multipart import Files
from .query import Params
from .transport import Timeout

__all__ = ["CallObserver", "Data", "RequestOptions"]

#: Form fields, raw bytes, or something to read from while it is sent.
Data: TypeAlias = "Mapping[str, Any] | list[tuple[str, Any]] | str | bytes | IO[bytes] | Iterable[bytes]"


class RequestOptions(TypedDict, total=False):
    """Keyword arguments of :meth:`HostClient.request`, shared by :meth:`HostClient.get` and the others."""

    params: Params | None
    json: Any
    data: Data | None
    files: Files | None
    headers: Mapping[str, str] | None
    timeout: Timeout | None
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
