"""Guards: a view behind one runs only for a verified request."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar

from flask import current_app

from ..errors import ConfigurationError
from ..protocol.tokens import TokenKind
from .context import authenticate, current_state
from .responses import mark_shell

__all__ = ["GUARD", "PERMISSIONS", "accepted_kinds", "guarded", "is_guarded", "shell"]

#: Marks a function that checks for itself who calls it.
GUARD = "__atlassian_connect_guard__"
#: Marks a function that checks what a verified user may do; its value is how it was said.
PERMISSIONS = "__atlassian_connect_permissions__"

P = ParamSpec("P")
R = TypeVar("R")


def accepted_kinds(*, qsh: bool | None, context_token: bool, session_token: bool) -> frozenset[TokenKind]:
    """Turn the arguments of ``require`` into kinds of token.

    :raises ValueError: nothing would be accepted.
    """
    if qsh is None:
        qsh = not (context_token or session_token)
    kinds = {TokenKind.REQUEST: qsh, TokenKind.CONTEXT: context_token, TokenKind.SESSION: session_token}
    accepted = frozenset(kind for kind, wanted in kinds.items() if wanted)
    if not accepted:
        raise ValueError("A guard that accepts no token lets nobody in.")
    return accepted


def guarded(view: Callable[P, R], accepts: frozenset[TokenKind]) -> Callable[P, R]:
    """Wrap a view so that it runs only for a request with one of the accepted kinds of token."""
    is_async = iscoroutinefunction(view)  # asked once: it costs more than the call

    @functools.wraps(view)
    def guard(*args: P.args, **kwargs: P.kwargs) -> R:
        authenticate(current_state(), accepts)
        result: R = (current_app.ensure_sync(view) if is_async else view)(*args, **kwargs)
        return result

    setattr(guard, GUARD, accepts)
    return guard


def shell(view: Callable[P, R]) -> Callable[P, R]:
    """Wrap the view of a cacheable page, which hosts load without a token.

    :raises ConfigurationError: the view wants to know what the user may do, and a shell knows no user.
    """
    decorator = getattr(view, PERMISSIONS, None)
    if decorator is not None:
        raise ConfigurationError(
            f"{decorator} is on the view of a cacheable module, which hosts load for everybody without a token. Put it"
            " on the routes that the page calls."
        )

    @functools.wraps(view)
    def open_view(*args: P.args, **kwargs: P.kwargs) -> R:
        mark_shell()
        result: R = current_app.ensure_sync(view)(*args, **kwargs)
        return result

    setattr(open_view, GUARD, frozenset())
    return open_view


def is_guarded(view: Callable[..., Any] | None) -> bool:
    """Tell whether a view checks for itself, or was declared open."""
    return hasattr(view, GUARD)
