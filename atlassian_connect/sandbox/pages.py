"""The pages for people: what is installed, opening modules, editing content, and the log."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from hmac import compare_digest
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..errors import ConnectError
from ..protocol.modules import Module
from ..protocol.urls import parse_base_url
from .content import DAY_SECONDS
from .installation import Installation
from .log import Crossing, mask_url
from .module_urls import Frame, page_url, variables_in
from .people import ADMIN, PEOPLE
from .site import Site

if TYPE_CHECKING:
    from .host import Sandbox

__all__ = ["create_blueprint"]

_ACTIONS: Final = ("enable", "disable", "uninstall")
_SHOWN_CROSSINGS: Final = 200
_MAX_TEXT: Final = 255
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'; frame-src {frames}"
)


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Build the pages of a sandbox, to be mounted at the root."""
    blueprint = Blueprint("pages", __name__)
    notices = _Notices()

    @blueprint.before_request
    def refuse_foreign_forms() -> None:
        if request.method == "POST":
            _check_form(sandbox)

    @blueprint.after_request
    def restrict(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY.format(frames="'none'"))
        response.headers["Referrer-Policy"] = "same-origin"  # with no-referrer, browsers send forms with Origin: null
        return response

    @blueprint.context_processor
    def helpers() -> dict[str, Any]:
        return {
            "sandbox": sandbox,
            "csrf_token": sandbox.csrf_token,
            "notice": notices.get(request.args.get("notice", "")),
            "age": lambda seconds: _age(sandbox.wire.clock() - seconds),
            "clock_time": lambda seconds: datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S"),
            "pretty": _pretty,
            "open_url": _open_url,
            "label": _label,
            "containers": _containers,
        }

    def done(text: str, *, where: str, bad: bool = False) -> BaseResponse:
        return redirect(f"{where}?notice={notices.add(text, bad=bad)}", 303)

    @blueprint.get("/sandbox/")
    def index() -> str:
        return render_template("index.html")

    @blueprint.get("/sandbox/log")
    def log() -> str:
        return render_template("log.html", crossings=_newest_first(sandbox.log))

    @blueprint.post("/sandbox/<any(jira, confluence):product>/install")
    def install(product: str) -> BaseResponse:
        site = _site(sandbox, product)
        try:
            installation = site.install(request.form.get("descriptor_url", "").strip())
        except ConnectError as error:
            return done(str(error), where=url_for("pages.index"), bad=True)
        return done(f"{installation.app_key} is installed on {site.name}.", where=url_for("pages.index"))

    @blueprint.post(f"/sandbox/<any(jira, confluence):product>/apps/<app_key>/<any({', '.join(_ACTIONS)}):action>")
    def act(product: str, app_key: str, action: str) -> BaseResponse:
        installation = _installation(_site(sandbox, product), app_key)
        steps: dict[str, Callable[[], None]] = {
            "enable": installation.enable,
            "disable": installation.disable,
            "uninstall": installation.uninstall,
        }
        try:
            steps[action]()
        except ValueError as error:
            return done(str(error), where=url_for("pages.index"), bad=True)
        return done(f"{app_key} is {installation.state}.", where=url_for("pages.index"))

    @blueprint.post("/sandbox/<any(jira, confluence):product>/apps/<app_key>/<any(block, unblock):action>/<container>")
    def change_access(product: str, app_key: str, action: str, container: str) -> BaseResponse:
        installation = _installation(_site(sandbox, product), app_key)
        try:
            (installation.block if action == "block" else installation.unblock)(container)
        except KeyError:
            abort(404, f"{installation.site.name} has no {container}.")
        except ValueError as error:
            return done(str(error), where=url_for("pages.index"), bad=True)
        kept = "kept out of" if action == "block" else "let into"
        return done(f"{app_key} is {kept} {container}, and was told.", where=url_for("pages.index"))

    @blueprint.get("/sandbox/<any(jira, confluence):product>/apps/<app_key>/modules/<module_key>")
    def module(product: str, app_key: str, module_key: str) -> Response:
        return _show_module(sandbox, _installation(_site(sandbox, product), app_key), module_key)

    @blueprint.get("/plugins/servlet/ac/<app_key>/<module_key>", defaults={"product": "jira"})
    @blueprint.get("/wiki/plugins/servlet/ac/<app_key>/<module_key>", defaults={"product": "confluence"})
    def module_as_hosts_address_it(product: str, app_key: str, module_key: str) -> BaseResponse:
        return redirect(url_for("pages.module", product=product, app_key=app_key, module_key=module_key))

    @blueprint.get("/sandbox/<any(jira, confluence):product>/content")
    def content(product: str) -> str:
        return render_template(f"content_{product}.html", site=_site(sandbox, product))

    @blueprint.post("/sandbox/<any(jira, confluence):product>/content/<item_id>/edit")
    def edit(product: str, item_id: str) -> BaseResponse:
        site, text = _site(sandbox, product), request.form.get("text", "").strip()
        where = url_for("pages.content", product=product)
        if not text or len(text) > _MAX_TEXT:
            return done(f"A title has 1 to {_MAX_TEXT} characters.", where=where, bad=True)
        try:
            if site.product == "confluence":
                site.edit_page(item_id, title=text)
            else:
                site.edit_issue(item_id, summary=text)
        except KeyError:
            abort(404)
        return done(f"“{text}” is saved, and the apps were told. The log shows what they answered.", where=where)

    return blueprint


