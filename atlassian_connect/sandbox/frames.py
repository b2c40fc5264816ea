"""What a browser is given to load a module."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from ..protocol.qsh import canonical_request, query_string_hash
from .http import Answer, Headers
from .module_urls import Frame, join, page_url
from .policies import ContentBlockedError, container_of
from .wire import CONNECT_VERSION

if TYPE_CHECKING:
    from .installation import Installation

__all__ = ["block_page", "make_frame"]


def make_frame(
    installation: Installation,
    module_key: str,
    *,
    account_id: str | None,
    context: Mapping[str, str] | None,
    url: str | None = None,
) -> Frame:
    """Make the signed URL of a module. See :meth:`Installation.frame`.

    :param url: another page of the module than its main one, such as a macro's editor, or of the app, as a dialog.
    """
    module, site = installation.module(module_key), installation.site
    cacheable = url is None and module.definition.get("cacheable") is True
    url = url or page_url(module)
    if url is None:
        raise ValueError(f"{module.type} {module_key!r} has no page to open.")
    place = container_of(site, context or {})
    if place is not None and place in installation.blocked:
        raise ContentBlockedError(installation.app_key, place)
    base_url = installation.app_base_url
    if cacheable:  # loaded as it stands: no variables, no parameters, no token
        return Frame(join(base_url, url, None).url)
    licence = "active" if installation.licensed and installation.descriptor.get("enableLicensing") is True else "none"
    target = join(
        base_url,
        url,
        {"condition.user_is_logged_in": "true" if account_id else "false", **(context or {})},
        [
            ("xdm_e", site.origin),
            ("xdm_c", f"channel-{installation.app_key}__{module_key}"),
            ("cp", site.context_path),
            ("xdm_deprecated_addon_key_do_not_use", installation.app_key),
            ("lic", licence),
            ("cv", CONNECT_VERSION),
        ],
    )
    if installation.shared_secret is None:
        return Frame(target.url)
    claims = installation.claims(query_string_hash("GET", target.path, target.query), account_id)
    canonical = canonical_request("GET", target.path, target.query)
    return Frame(f"{target.url}&jwt={installation.sign_claims(claims)}", claims, canonical)


def block_page(error: ContentBlockedError) -> Answer:
    """What the host shows in the place of a module that it does not load. The status is the sandbox's own choice."""
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Blocked</title>'
        f"<h1>This content has been blocked</h1><p>{escape(str(error))}</p></html>"
    )
    return Answer(403, Headers([("Content-Type", "text/html; charset=utf-8")]), page.encode())
