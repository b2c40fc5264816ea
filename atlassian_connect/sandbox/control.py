"""What tests in another process may do to a running sandbox: reset it, install apps, look at webhooks, run retries,
move its clock.

There is none of it unless the sandbox was started with a control token; without the token, and for browsers, it answers
as if it were not there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest, NotFound

from ..errors import ConnectError
from .clock import MovableClock
from .deliveries import Delivery
from .json_text import read_json

if TYPE_CHECKING:
    from .host import Sandbox

__all__ = ["mount_control"]


def mount_control(app: Flask, sandbox: Sandbox) -> None:
    """Add ``/sandbox/control/…`` to the web app."""

    def check() -> None:
        token = sandbox.control_token
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        known = token is not None and compare_digest(sent.encode("utf-8", "replace"), token.encode())
        if not known or scheme != "Bearer" or "Origin" in request.headers:
            raise NotFound

    @app.post("/sandbox/control/reset")
    def control_reset() -> Response:
        check()
        sandbox.reset()
        return Response(status=204)

    @app.post("/sandbox/control/install")
    def control_install() -> tuple[Response, int]:
        check()
        body = _body()
        if body.get("product") not in ("jira", "confluence"):
            raise BadRequest('Send {"url": "…", "product": "jira"} or "confluence".')
        site = sandbox.jira if body["product"] == "jira" else sandbox.confluence
        try:
            installation = site.install(str(body.get("url", "")))
        except ConnectError as error:
            return jsonify(message=str(error)), 422
        return jsonify(appKey=installation.app_key, clientKey=installation.client_key), 200

    @app.get("/sandbox/control/webhooks")
    def control_webhooks() -> Response:
        check()
        return jsonify([_delivery_json(one) for one in sandbox.deliveries.all(request.args.get("event"))])

    @app.post("/sandbox/control/retries")
    def control_retries() -> Response:
        check()
        return jsonify(attempts=sandbox.deliveries.run_waiting())

    @app.get("/sandbox/control/clock")
    def control_clock() -> Response:
        check()
        return jsonify(now=_written(sandbox.wire.clock()))

    @app.post("/sandbox/control/clock")
    def control_move_clock() -> tuple[Response, int]:
        check()
        clock = sandbox.wire.clock
        if not isinstance(clock, MovableClock):
            return jsonify(message="The clock of this sandbox is not its own: nobody can move it."), 409
        seconds = _body().get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise BadRequest('Send {"seconds": 3600}.')
        try:
            now = clock.advance(seconds)
        except (ValueError, OverflowError) as error:
            raise BadRequest(str(error)) from error
        return jsonify(now=_written(now), attempts=sandbox.deliveries.run_due()), 200


def _body() -> dict[str, Any]:
    """The JSON object that was sent; an empty one in the place of anything else."""
    try:
        body = read_json(request.get_data())
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _written(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _delivery_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "number": delivery.number,
        "event": delivery.event,
        "app": delivery.installation.app_key,
        "product": delivery.product,
        "url": delivery.target.url,
        "outcome": delivery.outcome,
        "body": delivery.json(),
        "attempts": [{"status": one.status, "retry": one.retry} for one in delivery.attempts],
    }
