"""Views that need blocked data: what they answer when an administrator's app access rule is in the way.

Source: *Data security policy developer guide*,
https://developer.atlassian.com/platform/forge/data-security-policy-developer-guide/: apps are to explain missing data.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, Literal, ParamSpec, TypeAlias, TypeVar, get_args

from flask import Response, current_app, jsonify
from markupsafe import Markup

from ..errors import AppAccessBlockedError
from .responses import BLOCKED_MESSAGE, accepted_type, page
from .templating import connect_host_script

__all__ = ["ACCESS_EVENTS", "WhenBlocked", "blocked_response", "check_behaviour", "when_blocked"]

#: Webhooks that tell of a change of what apps are blocked from.
ACCESS_EVENTS: Final = (
    "app_access_to_objects_blocked",
    "app_access_to_objects_in_container_blocked",
    "app_policy_changed",
)

#: ``message``: a page that says so. ``empty``: nothing to see. ``error``: 403.
WhenBlocked: TypeAlias = Literal["message", "empty", "error"]

P = ParamSpec("P")
R = TypeVar("R")


def check_behaviour(behaviour: str) -> None:
    """Refuse what is no behaviour.

    :raises ValueError: it is none.
    """
    if behaviour not in get_args(WhenBlocked):
        raise ValueError(f"when_blocked is one of {', '.join(get_args(WhenBlocked))}, not {behaviour!r}.")


def when_blocked(view: Callable[P, R], behaviour: WhenBlocked) -> Callable[P, R | Response]:
    """Wrap a view so that AppAccessBlockedError, raised in it, becomes an answer.

    :raises ValueError: ``behaviour`` is none.
    """
    check_behaviour(behaviour)

    @functools.wraps(view)
    def lenient(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        try:
            result: R = current_app.ensure_sync(view)(*args, **kwargs)
        except AppAccessBlockedError as error:
            if behaviour == "error":
                raise
            return blocked_response(behaviour, error)
        return result

    return lenient


def blocked_response(behaviour: Literal["message", "empty"], error: AppAccessBlockedError) -> Response:
    """Make the answer, in the type that the client asked for.

    Pages are 200 and load the host's script, without which the host would show that the app does not respond. Scripts
    get 403 with the message, or 204.
    """
    wanted = accepted_type()
    if wanted == "text/html":
        script = connect_host_script(sizeToParent=behaviour == "message")
        body = page("Not available", BLOCKED_MESSAGE, script) if behaviour == "message" else _EMPTY.format(script)
        return Response(body, mimetype="text/html")
    if behaviour == "empty":
        return Response(status=204)
    if wanted == "text/plain":
        return Response(BLOCKED_MESSAGE + "\n", status=403, mimetype="text/plain")
    response = jsonify(message=BLOCKED_MESSAGE, blocked=True, space=error.space, project=error.project)
    response.status_code = 403
    return response


_EMPTY: Final = Markup('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title></title>{}</head></html>\n')
