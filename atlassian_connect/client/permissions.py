"""May this user do that? Asked of the host, as the app.

A verified token proves who somebody is and where, not what he may do.

Sources: *Get bulk permissions*, https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-permissions/;
*Check content permissions*, https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content-permissions/;
*Get user*, https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-users/
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cachetools import TTLCache

from ..errors import HostForbiddenError, HostNotFoundError
from .properties import answered_object

if TYPE_CHECKING:
    from .session import HostClient

__all__ = ["PermissionCache", "PermissionResult", "Permissions", "ProjectCheck"]

_log = logging.getLogger(__name__)
#: The host takes this many projects and this many issues at once.
_MAX_OBJECTS: Final = 1000
_NUMERIC = re.compile(r"[0-9]{1,19}").fullmatch
_CONTENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}").fullmatch
_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}").fullmatch
_NO_CHECK: Final = {"X-Atlassian-Token": "no-check"}


@dataclass(frozen=True, slots=True)
class PermissionResult:
    """What a host says. True when everything that was asked for is allowed, for every object.

    Hosts do not tell a missing object from a forbidden one, and neither does this.

    :ivar missing: the permissions, or operations, that are not granted for all of the objects.
    """

    missing: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class ProjectCheck:
    """Project permissions that must all hold for all of some projects and all of some issues.

    :param permissions: keys, e.g. ``EDIT_ISSUES``; an app's own are ``<app key>__<module key>``.
    :param projects: numeric ids.
    :param issues: numeric ids. Issue security counts here; it does not for the project alone.
    :raises ValueError: no permission, no object, too many, or an id that is not numeric.
    """

    permissions: tuple[str, ...]
    projects: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()

    def __init__(
        self, permissions: Iterable[str], *, projects: Iterable[int | str] = (), issues: Iterable[int | str] = ()
    ) -> None:
        object.__setattr__(self, "permissions", _names(permissions))
        object.__setattr__(self, "projects", _ids(projects, "project"))
        object.__setattr__(self, "issues", _ids(issues, "issue"))
        if not self.permissions or not (self.projects or self.issues):
            raise ValueError("A check of project permissions names permissions, and projects or issues they are for.")

    def _body(self) -> dict[str, Any]:
        return {
            "permissions": list(self.permissions),
            "projects": [int(id_) for id_ in self.projects],
            "issues": [int(id_) for id_ in self.issues],
        }

    def _missing(self, grants: Iterable[Any]) -> list[str]:
        """The permissions for which no single grant covers every object."""
        covered = {
            str(grant.get("permission"))
            for grant in grants
            if isinstance(grant, Mapping)
            and set(self.projects) <= _texts(grant.get("projects"))
            and set(self.issues) <= _texts(grant.get("issues"))
        }
        return [name for name in self.permissions if name not in covered]


class Permissions:
    """Permission checks of one tenant's host. Every method may raise :class:`.HostError` when it cannot be asked."""

    def __init__(self, client: HostClient) -> None:
        self._client = client

    def check_jira(
        self,
        account_id: str | None,
        *,
        global_: Iterable[str] = (),
        project: Iterable[str] = (),
        projects: Iterable[int | str] = (),
        issues: Iterable[int | str] = (),
        budget: float | None = None,
    ) -> PermissionResult:
        """Ask Jira, in one call, whether a user has all of some permissions.

        :param account_id: ``current_account_id``, for example. None: an anonymous visitor; the call then carries no
            credentials.
        :param global_: keys of global permissions, e.g. ``ADMINISTER``.
        :param project: keys of project permissions, e.g. ``EDIT_ISSUES``: each must hold for each of ``projects`` and
            of ``issues``.
        :param projects: numeric ids, not keys. An id that does not exist counts as denied.
        :param issues: as ``projects``.
        :param budget: seconds, as in :meth:`.HostClient.request`.
        :raises ValueError: nothing is asked for, or an id is not numeric.
        :raises HostBadRequestError: a permission or the account id is unknown to the host.
        """
        names, on = _names(project), {"projects": _ids(projects, "project"), "issues": _ids(issues, "issue")}
        checks = [ProjectCheck(names, **on)] if names or any(on.values()) else []
        return self.check_jira_all(account_id, global_=global_, checks=checks, budget=budget)

    def check_jira_all(
        self,
        account_id: str | None,
        *,
        global_: Iterable[str] = (),
        checks: Iterable[ProjectCheck] = (),
        budget: float | None = None,
    ) -> PermissionResult:
        """Ask Jira, in one call, whether a user passes several checks. Errors are those of :meth:`check_jira`."""
        wanted_global, wanted = _names(global_), list(checks)
        if not wanted_global and not wanted:
            raise ValueError("Name at least one permission to check.")
        body: dict[str, Any] = {
            "globalPermissions": list(wanted_global),
            "projectPermissions": [check._body() for check in wanted],
        }
        if account_id:
            body["accountId"] = str(account_id)
        answer = answered_object(
            self._client.post(
                "/rest/api/3/permissions/check",
                json=body,
                headers=_NO_CHECK,
                anonymous=not account_id,
                idempotent=True,
                budget=budget,
            )
        )
        granted = _texts(answer.get("globalPermissions"))
        grants = answer.get("projectPermissions")
        missing = [name for name in wanted_global if name not in granted]
        for check in wanted:
            missing += check._missing(grants if isinstance(grants, list) else ())
        return PermissionResult(tuple(dict.fromkeys(missing)))

    def check_confluence(
        self, content_id: str | int, account_id: str | None, operation: str, *, budget: float | None = None
    ) -> PermissionResult:
        """Ask Confluence whether a user may do something with a page, a blog post or other content.

        Site, space and the content's own restrictions count. Content that does not exist, and content that the app may
        not ask about (access rules block this call), count as denied.

        :param account_id: None: an anonymous visitor.
        :param operation: ``read``, ``update`` or ``delete``.
        :raises ValueError: the id or the operation does not look like one.
        :raises HostBadRequestError: the host does not know the operation.
        """
        if isinstance(content_id, bool) or not _CONTENT_ID(str(content_id)):
            raise ValueError(f"{content_id!r} is no content id.")
        [wanted] = _names([operation])
        subject = {"type": "user", "identifier": str(account_id) if account_id else "anonymous"}
        try:
            response = self._client.post(
                f"/rest/api/content/{content_id}/permission/check",
                json={"subject": subject, "operation": wanted},
                headers=_NO_CHECK,
                idempotent=True,
                budget=budget,
            )
        except HostNotFoundError:
            return PermissionResult((wanted,))
        except HostForbiddenError as error:
            _log.warning(
                "%s counts as denied. The app may not ask: its user needs to see the content and, by the REST"
                " reference, to be Confluence administrator; or an access rule blocks it.",
                error,
            )
            return PermissionResult((wanted,))
        answer = answered_object(response)
        allowed = answer.get("hasPermission") is True and not answer.get("errors")
        return PermissionResult(() if allowed else (wanted,))

    def check_confluence_application(
        self, account_id: str | None, *operations: str, budget: float | None = None
    ) -> PermissionResult:
        """Ask Confluence whether a user may do things with the site as a whole.

        :param account_id: None, an anonymous visitor, and an account the host does not know may nothing.
        :param operations: e.g. ``administer``.
        :raises ValueError: no operation.
        """
        wanted = _names(operations)
        if not wanted:
            raise ValueError("Name at least one operation to check.")
        if not account_id:
            return PermissionResult(wanted)
        try:
            response = self._client.get(
                "/rest/api/user", params={"accountId": str(account_id), "expand": "operations"}, budget=budget
            )
        except HostNotFoundError:
            return PermissionResult(wanted)
        listed = answered_object(response).get("operations")
        granted = {
            entry.get("operation")
            for entry in (listed if isinstance(listed, list) else ())
            if isinstance(entry, Mapping) and entry.get("targetType") == "application"
        }
        return PermissionResult(tuple(name for name in wanted if name not in granted))


