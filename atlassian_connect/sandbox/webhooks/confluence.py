"""What the webhooks of Confluence say. The name of the event is in no body: apps tell events apart by their URLs.

The bodies about pages, comments and content follow captured deliveries; those about spaces, labels, attachments and
users are put together from what third parties tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..people import Person, confluence_user
from ..rest.shapes import content_json
from ..store.attachments import Attachment
from ..store.changes import Change
from ..store.content import Page, Space
from ..store.values import Comment, Label

if TYPE_CHECKING:
    from ..site import Site

__all__ = ["BODIES"]

_WHOLE_CONTENT: Final = frozenset({"space", "version", "history"})


def _page(site: Site, change: Change) -> dict[str, Any]:
    page: Page = change.value
    body: dict[str, Any] = {"updateTrigger": "edit_page"} if change.kind.endswith("_updated") else {}
    body |= {"suppressNotifications": False, _subject(page): page_facts(site, page)}
    if change.kind.endswith("_moved"):
        body |= {
            name: page_facts(site, site.content.page(value.parent_id))
            for name, value in (("oldParent", change.before), ("newParent", change.after))
            if value.parent_id is not None
        }
    return body


def _content(site: Site, change: Change) -> dict[str, Any]:
    page: Page = change.value
    return {"content": {**content_json(page, site, _WHOLE_CONTENT), "type": page.type, "status": page.status}}


def _comment(site: Site, change: Change) -> dict[str, Any]:
    comment: Comment = change.value
    page: Page = change.about
    facts: dict[str, Any] = {
        "id": int(comment.id),
        "idAsString": comment.id,
        "contentType": "comment",
        "title": f"Re: {page.title}",
        **_home(site, page),
        **_written(comment),
        "parent": page_facts(site, page),
        "self": f"{_address(site, page)}?focusedCommentId={comment.id}",
    }
    if comment.parent_id is not None:
        facts["inReplyTo"] = {"id": int(comment.parent_id), "idAsString": comment.parent_id}
    return {"suppressNotifications": False, "comment": facts}


def _label(site: Site, change: Change) -> dict[str, Any]:
    label: Label = change.value
    facts = {"id": int(label.id), "name": label.name, "prefix": label.prefix}
    return {"label": facts, "labeled": page_facts(site, change.about)}


def _attachment(site: Site, change: Change) -> dict[str, Any]:
    file: Attachment = change.value
    facts = {
        "id": f"att{file.id}",
        "contentType": "attachment",
        "fileName": file.name,
        "fileSize": len(file.data),
        "mediaType": file.media_type,
        "comment": file.comment,
        "version": file.version,
        "creatorAccountId": file.account_id,
        "creationDate": _milliseconds(file.created),
        "self": f"{site.base_url}/rest/api/content/att{file.id}",
    }
    attached_to = page_facts(site, change.about) if isinstance(change.about, Page) else {}
    return {"attachments": [facts], "attachedTo": attached_to}


def _space(site: Site, change: Change) -> dict[str, Any]:
    space: Space = change.value
    return {
        "space": {
            "id": int(space.id),
            "key": space.key,
            "title": space.name,
            "description": space.description,
            "isPersonalSpace": space.type == "personal",
            "creatorAccountId": space.author,
            "creationDate": _milliseconds(space.created),
            "self": f"{site.base_url}/spaces/{space.key}",
        }
    }


def _user(site: Site, change: Change) -> dict[str, Any]:
    person: Person = change.value
    return {"userProfile": confluence_user(person, site.base_url)}


def page_facts(site: Site, page: Page) -> dict[str, Any]:
    """A page or blog post as webhooks tell of it."""
    return {
        "id": int(page.id),
        "idAsString": page.id,
        **_home(site, page),
        "title": page.title,
        "contentType": page.type,
        **_written(page),
        "self": _address(site, page),
    }


def _home(site: Site, page: Page) -> dict[str, Any]:
    return {"spaceKey": site.content.space(page.space_id).key, "spaceId": int(page.space_id)}


def _written(one: Page | Comment) -> dict[str, Any]:
    return {
        "creatorAccountId": one.author,
        "lastModifierAccountId": one.modified_by,
        "creationDate": _milliseconds(one.created),
        "modificationDate": _milliseconds(one.modified),
        "version": one.version,
    }


def _address(site: Site, page: Page) -> str:
    place = "blog" if page.type == "blogpost" else "pages"
    return f"{site.base_url}/spaces/{site.content.space(page.space_id).key}/{place}/{page.id}"


def _subject(page: Page) -> str:
    return "blog" if page.type == "blogpost" else "page"


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


_EDITS: Final = ("created", "updated", "moved", "trashed", "restored", "removed")

#: What writes the body of an event.
BODIES: Final[Mapping[str, Callable[[Site, Change], dict[str, Any]]]] = {
    **{f"{subject}_{edit}": _page for subject in ("page", "blog") for edit in _EDITS},
    **{f"content_{edit}": _content for edit in _EDITS},
    **{f"comment_{edit}": _comment for edit in ("created", "updated", "removed")},
    **{f"label_{edit}": _label for edit in ("added", "removed")},
    **{f"attachment_{edit}": _attachment for edit in ("created", "updated", "removed")},
    **{f"space_{edit}": _space for edit in ("created", "updated", "removed")},
    **{f"user_{edit}": _user for edit in ("created", "deactivated", "reactivated")},
}
