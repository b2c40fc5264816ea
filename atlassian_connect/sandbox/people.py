"""The users of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["ADMIN", "EDITORS", "MEMBER", "PEOPLE", "Person", "app_person", "confluence_user", "jira_user"]

#: Account id of the administrator of both sites.
ADMIN: Final = "557058:0a4f6f0e-5c1e-4d5b-9d3a-6a1e5b0c7d01"
#: Account id of a user without administrative rights.
MEMBER: Final = "557058:1b7c2d9a-8e44-4c0f-a1b6-2f9d3e8c5a02"


@dataclass(frozen=True, slots=True)
class Person:
    """A user: a human, or the user that an app acts as.

    :ivar account_type: ``atlassian`` or ``app``.
    :ivar administers: may administer the product.
    :ivar active: False once the account is deactivated.
    :ivar time_zone: as in the tz database.
    :ivar locale: e.g. ``en_GB``.
    :ivar groups: names of those it is a member of.
    """

    account_id: str
    name: str
    account_type: str = "atlassian"
    administers: bool = False
    active: bool = True
    email: str = ""
    time_zone: str = "Europe/London"
    locale: str = "en_GB"
    groups: tuple[str, ...] = ("users",)


#: The people that a sandbox begins with, by account id.
PEOPLE: Final = {
    person.account_id: person
    for person in (
        Person(ADMIN, "Ada Okafor", administers=True, email="ada@example.com", groups=("users", "administrators")),
        Person(MEMBER, "Jonas Lindqvist", email="jonas@example.com", time_zone="Europe/Stockholm", locale="sv_SE"),
        Person(
            "557058:2c9e4b71-3d05-4f7e-b8a2-7c1d6e9f0b03",
            "Priya Raman",
            email="priya@example.com",
            time_zone="Asia/Kolkata",
        ),
        Person(
            "557058:3d1f5a82-6b27-4e98-9c43-8d2e7fa01c04",
            "Tomás Herrera",
            email="tomas@example.com",
            time_zone="America/Bogota",
            locale="es_ES",
        ),
        Person(
            "557058:4e20669b-7a38-4fa9-8d54-9e3f80b12d05",
            "Mei Tanaka",
            email="mei@example.com",
            time_zone="Asia/Tokyo",
            locale="ja_JP",
        ),
    )
}
#: Who wrote the sample content: all but the newest colleague.
EDITORS: Final = tuple(PEOPLE)[:4]


def app_person(account_id: str, name: str, *, administers: bool) -> Person:
    """The user that an app acts as."""
    return Person(account_id, name, "app", administers)


def jira_user(person: Person, base_url: str) -> dict[str, Any]:
    """A user as Jira writes one, without what privacy settings may hide."""
    return {
        "self": f"{base_url}/rest/api/3/user?accountId={person.account_id}",
        "accountId": person.account_id,
        "accountType": person.account_type,
        "displayName": person.name,
        "avatarUrls": {},
        "active": person.active,
    }


def confluence_user(person: Person, base_url: str, *, operations: bool = False) -> dict[str, Any]:
    """A user as Confluence's v1 REST writes one.

    :param operations: with what the user may do to the product as a whole.
    """
    user: dict[str, Any] = {
        "type": "known",
        "accountId": person.account_id,
        "accountType": person.account_type,
        "email": "",
        "publicName": person.name,
        "displayName": person.name,
        "isExternalCollaborator": False,
        "_expandable": {"operations": "", "personalSpace": ""},
        "_links": {"self": f"{base_url}/rest/api/user?accountId={person.account_id}", "base": base_url},
    }
    if operations:
        del user["_expandable"]["operations"]
        names = ["use", "administer"] if person.administers else ["use"]
        user["operations"] = [{"operation": name, "targetType": "application"} for name in names]
    return user
