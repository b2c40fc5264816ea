"""Data policies: whether administrators block the app from the data of a site, a space or a project.

Sources: *Data policies* in the REST references, https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-data-policies/
and https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-app-data-policies/.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cachetools import LRUCache, TTLCache

from ..errors import (
    HostBadRequestError,
    HostForbiddenError,
    HostNotFoundError,
    HostUnauthorizedError,
)
from ..tenants.tenant import Tenant

if TYPE_CHECKING:
    from .session import HostClient

__all__ = ["DataPolicy", "DataPolicyCache"]

#: Tenants, and facts about each of them, that are kept in memory.
_MAX_TENANTS: Final = 1000
_MAX_FACTS: Final = 2000
_SPACES_AT_ONCE: Final = 100  # a request line stays far below 8 KiB
_PROJECTS_AT_ONCE: Final = 50  # the host's limit
_BUDGET_SECONDS: Final = 10.0  # a view is waiting, maybe with a refusal to explain
#: Answers that will be the same next time: this app, or this edition of the host, does not get to know.
_NOT_TOLD: Final = (HostBadRequestError, HostUnauthorizedError, HostForbiddenError, HostNotFoundError)

#: What is asked for (``site``, ``key``, ``id``), and which one.
_Fact: TypeAlias = tuple[str, str]
_Facts: TypeAlias = "TTLCache[_Fact, bool | None]"


class DataPolicyCache:
    """What was read lately, for the tenants of one app. Threads share it.

    :param seconds: how long an answer is good; 0: ask every time.
    :param clock: any seconds that only grow.
    """

    def __init__(self, seconds: float = 60.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._tenants: LRUCache[str, _Facts] = LRUCache(_MAX_TENANTS)

    def clear(self, client_key: str) -> None:
        """Forget what is known about one tenant. What is being asked right now is not kept either."""
        with self._lock:
            self._tenants.pop(client_key, None)

    def facts(self, client_key: str) -> _Facts:
        """The facts about one tenant, to be used with :meth:`get` and :meth:`put`."""
        with self._lock:
            found = self._tenants.get(client_key)
            if found is None:
                found = self._tenants[client_key] = TTLCache(_MAX_FACTS, self._seconds, timer=self._clock)
            return found

    def get(self, facts: _Facts, wanted: Iterable[_Fact]) -> dict[_Fact, bool | None]:
        """Return those of the wanted facts that are known."""
        with self._lock:
            return {fact: facts[fact] for fact in wanted if fact in facts}

    def put(self, facts: _Facts, told: Mapping[_Fact, bool | None]) -> None:
        """Keep what a host said. ``facts`` is from before it was asked, so that a :meth:`clear` meanwhile counts."""
        with self._lock:
            facts.update(told)


class DataPolicy:
    """One tenant's data policy, as its host tells it to the app.

    True: blocked, False: not blocked, None: unknown, because the host does not tell, or because the app cannot see the
    space or project. Unknown is never to be read as allowed. Answers are kept for a minute by default; the webhooks
    about app access clear them in the process that gets them.

    Each method may raise :class:`.HostError` when the host cannot be asked right now.

    :param client: signs as the app; without an observer, so that these calls are not looked at themselves.
    """

    def __init__(self, client: Callable[[], HostClient], tenant: Tenant, *, cache: DataPolicyCache) -> None:
        self._client = client
        self._tenant = tenant
        self._cache = cache

    def any_blocked(self) -> bool | None:
        """Whether apps are blocked from any content of the site.

        None from sites of Jira that refuse to tell: the references disagree about whether Connect apps may ask.
        """
        return self._known([("site", "")], lambda _: {("site", ""): self._site()})["site", ""]

    def blocked_spaces(self, keys: Iterable[str] = (), *, ids: Iterable[str | int] = ()) -> frozenset[str] | None:
        """Those of some spaces that are blocked, by the key or id they were named by; None when nothing is known.

        A space that the app cannot see is not among them either: :meth:`spaces` tells the difference.

        :raises ValueError: this tenant is a Jira.
        """
        return _blocked(self.spaces(keys, ids=ids))

    def blocked_projects(self, ids: Iterable[str | int]) -> frozenset[str] | None:
        """Those of some projects that are blocked, by id; None when nothing is known.

        A project that the app cannot see is not among them either: :meth:`projects` tells the difference.

        :raises ValueError: this tenant is a Confluence, or an id is no number: the host does not take keys here.
        """
        return _blocked(self.projects(ids))

    def spaces(self, keys: Iterable[str] = (), *, ids: Iterable[str | int] = ()) -> dict[str, bool | None]:
        """What is known about each of some Confluence spaces. Errors are those of :meth:`blocked_spaces`."""
        if self._tenant.product != "confluence":
            raise ValueError("Spaces are Confluence's, and this tenant is a Jira: ask for projects.")
        by_key = self._known([("key", str(key)) for key in keys], self._spaces)
        by_id = self._known([("id", str(id_)) for id_ in ids], self._spaces)
        return {name: blocked for (_, name), blocked in (*by_key.items(), *by_id.items())}

    def projects(self, ids: Iterable[str | int]) -> dict[str, bool | None]:
        """What is known about each of some Jira projects. Errors are those of :meth:`blocked_projects`."""
        if self._tenant.product != "jira":
            raise ValueError("Projects are Jira's, and this tenant is a Confluence: ask for spaces.")
        wanted = [("id", str(id_)) for id_ in ids]
        for _, id_ in wanted:
            if not (id_.isascii() and id_.isdigit()):
                raise ValueError(f"{id_!r} is no project id. Hosts tell the policy by id, not by key.")
        return {name: blocked for (_, name), blocked in self._known(wanted, self._projects).items()}

    def clear(self) -> None:
        """Forget what is known: the next call asks the host."""
        self._cache.clear(self._tenant.client_key)

    # --- asking -------------------------------------------------------------------------------------------------------

    def _known(
        self, wanted: Sequence[_Fact], ask: Callable[[Sequence[_Fact]], Mapping[_Fact, bool | None]]
    ) -> dict[_Fact, bool | None]:
        facts = self._cache.facts(self._tenant.client_key)
        known = self._cache.get(facts, wanted)
        missing = [fact for fact in dict.fromkeys(wanted) if fact not in known]
        if missing:
            told = {**dict.fromkeys(missing), **ask(missing)}
            self._cache.put(facts, told)
            known |= told
        return {fact: known[fact] for fact in wanted}

    def _site(self) -> bool | None:
        path = "/rest/api/3/data-policy" if self._tenant.product == "jira" else "/api/v2/data-policies/metadata"
        return _flag(self._asked(path))

    def _spaces(self, wanted: Sequence[_Fact]) -> dict[_Fact, bool | None]:
        told: dict[_Fact, bool | None] = {}
        kind = wanted[0][0]
        for names in _batches([name for _, name in wanted], _SPACES_AT_ONCE):
            params = {f"{kind}s": ",".join(names), "limit": len(names)}
            answer = self._asked("/api/v2/data-policies/spaces", params)
            asked = {name.lower(): name for name in names}  # hosts find keys in any case and write them in one
            for space in _objects(answer, "results"):
                name = asked.get(str(space.get(kind)).lower())
                if name is not None:
                    told[kind, name] = _flag(space.get("dataPolicy"))
        return told

    def _projects(self, wanted: Sequence[_Fact]) -> dict[_Fact, bool | None]:
        told: dict[_Fact, bool | None] = {}
        for ids in _batches([id_ for _, id_ in wanted], _PROJECTS_AT_ONCE):
            told |= self._some_projects(ids)
        return told

    def _some_projects(self, ids: Sequence[str]) -> dict[_Fact, bool | None]:
        """Ask for some projects. One that is missing makes the host refuse them all: the halves are asked then."""
        try:
            answer = self._get("/rest/api/3/data-policy/project", {"ids": ",".join(ids)})
        except HostBadRequestError:
            if len(ids) == 1:
                return {}
            half = len(ids) // 2
            return self._some_projects(ids[:half]) | self._some_projects(ids[half:])
        except (*_NOT_TOLD, ValueError, RecursionError):
            return {}
        projects = _objects(answer, "projectDataPolicies")
        return {("id", str(project.get("id"))): _flag(project.get("dataPolicy")) for project in projects}

    def _asked(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the host's JSON; None when it refuses, or answers something else."""
        try:
            return self._get(path, params)
        except (*_NOT_TOLD, ValueError, RecursionError):
            return None

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._client().get(path, params=params, budget=_BUDGET_SECONDS).json()


def _blocked(known: Mapping[str, bool | None]) -> frozenset[str] | None:
    if known and all(blocked is None for blocked in known.values()):
        return None
    return frozenset(name for name, blocked in known.items() if blocked)


def _flag(policy: Any) -> bool | None:
    flag = policy.get("anyContentBlocked") if isinstance(policy, Mapping) else None
    return flag if isinstance(flag, bool) else None


def _objects(answer: Any, name: str) -> list[Mapping[str, Any]]:
    listed = answer.get(name) if isinstance(answer, Mapping) else None
    return [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []


def _batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
