"""Who may see and administer what. A simple model: a space or project is for all users, or for some of them.

An app's own user sees everything, as the users of apps do on sites where nobody took that from them. A few containers
are public. What a user may do in a container is the same everywhere: administrators may do everything, other users
what is usual.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from .people import Person
from .seed import PUBLIC

__all__ = ["Permissions"]


class Permissions:
    """Which users are kept out of which spaces and projects, and which users are deactivated."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._only: dict[str, frozenset[str]] = {}
        self._inactive: frozenset[str] = frozenset()

    def restrict(self, key: str, to: Iterable[str]) -> None:
        """Let only these users see a space or project, and the users of apps.

        :param key: key of the space or project.
        :param to: account ids.
        """
        with self._lock:
            self._only[key] = frozenset(to)

    def lift(self, key: str) -> None:
        """Take a restriction back."""
        with self._lock:
            self._only.pop(key, None)

    def deactivate(self, account_id: str) -> None:
        """Deactivate a user: nobody can act as them any more."""
        with self._lock:
            self._inactive |= {account_id}

    def activate(self, account_id: str) -> None:
        """Activate a user again."""
        with self._lock:
            self._inactive -= {account_id}

    def is_active(self, account_id: str) -> bool:
        """Whether a user is not deactivated."""
        return account_id not in self._inactive

    def sees(self, person: Person | None, key: str) -> bool:
        """Whether a user may see a space or project. None: an anonymous visitor."""
        only = self._only.get(key)
        if person is None:
            return key in PUBLIC and only is None
        return person.account_type == "app" or only is None or person.account_id in only
