"""Guards for what a verified user may do: the view runs only when the host says yes.

A token proves who somebody is and where, not what he may do: every user who sees a page of the app can call every route
that takes its tokens.

Sources: *Security requirements for cloud apps*, "Authentication and authorization of application resources",
https://developer.atlassian.com/platform/marketplace/security-requirements/; *Authorization in Atlassian Connect
Express*, https://bitbucket.org/atlassian/atlassian-connect-express (what these guards are called there).
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, ParamSpec, TypeAlias, TypeVar

from flask import current_app

from ..client.permissions import PermissionResult, ProjectCheck
from ..errors import (
    ConfigurationError,
    HostBadRequestError,
    HostError,
    HostForbiddenError,
    HostNotFoundError,
    PermissionCheckError,
    PermissionDeniedError,
    TenantUninstalledError,
)
from ..inbound import Principal
from ..registry import Registry
from .context import ConnectState, current_principal, current_state
from .guards import PERMISSIONS, is_guarded

__all__ = ["Authorization", "ConfluenceCheck", "JiraCheck", "Names", "authorized"]

_log = logging.getLogger("atlassian_connect.web")
_NUMERIC = re.compile(r"[0-9]{1,19}").fullmatch
_CONTENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}").fullmatch
_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}").fullmatch
#: The host has looked at the question, and will not say yes to it.
_REFUSED: Final = (HostBadRequestError, HostForbiddenError, HostNotFoundError)
#: A view waits for the check: better "try again" than a page that never comes.
_BUDGET_SECONDS: Final = 3.0

#: One name, or several that must all hold.
Names: TypeAlias = str | Iterable[str]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class JiraCheck:
    """Permissions in Jira: ``global_`` ones, those on the ``project`` and on the ``issue`` that the token names."""

    global_: tuple[str, ...]
    project: tuple[str, ...]
    issue: tuple[str, ...]

    product: ClassVar[str] = "jira"
    decorator: ClassVar[str] = "@connect.authorize_jira"

    @classmethod
    def of(cls, *, global_: Names, project: Names, issue: Names) -> JiraCheck:
        """Take what the decorator was given.

        :raises ValueError: no permission, or something that cannot be the key of one.
        """
        check = cls(_names(global_), _names(project), _names(issue))
        if not (check.global_ or check.project or check.issue):
            raise ValueError("authorize_jira names at least one permission.")
        return check

    def objects(self, context: Mapping[str, Any]) -> tuple[str, ...]:
        """The ids that the check is about."""
        found = []
        if self.project:
            found.append(_id(context, _NUMERIC, "jira", "project", "id"))
        if self.issue:
            found.append(_id(context, _NUMERIC, "jira", "issue", "id"))
        return tuple(found)

    def ask(self, state: ConnectState, principal: Principal, objects: tuple[str, ...]) -> PermissionResult:
        """Ask the host."""
        ids = iter(objects)
        checks = [ProjectCheck(self.project, projects=[next(ids)])] if self.project else []
        if self.issue:
            checks.append(ProjectCheck(self.issue, issues=[next(ids)]))
        permissions = state.client(principal.tenant).permissions
        return permissions.check_jira_all(
            principal.account_id, global_=self.global_, checks=checks, budget=_budget(state)
        )


@dataclass(frozen=True)
class ConfluenceCheck:
    """Operations in Confluence: on the ``content`` that the token names, and on the site as an ``application``."""

    content: tuple[str, ...]
    application: tuple[str, ...]

    product: ClassVar[str] = "confluence"
    decorator: ClassVar[str] = "@connect.authorize_confluence"

    @classmethod
    def of(cls, *, content: Names, application: Names) -> ConfluenceCheck:
        """Take what the decorator was given.

        :raises ValueError: no operation, or something that cannot be the name of one.
        """
        check = cls(_names(content), _names(application))
        if not (check.content or check.application):
            raise ValueError("authorize_confluence names at least one operation.")
        return check

    def objects(self, context: Mapping[str, Any]) -> tuple[str, ...]:
        """The ids that the check is about."""
        return (_id(context, _CONTENT_ID, "confluence", "content", "id"),) if self.content else ()

    def ask(self, state: ConnectState, principal: Principal, objects: tuple[str, ...]) -> PermissionResult:
        """Ask the host, once per operation, as far as the answers are yes."""
        permissions = state.client(principal.tenant).permissions
        for operation in self.content:
            result = permissions.check_confluence(objects[0], principal.account_id, operation, budget=_budget(state))
            if not result:
                return result
        if not self.application:
            return PermissionResult()
        return permissions.check_confluence_application(principal.account_id, *self.application, budget=_budget(state))


class Authorization:
    """The decorators, as part of :class:`.AtlassianConnect`."""

    _registry: Registry

    def authorize_jira(
        self, *, global_: Names = (), project: Names = (), issue: Names = ()
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Guard a view: it runs only for users who have these permissions in Jira, all of them.

        Put it right above the function: below :meth:`require`, or below the decorator that declares a module. Anonymous
        visitors are checked as such. A no is a 403, whatever the reason; a host that does not answer is a 503. An
        answer is kept for ``ATLASSIAN_CONNECT_PERMISSION_CACHE_SECONDS``.

        The project and the issue are those that the token's own context names. Tokens of ``AP.context.getToken()`` have
        one, those in the URLs of pages mostly do not, and a token without it is refused.

        :param global_: keys of global permissions, e.g. ``["ADMINISTER"]``.
        :param project: keys of permissions on the project, e.g. ``["ADMINISTER_PROJECTS"]``.
        :param issue: keys of permissions on the issue, e.g. ``["EDIT_ISSUES"]``; its security level counts too.
        :raises ValueError: no permission is named.
        :raises ConfigurationError: it stands above :meth:`require`, or above the decorator that declares the view.
        """
        check = JiraCheck.of(global_=global_, project=project, issue=issue)
        return lambda view: authorized(self._undeclared(view, check), check)

    def authorize_confluence(
        self, *, content: Names = (), application: Names = ()
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Guard a view: it runs only for users who may do these things in Confluence, all of them.

        As :meth:`authorize_jira`. The page or other content is that of the token's context.

        :param content: operations on the content: ``read``, ``update``, ``delete``.
        :param application: operations on the site, e.g. ``administer``.
        :raises ValueError: no operation is named.
        :raises ConfigurationError: it stands above :meth:`require`, or above the decorator that declares the view.
        """
        check = ConfluenceCheck.of(content=content, application=application)
        return lambda view: authorized(self._undeclared(view, check), check)

    def _undeclared(self, view: Callable[P, R], check: JiraCheck | ConfluenceCheck) -> Callable[P, R]:
        """Refuse a view that is declared already: what is declared is the function without the guard."""
        declared = [known.view for known in self._registry.modules if known.view is not None]
        handlers = [known.handler for known in self._registry.webhooks]
        if any(inspect.unwrap(known) is inspect.unwrap(view) for known in (*declared, *handlers)):
            raise ConfigurationError(
                f"{_name(view)} is declared already, without {check.decorator}: put the guard below the decorator that"
                " declares it, next to the function."
            )
        return view


def authorized(view: Callable[P, R], check: JiraCheck | ConfluenceCheck) -> Callable[P, R]:
    """Wrap a view so that it runs only for a user whom the host allows it.

    :raises ConfigurationError: the view checks tokens itself already, so this check would come before it is known whom
        the request is from.
    """
    if is_guarded(view):
        raise ConfigurationError(
            f"{check.decorator} stands above @connect.require on {_name(view)}: put it below, next to the function, so"
            " that it is known who asks before it is asked what they may do."
        )

    @functools.wraps(view)
    def guard(*args: P.args, **kwargs: P.kwargs) -> R:
        principal = current_principal()
        if principal is None:
            raise ConfigurationError(
                f"{check.decorator} on {_name(view)} asks what a verified user may do, and this request is not"
                " verified: put @connect.require(...) above it, or declare the view as a module of the descriptor."
            )
        _authorize(current_state(), principal, check)
        result: R = current_app.ensure_sync(view)(*args, **kwargs)
        return result

    setattr(guard, PERMISSIONS, check.decorator)
    return guard


def _authorize(state: ConnectState, principal: Principal, check: JiraCheck | ConfluenceCheck) -> None:
    tenant = principal.tenant
    if tenant.product != check.product:
        raise PermissionDeniedError(f"{check.decorator}: the request is from a {tenant.product} tenant.")
    objects = check.objects(principal.context)
    key = (tenant.client_key, principal.account_id, check, objects)
    try:
        result = state.permission_cache.get(key, lambda: check.ask(state, principal, objects))
    except (*_REFUSED, TenantUninstalledError) as error:
        # An unknown object, account or permission reads like one that is not granted: nobody finds out what exists.
        _log.warning("%s: the host refuses the question, which counts as denied: %s", check.decorator, error)
        raise PermissionDeniedError(f"{check.decorator}: the host refuses the question.") from error
    except HostError as error:
        raise PermissionCheckError(f"{check.decorator}: the host does not answer the question: {error}") from error
    if not result:
        on = f" on {', '.join(objects)}" if objects else ""
        raise PermissionDeniedError(f"{check.decorator}: {', '.join(result.missing)} not granted{on}.")


def _budget(state: ConnectState) -> float:
    return min(_BUDGET_SECONDS, state.settings.retry_budget_seconds)


def _id(context: Mapping[str, Any], is_id: Callable[[str], object], *path: str) -> str:
    """An id from the token's context. What a request says besides its token is anybody's."""
    found: Any = context
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not is_id(text):
        raise PermissionDeniedError(f"The context of the token has no {'.'.join(path)} to check.")
    return text


def _names(names: Names) -> tuple[str, ...]:
    found = tuple(dict.fromkeys([names] if isinstance(names, str) else names))
    for name in found:
        if not isinstance(name, str) or not _NAME(name):
            raise ValueError(f"{name!r} is no name of a permission or operation.")
    return found


def _name(view: Callable[..., Any]) -> str:
    return getattr(view, "__qualname__", repr(view))
