"""Who looks: one of the people of the sites, chosen from a menu, or an anonymous visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from ..people import ADMIN, PEOPLE, Person
from .forms import local_path

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["ANONYMOUS", "COOKIE", "active_people", "add_routes", "viewer", "viewer_id"]

#: Holds an account id. It is no secret: everybody at this machine may be anybody.
COOKIE: Final = "sandbox-user"
#: The cookie's value for a visitor who is not logged in.
ANONYMOUS: Final = "anonymous"


def viewer(sandbox: Sandbox) -> Person | None:
    """The person who looks: without a cookie the administrator.

    None for an anonymous visitor, and for somebody who is not known or was deactivated.
    """
    account_id = request.cookies.get(COOKIE, ADMIN)
    return next((person for person in active_people(sandbox) if person.account_id == account_id), None)


def viewer_id(sandbox: Sandbox) -> str | None:
    """Account id of the person who looks. None for an anonymous visitor."""
    person = viewer(sandbox)
    return person.account_id if person else None


def active_people(sandbox: Sandbox) -> list[Person]:
    """Whom one can be."""
    return [person for person in PEOPLE.values() if sandbox.permissions.is_active(person.account_id)]


def add_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """The form that changes who looks."""

    @blueprint.post("/sandbox/viewer")
    def switch_viewer() -> Response:
        account_id = request.form.get("account_id", "")
        if account_id != ANONYMOUS and account_id not in {one.account_id for one in active_people(sandbox)}:
            abort(400, "There is no such user, or the account is deactivated.")
        response = redirect(local_path(request.form.get("next", "")), 303)
        secure = sandbox.origin.startswith("https:")
        response.set_cookie(COOKIE, account_id, httponly=True, samesite="Lax", secure=secure)
        return response
