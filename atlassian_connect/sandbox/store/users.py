"""The people of both sites. The users of apps are not among them: those belong to the installations."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..people import Person
from .part import Part
from .schema import USERS

__all__ = ["Users"]


class Users(Part):
    """Users, by account id. Properties of a user belong to ``("user", account_id)``."""

    def all(self) -> list[Person]:
        """All users, deactivated ones included."""
        return self._db.find(USERS)

    def get(self, account_id: str) -> Person:
        """:raises KeyError: there is none."""
        return self._db.get(USERS, account_id)

    def find(self, account_id: str) -> Person | None:
        """The user of an account, None without one."""
        try:
            return self.get(account_id)
        except KeyError:
            return None

    def groups(self) -> dict[str, list[Person]]:
        """The members of each group."""
        found: dict[str, list[Person]] = {}
        for person in self.all():
            for group in person.groups:
                found.setdefault(group, []).append(person)
        return found

    def search(self, text: str) -> list[Person]:
        """Active users with a word of their name, or their address, that begins with a text. Empty: all of them."""
        wanted = text.strip().lower()
        return [
            one
            for one in self.all()
            if one.active
            and any(
                part.startswith(wanted) for part in (one.email, one.name.lower(), *re.findall(r"\w+", one.name.lower()))
            )
        ]

    def create(self, name: str, *, email: str = "", administers: bool = False, account_id: str | None = None) -> Person:
        """Create a user.

        :param account_id: None for one made of a counter.
        """
        with self._db.transaction():
            number = self._db.next("user", first=10)
            groups = ("users", "administrators") if administers else ("users",)
            person = Person(
                account_id or f"557058:00000000-0000-4000-8000-{number:012d}",
                name,
                administers=administers,
                email=email,
                groups=groups,
            )
            self._db.insert(USERS, person)
            self._changes.tell("jira", "user_created", None, after=person)
            self._changes.tell("confluence", "user_created", None, after=person)
            return person

    def edit(self, account_id: str, **changes: Any) -> Person:
        """Change a user.

        :param changes: by the names of :class:`..people.Person`.
        :raises KeyError: there is no such user.
        """
        with self._db.transaction():
            before = self.get(account_id)
            after = replace(before, **changes)
            self._db.save(USERS, after)
            self._changes.tell("jira", "user_updated", None, before=before, after=after)
            if before.active != after.active:
                kind = "user_reactivated" if after.active else "user_deactivated"
                self._changes.tell("confluence", kind, None, before=before, after=after)
            return after
