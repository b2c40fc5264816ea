"""Who may see which saved filters: their owners, and those whom they are shared with.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-filter-sharing/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from .people import Person
from .store.jira_values import SavedFilter

if TYPE_CHECKING:
    from .site import Site

__all__ = ["SHARES", "find_filter", "visible_filters"]

_Shared = Callable[["Site", Person | None, Mapping[str, Any]], bool]

#: The kinds of shares, and whether one is with a person; None is somebody who is not logged in.
SHARES: Final[Mapping[str, _Shared]] = {
    "global": lambda site, person, share: True,
    "authenticated": lambda site, person, share: person is not None,
    "user": lambda site, person, share: person is not None and person.account_id == share["user"]["accountId"],
    "group": lambda site, person, share: person is not None and share["group"]["name"] in person.groups,
    "project": lambda site, person, share: _sees(site, person, share["project"]["id"]),
}


def visible_filters(site: Site, account_id: str | None) -> list[SavedFilter]:
    """The filters that somebody may see, by id. None: somebody who is not logged in."""
    person = site.person(account_id) if account_id else None
    return [
        one
        for one in site.content.filters()
        if (account_id is not None and one.owner == account_id)
        or any(SHARES[share["type"]](site, person, share) for share in one.shares)
    ]


def find_filter(site: Site, account_id: str | None, id_or_name: str) -> SavedFilter | None:
    """The filter of an id or a name, in any case, that somebody may see. None: there is none."""
    visible, wanted = visible_filters(site, account_id), id_or_name.lower()
    by_name = next((one for one in visible if one.name.lower() == wanted), None)
    return next((one for one in visible if one.id == wanted), by_name)


def _sees(site: Site, person: Person | None, project_id: str) -> bool:
    try:
        return site.permissions.sees(person, site.content.project(project_id).key)
    except KeyError:  # the project was deleted
        return False
