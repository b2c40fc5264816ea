"""The pages that a host shows in a frame."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, render_template, request

from atlassian_connect import current_account_id, current_tenant

from .access import is_administrator, known_user, need_administrator
from .extensions import ICON, connect
from .hosts import Area, Item
from .models import WatchedArea
from .stale import (
    MOST_DAYS,
    MOST_SHOWN,
    days_of,
    host_of,
    last_stale_day,
    stale_in,
    watched_area,
    watched_areas,
)

blueprint = Blueprint("pages", __name__)


@connect.general_page(
    "stale-pages",
    name="Stale pages",
    url="/stale",
    icon=ICON,
    conditions=[{"condition": "user_is_logged_in"}],
    when_blocked="message",
)
def stale_page() -> str:
    """Choose a space, see what nobody has touched in it. Administrators choose among all, others among the watched."""
    account_id = known_user(current_account_id)
    areas = _areas_for(account_id)
    area = areas[0] if areas else None
    return _render("stale.html", areas=areas, area=area, **(_stale_now(area, account_id) if area else {}))


@blueprint.get("/stale/list")
@connect.require(session_token=True, context_token=True)
def stale_list() -> str:
    """The list of another space, as a piece of HTML for the page above."""
    account_id = known_user(current_account_id)
    wanted = request.args.get("area", "")
    area = next((area for area in _areas_for(account_id) if area.key == wanted), None)
    if area is None:
        abort(404)
    return _render("_list.html", area=area, **_stale_now(area, account_id))


@blueprint.get("/watched")
@connect.require
@connect.when_blocked("message")
def watched_page() -> str:
    """One watched space: what its dynamic module opens. The list is the one that webhooks keep fresh."""
    account_id = known_user(current_account_id)
    area = watched_area(current_tenant, request.args.get("area", ""))
    return _render("watched.html", area=area, **(_kept(area, account_id) if area else {}))


@blueprint.get("/watched/list")
@connect.require(session_token=True, context_token=True)
def watched_list() -> str:
    """That list anew, as a piece of HTML for the page above."""
    account_id = known_user(current_account_id)
    area = watched_area(current_tenant, request.args.get("area", ""))
    if area is None:
        abort(404)
    return _render("_list.html", area=area, **_kept(area, account_id))


@connect.module("adminPages", "stale-pages-settings", name="Stale pages settings", url="/settings")
def settings_page() -> str:
    """How old is stale, and which spaces are watched. The changes go to the routes in ``api.py``."""
    need_administrator(current_tenant, current_account_id)
    return _render(
        "settings.html",
        areas=list(host_of(current_tenant).areas()),
        watched={area.key for area in watched_areas(current_tenant)},
        most_days=MOST_DAYS,
    )


@connect.dialog("confirm", url="/confirm")
def confirm_dialog() -> str:
    """Ask for a confirmation, in a dialog of the product. What is asked and answered goes between the two frames."""
    known_user(current_account_id)
    return render_template("confirm.html")


def _render(template: str, **values: Any) -> str:
    host = host_of(current_tenant)
    days, product = days_of(current_tenant), current_tenant.product
    return render_template(template, host=host, product=product, days=days, most=MOST_SHOWN, **values)


def _areas_for(account_id: str) -> list[Area]:
    # The app may see more than the user. Names are for administrators, or for all once an administrator chose so.
    if is_administrator(current_tenant, account_id):
        return list(host_of(current_tenant).areas())
    return [Area(area.host_id, area.key, area.name) for area in watched_areas(current_tenant)]


def _stale_now(area: Area, account_id: str) -> dict[str, Any]:
    host = host_of(current_tenant)
    until = last_stale_day(current_tenant)
    return _shown(area, account_id, lambda: host.stale_items(area, until=until, at_most=MOST_SHOWN))


def _kept(area: WatchedArea, account_id: str) -> dict[str, Any]:
    known = Area(area.host_id, area.key, area.name)
    return _shown(known, account_id, lambda: stale_in(current_tenant, area)[:MOST_SHOWN])


def _shown(area: Area, account_id: str, find: Callable[[], list[Item]]) -> dict[str, Any]:
    """What ``_list.html`` needs: the items that the user may read, or that the app is kept out."""
    host = host_of(current_tenant)
    if host.is_blocked(area):
        return {"blocked": True}
    return {"items": host.readable_by(account_id, find())}
