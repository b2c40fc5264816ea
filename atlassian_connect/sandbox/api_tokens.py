"""API tokens: what people log in with, by HTTP Basic, when a program works for them.

Source: *Basic auth for REST APIs*, https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
"""

from __future__ import annotations

from ..secret import Secret
from .ids import Ids
from .people import Person
from .store.store import Store

__all__ = ["ApiTokens"]


class ApiTokens:
    """The API tokens of a sandbox's people: one each, made when it is asked for first, kept in the store."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def of(self, account_id: str) -> Secret:
        """The token of a user.

        :raises KeyError: there is no such user.
        """
        name = _fact(self._store.users.get(account_id))
        known = self._store.fact(name)
        if known is None:
            known = self._ids.token()
            self._store.note(name, known)
        return Secret(known)

    def holder(self, email: str, token: str) -> Person | None:
        """Whose address and token these are. None: nobody's, or somebody's whose account is not active any more."""
        given = Secret(token)
        for person in self._store.users.all():
            if person.active and person.email and person.email.lower() == email.lower():
                known = self._store.fact(_fact(person))
                if known is not None and Secret(known) == given:
                    return person
        return None


def _fact(person: Person) -> str:
    return f"api token of {person.account_id}"
