"""App access rules: which apps are kept out of which spaces or projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from .forms import done, local_path
from .lookup import containers, find_installation, site_of
from .policy import respond
from .viewer import require_administrator

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_RULES: Final = "The page of app access rules"


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The rules of a site, and the forms that change one."""

    @blueprint.get("/sandbox/rules")
    def all_rules() -> BaseResponse:
        return redirect(url_for("pages.rules", product="confluence"))

    @blueprint.get("/sandbox/rules/<any(jira, confluence):product>")
    def rules(product: str) -> Response:
        require_administrator(sandbox, _RULES)
        return respond("rules.html", containers=containers(site_of(sandbox, product)))

    @blueprint.post("/sandbox/rules/<any(jira, confluence):product>/<app_key>/<any(block, unblock):action>/<container>")
    def change_access(product: str, app_key: str, action: str, container: str) -> BaseResponse:
        require_administrator(sandbox, _RULES)
        installation = find_installation(site_of(sandbox, product), app_key)
        where = local_path(request.form.get("next", ""), default=url_for("pages.rules", product=product))
        try:
            (installation.block if action == "block" else installation.unblock)(container)
        except KeyError:
            abort(404, f"{installation.site.name} has no {container}.")
        except ValueError as error:
            return done(str(error), where=where, bad=True)
        kept = "kept out of" if action == "block" else "let into"
        return done(f"{app_key} is {kept} {container}, and was told.", where=where)
