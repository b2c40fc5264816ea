"""Pages, blog posts and custom content, with their versions."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count
from typing import Final

from .part import check_next_version
from .schema import PAGE_VERSIONS, PAGES, SPACES
from .spaces import CONTENT_STEP, FIRST_CONTENT_ID, Spaces
from .values import Page, PageVersion

__all__ = ["MAX_TITLE", "Pages", "TitleTakenError", "event_prefix"]

#: Characters of a title.
MAX_TITLE: Final = 255


class TitleTakenError(ValueError):
    """A space has no two pages of one title."""


def event_prefix(page: Page) -> str:
    """What the events about it begin with: ``page``, ``blog`` or ``content``."""
    return {"page": "page", "blogpost": "blog"}.get(page.type, "content")


class Pages(Spaces):
    """Pages, blog posts and custom content. All three are a :class:`.values.Page`, and take each other's methods."""

    def pages(
        self, space_id: str | None = None, *, type: str = "page", status: str = "current", parent_id: str | None = None
    ) -> list[Page]:
        """Pages by id, of one space or of all.

        :param type: ``page``, ``blogpost``, or a type of custom content.
        :param status: ``current``, ``draft`` or ``trashed``.
        :param parent_id: only those below it. :meth:`children` has them in their order.
        """
        wanted = {"space_id": space_id, "parent_id": parent_id}
        return self._db.find(PAGES, **{key: value for key, value in wanted.items() if value}, type=type, status=status)

    def all_pages(self) -> list[Page]:
        """Pages, blog posts and custom content of every status, by id: for searches."""
        return self._db.find(PAGES)

    def blog_posts(self, space_id: str | None = None, *, status: str = "current") -> list[Page]:
        """Blog posts by id, of one space or of all."""
        return self.pages(space_id, type="blogpost", status=status)

    def page(self, page_id: str) -> Page:
        """A page, blog post or custom content of any status.

        :raises KeyError: there is none.
        """
        return self._db.get(PAGES, page_id)

    def page_by_title(self, space_id: str, title: str, *, type: str = "page") -> Page | None:
        """The current page of a title. None: there is none."""
        return self._db.first(PAGES, space_id=space_id, type=type, status="current", title=title)

    def children(self, page_id: str) -> list[Page]:
        """The current pages right below a page, in their order."""
        return sorted(self.pages(parent_id=page_id), key=lambda page: page.position)

    def ancestors(self, page_id: str) -> list[Page]:
        """The pages above a page, the topmost first.

        :raises KeyError: there is no such page.
        """
        found: list[Page] = []
        above = self.page(page_id).parent_id
        while above is not None:
            found.insert(0, self.page(above))
            above = found[0].parent_id
        return found

    def versions(self, page_id: str) -> list[PageVersion]:
        """The versions of a page, oldest first."""
        return sorted(self._db.find(PAGE_VERSIONS, page_id=page_id), key=lambda version: version.number)

    def create_page(
        self,
        space_id: str,
        title: str,
        body: str,
        *,
        account_id: str,
        type: str = "page",
        status: str = "current",
        parent_id: str | None = None,
    ) -> Page:
        """Create a page, a blog post or custom content. A draft is told to nobody.

        :raises KeyError: there is no such space or parent.
        :raises TitleTakenError: the space has a page of this title.
        """
        with self._db.transaction():
            self._db.get(SPACES, space_id)
            if parent_id is not None:
                self._db.get(PAGES, parent_id)
            if status == "current":
                self._check_title(space_id, title, type)
            page_id, now = str(self._db.next("content", first=FIRST_CONTENT_ID, step=CONTENT_STEP)), self._clock()
            position = self._db.count(PAGES, parent_id=parent_id, space_id=space_id) if type == "page" else 0
            page = Page(
                page_id, space_id, title, body, account_id, now, now, account_id,
                type=type, status=status, parent_id=parent_id, position=position,
            )  # fmt: skip
            self._db.insert(PAGES, page)
            self._db.insert(PAGE_VERSIONS, PageVersion(page_id, 1, title, body, account_id, now))
            if status == "current":
                self._changes.tell("confluence", f"{event_prefix(page)}_created", account_id, after=page)
            return page

    def edit_page(
        self,
        page_id: str,
        *,
        account_id: str,
        title: str | None = None,
        body: str | None = None,
        version: int | None = None,
        message: str = "",
        parent_id: str | None = None,
        status: str | None = None,
    ) -> Page:
        """Write a new version of a page.

        :param title: None keeps it, as with ``body``, ``parent_id`` and ``status``.
        :param version: number of the new version; None for the next. A draft keeps its number, 1.
        :param status: ``current`` publishes a draft, or takes a page out of the trash. What was above it and is not
            there any more is left out.
        :raises KeyError: there is no such page, or no such parent.
        :raises VersionConflictError: ``version`` is not the next one.
        :raises TitleTakenError: the space has another page of this title.
        :raises ValueError: a page cannot be below itself.
        """
        with self._db.transaction():
            before = self._db.get(PAGES, page_id)
            number = before.version + (before.status != "draft")  # a draft stays at version 1, and is published as it
            if (before.status, version) != ("draft", number):
                check_next_version(version, before.version)
            after = replace(
                before,
                title=before.title if title is None else title,
                body=before.body if body is None else body,
                parent_id=before.parent_id if parent_id is None else parent_id,
                status=before.status if status is None else status,
                version=number,
                modified=self._clock(),
                modified_by=account_id,
                message=message,
            )
            if before.status == "trashed" and after.type == "page":
                after = replace(after, parent_id=self._nearest_current(after.parent_id))
            self._check_parent(after)
            if after.status == "current" and (after.title, after.status) != (before.title, before.status):
                self._check_title(after.space_id, after.title, after.type)
            self._db.save(PAGES, after)
            self._db.save(
                PAGE_VERSIONS,
                PageVersion(page_id, after.version, after.title, after.body, account_id, after.modified, message),
            )
            self._tell_edit(before, after, account_id)
            return after

    def _tell_edit(self, before: Page, after: Page, account_id: str) -> None:
        prefix = event_prefix(after)
        if before.status == after.status == "current":
            self._changes.tell("confluence", f"{prefix}_updated", account_id, before=before, after=after)
            if before.parent_id != after.parent_id:
                self._changes.tell("confluence", f"{prefix}_moved", account_id, before=before, after=after)
        elif after.status == "current":
            kind = "created" if before.status == "draft" else "restored"
            self._changes.tell("confluence", f"{prefix}_{kind}", account_id, before=before, after=after)

    def move_page(
        self, page_id: str, *, account_id: str, parent_id: str | None, space_id: str | None = None, position: int = 0
    ) -> Page:
        """Put a page below another, or at the top of a space. Its version stays; what is below it comes along.

        :param position: among the pages there.
        :param space_id: None keeps the space.
        :raises KeyError: there is no such page, parent or space.
        :raises TitleTakenError: the other space has a page of this title, or of one of those below.
        :raises ValueError: a page cannot be below itself.
        """
        with self._db.transaction():
            before = self._db.get(PAGES, page_id)
            home = space_id or before.space_id
            self._db.get(SPACES, home)
            after = replace(before, parent_id=parent_id, space_id=home, position=position)
            self._check_parent(after)
            below = self._below(page_id) if home != before.space_id else []
            for page in [before, *below] if home != before.space_id else []:
                if page.status == "current":
                    self._check_title(home, page.title, page.type)
            self._db.save(PAGES, after)
            siblings = [page for page in self.pages(home) if page.parent_id == parent_id and page.id != page_id]
            siblings.sort(key=lambda page: page.position)
            for number, page in enumerate([*siblings[:position], after, *siblings[position:]]):
                self._db.save(PAGES, replace(page, position=number))
            for page in below:
                self._db.save(PAGES, replace(page, space_id=home))
            moved = self._db.get(PAGES, page_id)
            self._changes.tell("confluence", f"{event_prefix(after)}_moved", account_id, before=before, after=moved)
            return moved

    def copy_page(
        self, page_id: str, *, space_id: str, title: str, account_id: str, parent_id: str | None = None
    ) -> Page:
        """Make a page of its own out of a page's body. Where the title is taken, it is a ``Copy of`` it.

        :param parent_id: the page above the copy.
        :raises KeyError: there is no such page, space or parent.
        """
        with self._db.transaction():
            page = self.page(page_id)
            if page.type == "page":
                title = self._free_title(space_id, title)
            return self.create_page(
                space_id, title, page.body, account_id=account_id, type=page.type, parent_id=parent_id
            )

    def trash_page(self, page_id: str, *, account_id: str) -> Page:
        """Move a page to the trash. The pages below it move up; custom content stays with it.

        :raises KeyError: there is no such page.
        """
        with self._db.transaction():
            before = self._db.get(PAGES, page_id)
            after = replace(before, status="trashed")
            for page in self._db.find(PAGES, parent_id=page_id, type="page"):
                self._db.save(PAGES, replace(page, parent_id=before.parent_id))
            self._db.save(PAGES, after)
            if before.status == "current":
                self._changes.tell(
                    "confluence", f"{event_prefix(before)}_trashed", account_id, before=before, after=after
                )
            return after

    def delete_page(self, page_id: str, *, account_id: str) -> None:
        """Delete a page for good, with its comments, labels, properties, files, versions and custom content.

        :raises KeyError: there is no such page.
        """
        with self._db.transaction():
            page = self._db.get(PAGES, page_id)
            for child in self._db.find(PAGES, parent_id=page_id):
                if child.type == "page":
                    self._db.save(PAGES, replace(child, parent_id=page.parent_id))
                else:
                    self.delete_page(child.id, account_id=account_id)
            self._purge(page_id)
            if page.status != "draft":
                self._changes.tell("confluence", f"{event_prefix(page)}_removed", account_id, before=page)

    def _below(self, page_id: str) -> list[Page]:
        """All that is below a page, of any type and status."""
        found = self._db.find(PAGES, parent_id=page_id)
        for page in found:  # which grows
            found += self._db.find(PAGES, parent_id=page.id)
        return found

    def _nearest_current(self, page_id: str | None) -> str | None:
        while page_id is not None and self._db.get(PAGES, page_id).status != "current":
            page_id = self._db.get(PAGES, page_id).parent_id
        return page_id

    # --- rules --------------------------------------------------------------------------------------------------------

    def _check_title(self, space_id: str, title: str, type: str) -> None:
        if type == "page" and self.page_by_title(space_id, title):
            raise TitleTakenError(f"A page with the title {title!r} exists already in this space.")

    def _free_title(self, space_id: str, title: str) -> str:
        marks = chain(["", "Copy of "], (f"Copy ({number}) of " for number in count(2)))
        titles = (f"{mark}{title}"[:MAX_TITLE] for mark in marks)
        return next(one for one in titles if self.page_by_title(space_id, one) is None)

    def _check_parent(self, page: Page) -> None:
        above = page.parent_id
        while above is not None:
            if above == page.id:
                raise ValueError("A page cannot be below itself.")
            above = self._db.get(PAGES, above).parent_id
