"""What app access rules mean for an app's calls: refusals explained, deprecated endpoints and missing scopes named.

Sources: those of :mod:`atlassian_connect.protocol.access`; *Data security policy developer guide*,
https://developer.atlassian.com/platform/forge/data-security-policy-developer-guide/.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterable
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qs

import requests

from ..callers import frame_of_app
from ..errors import (
    AppAccessBlockedError,
    ConnectError,
    HostError,
    HostForbiddenError,
    HostNotFoundError,
    HostResponseError,
    ScopeMissingError,
)
from ..protocol.access import AccessMatch, AccessRule, match, rule
from ..protocol.scopes import effective_scopes
from ..protocol.urls import Target
from ..types import Product
from .call_counts import PRODUCTS, CallCount, CallCounts, lacks_scope
from .calls import CallObserver, RequestOptions
from .data_policy import DataPolicy

__all__ = ["AccessObserver", "AccessWatch", "DeprecatedEndpointWarning", "MissingScopeWarning"]

_MAX_SITES: Final = 2000
_ISSUE_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-\d+").fullmatch
#: Names of variables and parameters that tell the space or the project. The first that is there counts.
_SPACE_KEYS: Final = ("spaceKey", "space-key")
_SPACE_IDS: Final = ("space-id", "spaceId")
_PROJECTS: Final = ("projectIdOrKey", "projectKeyOrId", "projectId", "projectKey")
_ISSUES: Final = ("issueIdOrKey", "issueKey")


class DeprecatedEndpointWarning(DeprecationWarning):
    """A call to an operation that Atlassian has deprecated; the text names its successor."""


class MissingScopeWarning(UserWarning):
    """A call that needs a scope the descriptor does not ask for: the host will refuse it."""


class _BlockedForbidden(AppAccessBlockedError, HostForbiddenError):
    pass


class _BlockedNotFound(AppAccessBlockedError, HostNotFoundError):
    pass


class AccessWatch:
    """What the clients of one app have in common: its scopes, what was warned about, what was called.

    :param scopes: of the descriptor.
    :ivar granted: per product, the scopes with those they imply.
    :param strict: raise for a missing scope, in place of a warning.
    """

    def __init__(self, scopes: Iterable[str], *, strict: bool = False, counts: CallCounts | None = None) -> None:
        self.scopes = frozenset(scopes)
        self.granted = {product: effective_scopes(product, self.scopes) for product in PRODUCTS}
        self.strict = strict
        self.counts = counts if counts is not None else CallCounts()
        self._sites: set[tuple[str, int, str, type[Warning]]] = set()
        self._lock = threading.Lock()

    def warn(self, message: str, operation: str, category: type[Warning]) -> None:
        """Warn, once for each place outside of this package that makes such a call."""
        frame, level = frame_of_app()
        site = (frame.f_code.co_filename, frame.f_lineno, operation, category)
        with self._lock:
            if site in self._sites:
                return
        warnings.warn(message, category, stacklevel=level)
        with self._lock:  # only now: a filter that makes an error of it does so every time
            if len(self._sites) >= _MAX_SITES:
                self._sites.clear()
            self._sites.add(site)


class AccessObserver(CallObserver):
    """Watches the calls to one tenant's host.

    :param policy: asked when an operation is refused that app access rules concern.
    """

    def __init__(self, product: Product, watch: AccessWatch, policy: DataPolicy) -> None:
        self._product = product
        self._watch = watch
        self._policy = policy
        self._call = threading.local()  # a call is observed by the thread that makes it

    def before(self, method: str, target: Target, options: RequestOptions) -> None:
        """Count the call; name its successor when it is deprecated, and the scope when that is missing."""
        found = rule(method, target.path, product=self._product)
        self._watch.counts.add(found, target.path, CallCount(calls=1))
        if found.deprecated:
            instead = " or ".join(found.successors) or "its reference"
            self._watch.warn(
                f"{found.operation} is deprecated; see {instead}.", found.operation, DeprecatedEndpointWarning
            )
        self._call.anonymous = options.get("anonymous", False)
        if not self._call.anonymous and lacks_scope(found, self._watch.granted[found.product]):
            self._name_scope(found)

    def after(self, method: str, target: Target, response_or_error: requests.Response | HostError) -> HostError | None:
        """Explain a refusal that the data policy explains. A policy that cannot be read explains nothing."""
        status = _status(response_or_error)
        if status not in (403, 404):
            return None
        found = match(method, target.path, product=self._product)
        blocked: AppAccessBlockedError | None = None
        if isinstance(response_or_error, HostForbiddenError | HostNotFoundError) and not self._call.anonymous:
            with suppress(ConnectError):
                blocked = self._blocked(found, target, response_or_error)
        self._watch.counts.add(found.rule, target.path, CallCount(refused=1, blocked=1 if blocked else 0))
        return blocked

    def _name_scope(self, found: AccessRule) -> None:
        scope = found.scope or ""
        if scope == "INACCESSIBLE":
            message = f"{found.operation} is closed to Connect apps: the host refuses it whatever their scopes."
        else:
            asked = ", ".join(sorted(self._watch.scopes)) or "none"
            message = f"{found.operation} needs the scope {scope}; the descriptor has {asked}."
        if self._watch.strict:
            raise ScopeMissingError(message, operation=found.operation, scope=scope)
        self._watch.warn(message, found.operation, MissingScopeWarning)

    def _blocked(
        self, found: AccessMatch, target: Target, error: HostForbiddenError | HostNotFoundError
    ) -> AppAccessBlockedError | None:
        if found.rule.effect != "blocked" or not self._policy.any_blocked():
            return None
        space = project = None
        certain = False
        if found.rule.product == "confluence":
            key, id_ = _space(found, target.query)
            space = key or id_
            if space is not None:
                certain = self._policy.spaces([key] if key else [], ids=[id_] if id_ else [])[space] is True
                if not certain:
                    return None  # another cause: the rule does not concern this space, or the app cannot see it
        else:
            project = _project(found, target.query)
            if project is not None and project.isascii() and project.isdigit():
                certain = self._policy.projects([project])[project] is True
                if not certain:
                    return None
        made = _BlockedForbidden if isinstance(error, HostForbiddenError) else _BlockedNotFound
        return made(
            status=error.status,
            message=error.message,
            method=error.method,
            url=error.url,
            response=error.response,
            operation=found.rule.operation,
            space=space,
            project=project,
            certain=certain,
        )


def _status(response_or_error: requests.Response | HostError) -> int | None:
    if isinstance(response_or_error, HostError):
        return response_or_error.status if isinstance(response_or_error, HostResponseError) else None
    return response_or_error.status_code


def _space(found: AccessMatch, query: str) -> tuple[str | None, str | None]:
    """The space that a call names: by key, or by id."""
    named = {**_single(query), **found.variables}
    if found.rule.path.startswith("/wiki/api/v2/spaces/{id}"):
        named["space-id"] = named["id"]
    key = next((named[name] for name in _SPACE_KEYS if name in named), None)
    id_ = None if key else next((named[name] for name in _SPACE_IDS if name in named), None)
    return key, id_


def _project(found: AccessMatch, query: str) -> str | None:
    """The project that a call names, by id or key; the key also when it names an issue by its key."""
    named = {**_single(query), **found.variables}
    for name in _PROJECTS:
        if name in named:
            return named[name]
    issue = next((named[name] for name in _ISSUES if name in named), "")
    key = _ISSUE_KEY(issue)
    return key[1].upper() if key else None


def _single(query: str) -> dict[str, str]:
    """Parameters that stand in a query once, and are no list."""
    parsed = parse_qs(query, max_num_fields=None) if query else {}
    return {name: values[0] for name, values in parsed.items() if len(values) == 1 and "," not in values[0]}
