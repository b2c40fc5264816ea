"""Manage apps: what is installed on a site, and what an administrator does with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..lifecycle import InstallError
from .forms import done
from .lookup import containers, find_installation, site_of
from .policy import respond

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_ACTIONS: Final = ("enable", "disable", "uninstall")
_SITE: Final = "/sandbox/apps/<any(jira, confluence):product>"
_APP: Final = f"{_SITE}/<app_key>"


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The list of a site's apps, and the page of one."""

    @blueprint.get("/sandbox/apps")
    def all_apps() -> BaseResponse:
        return redirect(url_for("pages.apps", product="confluence"))

    @blueprint.get(_SITE)
    def apps(product: str) -> Response:
        return respond("apps.html")

    @blueprint.get(_APP)
    def app(product: str, app_key: str) -> Response:
        site = site_of(sandbox, product)
        return respond("app.html", installation=find_installation(site, app_key), containers=containers(site))

    @blueprint.post(f"{_SITE}/install")
    def install(product: str) -> BaseResponse:
        site = site_of(sandbox, product)
        try:
            installation = site.install(request.form.get("descriptor_url", "").strip())
        except InstallError as error:
            problems = tuple(str(problem) for problem in error.problems)
            return done(str(error), where=url_for("pages.apps", product=product), bad=True, details=problems)
        where = url_for("pages.app", product=product, app_key=installation.app_key)
        return done(f"{installation.app_key} is installed on {site.name}.", where=where)

    @blueprint.post(f"{_APP}/<any({', '.join(_ACTIONS)}):action>")
    def act(product: str, app_key: str, action: str) -> BaseResponse:
        installation = find_installation(site_of(sandbox, product), app_key)
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

    @blueprint.post(f"{_APP}/<any(block, unblock):action>/<container>")
    def change_access(product: str, app_key: str, action: str, container: str) -> BaseResponse:
        installation = find_installation(site_of(sandbox, product), app_key)
        where = url_for("pages.app", product=product, app_key=app_key)
        try:
            (installation.block if action == "block" else installation.unblock)(container)
        except KeyError:
            abort(404, f"{installation.site.name} has no {container}.")
        except ValueError as error:
            return done(str(error), where=where, bad=True)
        kept = "kept out of" if action == "block" else "let into"
        return done(f"{app_key} is {kept} {container}, and was told.", where=where)
