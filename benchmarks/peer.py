"""The hand-written peer: what a Flask app does without a framework for it.

Flask-SQLAlchemy looks the tenant up by primary key on every request, PyJWT decodes twice (once to learn the issuer,
once to verify), ``atlassian-jwt`` hashes the URL. The shared secret is stored as it came, there is no cache.
"""

from __future__ import annotations

import hmac

import jwt
from atlassian_jwt.url_utils import hash_url
from flask import Flask, Response, abort, g, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Boolean, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

peer_metadata = MetaData()


class _Base(DeclarativeBase):
    metadata = peer_metadata


class PeerTenant(_Base):
    __tablename__ = "peer_tenant"

    client_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    shared_secret: Mapped[str] = mapped_column(Text)
    base_url: Mapped[str] = mapped_column(Text)
    installed: Mapped[bool] = mapped_column(Boolean)


def make_peer(database_url: str, path: str, page: str) -> Flask:
    """Make the app, with one authenticated page."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    db = SQLAlchemy()
    db.init_app(app)

    @app.before_request
    def authenticate() -> None:
        token = request.args.get("jwt") or request.headers.get("Authorization", "").removeprefix("JWT ")
        try:
            unverified = jwt.decode(token, options={"verify_signature": False})
            tenant = db.session.get(PeerTenant, unverified["iss"])
            if tenant is None or not tenant.installed:
                abort(401)
            claims = jwt.decode(token, tenant.shared_secret, algorithms=["HS256"], leeway=30)
        except (jwt.PyJWTError, KeyError):
            abort(401)
        if not hmac.compare_digest(claims.get("qsh", ""), hash_url(request.method, request.full_path)):
            abort(401)
        g.tenant = tenant

    @app.after_request
    def add_headers(response: Response) -> Response:
        if "tenant" in g:
            response.headers["Content-Security-Policy"] = f"frame-ancestors {g.tenant.base_url}"
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.get(path)
    def show() -> str:
        return page

    return app
