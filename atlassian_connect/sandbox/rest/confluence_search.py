"""Everything that Confluence's search can find, and finding it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ..macros.storage import macros_in, plain_text
from .cql import parse_cql
from .cql_fields import Entry

if TYPE_CHECKING:
    from ..people import Person
    from ..site import Site
    from ..store.attachments import Attachment
    from ..store.content import Page, Space
    from ..store.values import Comment

__all__ = ["entries", "find_content", "find_entries"]

_NONE: Final[frozenset[str]] = frozenset()


def find_entries(site: Site, cql: str, *, person: Person | None, sees: Callable[[str], bool]) -> list[Entry]:
    """Run a query.

    :param person: who asks; None for an anonymous visitor.
    :param sees: whether what is in a space may be found, by its key.
    :raises CqlError: the query cannot be understood.
    """
    query = parse_cql(cql, now=site.wire.clock(), account_id=person.account_id if person else None)
    return query.run(entries(site, sees, hidden=site.content.hidden_pages(person)))


def find_content(site: Site, cql: str, *, person: Person | None, sees: Callable[[str], bool]) -> list[Page]:
    """The same for pages: of comments and files, the pages that they are on, each once.

    :raises CqlError: the query cannot be understood.
    """
    found: dict[str, Page] = {}
    for one in find_entries(site, cql, person=person, sees=sees):
        page = site.content.page(one.container or one.id)
        found.setdefault(page.id, page)
    return list(found.values())


def entries(site: Site, sees: Callable[[str], bool], *, hidden: frozenset[str] = _NONE) -> Iterator[Entry]:
    """All that can be found: pages, blog posts, custom content, then comments and files.

    :param sees: as above.
    :param hidden: ids of pages that are left out, with what is on them.
    """
    content, labels = site.content, site.content.all_labels()
    spaces = {space.id: space for space in content.spaces() if sees(space.key)}
    pages = {
        page.id: page
        for page in content.all_pages()
        if page.space_id in spaces and page.status == "current" and page.id not in hidden
    }
    above = {page_id: _above(page, pages) for page_id, page in pages.items()}
    for page in pages.values():
        names = frozenset(labels.get(page.id, _NONE))
        yield _of_page(page, spaces[page.space_id], above[page.id], names)
    for comment in content.comments():
        if comment.page_id in pages:
            yield _of_comment(comment, pages[comment.page_id], spaces)
    for file in site.attachments.all_of("page"):
        if file.owner[1] in pages:
            page = pages[file.owner[1]]
            yield _of_file(file, page, spaces[page.space_id])


def _above(page: Page, pages: dict[str, Page]) -> tuple[str, ...]:
    found: list[str] = []
    parent = page.parent_id
    while parent is not None and parent in pages and len(found) < len(pages):
        found.insert(0, parent)
        parent = pages[parent].parent_id
    return tuple(found)


def _of_page(page: Page, space: Space, above: tuple[str, ...], labels: frozenset[str]) -> Entry:
    text, macros = _read(page.body)
    people = frozenset({page.author, page.modified_by})
    return Entry(
        page.id, page.type, page.title, space.key, space.type, page.author, people, page.created, page.modified,
        above, "", labels, macros, text, page,
    )  # fmt: skip


def _of_comment(comment: Comment, page: Page, spaces: dict[str, Space]) -> Entry:
    text, macros = _read(comment.body)
    space, people = spaces[page.space_id], frozenset({comment.author, comment.modified_by})
    return Entry(
        comment.id, "comment", f"Re: {page.title}", space.key, space.type, comment.author, people, comment.created,
        comment.modified, (), page.id, _NONE, macros, text, comment,
    )  # fmt: skip


def _of_file(file: Attachment, page: Page, space: Space) -> Entry:
    return Entry(
        f"att{file.id}", "attachment", file.name, space.key, space.type, file.account_id, frozenset({file.account_id}),
        file.created, file.created, (), page.id, _NONE, _NONE, file.comment, file,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _read(body: str) -> tuple[str, frozenset[str]]:
    """Words and names of macros of a body."""
    return plain_text(body), frozenset(macro.name for macro in macros_in(body))
