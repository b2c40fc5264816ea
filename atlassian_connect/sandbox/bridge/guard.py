"""Whom the bridge answers: scripts of the sandbox's own pages, about frames made for who looks at them now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from flask import abort, jsonify, make_response, request

from ..installation import Installation
from ..json_text import read_json
from ..pages.forms import sent_by_own_page
from ..pages.viewer import viewer
from ..people import Person
from ..site import Site
from .ticket import Ticket, TicketError, read_ticket

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["Asked", "read_asked", "refuse", "refuse_other_pages"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks for one of its frames.

    :ivar person: who looks; None for an anonymous visitor.
    """

    site: Site
    app: Installation
    ticket: Ticket
    person: Person | None
    body: dict[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """A field of the body that must be text."""
        value = self.body.get(name, default)
        if not isinstance(value, str):
            refuse(400, f"{name} must be text.")
        return value

    def texts(self, name: str) -> dict[str, str]:
        """A field of the body that must be an object; values other than text and numbers are left out."""
        value = self.body.get(name) or {}
        if not isinstance(value, dict):
            refuse(400, f"{name} must be an object.")
        return {key: str(one) for key, one in value.items() if isinstance(one, (str, int)) and one is not True}


def refuse(status: int, problem: str) -> NoReturn:
    """Answer with an error that a script can read."""
    abort(make_response(jsonify({"problem": problem}), status))


def refuse_other_pages(sandbox: Sandbox) -> None:
    """Refuse what was not sent by a script of one of the sandbox's own pages."""
    if not request.headers.get("X-CSRF-Token") or not sent_by_own_page(sandbox):
        refuse(403, "This was not asked by a page of this sandbox, or the sandbox was started anew. Load it again.")


def read_asked(sandbox: Sandbox) -> Asked:
    """Read a request about a frame, and refuse it when the frame may not be used any more."""
    try:
        body = read_json(request.get_data())
        if not isinstance(body, dict):
            raise ValueError("no object")
    except ValueError:
        refuse(400, "The body must be a JSON object.")
    try:
        ticket = read_ticket(body.get("ticket"), sandbox.ticket_key)
    except TicketError as error:
        refuse(403, str(error))
    site = sandbox.jira if ticket.product == "jira" else sandbox.confluence
    person = viewer(sandbox)
    if (person.account_id if person else None) != ticket.account_id:
        refuse(409, "Somebody else looks at this sandbox now. Load the page again.")
    app = next((one for one in site.installations if one.client_key == ticket.client_key), None)
    if app is None or app.state != "enabled":
        refuse(403, f"{ticket.app_key} is {app.state if app else 'not installed'} on {site.name}.")
    return Asked(site, app, ticket, person, body)
