"""Comments on pages and blog posts."""

from __future__ import annotations

from dataclasses import replace

from .part import Part, check_next_version
from .schema import COMMENTS, PAGES
from .spaces import CONTENT_STEP, FIRST_CONTENT_ID
from .values import Comment

__all__ = ["PageComments"]


class PageComments(Part):
    """Comments on pages and blog posts. Bodies are in storage format."""

    def comments(self, page_id: str | None = None, *, kind: str | None = None) -> list[Comment]:
        """Comments by age, of one page or of all, answers included.

        :param kind: ``footer`` or ``inline``; None for both.
        """
        wanted = {"page_id": page_id, "kind": kind}
        return self._db.find(COMMENTS, **{key: value for key, value in wanted.items() if value})

    def comment(self, comment_id: str) -> Comment:
        """:raises KeyError: there is none."""
        return self._db.get(COMMENTS, comment_id)

    def answers(self, comment_id: str) -> list[Comment]:
        """The comments that answer one, by age."""
        return self._db.find(COMMENTS, parent_id=comment_id)

    def add_comment(
        self, page_id: str, body: str, *, account_id: str, parent_id: str | None = None, kind: str = "footer",
        selection: str = "",
    ) -> Comment:  # fmt: skip
        """Comment on a page, or answer a comment.

        :param parent_id: the comment that is answered; what answers an inline comment is inline as well.
        :raises KeyError: there is no such page, or no such comment on it.
        """
        with self._db.transaction():
            page = self._db.get(PAGES, page_id)
            if parent_id is not None:
                parent = self.comment(parent_id)
                if parent.page_id != page_id:
                    raise KeyError(parent_id)
                kind = parent.kind
            comment_id, now = str(self._db.next("content", first=FIRST_CONTENT_ID, step=CONTENT_STEP)), self._clock()
            comment = Comment(
                comment_id, page_id, body, account_id, now, now, account_id,
                parent_id=parent_id, kind=kind, selection=selection,
            )  # fmt: skip
            self._db.insert(COMMENTS, comment)
            self._changes.tell("confluence", "comment_created", account_id, after=comment, about=page)
            return comment

    def edit_comment(
        self, comment_id: str, *, account_id: str, body: str | None = None, version: int | None = None,
        resolved: bool | None = None,
    ) -> Comment:  # fmt: skip
        """Write a new version of a comment; None leaves as it is.

        :raises KeyError: there is no such comment.
        :raises VersionConflictError: ``version`` is not the next one.
        """
        with self._db.transaction():
            before = self.comment(comment_id)
            check_next_version(version, before.version)
            after = replace(
                before,
                body=before.body if body is None else body,
                resolved=before.resolved if resolved is None else resolved,
                version=before.version + 1,
                modified=self._clock(),
                modified_by=account_id,
            )
            self._db.save(COMMENTS, after)
            page = self._db.get(PAGES, after.page_id)
            self._changes.tell("confluence", "comment_updated", account_id, before=before, after=after, about=page)
            return after

    def delete_comment(self, comment_id: str, *, account_id: str) -> None:
        """Delete a comment, and the answers to it.

        :raises KeyError: there is no such comment.
        """
        with self._db.transaction():
            comment = self.comment(comment_id)
            for answer in self.answers(comment_id):
                self.delete_comment(answer.id, account_id=account_id)
            self._forget("comment", comment_id)
            self._db.delete(COMMENTS, id=comment_id)
            page = self._db.get(PAGES, comment.page_id)
            self._changes.tell("confluence", "comment_removed", account_id, before=comment, about=page)
