"""The faults one by one: what each makes of a request. See :mod:`atlassian_connect.sandbox.faults`."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl, urlencode

from ..types import Product

if TYPE_CHECKING:
    from .faults import ActiveFault

__all__ = [
    "Broken",
    "Dropped",
    "EndlessPages",
    "Exchange",
    "Fault",
    "Outcome",
    "Redirected",
    "Slow",
    "Unavailable",
]

_JSON: Final = ("Content-Type", "application/json;charset=UTF-8")
_FOREVER: Final = 10**9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes back. ``sent`` None: all of it; else so much of the body, and then the connection breaks.

    :ivar sent: a share from 0 to 1; negative: not even the status line.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    sent: float | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that a fault concerns.

    :ivar product: None for what belongs to no site.
    :ivar path: from the root of the origin, decoded.
    :ivar query: as it came.
    :ivar now: the sandbox's time.
    :ivar active: the fault itself.
    :ivar run: lets the request through, to the next fault or to the host.
    :ivar body: reads what was sent.
    """

    product: Product | None
    path: str
    query: str
    now: float
    active: ActiveFault
    run: Callable[[], Outcome] = field(repr=False)
    body: Callable[[], bytes] = field(repr=False)


class Fault(ABC):
    """Something that goes wrong. Make your own by one method."""

    @abstractmethod
    def apply(self, exchange: Exchange) -> Outcome:
        """Answer a request; ``exchange.run()`` gives what the answer would have been."""


@dataclass(frozen=True, slots=True)
class Unavailable(Fault):
    """503, without having done anything.

    :ivar seconds: of ``Retry-After``; None for no such header.
    :ivar status: another of the 5xx.
    """

    seconds: int | None = None
    status: int = 503

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        again = [] if self.seconds is None else [("Retry-After", str(self.seconds))]
        return Outcome(self.status, (("Content-Type", "text/plain"), *again), b"Service Unavailable")


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """A good answer, late. Real time passes, since a client's socket knows no other.

    :ivar seconds: how late.
    """

    seconds: float

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        exchange.active.wait(self.seconds)
        return exchange.run()


@dataclass(frozen=True, slots=True)
class Dropped(Fault):
    """The connection ends before the answer, or in the middle of it. In process: a :class:`ConnectionResetError`.

    :ivar after: ``nothing``: the request is not executed; ``executed``: it is, and no answer follows; ``half``: it is,
        and half of the body follows.
    """

    after: Literal["nothing", "executed", "half"] = "nothing"

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        if self.after == "nothing":
            return Outcome(0, sent=-1)
        return replace(exchange.run(), sent=-1 if self.after == "executed" else 0.5)


@dataclass(frozen=True, slots=True)
class Broken(Fault):
    """An answer that is not what it should be. By default JSON that breaks off, with the status of success.

    ``Broken(502, "<html>Bad Gateway</html>", "text/html")`` is a gateway's error page.
    """

    status: int = 200
    body: str = '{"results": [{"id":'
    content_type: str = "application/json"

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        return Outcome(self.status, (("Content-Type", self.content_type),), self.body.encode())


@dataclass(frozen=True, slots=True)
class Redirected(Fault):
    """A redirect.

    :ivar to: where, e.g. ``https://evil.example/``; what is relative stays on the sandbox.
    """

    to: str
    status: int = 302

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        return Outcome(self.status, (("Location", self.to),))


@dataclass(frozen=True, slots=True)
class EndlessPages(Fault):
    """A list that does not end: after every page there is another, with the items of the first.

    It knows ``nextPageToken``, ``startAt`` and Confluence's ``_links.next`` with cursor or start. Only answers of
    success are changed, and 400s, since the host does not know the cursors that were made up.

    :ivar repeat: gives the same cursor (or start) every time, as a host with a fault might.
    """

    repeat: bool = False

    def apply(self, exchange: Exchange) -> Outcome:
        """See :meth:`Fault.apply`."""
        outcome, memory = exchange.run(), exchange.active.memory
        if outcome.status == 200 and "page" not in memory and isinstance(_json_in(outcome.body), dict):
            memory["page"] = outcome
        first: Outcome | None = memory.get("page")
        if first is None or outcome.status not in (200, 400):
            return outcome
        payload = json.loads(first.body)
        number = 1 if self.repeat else exchange.active.hits
        headers = [(name, value) for name, value in first.headers if name.lower() not in ("link", "content-length")]
        link = _go_on(payload, exchange, number)
        if link:
            headers.append(("Link", f'<{link}>; rel="next"'))
        return Outcome(200, tuple(headers), json.dumps(payload).encode())


def _json_in(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _go_on(payload: dict[str, Any], exchange: Exchange, number: int) -> str | None:
    """Make a page say that there is another. Return the link to it, where it is in a header too."""
    given = dict(parse_qsl(exchange.query, keep_blank_values=True))
    if "startAt" in payload:
        payload |= {"isLast": False, "total": _FOREVER}
        asked = given.get("startAt", "")
        payload["startAt"] = int(asked) if number > 1 and asked.isdecimal() else 0
        return None
    links = payload.get("_links")
    if "issues" in payload or not isinstance(links, dict):
        payload |= {"nextPageToken": f"endless-{number}", "isLast": False}
        return None
    kept = [(name, value) for name, value in given.items() if name not in ("cursor", "start", "next", "jwt")]
    if "start" in payload:
        size = max(1, int(payload.get("size") or 1))
        path = exchange.path.removeprefix("/wiki")
        payload["start"] = (number - 1) * size
        links["next"] = f"{path}?{urlencode([*kept, ('next', 'true'), ('start', str(number * size))])}"
        return None
    links["next"] = f"{exchange.path}?{urlencode([*kept, ('cursor', f'endless-{number}')])}"
    return str(links["next"])
