"""The inner door of the sites' REST: calls that a page of the host makes for an app, as who looks at the page.

``AP.request`` goes through here. The page is logged in, so no token is asked for and none is made; what the app may do
is limited by its scopes and by the access rules all the same, faults concern it and the site's rate limits count it.

Source: *Request*, https://developer.atlassian.com/cloud/confluence/jsapi/request/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from flask import Response
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.urls import iri_to_uri

from ...protocol import access
from ..fault_wsgi import through
from ..faults import Outcome
from ..hiding import message
from ..installation import Installation
from ..log import Crossing, mask_url
from ..people import Person
from ..site import Site
from .door import error_response, written_response
from .operations import Call, Operation, RestError, not_there
from .table import OperationTable

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["Inside", "InsideRequest"]

_APP_PROPERTIES: Final = "/rest/atlassian-connect/1/addons/"


@dataclass(frozen=True, slots=True)
class InsideRequest:
    """What an app asks its page to do.

    :ivar target: path and query below the base URL of the site, e.g. ``/rest/api/3/myself``.
    :ivar headers: names in lower case.
    :ivar form: fields of an upload beside its files.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    files: Sequence[FileStorage] = ()
    form: Mapping[str, str] = field(default_factory=dict)


class Inside:
    """The operations of one site, found by method and path."""

    def __init__(self, sandbox: Sandbox, site: Site, table: OperationTable) -> None:
        self._sandbox, self._site, self._table = sandbox, site, table

    def perform(self, installation: Installation, viewer: Person | None, asked: InsideRequest) -> Response | None:
        """Do what is asked, and log it.

        :param viewer: None for somebody who is not logged in.
        :return: None: a fault keeps the answer, or a part of it.
        """
        target = urlsplit(iri_to_uri(asked.target))
        clock, site = self._sandbox.wire.clock, self._site
        received_at, executed = clock(), list[Response]()

        def record(response: Response | None, verdict: str, note: str) -> None:
            self._sandbox.record(
                Crossing(
                    time=received_at,
                    direction="app→host",
                    product=site.product,
                    method=asked.method,
                    url=mask_url(site.base_url + target.path + (f"?{target.query}" if target.query else "")),
                    status=response.status_code if response else None,
                    verdict=verdict,
                    note=note,
                    app_key=installation.app_key,
                    request=message(asked.headers.items(), asked.body),
                    answer=message(response.headers.items(), response.get_data()) if response else None,
                )
            )

        def run() -> Outcome:
            response, note = self._answer(installation, viewer, asked, target)
            record(response, "bridge", note)
            executed.append(response)
            return Outcome(response.status_code, tuple(response.headers.items()), response.get_data())

        path = unquote(target.path)
        chain = site.faults.taking(asked.method, path)
        outcome = through(
            chain,
            run,
            product=site.product,
            path=site.context_path + path,
            query=target.query,
            clock=clock,
            body=lambda: asked.body,
        )
        response = None
        if outcome.sent is None:
            response = Response(outcome.body, outcome.status, Headers(outcome.headers))
        if not executed:
            record(response, "fault", ", ".join(type(active.fault).__name__ for active in chain))
        return response

    def _answer(
        self, installation: Installation, viewer: Person | None, asked: InsideRequest, target: SplitResult
    ) -> tuple[Response, str]:
        """What the site answers, and a note for the log."""
        note = f"AP.request of {installation.app_key} as {viewer.name if viewer else 'an anonymous visitor'}"
        limits: dict[str, str] = {}
        try:
            response = self._decide(installation, viewer, asked, target, limits)
        except RestError as error:
            response, note = error_response(self._site, target.path, error), f"{note}: {error.message}"
        except HTTPException as error:
            refused = RestError(error.code or 500, error.name)
            response, note = error_response(self._site, target.path, refused), f"{note}: {error.name}"
        response.headers.update(limits)
        if viewer is not None:
            response.headers["X-AAccountId"] = viewer.account_id
        return response, note

    def _decide(
        self,
        installation: Installation,
        viewer: Person | None,
        asked: InsideRequest,
        target: SplitResult,
        limits: dict[str, str],
    ) -> Response:
        """Do it, or raise.

        :param limits: gets the headers of the site's rate limits.
        """
        path = target.path
        operation, arguments = self._find(asked.method, path)
        if operation.apps_only and not path.startswith(_APP_PROPERTIES):
            raise RestError(401, "This operation is for apps that act as themselves.")
        if viewer is None and not operation.anonymous:
            raise RestError(401, "Client must be authenticated to access this resource.")
        if operation.scope is not None and operation.scope not in installation.scopes:
            raise RestError(403, f"Request not in an authorized API scope: it needs {operation.scope}.")
        if self._site.limits is not None:
            taken = self._site.limits.take(installation.client_key, asked.method, operation.rule)
            limits.update(taken.headers)
            if not taken.allowed:
                raise RestError(429, "Rate limit exceeded.")
        method, _, listed = (operation.listed_as or f"{asked.method} {path}").partition(" ")
        call = Call(
            site=self._site,
            caller=installation,
            user=viewer,
            effect=access.rule(method, listed, product=self._site.product).effect,
            path=path,
            query=MultiDict(parse_qsl(target.query, keep_blank_values=True)),
            trace=asked.headers.get("x-atlassian-webhook-trace"),
            body=asked.body,
            later=self._sandbox.later,
            files=asked.files if operation.uploads else (),
            form=asked.form if operation.uploads else {},
            as_visitor=viewer is None,
        )
        with self._site.changes.caused_by(trace=call.trace, later=call.later):
            return written_response(operation.view(call, **arguments))

    def _find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        found = self._table.find(method, unquote(path))
        if found is None:
            if path.startswith(("/rest/", "/api/")):
                raise not_there(self._site, method, path)
            raise RestError(403, f"AP.request reaches the REST of {self._site.name} only, not {path}.")
        return found
