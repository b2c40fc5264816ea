"""What crossed between the sandbox and the apps."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Lock
from typing import Any, Final, Literal

from ..types import Product
from .hiding import HIDDEN, Message, without

__all__ = ["LOG_LENGTH", "Crossing", "CrossingLog", "mask_url"]

#: So many crossings are kept, the latest.
LOG_LENGTH: Final = 1000

_TOKEN = re.compile(r"([?&](?:jwt|acpt)=)[^&#]*")
_LOGIN = re.compile(r"^([a-z]+://)[^/?#]*@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One request in either direction. Neither tokens nor secrets are in it.

    :ivar time: when it was sent or arrived, seconds since the epoch.
    :ivar product: the site that sent or received it; None for what belongs to no site, such as the key server.
    :ivar url: absolute, with the value of ``jwt`` masked, and a login.
    :ivar status: of the answer; None when the app gave none.
    :ivar verdict: of a request to the host: ``verified``, ``impersonated`` (a bearer token), ``bridge`` (by
        ``AP.request``), ``administrator`` (of the plugin manager), ``anonymous``, ``public``, ``fault`` (it was not
        executed), or why the token was refused (``bad_signature``, ``qsh_mismatch``, …). Empty for requests to an app.
    :ivar claims: what the token says, proven or not; None without a token.
    :ivar canonical: the canonical request that the qsh was computed from; None where no qsh is needed.
    :ivar note: what it was, e.g. ``installed`` or ``webhook page_updated``.
    :ivar app_key: of the app that called, where that is known from elsewhere than the claims.
    :ivar token: header of the token, without a token None.
    :ivar request: headers and body of the request; None where they were not seen, as of faults.
    :ivar answer: headers and body of the answer, likewise.
    :ivar number: of the log, from 1; the log gives it.
    """

    time: float
    direction: Literal["host→app", "app→host"]
    product: Product | None
    method: str
    url: str
    status: int | None
    verdict: str = ""
    claims: Mapping[str, Any] | None = field(default=None, repr=False)
    canonical: str | None = None
    note: str = ""
    app_key: str = ""
    token: Mapping[str, Any] | None = field(default=None, repr=False)
    request: Message | None = field(default=None, repr=False)
    answer: Message | None = field(default=None, repr=False)
    number: int = 0

    @property
    def is_refused(self) -> bool:
        """Whether the answer is an error, or there is none. What a browser loads by itself is not known to be."""
        if self.status is not None:
            return self.status >= 400
        return self.request is not None or self.verdict == "fault"


class CrossingLog:
    """The latest crossings, in the order they were answered. Safe to use from any thread.

    :param secrets: gives what must not be kept, whatever it is called where it stands.
    """

    def __init__(self, secrets: Callable[[], Iterable[str]] = tuple) -> None:
        self._secrets = secrets
        self._crossings: deque[Crossing] = deque(maxlen=LOG_LENGTH)
        self._numbers = count(1)
        self._lock = Lock()

    def add(self, crossing: Crossing) -> None:
        """Append one, and give it a number."""
        for secret in self._secrets():
            crossing = replace(
                crossing,
                url=crossing.url.replace(secret, HIDDEN),
                canonical=crossing.canonical and crossing.canonical.replace(secret, HIDDEN),
                note=crossing.note.replace(secret, HIDDEN),
                request=without(crossing.request, secret),
                answer=without(crossing.answer, secret),
            )
        with self._lock:
            self._crossings.append(replace(crossing, number=next(self._numbers)))

    def all(self) -> list[Crossing]:
        """A copy of what is kept."""
        with self._lock:
            return list(self._crossings)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._crossings.clear()


def mask_url(url: str) -> str:
    """Replace the value of token parameters, and a user's name and password, by ``***``."""
    return _LOGIN.sub(r"\1***@", _TOKEN.sub(r"\1***", url))
