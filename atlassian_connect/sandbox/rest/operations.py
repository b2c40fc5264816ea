"""What an operation of the sites' REST is given, and what it gives back.

Sources: the REST references of both products, https://developer.atlassian.com/cloud/jira/platform/rest/v3/ and
https://developer.atlassian.com/cloud/confluence/rest/v2/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from ...protocol import access
from ...protocol.access import Effect
from ..installation import Installation
from ..json_text import read_json
from ..people import Person
from ..site import Site

__all__ = ["Call", "Operation", "Reply", "RestError", "not_there"]


class RestError(Exception):
    """Becomes an answer in the product's shape.

    :ivar errors: Jira's messages per field.
    """

    def __init__(self, status: int, message: str, *, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = dict(errors or {})


def not_there(site: Site, method: str, path: str) -> RestError:
    """The answer about an operation that the sandbox does not have: a 501 with its name, where the catalogue has one.

    :param path: below the base URL.
    """
    name = access.rule(method, path, product=site.product).name
    called = f" ({name})" if name else ""
    return RestError(501, f"The sandbox does not have {method} {site.context_path}{path}{called}.")


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of an operation.

    :ivar payload: the JSON; None for an empty body.
    :ivar content: bytes in the place of JSON; their type is in the headers.
    """

    status: int = 200
    payload: Any = None
    content: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One verified request to an operation.

    :ivar caller: the app; None for an anonymous request, where the operation takes those.
    :ivar user: whom the app impersonates; None when it acts as itself.
    :ivar effect: what an administrator's app access rules do to the operation.
    :ivar path: below the base URL, as it came.
    :ivar query: decoded.
    :ivar trace: ``X-Atlassian-Webhook-Trace``, to echo on webhooks that the request causes.
    :ivar later: for deliveries that the request causes.
    :ivar files: what was uploaded, where the operation takes files.
    :ivar form: the other fields of an upload.
    :ivar as_visitor: made for somebody who is not logged in, by an app whose scopes and access rules hold.
    """

    site: Site
    caller: Installation | None
    user: Person | None
    effect: Effect
    path: str
    query: MultiDict[str, str]
    trace: str | None
    body: bytes
    later: Callable[[Callable[[], None]], None] | None
    files: Sequence[FileStorage] = ()
    form: Mapping[str, str] = field(default_factory=dict)
    as_visitor: bool = False

    @property
    def app(self) -> Installation:
        """The calling app.

        :raises RestError: the request is anonymous.
        """
        if self.caller is None:
            raise RestError(401, "Client must be authenticated to access this resource.")
        return self.caller

    @property
    def person(self) -> Person | None:
        """Whom the call is made as: the impersonated user, the app's user, or None for anonymous."""
        if self.as_visitor:
            return None
        return self.user or (self.caller.person if self.caller else None)

    @property
    def account_id(self) -> str:
        """The account of :attr:`person`.

        :raises RestError: the request is anonymous.
        """
        if self.as_visitor:
            raise RestError(401, "Client must be authenticated to access this resource.")
        return self.user.account_id if self.user else self.app.account_id

    def permits(self, key: str) -> bool:
        """Whether whom the call is made as may see a space or project."""
        return self.site.permissions.sees(self.person, key)

    def blocks(self, key: str) -> bool:
        """Whether an app access rule keeps this operation away from a space or project."""
        return self.effect == "blocked" and self.caller is not None and key in self.caller.blocked

    def lists(self, key: str) -> bool:
        """Whether objects of a space or project appear in lists. What is blocked is left out without a word."""
        return self.permits(key) and not self.blocks(key)

    def require(self, key: str, missing: str) -> None:
        """Refuse the call when it is about something in a space or project that it may not touch.

        Atlassian does not publish what a blocked call is answered with; here it is a 403 in the product's shape.

        :param missing: the text of the 404; the same as for what does not exist.
        :raises RestError: 404 without the permission to see it, 403 where an app access rule blocks.
        """
        if not self.permits(key):
            raise RestError(404, missing)
        if self.blocks(key):
            raise RestError(403, f"An app access rule blocks this app from the content of {key}.")

    def json(self) -> Any:
        """The body as JSON.

        :raises RestError: it is none.
        """
        try:
            return read_json(self.body)
        except ValueError:
            raise RestError(400, "The request body is not valid JSON.") from None

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object.

        :raises RestError: it is none.
        """
        value = self.json()
        if not isinstance(value, dict):
            raise RestError(400, "The request body must be a JSON object.")
        return value

    def integer(self, name: str, default: int, *, maximum: int, minimum: int = 1) -> int:
        """Read a whole number of the query. Larger values are reduced to the maximum, as hosts do.

        :raises RestError: it is no number, or below the minimum.
        """
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < minimum:
            raise RestError(400, f"The parameter {name} must be a whole number of at least {minimum}.")
        return min(int(text), maximum)

    def list_of(self, name: str) -> set[str] | None:
        """Read a list of the query, repeated or separated by commas. None: it is not given."""
        if name not in self.query:
            return None
        return {part.strip() for value in self.query.getlist(name) for part in value.split(",") if part.strip()}

    def expands(self, name: str) -> bool:
        """Whether ``expand`` names a part of the answer."""
        return name in self.query.get("expand", "").split(",")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the REST.

    :ivar rule: below the base URL of the site, in Flask's form.
    :ivar scope: what the app must have asked for; None when nothing is needed.
    :ivar anonymous: answers requests without a token too, about what is public. Lists of a whole site do not: a token
        that was forgotten would not be noticed.
    :ivar apps_only: refuses (401) an app that impersonates a user.
    :ivar uploads: takes ``multipart/form-data``, and only with ``X-Atlassian-Token: no-check``.
    :ivar listed_as: method and path of the operation whose app access rule counts, for one that the catalogue does not
        have, e.g. ``GET /rest/api/3/search``. None: its own.
    """

    method: str
    rule: str
    view: Callable[..., Reply]
    scope: str | None = "READ"
    anonymous: bool = False
    apps_only: bool = False
    uploads: bool = False
    listed_as: str | None = None
