"""Deliveries of webhooks: what was sent, what the apps answered, what is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..deliveries import Delivery, Outcome
from ..http import AppUnreachableError
from .forms import done
from .inspector import known_apps
from .policy import respond

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["add_routes"]

_SHOWN: Final = 200


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The deliveries, one of them, and *Send again*."""
    deliveries = sandbox.deliveries

    def find(number: int) -> Delivery:
        try:
            return deliveries.get(number)
        except KeyError:
            abort(404, "The sandbox does not remember this delivery any more.")

    @blueprint.get("/sandbox/webhooks")
    def webhooks() -> Response:
        wanted = {name: request.args.get(name, "").strip() for name in ("app", "event", "outcome")}
        every = deliveries.all()
        found = [
            one
            for one in reversed(every)
            if wanted["app"] in ("", one.installation.app_key)
            and wanted["event"] in ("", one.event)
            and wanted["outcome"] in ("", one.outcome)
        ]
        return respond(
            "webhooks/index.html",
            deliveries=found[:_SHOWN],
            wanted=wanted,
            is_filtered=any(wanted.values()),
            apps=known_apps(sandbox),
            events=sorted({one.event for one in every}),
            outcomes=get_args(Outcome),
        )

    @blueprint.get("/sandbox/webhooks/<int:number>")
    def delivery(number: int) -> Response:
        return respond("webhooks/delivery.html", delivery=find(number))

    @blueprint.post("/sandbox/webhooks/<int:number>/send")
    def send_again(number: int) -> BaseResponse:
        where = url_for("pages.delivery", number=number)
        try:
            attempt = deliveries.send_again(find(number).number).attempts[-1]
        except (ValueError, AppUnreachableError) as error:
            return done(str(error), where=where, bad=True)
        if attempt.succeeded:
            return done("Sent again; the app took it.", where=where)
        answered = "did not answer" if attempt.status is None else f"answered {attempt.status}"
        return done(f"Sent again; the app {answered}.", where=where, bad=True)
