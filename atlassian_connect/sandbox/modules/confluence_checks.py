"""The conditions of Confluence that the sandbox can decide: name → function. There are no favourites and watchers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .asked import Asked, Check, administers, always, is_viewer, logged_in, may_edit, never

__all__ = ["CONFLUENCE_CHECKS"]

_READS: Final = frozenset({"view", "read"})
_WRITES: Final = frozenset(
    {"edit", "create", "delete", "comment", "createpage", "editblog", "createblog", "createattachment", "export"}
    | {"removepage", "removeowncontent", "removeblog", "removecomment", "removeattachment"}
)
_ADMINISTERS: Final = frozenset({"administer", "setspacepermissions", "setpermissions", "exportspace"})


def _has_space(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.space is not None


def _has_content(asked: Asked, params: Mapping[str, Any]) -> bool:
    return asked.found.page is not None


def _content_type(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    wanted = params.get("contentTypes", params.get("contentType"))
    if isinstance(wanted, str):
        wanted = [one.strip() for one in wanted.split(",")]
    return asked.found.content_type in wanted if isinstance(wanted, list) else None


def _content_permission(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    name = str(params.get("permission", "")).lower()
    if name in _READS:
        return asked.sees()
    if name in _WRITES:
        return asked.edits()
    return asked.administers and asked.sees() if name in _ADMINISTERS else None


def _page_permission(asked: Asked, params: Mapping[str, Any]) -> bool | None:
    page = asked.found.page
    if page is None:
        return False
    reads = str(params.get("permission", "")).lower() in _READS
    allowed = _content_permission(asked, params)
    return allowed and (reads or asked.site.content.may_edit(asked.found.person, page.id))


def _is_restricted(asked: Asked, params: Mapping[str, Any]) -> bool:
    page, restriction = asked.found.page, asked.site.content.restriction
    return page is not None and not all(restriction(page.id, name).is_open for name in ("read", "update"))


CONFLUENCE_CHECKS: Final[Mapping[str, Check]] = {
    "can_edit_space_styles": lambda asked, params: asked.administers and asked.sees(),
    "can_signup": never,
    "content_has_any_permissions_set": _is_restricted,
    "content_type": _content_type,
    "create_content": may_edit,
    "email_address_public": never,
    "favourite_page": never,
    "favourite_space": never,
    "following_target_user": never,
    "has_attachment": lambda asked, params: bool(asked.situation.values.get("attachment.id")),
    "has_attachment_permission": _page_permission,
    "has_blog_post": lambda asked, params: asked.found.content_type == "blogpost",
    "has_page": lambda asked, params: asked.found.content_type == "page",
    "has_page_permission": _page_permission,
    "has_space": _has_space,
    "latest_version": _has_content,
    "not_personal_space": lambda asked, params: asked.found.space is None or asked.found.space.type != "personal",
    "printable_version": never,
    "showing_page_attachments": lambda asked, params: bool(asked.situation.values.get("attachment.id")),
    "space_function_permission": _content_permission,
    "space_sidebar": _has_space,
    "target_user_has_personal_blog": never,
    "target_user_has_personal_space": lambda asked, params: asked.has_personal_space(asked.situation.profile),
    "threaded_comments": always,
    "tiny_url_supported": _has_content,
    "user_can_create_personal_space": logged_in,
    "user_can_use_confluence": logged_in,
    "user_favouriting_target_user_personal_space": never,
    "user_has_personal_blog": never,
    "user_has_personal_space": lambda asked, params: asked.has_personal_space(asked.situation.account_id),
    "user_is_confluence_administrator": administers,
    "user_logged_in_editable": may_edit,
    "user_watching_page": never,
    "user_watching_space": never,
    "user_watching_space_for_content_type": never,
    "viewing_content": _has_content,
    "viewing_own_profile": is_viewer,
}
