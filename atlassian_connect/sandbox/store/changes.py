"""What happened to the content, told once it is written.

Every method of the store that changes something says so by :meth:`Changes.tell`. A sandbox listens, and makes webhooks
of what it hears (:meth:`..site.Site.announce`); whoever changes content needs to do nothing for that. The ``kind`` of a
change is the name of the event that hosts have for it:

- Confluence: ``page_created``, ``page_updated``, ``page_moved``, ``page_trashed``, ``page_restored``, ``page_removed``,
  the same of ``blog_…`` and (custom content) ``content_…``; ``comment_created``, ``comment_updated``,
  ``comment_removed``; ``label_added``, ``label_removed``; ``space_created``, ``space_updated``, ``space_removed``;
  ``attachment_created``, ``attachment_updated``, ``attachment_removed``; ``user_created``, ``user_deactivated``,
  ``user_reactivated``.
- Jira: ``jira:issue_created``, ``jira:issue_updated``, ``jira:issue_deleted``; ``comment_created``,
  ``comment_updated``, ``comment_deleted``; ``worklog_created``, ``worklog_updated``, ``worklog_deleted``;
  ``issue_property_set``, ``issue_property_deleted``; ``attachment_created``,
  ``attachment_deleted``; ``issuelink_created``, ``issuelink_deleted``; ``project_created``, ``project_updated``,
  ``project_deleted``; ``jira:version_created``, ``jira:version_updated``, ``jira:version_released``,
  ``jira:version_unreleased``, ``jira:version_deleted``; ``filter_created``, ``filter_updated``, ``filter_deleted``;
  ``user_created``, ``user_updated``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ...types import Product
from .database import Database

__all__ = ["Change", "Changes", "Later"]

#: Does some work now or later; None: now.
Later = Callable[[Callable[[], None]], None] | None


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    :ivar account_id: who made it; None when nobody did.
    :ivar before: the value as it was (a page, an issue, a comment …); None when it is new.
    :ivar after: the value as it is; None when it is gone. Both are there on an edit.
    :ivar about: what the value belongs to, where it is not on its own: the page or issue of a comment, label, property
        or attachment, the two issues of a link.
    :ivar details: what else an event tells: ``changelog`` (a :class:`.values.ChangelogEntry`) of an edited issue.
    :ivar trace: ``X-Atlassian-Webhook-Trace`` of the request that caused it.
    """

    product: Product
    kind: str
    account_id: str | None
    before: Any = None
    after: Any = None
    about: Any = None
    details: Mapping[str, Any] = field(default_factory=dict)
    trace: str | None = None

    @property
    def value(self) -> Any:
        """The value as it is, or was."""
        return self.before if self.after is None else self.after


class Changes:
    """Tells a listener of changes, after the transaction that they belong to.

    :ivar listener: gets each change and who is to do the work that it causes; None at first.
    """

    def __init__(self, database: Database) -> None:
        self.listener: Callable[[Change, Later], None] | None = None
        self._database = database
        self._trace: ContextVar[str | None] = ContextVar("trace", default=None)
        self._later: ContextVar[Later] = ContextVar("later", default=None)

    @contextmanager
    def caused_by(self, *, trace: str | None = None, later: Later = None) -> Iterator[None]:
        """Say where the changes of this thread come from, for the length of a ``with`` statement.

        :param trace: echoed on the webhooks. None leaves what was said before, as for ``later``.
        :param later: does the deliveries. Where nobody says who does them, they are done before the change returns.
        """
        traces = self._trace.set(trace or self._trace.get())
        laters = self._later.set(later or self._later.get())
        try:
            yield
        finally:
            self._trace.reset(traces)
            self._later.reset(laters)

    def tell(
        self,
        product: Product,
        kind: str,
        account_id: str | None,
        *,
        before: Any = None,
        after: Any = None,
        about: Any = None,
        **details: Any,
    ) -> None:
        """Tell of a change once it is written; never, if it is not."""
        change = Change(product, kind, account_id, before, after, about, details, self._trace.get())
        later = self._later.get()
        self._database.after_commit(lambda: self.listener(change, later) if self.listener else None)

    def do(self, work: Callable[[], None]) -> None:
        """Do what a change causes besides telling of it: now, or by whoever does the deliveries."""
        later = self._later.get()
        if later is None:
            work()
        else:
            later(work)
