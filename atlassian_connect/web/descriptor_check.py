"""The app's own descriptor, checked: as hosts do, and against the routes that the app has."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from threading import Lock

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from ..protocol.conditions import check_conditions
from ..protocol.context_parameters import check_context_parameters
from ..protocol.descriptor import Problem, check_descriptor, host_called_paths
from .context import ConnectState, state_of

__all__ = ["descriptor_problems", "problem_logger"]

_logger = logging.getLogger(__name__)


def descriptor_problems(state: ConnectState) -> list[Problem]:
    """Check the served document, whether the app has a route for what it names, and declared dynamic modules."""
    document = state.descriptor
    routes = state.app.url_map.bind("localhost")
    return [
        *check_descriptor(document, served=True),
        *(
            Problem("warning", path, "The descriptor names this path, and the app has no route for it.")
            for path in sorted(host_called_paths(document))
            if not _is_routed(routes, path)
        ),
        *_dynamic_problems(state),
    ]


def _dynamic_problems(state: ConnectState) -> Iterator[Problem]:
    """What hosts would take of dynamic modules, and probably is not meant. The rest was refused when declared."""
    for declaration in state.registry.modules:
        if not declaration.dynamic:
            continue
        module, path = declaration.module(state.settings.url_prefix), f"dynamic module {declaration.key!r}"
        conditions = module.definition.get("conditions")
        for where, text in check_conditions(conditions, path=f"{path}.conditions"):
            yield Problem("warning", where, text)
        for where, text in check_context_parameters(module, path=path):
            yield Problem("warning", where, text)


def _is_routed(routes: MapAdapter, path: str) -> bool:
    for method in ("GET", "POST"):
        try:
            routes.match(path, method=method)
        except HTTPException:
            continue
        return True
    return False


def problem_logger(app: Flask) -> Callable[[], None]:
    """Make what logs, in debug mode, what is wrong with the descriptor: at the first request, when all is declared.

    Errors end the start before that, as :class:`.DescriptorError`.
    """
    logged = Lock()  # taken once and never given back

    def log() -> None:
        if app.debug and logged.acquire(blocking=False):
            for problem in descriptor_problems(state_of(app)):
                level = logging.ERROR if problem.severity == "error" else logging.WARNING
                _logger.log(level, "Descriptor: %s", problem)

    return log
