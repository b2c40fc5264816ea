"""Forms: only the sandbox's own pages send them, and what came of one is said on the page that follows."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from hmac import compare_digest
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from flask import Blueprint, abort, current_app, g, redirect, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from ..store.attachments import MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from ..host import Sandbox

__all__ = ["Notice", "done", "local_path", "notice", "sent_by_own_page", "wrap"]

_NOTICES: Final = "sandbox-notices"
_KEPT: Final = 50
_UPLOADS: Final = ("pages.upload", "pages.attach_to_issue")


class Notice(NamedTuple):
    """What came of a form.

    :ivar bad: it was not done.
    :ivar details: below the text: what is wrong, after where it is, e.g. in a descriptor.
    """

    text: str
    bad: bool = False
    details: tuple[tuple[str, str], ...] = ()


def wrap(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Refuse what is sent from elsewhere, whatever the view, let deliveries wait, and remember notices."""

    @blueprint.before_request
    def refuse_foreign_forms() -> None:
        if request.endpoint in _UPLOADS:  # before the form is read for its token
            request.max_content_length = MAX_UPLOAD_BYTES
        if request.method not in ("GET", "HEAD", "OPTIONS") and not sent_by_own_page(sandbox):
            abort(
                403,
                "This form was not sent from a page of this sandbox, or the sandbox was started anew. Load it again.",
            )

    @blueprint.before_request
    def deliver_later() -> None:
        # A form is answered before the apps are: one that does not answer would hold everybody up.
        g.sandbox_form = ExitStack()
        g.sandbox_form.enter_context(sandbox.changes.caused_by(later=sandbox.later))

    @blueprint.teardown_request
    def delivered(_error: BaseException | None) -> None:
        stack: ExitStack | None = g.pop("sandbox_form", None)
        if stack is not None:
            stack.close()

    @blueprint.record
    def remember(state: BlueprintSetupState) -> None:
        state.app.extensions[_NOTICES] = _Notices()


def done(text: str, *, where: str, bad: bool = False, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """Lead from a form to the page that follows, which says what came of it.

    :param where: a path of the sandbox, with or without a query.
    """
    number = _notices().add(Notice(text, bad, details))
    path, mark, fragment = where.partition("#")
    return redirect(f"{path}{'&' if '?' in path else '?'}notice={number}{mark}{fragment}", 303)


def notice() -> Notice | None:
    """What the page that is being made has to say about the form before it."""
    return _notices().get(request.args.get("notice", ""))


def local_path(path: str, *, default: str = "/") -> str:
    """The path that a form asks to be led back to, when it is one of this origin; else the default."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else default


def sent_by_own_page(sandbox: Sandbox) -> bool:
    """Whether the request comes from a page of this sandbox: by its headers, and by the token that only those know."""
    scheme = sandbox.origin.partition(":")[0]
    own = {f"{scheme}://{host}" for host in sandbox.own_hosts()}
    origin, fetched = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    return (
        (origin is None or origin in own)
        and fetched in ("same-origin", "none")
        and compare_digest(sent.encode("utf-8", "replace"), sandbox.csrf_token.encode())
    )


def _notices() -> _Notices:
    return cast(_Notices, current_app.extensions[_NOTICES])


class _Notices:
    """The latest ones. The URL carries a number, never the text."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = count(1)
        self._notices: deque[tuple[str, Notice]] = deque(maxlen=_KEPT)

    def add(self, notice: Notice) -> str:
        with self._lock:
            number = str(next(self._numbers))
            self._notices.append((number, notice))
            return number

    def get(self, number: str) -> Notice | None:
        with self._lock:
            return next((notice for known, notice in self._notices if known == number), None)
