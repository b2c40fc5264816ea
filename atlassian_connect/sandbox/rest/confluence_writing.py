"""What the versions of Confluence's REST have in common when content is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..store.content import KeyTakenError, Page, TitleTakenError, VersionConflictError
from ..store.pages import MAX_TITLE
from .operations import Call, Reply, RestError

__all__ = ["conflicts", "may_delete", "may_write", "read_title", "read_version", "remove_page", "text_of"]


@contextmanager
def conflicts(*, taken: int = 400) -> Iterator[None]:
    """Answer what the store refuses: 409 for a version, ``taken`` for a title or key, 400 for the rest."""
    try:
        yield
    except VersionConflictError as error:
        raise RestError(409, str(error)) from error
    except (TitleTakenError, KeyTakenError) as error:
        raise RestError(taken, str(error)) from error
    except KeyError as error:
        raise RestError(404, f"There is no {error.args[0]}.") from error
    except ValueError as error:
        raise RestError(400, str(error)) from error


def may_write(call: Call) -> str:
    """The account that writes.

    :raises RestError: nobody is logged in.
    """
    return call.account_id


def may_delete(call: Call) -> str:
    """The account that deletes. Of the people only administrators may; apps may what their scopes say.

    :raises RestError: it may not.
    """
    if call.user is not None and not call.user.administers:
        raise RestError(403, "The user does not have permission to delete.")
    return call.account_id


def remove_page(call: Call, page: Page) -> Reply:
    """Put a page into the trash; delete for good what is there already, or was never published.

    :raises RestError: see :func:`may_delete`.
    """
    account_id = may_delete(call)
    if page.status == "current":
        call.site.content.trash_page(page.id, account_id=account_id)
    else:
        call.site.content.delete_page(page.id, account_id=account_id)
    return Reply(204)


def read_title(wanted: Mapping[str, Any], name: str = "title", *, may_be_empty: bool = False) -> str:
    """:raises RestError: there is no good title."""
    title = wanted.get(name)
    if may_be_empty and title in (None, ""):
        return ""
    if not isinstance(title, str) or not title.strip() or len(title) > MAX_TITLE:
        raise RestError(400, f"{name} must be a text of 1 to {MAX_TITLE} characters.")
    return title


def read_version(wanted: Mapping[str, Any]) -> tuple[int, str]:
    """The number of the new version, and its message.

    :raises RestError: there is no number.
    """
    version = wanted.get("version")
    number = version.get("number") if isinstance(version, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise RestError(400, "version.number must be the number of the new version.")
    message = version.get("message", "") if isinstance(version, Mapping) else ""
    return number, message if isinstance(message, str) else ""


def text_of(wanted: Mapping[str, Any], name: str, default: str = "") -> str:
    """A field that is text, or a number that stands for an id.

    :raises RestError: it is neither.
    """
    value = wanted.get(name, default)
    if value is None:
        return default
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise RestError(400, f"{name} must be a text.")
    return str(value)
