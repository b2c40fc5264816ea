"""What a page keeps about a frame, signed, so that its calls for the frame name what the server decided.

A ticket stays in the host's page; the app in the frame never sees one.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ...types import Product

__all__ = ["Ticket", "TicketError", "read_ticket", "write_ticket"]


class TicketError(ValueError):
    """It was not written by this sandbox."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One frame.

    :ivar client_key: of the installation, so that a ticket ends when another installation takes its place.
    :ivar account_id: who looks at it; None for an anonymous visitor.
    :ivar context: values of context variables.
    """

    product: Product
    app_key: str
    client_key: str
    module_key: str
    account_id: str | None
    context: Mapping[str, str]


def write_ticket(ticket: Ticket, key: bytes) -> str:
    """Sign a ticket."""
    body = urlsafe_b64encode(json.dumps(asdict(ticket), separators=(",", ":")).encode())
    return f"{body.decode()}.{_signature(body, key)}"


def read_ticket(text: object, key: bytes) -> Ticket:
    """Check a ticket and read it.

    :raises TicketError: the signature is not good.
    """
    body, _, signature = text.partition(".") if isinstance(text, str) else ("", "", "")
    raw = body.encode("utf-8", "replace")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(raw, key).encode()):
        raise TicketError("This frame is of another run of the sandbox. Load the page again.")
    return Ticket(**json.loads(urlsafe_b64decode(raw)))


def _signature(body: bytes, key: bytes) -> str:
    return hmac.new(key, body, "sha256").hexdigest()
