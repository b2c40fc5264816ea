"""Decorators that only register: made of the plain calls that do their work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["registering"]

F = TypeVar("F", bound=Callable[..., Any])


def registering(register: Callable[[F], None]) -> Callable[[F], F]:
    """Make a decorator of a call: it returns the function unchanged."""

    def decorate(function: F) -> F:
        register(function)
        return function

    return decorate
