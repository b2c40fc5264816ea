"""Who looks: one of the people of the sites, chosen from a menu, or an anonymous visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, abort, redirect, request
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from ..people import ADMIN, PEOPLE, Person
from .forms import local_path

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["ANONYMOUS", "COOKIE", "active_people", "add_routes", "require_administrator", "viewer", "viewer_id"]

#: Holds an account id. It is no secret: everybody at this machine may be anybody.
COOKIE: Final = "sandbox-user"
#: The cookie's value for a visitor who is not logged in.
ANONYMOUS: Final = "anonymous"


class AdministratorsOnlyError(Forbidden):
    """The page of this error offers to look as one of them.

    :ivar administrators: the people to switch to.
    """

    def __init__(self, description: str, administrators: list[Person]) -> None:
        super().__init__(description)
        self.administrators = administrators


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


def require_administrator(sandbox: Sandbox, what: str) -> None:
    """403 for everybody but administrators.

    :param what: for people: what it is that others may not see.
    """
    person = viewer(sandbox)
    if person is None or not person.administers:
        text = f"{what} is for administrators. You are {person.name if person else 'not logged in'}."
        raise AdministratorsOnlyError(text, [one for one in active_people(sandbox) if one.administers])


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
