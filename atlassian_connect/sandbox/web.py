"""The sandbox as a web app: REST of both sites, tokens, downloads, the key server, the pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import MisdirectedRequest, NotFound

from . import pages
from .bridge.endpoints import mount_bridge
from .control import mount_control
from .fault_wsgi import FaultLayer
from .hiding import message
from .ids import install_key_pem
from .log import Crossing
from .oauth import OAuthError
from .rest import attachments, catalogue
from .rest.door import mount
from .rest.plugin_manager import mount_plugin_manager

if TYPE_CHECKING:
    from .host import Sandbox

__all__ = ["MAX_BODY_BYTES", "create_app"]

#: Longer request bodies are refused with 413.
MAX_BODY_BYTES: Final = 1024 * 1024


def create_app(sandbox: Sandbox) -> Flask:
    """Build the web app of a sandbox."""
    app = Flask(__name__, static_folder="static", static_url_path="/sandbox/static", template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.url_map.merge_slashes = False  # a redirect to another path would not have the signature's path
    app.url_map.strict_slashes = False

    @app.before_request
    def refuse_other_hosts() -> None:
        # A web page that points its own name at 127.0.0.1 gets nowhere: its Host header tells on it.
        if request.headers.get("Host", "").lower() not in sandbox.own_hosts():
            raise MisdirectedRequest(f"This is {sandbox.origin}; it answers to no other name.")

    @app.after_request
    def hold_no_files(response: Response) -> Response:
        # Werkzeug's server does not close what it sends to a browser that goes away meanwhile.
        if response.direct_passthrough:
            opened: Any = response.response
            response.direct_passthrough = False
            response.response = [b"".join(opened)]
            opened.close()
        return response

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cache-Control", "no-store")
        if response.mimetype == "text/html":  # what no page has made, such as the refusal of a method
            response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        return response

    @app.get("/install-keys/<key_id>")
    def install_key(key_id: str) -> Response:
        found = key_id == sandbox.key_id
        sandbox.record(
            Crossing(
                time=sandbox.wire.clock(),
                direction="app→host",
                product=None,
                method="GET",
                url=f"{sandbox.key_server_url}/{key_id}",
                status=200 if found else 404,
                verdict="public",
                note="install key",
            )
        )
        if not found:
            raise NotFound("There is no such key.")
        return Response(install_key_pem(), content_type="text/plain; charset=utf-8")

    @app.get("/media/<media_id>/<name>")
    def media(media_id: str, name: str) -> Response:
        return attachments.media_response(sandbox, media_id)

    @app.post("/oauth2/token")
    def token() -> Response:
        return _token(sandbox)

    mount(app, sandbox, sandbox.jira, catalogue.JIRA)
    mount(app, sandbox, sandbox.confluence, catalogue.CONFLUENCE)
    for site in sandbox.sites:
        mount_plugin_manager(app, sandbox, site)
    app.register_blueprint(pages.create_blueprint(sandbox))
    mount_bridge(app, sandbox)
    mount_control(app, sandbox)
    app.wsgi_app = FaultLayer(sandbox, app.wsgi_app)  # type: ignore[method-assign]  # as Flask's documentation says
    return app


def _token(sandbox: Sandbox) -> Response:
    status, note = 200, "token to impersonate a user"
    sent = request.get_data()  # before the form is read, which leaves nothing of it
    try:
        response = jsonify(sandbox.oauth.issue(request.form))
    except OAuthError as error:
        status, note = error.status, f"{error.error}: {error}"
        response = jsonify({"error": error.error, "error_description": str(error)})
        response.status_code = status
    sandbox.record(
        Crossing(
            time=sandbox.wire.clock(),
            direction="app→host",
            product=None,
            method="POST",
            url=sandbox.token_url,
            status=status,
            verdict="verified" if status == 200 else "refused",
            note=note,
            request=message(request.headers.items(), sent),
            answer=message(response.headers.items(), response.get_data()),
        )
    )
    response.headers["Pragma"] = "no-cache"  # RFC 6749, section 5.1
    return response
