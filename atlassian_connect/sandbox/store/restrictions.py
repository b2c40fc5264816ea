"""Restrictions of single pages: who may read one, and who may edit it.

Source: *Add or remove page restrictions*,
https://support.atlassian.com/confluence-cloud/docs/add-or-remove-page-restrictions/
"""

from __future__ import annotations

from collections.abc import Iterable

from ..people import Person
from .part import Part
from .schema import PAGE_RESTRICTIONS, PAGES, PageRestriction

__all__ = ["PageRestrictions"]


class PageRestrictions(Part):
    """Restrictions of pages and blog posts, beyond what holds for their space.

    A restriction to read holds for what is below the page as well, one to edit for the page alone. They hold for
    administrators and for the users of apps, too, who were not named.
    """

    def restriction(self, page_id: str, operation: str) -> PageRestriction:
        """Who may read or edit a page; a restriction that names nobody where there is none.

        :param operation: ``read`` or ``update``.
        """
        found = self._db.first(PAGE_RESTRICTIONS, page_id=page_id, operation=operation)
        return found or PageRestriction(page_id, operation)

    def restrict_page(
        self, page_id: str, operation: str, *, account_ids: Iterable[str] = (), groups: Iterable[str] = ()
    ) -> PageRestriction:
        """Let only these read or edit a page. Nobody named: whoever may in its space.

        :param operation: ``read`` or ``update``.
        :param groups: names.
        :raises KeyError: there is no such page.
        """
        with self._db.transaction():
            self._db.get(PAGES, page_id)
            named = PageRestriction(page_id, operation, tuple(dict.fromkeys(account_ids)), tuple(dict.fromkeys(groups)))
            if named.is_open:
                self._db.delete(PAGE_RESTRICTIONS, page_id=page_id, operation=operation)
            else:
                self._db.save(PAGE_RESTRICTIONS, named)
            return named

    def hidden_pages(self, person: Person | None) -> frozenset[str]:
        """Ids of the pages, of any type and status, that restrictions keep from a user. None: an anonymous visitor."""
        found = {one.page_id for one in self._db.find(PAGE_RESTRICTIONS, operation="read") if not one.lets(person)}
        waiting = list(found)
        while waiting:
            below = {page.id for page in self._db.find(PAGES, parent_id=waiting.pop())} - found
            found |= below
            waiting += below
        return frozenset(found)

    def may_edit(self, person: Person | None, page_id: str) -> bool:
        """Whether no restriction keeps a user from reading or editing a page."""
        return self.restriction(page_id, "update").lets(person) and page_id not in self.hidden_pages(person)
