"""A form that lets the registration of dynamic modules go wrong at a site. Programs have more: see :mod:`..faults`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..faults import (
    DYNAMIC_MODULES,
    ActiveFault,
    Broken,
    Dropped,
    Fault,
    ModuleDefaults,
    ModuleRefused,
    Slow,
    Unavailable,
)
from ..site import Site
from .forms import done
from .lookup import find_installation, site_of
from .viewer import require_administrator

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["MISBEHAVIOURS", "active_misbehaviours", "add_routes"]

_SLOW_SECONDS: Final = 5


class _Kind(NamedTuple):
    """One choice of the form.

    :ivar method: of the requests that it concerns; None for all of the resource.
    :ivar make: makes the fault, given the key that was filled in.
    """

    text: str
    method: str | None
    make: Callable[[str], Fault]


MISBEHAVIOURS: Final[dict[str, _Kind]] = {
    "refuse": _Kind("Refuse the module with the key", "POST", ModuleRefused),
    "refuse-unnamed": _Kind(
        "Refuse it without naming it: the key", "POST", lambda key: ModuleRefused(key, named=False)
    ),
    "fail": _Kind("Registrations fail: 500, nothing is done", "POST", lambda _: Unavailable(status=500)),
    "unauthorized": _Kind(
        "Registrations are answered 401",
        "POST",
        lambda _: Broken(401, '{"message": "The request is not from a Connect app."}'),
    ),
    "silent": _Kind("Registrations are done and not answered", "POST", lambda _: Dropped("executed")),
    "slow": _Kind(f"Every call takes {_SLOW_SECONDS} seconds", None, lambda _: Slow(_SLOW_SECONDS)),
    "defaults": _Kind("List modules with defaults that nobody sent", "GET", lambda _: ModuleDefaults()),
}
_WITH_KEY: Final = ("refuse", "refuse-unnamed")
_MAX_KEY: Final = 100


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Switching on, and all off."""

    def find(product: str, app_key: str) -> Site:
        require_administrator(sandbox, "Managing apps")
        return find_installation(site_of(sandbox, product), app_key).site

    @blueprint.post("/sandbox/apps/<any(jira, confluence):product>/<app_key>/misbehave")
    def misbehave(product: str, app_key: str) -> BaseResponse:
        site = find(product, app_key)
        where = url_for("pages.app_tab", product=product, app_key=app_key, tab="modules")
        name, key = request.form.get("kind", ""), request.form.get("key", "").strip()
        kind = MISBEHAVIOURS.get(name)
        if kind is None:
            return done("There is no such misbehaviour.", where=where, bad=True)
        if name in _WITH_KEY and not 1 <= len(key) <= _MAX_KEY:
            return done("Say which module: fill in its key.", where=where, bad=True)
        times = 1 if request.form.get("times") == "once" else None
        site.faults.add(kind.make(key), method=kind.method, path=DYNAMIC_MODULES, times=times)
        what = f"{kind.text} {key}" if name in _WITH_KEY else kind.text
        return done(f"{site.name} goes wrong from now on: {what}.", where=where)

    @blueprint.post("/sandbox/apps/<any(jira, confluence):product>/<app_key>/behave")
    def behave(product: str, app_key: str) -> BaseResponse:
        site = find(product, app_key)
        for active in active_misbehaviours(site):
            active.remove()
        where = url_for("pages.app_tab", product=product, app_key=app_key, tab="modules")
        return done(f"{site.name} works as it should again.", where=where)


def active_misbehaviours(site: Site) -> list[ActiveFault]:
    """What is switched on for the registration of modules, by this form or by a program."""
    return [active for active in site.faults.active if active.path == DYNAMIC_MODULES]