def _show_module(sandbox: Sandbox, installation: Installation, module_key: str) -> Response:
    try:
        module = installation.module(module_key)
    except KeyError:
        abort(404, f"{installation.app_key} has no module {module_key}.")
    names = variables_in(page_url(module) or "")
    samples = installation.site.sample_context()
    context = {name: request.args.get(f"ctx.{name}", samples.get(name, "")) for name in names}
    account_id = request.args.get("user", ADMIN) or None
    frame, problem, policy = None, "", "'none'"
    try:
        if installation.state != "enabled":
            raise ValueError(f"The app is {installation.state}.")
        frame = installation.frame(module_key, account_id=account_id, context=context)
        policy = parse_base_url(installation.app_base_url).origin
        sandbox.record(_loaded_by_browser(sandbox, installation, module_key, frame))
    except ValueError as error:
        problem = str(error)
    page = render_template(
        "module.html",
        installation=installation,
        module=module,
        frame=frame,
        problem=problem,
        context=context,
        account_id=account_id,
        people=PEOPLE.values(),
    )
    return Response(
        page,
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": _POLICY.format(frames=policy)},
    )


def _loaded_by_browser(sandbox: Sandbox, installation: Installation, module_key: str, frame: Frame) -> Crossing:
    return Crossing(
        time=sandbox.wire.clock(),
        direction="host→app",
        product=installation.site.product,
        method="GET",
        url=mask_url(frame.url),
        status=None,
        claims=frame.claims,
        canonical=frame.canonical,
        note=f"module {module_key}, loaded by the browser",
    )


def _check_form(sandbox: Sandbox) -> None:
    scheme = sandbox.origin.partition(":")[0]
    own = {f"{scheme}://{host}" for host in sandbox.own_hosts()}
    origin, fetched = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    sent = request.form.get("csrf_token", "")
    if (
        (origin is not None and origin not in own)
        or fetched not in ("same-origin", "none")
        or not compare_digest(sent.encode("utf-8", "replace"), sandbox.csrf_token.encode())
    ):
        abort(
            403, "This form was not sent from a page of this sandbox, or the sandbox was started anew. Load it again."
        )


def _site(sandbox: Sandbox, product: str) -> Site:
    return sandbox.jira if product == "jira" else sandbox.confluence


def _containers(site: Site) -> list[str]:
    named = site.content.projects() if site.product == "jira" else site.content.spaces()
    return [one.key for one in named]


def _installation(site: Site, app_key: str) -> Installation:
    try:
        return site.installation(app_key)
    except KeyError:
        abort(404, f"No app {app_key} was ever installed on {site.name}.")


def _open_url(installation: Installation, module: Module) -> str | None:
    if not module.key or module.type == "webhooks" or not page_url(module) or installation.state != "enabled":
        return None
    return url_for(
        "pages.module", product=installation.site.product, app_key=installation.app_key, module_key=module.key
    )


def _newest_first(crossings: list[Crossing]) -> list[Crossing]:
    return sorted(crossings[-_SHOWN_CROSSINGS:], key=lambda crossing: crossing.time)[::-1]


def _pretty(value: object) -> str:
    # Claims are shown proven or not: half a surrogate pair in them must not break the page.
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode()


def _label(module: Module) -> str:
    name = module.definition.get("name")
    value = name.get("value") if isinstance(name, Mapping) else name
    return str(value or module.key or module.type)


def _age(seconds: float) -> str:
    days = int(seconds // DAY_SECONDS)
    if days >= 1:
        return f"{days} day{'s' if days > 1 else ''} ago"
    minutes = int(seconds // 60)
    return f"{minutes // 60} h ago" if minutes >= 60 else f"{minutes} min ago" if minutes else "just now"


class _Notices:
    """Messages that a form leaves for the page that follows. The URL carries a number, never the text."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._notices: deque[tuple[str, str, bool]] = deque(maxlen=50)

    def add(self, text: str, *, bad: bool) -> str:
        number = str(next(self._numbers))
        self._notices.append((number, text, bad))
        return number

    def get(self, number: str) -> tuple[str, bool] | None:
        return next(((text, bad) for known, text, bad in list(self._notices) if known == number), None)
