"""Labels on pages and blog posts."""

from __future__ import annotations

import re
from typing import Final

from .part import Part
from .schema import LABELS, PAGES
from .values import Label, Page

__all__ = ["FIRST_LABEL_ID", "Labels", "is_label"]

FIRST_LABEL_ID: Final = 131_073
#: Whether a text can be the name of a label.
is_label = re.compile(r"[^\s:;,.?&\[\]()#^*@!<>\"']{1,255}").fullmatch


class Labels(Part):
    """Labels on pages and blog posts."""

    def labels(self, page_id: str) -> list[Label]:
        """The labels of a page, in the order they were added."""
        return self._db.find(LABELS, page_id=page_id)

    def labelled(self, name: str) -> list[Page]:
        """The pages and blog posts that have a label."""
        return [self._db.get(PAGES, label.page_id) for label in self._db.find(LABELS, name=name)]

    def labels_by_page(self) -> dict[str, list[Label]]:
        """The labels of all pages, by the page's id."""
        found: dict[str, list[Label]] = {}
        for label in self._db.find(LABELS):
            found.setdefault(label.page_id, []).append(label)
        return found

    def all_labels(self) -> dict[str, set[str]]:
        """The names of the labels of all pages, by the page's id: for searches."""
        return {page_id: {label.name for label in labels} for page_id, labels in self.labels_by_page().items()}

    def add_label(self, page_id: str, name: str, *, account_id: str, prefix: str = "global") -> Label:
        """Label a page. Nothing happens when it has the label.

        :raises KeyError: there is no such page.
        """
        with self._db.transaction():
            page, known = (
                self._db.get(PAGES, page_id),
                self._db.first(LABELS, page_id=page_id, prefix=prefix, name=name),
            )
            if known is not None:
                return known
            elsewhere = self._db.first(LABELS, prefix=prefix, name=name)
            label_id = elsewhere.id if elsewhere else str(self._db.next("label", first=FIRST_LABEL_ID))
            label = Label(page_id, name, label_id, prefix)
            self._db.insert(LABELS, label)
            self._changes.tell("confluence", "label_added", account_id, after=label, about=page)
            return label

    def remove_label(self, page_id: str, name: str, *, account_id: str, prefix: str = "global") -> bool:
        """Take a label off a page. False when it has none of this prefix and name."""
        with self._db.transaction():
            label = self._db.first(LABELS, page_id=page_id, prefix=prefix, name=name)
            if label is None:
                return False
            self._db.delete(LABELS, page_id=page_id, prefix=prefix, name=name)
            self._changes.tell(
                "confluence", "label_removed", account_id, before=label, about=self._db.get(PAGES, page_id)
            )
            return True