class PermissionCache:
    """What hosts said moments ago. Failures are not kept. Threads share it.

    :param seconds: at most ten; 0 asks every time. A right that was taken away holds on for so long.
    """

    def __init__(self, seconds: float, *, size: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        if not 0 <= seconds <= 10:
            raise ValueError("What a user may do is kept for ten seconds at most.")
        self._results: TTLCache[Hashable, PermissionResult] | None = (
            TTLCache(size, seconds, timer=clock) if seconds else None
        )
        self._lock = Lock()

    def get(self, key: Hashable, ask: Callable[[], PermissionResult]) -> PermissionResult:
        """Return what is known, or ask.

        :param key: client key, account, permissions and objects.
        """
        if self._results is None:
            return ask()
        with self._lock:
            found = self._results.get(key)
        if found is None:
            found = ask()
            with self._lock:
                self._results[key] = found
        return found


def _names(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ValueError(f"Give a list: [{names!r}]. A text would be read letter by letter.")
    found = tuple(dict.fromkeys(names))
    for name in found:
        if not isinstance(name, str) or not _NAME(name):
            raise ValueError(f"{name!r} is no name of a permission or operation.")
    return found


def _ids(ids: Iterable[int | str], what: str) -> tuple[str, ...]:
    if isinstance(ids, str):
        raise ValueError(f"Give a list of {what} ids: [{ids!r}].")
    found = tuple(dict.fromkeys(str(id_) for id_ in ids))
    for id_ in found:
        if not _NUMERIC(id_):
            raise ValueError(f"{id_!r} is no {what} id: permissions are checked by numeric id, not by key.")
    if len(found) > _MAX_OBJECTS:
        raise ValueError(f"The host checks {_MAX_OBJECTS} {what}s at once, not {len(found)}.")
    return found


def _texts(values: Any) -> set[str]:
    return {str(value) for value in values} if isinstance(values, list) else set()
