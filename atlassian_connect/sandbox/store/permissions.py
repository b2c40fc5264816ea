"""Who may see and administer what. A simple model: a space or project is for all users, or for some of them.

An app's own user sees everything, as the users of apps do on sites where nobody took that from them. A few containers
are public. What a user may do in a container is the same everywhere: administrators may do everything, other users
what is usual.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..people import Person
from .database import Database
from .schema import RESTRICTIONS, Restriction
from .seed import PUBLIC
from .users import Users

__all__ = ["Permissions"]


class Permissions:
    """Which users are kept out of which spaces and projects, and which users are deactivated."""

    def __init__(self, database: Database, users: Users) -> None:
        self._db = database
        self._users = users

    def restrict(self, key: str, to: Iterable[str]) -> None:
        """Let only these users see a space or project, and the users of apps.

        :param key: key of the space or project.
        :param to: account ids.
        """
        self._db.save(RESTRICTIONS, Restriction(key, tuple(to)))

    def lift(self, key: str) -> None:
        """Take a restriction back."""
        self._db.delete(RESTRICTIONS, container=key)

    def restricted(self) -> dict[str, frozenset[str]]:
        """Who sees the spaces and projects that are not for all, by their keys."""
        return {row.container: frozenset(row.account_ids) for row in self._db.find(RESTRICTIONS)}

    def deactivate(self, account_id: str) -> None:
        """Deactivate a user: nobody can act as them any more.

        :raises KeyError: there is no such user.
        """
        self._users.edit(account_id, active=False)

    def activate(self, account_id: str) -> None:
        """Activate a user again.

        :raises KeyError: there is no such user.
        """
        self._users.edit(account_id, active=True)

    def is_active(self, account_id: str) -> bool:
        """Whether a user is not deactivated."""
        found = self._users.find(account_id)
        return found is None or found.active

    def sees(self, person: Person | None, key: str) -> bool:
        """Whether a user may see a space or project. None: an anonymous visitor."""
        only = self._only(key)
        if person is None:
            return key in PUBLIC and only is None
        return person.account_type == "app" or only is None or person.account_id in only

    def _only(self, key: str) -> tuple[str, ...] | None:
        try:
            return self._db.get(RESTRICTIONS, key).account_ids
        except KeyError:
            return None
