"""What the pages' script calls: JSON by POST, with the session token of the page and never with a cookie."""

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from atlassian_connect import current_account_id, current_tenant
from atlassian_connect.errors import InvalidRequestError

from .access import need_administrator
from .events import module_key
from .extensions import connect
from .stale import MOST_DAYS, MOST_WATCHED, host_of, set_days, unwatch, watch, watched_area, watched_areas

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.post("/settings")
@connect.require(session_token=True, context_token=True)
def save_settings() -> ResponseReturnValue:
    """``{"days": 90}``"""
    days = _body().get("days")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= MOST_DAYS:
        raise InvalidRequestError(f"days must be a whole number from 1 to {MOST_DAYS}.")
    need_administrator(current_tenant, current_account_id)
    set_days(current_tenant, days)
    return jsonify(days=days)


@blueprint.post("/watch")
@connect.require(session_token=True, context_token=True)
def watch_area() -> ResponseReturnValue:
    """``{"key": "ENG"}``: watch a space, and show a module for it in the product.

    A host may refuse the module: then ``refused`` is what it says. The space is watched, and each sync tries again.
    """
    key = _key()
    need_administrator(current_tenant, current_account_id)
    host = host_of(current_tenant)
    area = host.area(key)
    if area is None:
        raise InvalidRequestError(f"There is no {host.area_word} with the key {key}.")
    if watched_area(current_tenant, key) is None and len(watched_areas(current_tenant)) >= MOST_WATCHED:
        raise InvalidRequestError(f"At most {MOST_WATCHED} {host.area_word}s can be watched.")
    watch(current_tenant, area)
    result = connect.dynamic.sync(current_tenant)  # when the host fails here, the same request again repairs it
    refused = [module.message for module in result.refused if module.key == module_key(area.id)]
    return jsonify(key=key, watched=True, **({"refused": refused[0]} if refused else {}))


@blueprint.post("/unwatch")
@connect.require(session_token=True, context_token=True)
def unwatch_area() -> ResponseReturnValue:
    """``{"key": "ENG"}``: stop watching a space, and remove its module."""
    key = _key()
    need_administrator(current_tenant, current_account_id)
    unwatch(current_tenant, key)
    connect.dynamic.sync(current_tenant)
    return jsonify(key=key, watched=False)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InvalidRequestError("The body must be a JSON object.")
    return body


def _key() -> str:
    key = _body().get("key")
    if not isinstance(key, str) or not 1 <= len(key) <= 255 or not key.isprintable() or "," in key:
        raise InvalidRequestError("key must be the key of a space or project.")
    return key
