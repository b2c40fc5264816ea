"""Finding out which modules of a registration a host refuses: it takes all of a request or nothing.

Source: *Connect dynamic modules*, https://developer.atlassian.com/cloud/confluence/dynamic-modules/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .modules import Module
from .sync_plan import RefusedModule

__all__ = ["register_most", "taken_keys"]

#: What hosts say about keys that are taken. All that stand there are refused, and nothing else is meant by it.
_DUPLICATES = re.compile(r"duplicate module keys: \[([^\]]*)\]")


def register_most(
    modules: Sequence[Module], register: Callable[[Sequence[Module]], str | None]
) -> tuple[RefusedModule, ...]:
    """Register as many as the host takes, and return the others in their order, in as few requests as that needs.

    One request when all are taken. A refusal is narrowed down by the keys that its message names, else by halves; how
    many go together after that follows from how often refusals were met, so that a host that refuses everything is not
    asked twice as often as there are modules.

    :param register: sends one request; returns None when the host took it, else the host's message.
    """
    waiting = list(modules)
    refused: list[RefusedModule] = []
    suspects = 0  # at the front of what waits: at least one of so many is refused
    message = ""
    size = len(waiting)
    while waiting:
        if suspects == 1:
            module = waiting.pop(0)
            refused.append(RefusedModule(module.key, module.type, message))
            suspects, size = 0, _next_size(len(modules), len(waiting), len(refused))
            continue
        group = waiting[:size]
        answer = register(group)
        if answer is None:
            del waiting[: len(group)]
            suspects = max(0, suspects - len(group))
            size = max(1, suspects // 2) if suspects else 2 * len(group)
            continue
        message, suspects = answer, len(group)
        keys = taken_keys(message)
        if taken := [module for module in group if module.key in keys]:
            refused += [RefusedModule(module.key, module.type, message) for module in taken]
            waiting = [module for module in waiting if module not in taken]
            suspects, size = 0, len(waiting)
            continue
        named = _named(message, group)
        if len(group) > len(named) > 0:  # words of the message may be keys by chance, so the host is asked
            others = [module for module in group if module not in named]
            waiting[: len(group)] = others + named
            size = len(others)
        else:
            size = max(1, len(group) // 2)
    place = {module.key: index for index, module in enumerate(modules)}
    return tuple(sorted(refused, key=lambda module: place[module.key]))


def _next_size(total: int, waiting: int, refused: int) -> int:
    """One refusal may have been the only one; more of them tell how long a stretch without one is."""
    return waiting if refused == 1 else max(1, (total - waiting) // refused)


def taken_keys(message: str) -> set[str]:
    """Return the keys that a host calls taken. None of them, when it refuses for another reason."""
    listed = _DUPLICATES.search(message)
    return {key.strip() for key in listed[1].split(",")} if listed else set()


def _named(message: str, modules: Sequence[Module]) -> list[Module]:
    words = set(re.findall(r"[A-Za-z0-9-]+", message))
    return [module for module in modules if module.key in words]
