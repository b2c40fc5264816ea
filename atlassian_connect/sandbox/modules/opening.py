"""How a module opens: in a frame of its own, through a link, or by way of another module of its app.

Source: *Web item*, https://developer.atlassian.com/cloud/confluence/modules/web-item/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl

from ...errors import UrlNotAllowedError
from ...protocol.modules import Module, value_at
from ..module_urls import foreign_url, join, page_url, substitute
from .catalogue import TypePlace

if TYPE_CHECKING:
    from ..installation import Installation

__all__ = ["Opening", "Opens", "opening_of"]

#: ``page``: a page of the host with the module in a frame. ``frame``: in place. ``dialog``, ``inlinedialog``: over the
#: page. ``link``: the browser goes to :attr:`Opening.href`. ``addon``: the browser goes to the app, with a signed URL.
#: ``hidden``: in a frame that nobody sees. ``called``: the host itself calls the URL. ``section``: has items inside.
Opens = Literal["page", "frame", "dialog", "inlinedialog", "link", "addon", "hidden", "called", "section"]

_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE).match
_PAGES: Final = ("generalPages", "adminPages", "configurePage", "postInstallPage", "profilePages", "jiraProjectPages")


@dataclass(frozen=True, slots=True)
class Opening:
    """How a module opens.

    :ivar key: of the module whose URL is opened: its own, or that of the page or dialog that it names.
    :ivar href: of a link; empty otherwise.
    :ivar options: ``target.options`` of an item, those of the dialog it names below them.
    :ivar parameters: of the page's own address; those that begin with ``ac.`` are variables of the page's URL.
    :ivar problem: why it cannot be opened; empty when it can.
    """

    opens: Opens
    key: str
    href: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    problem: str = ""


def opening_of(installation: Installation, module: Module, row: TypePlace, context: Mapping[str, str]) -> Opening:
    """Tell how a module opens.

    :param context: values of context variables, for links that leave the app.
    """
    if row.opens == "by target":
        return _by_target(installation, module, context)
    if row.opens == "by key":
        name = "target.key" if module.type == "keyboardShortcuts" else "uiSupport.contentViewComponent.moduleKey"
        return _by_key(installation, value_at(module.definition, name), name, context)
    opens: Any = row.opens
    options = module.definition.get("options") if opens == "dialog" else None
    opening = Opening(opens, module.key, options=_mapping(options))
    if opens == "section":
        return opening
    return _checked(installation, module, opening)


def _by_target(installation: Installation, module: Module, context: Mapping[str, str]) -> Opening:
    """A web item or byline item: ``target`` says where it opens, ``context`` what its URL is relative to."""
    target = module.definition.get("target")
    kind = str(value_at(module.definition, "target.type") or target or "page").lower()
    options = _mapping(value_at(module.definition, "target.options"))
    if kind == "dialogmodule":
        opening = _named(installation, options.get("key"), "target.options.key")
        return _with(opening, "dialog", options)
    url, relative_to = page_url(module), str(module.definition.get("context", "addon")).lower()
    relative_to = relative_to if relative_to in ("page", "product") else "addon"
    if url is None:
        return Opening("page", module.key, problem="The module has no URL, and its target is no dialog module.")
    if _ABSOLUTE(url):
        relative_to = "web" if _leads_out(installation, url) else "addon"
    if relative_to in ("web", "product"):
        base = "" if relative_to == "web" else f"{installation.site.base_url}/"
        return Opening("link", module.key, href=base + substitute(url if not base else url.lstrip("/"), context))
    dialog = kind in ("dialog", "inlinedialog")
    opening = _checked(installation, module, Opening("addon", module.key))
    if relative_to == "page":
        key, _, query = url.partition("?")
        named = _named(installation, key.strip("/"), "url")
        if not (dialog and named.problem):  # apps write their own URLs here as well, and dialogs show them
            parameters = dict(parse_qsl(substitute(f"?{query}", context)[1:], keep_blank_values=True))
            opening = replace(named, parameters=parameters)
    return _with(opening, kind if dialog else opening.opens, options)


def _by_key(installation: Installation, key: object, where: str, context: Mapping[str, str]) -> Opening:
    """A keyboard shortcut or custom content: a field names the module, which may be a web item."""
    for module in installation.modules:
        if module.key == key and module.type == "webItems":
            return _by_target(installation, module, context)
    return _named(installation, key, where)


def _leads_out(installation: Installation, url: str) -> bool:
    """Whether an absolute URL leads out of the app."""
    try:
        join(installation.app_base_url, url, {})
    except UrlNotAllowedError:
        return True
    return False


def _named(installation: Installation, key: object, where: str) -> Opening:
    """By way of another module of the app: a page or a dialog."""
    try:
        named = installation.module(key) if isinstance(key, str) and key else None
    except KeyError:
        named = None
    if named is None:
        return Opening("page", "", problem=f"{where} names {key!r}, and the app has no such module here.")
    if named.type == "dialogs":
        return _checked(
            installation, named, Opening("dialog", named.key, options=_mapping(named.definition.get("options")))
        )
    return _checked(installation, named, Opening("page" if named.type in _PAGES else "addon", named.key))


def _checked(installation: Installation, module: Module, opening: Opening) -> Opening:
    problem = ""
    if page_url(module) is None:
        problem = "The module has no URL."
    elif foreign := foreign_url(module, installation.app_base_url):
        problem = f"{foreign} is not below the app's base URL."
    return replace(opening, problem=problem)


def _with(opening: Opening, opens: Any, options: Mapping[str, Any]) -> Opening:
    return replace(opening, opens=opens, options={**opening.options, **options})


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
