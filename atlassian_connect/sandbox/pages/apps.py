"""Manage apps: what is installed on a site, and what an administrator does with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...errors import ConnectError
from ...protocol.descriptor import Problem, check_descriptor
from ..installation import Installation, Licence
from ..lifecycle import InstallError
from ..modules.places import PlacedModule, all_of
from . import misbehaviour
from .forms import done
from .inspector import crossings_of
from .lookup import containers, find_installation, site_of
from .placed import here
from .policy import respond
from .viewer import require_administrator

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_LICENCES: Final[dict[str, str]] = {
    "none": "None, as for a free app or a private one",
    "evaluation": "Evaluation",
    "licensed": "Licensed",
    "unlicensed": "Unlicensed: it ended",
}
_TABS: Final = ("modules", "access", "properties", "descriptor")
_PAGES_OF_APP: Final = {"postInstallPage": "Get started", "configurePage": "Configure"}
_LATEST: Final = 8
_SITE: Final = "/sandbox/apps/<any(jira, confluence):product>"
_APP: Final = f"{_SITE}/<app_key>"


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The list of a site's apps, and the pages of one."""
    misbehaviour.add_routes(blueprint, sandbox)
    known_urls: dict[str, str] = {}  # where the descriptor came from, by client key

    def find(product: str, app_key: str) -> Installation:
        require_administrator(sandbox, "Managing apps")
        return find_installation(site_of(sandbox, product), app_key)

    @blueprint.get("/sandbox/apps")
    def all_apps() -> BaseResponse:
        return redirect(url_for("pages.apps", product="confluence"))

    @blueprint.get(_SITE)
    def apps(product: str) -> Response:
        require_administrator(sandbox, "Managing apps")
        return respond("apps.html", descriptor_url=request.args.get("url", ""))

    @blueprint.get(_APP)
    def app(product: str, app_key: str) -> Response:
        installation = find(product, app_key)
        return respond(
            "app_overview.html",
            **_facts(installation),
            licences=_LICENCES,
            latest=crossings_of(sandbox, app_key, product)[:_LATEST],
            descriptor_url=known_urls.get(installation.client_key)
            or f"{installation.app_base_url}/atlassian-connect.json",
        )

    @blueprint.get(f"{_APP}/<any({', '.join(_TABS)}):tab>")
    def app_tab(product: str, app_key: str, tab: str) -> Response:
        installation = find(product, app_key)
        more: dict[str, Any] = {}
        if tab == "modules":
            more["placed_modules"] = _placed(sandbox, installation)
            more["misbehaviours"] = misbehaviour.MISBEHAVIOURS
            more["active_faults"] = misbehaviour.active_misbehaviours(installation.site)
        elif tab == "access":
            more["containers"] = containers(installation.site)
        elif tab == "properties":
            more["properties"] = _properties(installation)
        else:
            more["problems"] = _lines(check_descriptor(installation.descriptor, installation.site.product))
        return respond(f"app_{tab}.html", **_facts(installation), **more)

    @blueprint.post(f"{_SITE}/install")
    def install(product: str) -> BaseResponse:
        require_administrator(sandbox, "Managing apps")
        site, url = site_of(sandbox, product), request.form.get("descriptor_url", "").strip()
        updated = request.form.get("app_key", "")
        try:
            installation = site.install(url)
        except ConnectError as error:
            where = url_for("pages.apps", product=product, url=url)
            if updated:
                where = url_for("pages.app", product=product, app_key=updated)
            return done(_without_problems(error), where=where, bad=True, details=_problems(error))
        known_urls[installation.client_key] = url
        verb = "up to date" if updated == installation.app_key else f"installed on {site.name}"
        where = url_for("pages.app", product=product, app_key=installation.app_key)
        return done(f"{installation.app_key} is {verb}.", where=where)

    @blueprint.post(f"{_APP}/<any(enable, disable, uninstall):action>")
    def act(product: str, app_key: str, action: str) -> BaseResponse:
        installation = find(product, app_key)
        where = url_for("pages.app", product=product, app_key=app_key)
        steps: dict[str, Callable[[], None]] = {
            "enable": installation.enable,
            "disable": installation.disable,
            "uninstall": installation.uninstall,
        }
        try:
            steps[action]()
        except ValueError as error:
            return done(str(error), where=where, bad=True)
        return done(f"{app_key} is {installation.state}.", where=where)

    @blueprint.post(f"{_APP}/licence")
    def change_licence(product: str, app_key: str) -> BaseResponse:
        installation, licence = find(product, app_key), request.form.get("licence", "")
        where = url_for("pages.app", product=product, app_key=app_key)
        if licence not in get_args(Licence):
            return done("There is no such licence.", where=where, bad=True)
        installation.licence = cast(Licence, licence)
        return done(f"Licence of {app_key}: {_LICENCES[licence].lower()}.", where=where)


def _facts(installation: Installation) -> dict[str, Any]:
    """What the head of an app's pages shows."""
    modules = installation.modules
    pages = [(_PAGES_OF_APP[one.type], one) for one in modules if one.type in _PAGES_OF_APP and one.key]
    return {"installation": installation, "own_pages": pages, "module_count": len(modules)}


def _placed(sandbox: Sandbox, installation: Installation) -> list[tuple[PlacedModule, bool]]:
    """The modules of an app that have a place, each with whether it is dynamic."""
    dynamic = {module.key for module in installation.dynamic_modules}
    return [(one, one.module.key in dynamic) for one in all_of(installation, here(sandbox))]


def _properties(installation: Installation) -> list[tuple[str, Any]]:
    properties = installation.properties
    return [(key, properties.get(key)) for key in properties.keys()]  # noqa: SIM118  # it is no mapping


def _problems(error: ConnectError) -> tuple[tuple[str, str], ...]:
    return _lines(error.problems) if isinstance(error, InstallError) else ()


def _lines(problems: Iterable[Problem]) -> tuple[tuple[str, str], ...]:
    """Where each problem is, and the rest of what it says."""
    return tuple((where, what) for where, _, what in (str(problem).partition(": ") for problem in problems))


def _without_problems(error: ConnectError) -> str:
    """What the host says; the problems that its message ends with are listed below it."""
    problems = error.problems if isinstance(error, InstallError) else ()
    return str(error).removesuffix(" ".join(str(problem) for problem in problems)).strip() or str(error)
