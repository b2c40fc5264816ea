"""Comments on issues, and links between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from .jira import Issues
from .schema import ISSUE_COMMENTS, ISSUE_LINKS, ISSUES
from .values import IssueComment, IssueLink

__all__ = ["FIRST_COMMENT_ID", "FIRST_LINK_ID", "CommentsAndLinks"]

FIRST_COMMENT_ID: Final = 10_500
FIRST_LINK_ID: Final = 10_900


class CommentsAndLinks(Issues):
    """Issues with what is said about them."""

    def issue_comments(self, issue_id: str) -> list[IssueComment]:
        """The comments on an issue, by age."""
        return self._db.find(ISSUE_COMMENTS, issue_id=issue_id)

    def issue_comment(self, comment_id: str) -> IssueComment:
        """:raises KeyError: there is none."""
        return self._db.get(ISSUE_COMMENTS, comment_id)

    def add_issue_comment(self, id_or_key: str, body: dict[str, Any], *, account_id: str) -> IssueComment:
        """Comment on an issue, which is an update of it.

        :param body: in Atlassian Document Format.
        :raises KeyError: there is no such issue.
        """
        with self._db.transaction():
            now = self._clock()
            issue = replace(self.issue(id_or_key), updated=now)
            number = str(self._db.next("issue_comment", first=FIRST_COMMENT_ID))
            comment = IssueComment(number, issue.id, body, account_id, now, now, account_id)
            self._db.insert(ISSUE_COMMENTS, comment)
            self._db.save(ISSUES, issue)
            self._changes.tell("jira", "comment_created", account_id, after=comment, about=issue)
            return comment

    def edit_issue_comment(self, comment_id: str, body: dict[str, Any], *, account_id: str) -> IssueComment:
        """:raises KeyError: there is no such comment."""
        with self._db.transaction():
            before = self.issue_comment(comment_id)
            after = replace(before, body=body, updated=self._clock(), updated_by=account_id)
            self._db.save(ISSUE_COMMENTS, after)
            issue = self.issue(before.issue_id)
            self._changes.tell("jira", "comment_updated", account_id, before=before, after=after, about=issue)
            return after

    def delete_issue_comment(self, comment_id: str, *, account_id: str) -> None:
        """:raises KeyError: there is no such comment."""
        with self._db.transaction():
            comment = self.issue_comment(comment_id)
            self._forget("issue_comment", comment_id)
            self._db.delete(ISSUE_COMMENTS, id=comment_id)
            issue = self.issue(comment.issue_id)
            self._changes.tell("jira", "comment_deleted", account_id, before=comment, about=issue)

    def issue_links(self, issue_id: str) -> list[IssueLink]:
        """The links from and to an issue."""
        return [*self._db.find(ISSUE_LINKS, outward_id=issue_id), *self._db.find(ISSUE_LINKS, inward_id=issue_id)]

    def issue_link(self, link_id: str) -> IssueLink:
        """:raises KeyError: there is none."""
        return self._db.get(ISSUE_LINKS, link_id)

    def link_issues(self, type_name: str, outward: str, inward: str, *, account_id: str) -> IssueLink:
        """Link two issues, by keys or ids: ``outward`` blocks ``inward``.

        :param type_name: a name of :data:`.jira_setup.LINK_TYPES`.
        :raises KeyError: there is no such issue.
        """
        with self._db.transaction():
            ends = self.issue(outward), self.issue(inward)
            link = IssueLink(str(self._db.next("link", first=FIRST_LINK_ID)), type_name, ends[0].id, ends[1].id)
            self._db.insert(ISSUE_LINKS, link)
            self._changes.tell("jira", "issuelink_created", account_id, after=link, about=ends)
            return link

    def unlink_issues(self, link_id: str, *, account_id: str) -> None:
        """:raises KeyError: there is no such link."""
        with self._db.transaction():
            link = self.issue_link(link_id)
            self._db.delete(ISSUE_LINKS, id=link_id)
            ends = self.issue(link.outward_id), self.issue(link.inward_id)
            self._changes.tell("jira", "issuelink_deleted", account_id, before=link, about=ends)
