"""Whether the site has a licence for the app.

Source: *Licensing*, https://developer.atlassian.com/platform/marketplace/cloud-app-licensing/. Only apps whose
descriptor says ``enableLicensing`` have licences.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from cachetools import LRUCache

from ..errors import HostServerError, HostUnreachableError, RateLimitedError
from .properties import answered_object

if TYPE_CHECKING:
    from .session import HostClient

__all__ = ["Licence", "LicenceCache", "licence_of"]

#: How long a host that did not answer is left alone, while what it said before still counts.
_PAUSE_SECONDS: Final = 30.0
_DOWN: Final = (HostUnreachableError, HostServerError, RateLimitedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A site's licence for the app. The contacts that hosts send along are personal data, and are dropped.

    :ivar active: whether the app may be used. False when there is no licence.
    :ivar type: ``COMMERCIAL``, ``ACADEMIC``, ``COMMUNITY``, ``DEVELOPER``, …; None when there is no licence.
    :ivar evaluation: a trial.
    :ivar source: ``rest``: the host was asked; ``page``: the host said so in the signed URL of a page, which says no
        more than active or not; ``free``: the descriptor has no ``enableLicensing``, so there is nothing to ask.
    :ivar stale: the host does not answer, and this is what it said last.
    """

    active: bool
    source: Literal["rest", "page", "free"] = "rest"
    type: str | None = None
    evaluation: bool = False
    support_entitlement_number: str | None = None
    entitlement_id: str | None = None
    entitlement_number: str | None = None
    stale: bool = False


@dataclass(slots=True)
class _Known:
    licence: Licence
    asked_at: float
    again_at: float


class LicenceCache:
    """What hosts said about licences. Threads share it.

    :param seconds: how long an answer is good; 0: ask every time.
    :param grace_seconds: how long the last answer still counts while the host does not give another.
    """

    def __init__(
        self, seconds: float, *, grace_seconds: float, size: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._grace = grace_seconds
        self._clock = clock
        self._known: LRUCache[str, _Known] = LRUCache(size)
        self._lock = Lock()

    def get(self, client: HostClient) -> Licence:
        """Return what is known about a client's tenant, or ask its host.

        :raises HostError: the host does not tell, and nothing is known from before.
        """
        key = client.tenant.client_key
        with self._lock:
            known = self._known.get(key)
        now = self._clock()
        if known is not None and now < known.again_at:
            return known.licence
        try:
            licence = licence_of(client)
        except _DOWN:
            if known is None or now - known.asked_at > self._grace:
                raise
            licence = replace(known.licence, stale=True)
            self._put(key, _Known(licence, known.asked_at, self._clock() + _PAUSE_SECONDS))
        else:
            self._put(key, _Known(licence, now, now + self._seconds))
        return licence

    def drop(self, client_key: str) -> None:
        """Forget what is known about a tenant."""
        with self._lock:
            self._known.pop(client_key, None)

    def _put(self, key: str, known: _Known) -> None:
        with self._lock:
            self._known[key] = known


def licence_of(client: HostClient) -> Licence:
    """Ask the host now.

    :raises HostError: it does not answer, or not to this app.
    """
    app_key = quote(client.tenant.app_key, safe="")
    document = answered_object(client.get(f"/rest/atlassian-connect/1/addons/{app_key}"))
    found = document.get("license")
    if not isinstance(found, Mapping):
        return Licence(active=False)
    return Licence(
        active=found.get("active") is True,
        type=_text(found.get("type")),
        evaluation=found.get("evaluation") is True,
        support_entitlement_number=_text(found.get("supportEntitlementNumber")),
        entitlement_id=_text(found.get("entitlementId")),
        entitlement_number=_text(found.get("entitlementNumber")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
