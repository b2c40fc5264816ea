"""What crossed between the sites and the apps: a list to search, and everything about one request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..hiding import hide_text
from ..json_text import shown_json
from ..log import Crossing
from ..why import why_refused
from .policy import respond

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes", "crossings_of", "known_apps"]

_SHOWN: Final = 200
_STATUSES: Final = {
    "good": "Answered well",
    "refused": "Refused, or failed",
    "silent": "No answer",
}
_DIRECTIONS: Final = {"app→host": "App to host", "host→app": "Host to app"}
_FILTERS: Final = ("q", "app", "direction", "status", "verdict")


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The log."""

    @blueprint.get("/sandbox/inspector")
    def inspector() -> Response:
        wanted = {name: request.args.get(name, "").strip() for name in _FILTERS}
        every = crossings_of(sandbox, wanted["app"]) if wanted["app"] else _newest_first(sandbox.log)
        found = [one for one in every if _matches(one, wanted)]
        return respond(
            "inspector/index.html",
            crossings=found[:_SHOWN],
            more=max(0, len(found) - _SHOWN),
            wanted=wanted,
            is_filtered=any(wanted.values()),
            apps=known_apps(sandbox),
            directions=_DIRECTIONS,
            statuses=_STATUSES,
            verdicts=sorted({one.verdict for one in sandbox.log if one.verdict}),
        )

    @blueprint.get("/sandbox/inspector/<int:number>")
    def crossing(number: int) -> Response:
        found = next((one for one in sandbox.log if one.number == number), None)
        if found is None:
            abort(404, "The sandbox does not remember this request any more.")
        return respond("inspector/crossing.html", crossing=found, why=why_refused(sandbox, found), pretty_body=_pretty)

    @blueprint.get("/sandbox/log")
    def log() -> BaseResponse:
        return redirect(url_for("pages.inspector"))


def known_apps(sandbox: Sandbox) -> list[str]:
    """Keys of all apps that were ever installed."""
    return sorted({one.app_key for site in sandbox.sites for one in site.known})


def crossings_of(sandbox: Sandbox, app_key: str, product: str | None = None) -> list[Crossing]:
    """What an app sent and got, the newest first: known by the issuer of the token, or by the app's base URL.

    :param product: of one site only.
    """
    known = [one for site in sandbox.sites for one in site.known if one.app_key == app_key]
    issuers = {app_key, *(one.client_key for one in known)}
    roots = tuple(f"{one.app_base_url}/" for one in known)

    def is_about(crossing: Crossing) -> bool:
        issuer = (crossing.claims or {}).get("iss") or crossing.app_key
        about = (isinstance(issuer, str) and issuer in issuers) or crossing.url.startswith(roots)
        return about and product in (None, crossing.product)

    return _newest_first([crossing for crossing in sandbox.log if is_about(crossing)])


def _newest_first(crossings: Iterable[Crossing]) -> list[Crossing]:
    return sorted(crossings, key=lambda crossing: (crossing.time, crossing.number), reverse=True)


def _matches(crossing: Crossing, wanted: Mapping[str, str]) -> bool:
    if wanted["direction"] not in ("", crossing.direction) or wanted["verdict"] not in ("", crossing.verdict):
        return False
    status = wanted["status"]
    if status and status not in (_outcome(crossing), str(crossing.status)):
        return False
    words = wanted["q"].lower().split()
    text = _text(crossing) if words else ""
    return all(word in text for word in words)


def _pretty(body: str) -> str:
    """JSON with a line per value; anything else, and JSON that was cut, as it is."""
    try:
        return shown_json(json.loads(body))
    except (ValueError, RecursionError):
        return body


def _outcome(crossing: Crossing) -> str:
    if crossing.status is None:
        return "silent"
    return "refused" if crossing.is_refused else "good"


def _text(crossing: Crossing) -> str:
    """What a search looks through."""
    parts: list[Any] = [
        crossing.method, crossing.url, crossing.status, crossing.verdict, crossing.note, crossing.product,
        crossing.claims, crossing.app_key,
    ]  # fmt: skip
    for message in (crossing.request, crossing.answer):
        if message is not None:
            parts += [message.body, *(f"{name}: {value}" for name, value in message.headers)]
    return hide_text(" ".join(str(part) for part in parts if part is not None)).lower()
