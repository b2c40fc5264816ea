"""What the typed shortcuts take: the fields of the module types used most, as Python spells them.

Sources: the pages of the module types, https://developer.atlassian.com/cloud/jira/platform/modules/ and
https://developer.atlassian.com/cloud/confluence/modules/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, Required, TypeAlias, TypedDict, get_args, get_origin, get_type_hints

from ..errors import DescriptorError
from ..protocol.conditions import ConditionLike
from ..protocol.modules import name_object
from .blocked import WhenBlocked

__all__ = [
    "AdminPageFields",
    "ConfigurePageFields",
    "DialogFields",
    "Icon",
    "IssueContentFields",
    "IssueGlanceFields",
    "Layout",
    "PageFields",
    "Text",
    "ViewFields",
    "WebItemFields",
    "WebPanelFields",
    "WebSectionFields",
    "WebhookFields",
    "written",
]

#: A text that people see: plain, or with a key of the translations, as :func:`atlassian_connect.text` makes it.
Text: TypeAlias = str | Mapping[str, str]
ItemContext: TypeAlias = Literal["addon", "page", "product"]
ItemTarget: TypeAlias = Literal["page", "dialog", "inlinedialog", "dialogmodule"]
DialogSize: TypeAlias = Literal["small", "medium", "large", "x-large", "fullscreen"]

#: Fields that are no part of the module: where its view is, and how it answers.
_ROUTING = frozenset({"url", "methods", "when_blocked"})


class Icon(TypedDict, total=False):
    """A picture. ``url`` is absolute, or below the base URL; the sizes are pixels."""

    url: Required[str]
    width: int
    height: int


class Layout(TypedDict, total=False):
    """The size of a frame, such as ``100%`` or ``300px``."""

    width: str
    height: str


class ViewFields(TypedDict, total=False):
    """Where a module's view is, and how it answers: as in :meth:`.Declarations.module`."""

    url: str
    methods: Sequence[str]
    when_blocked: WhenBlocked


class _Shown(TypedDict, total=False):
    conditions: ConditionLike
    params: Mapping[str, str]
    weight: int


class _Page(ViewFields, _Shown, total=False):
    icon: Icon
    cacheable: bool


class PageFields(_Page, total=False):
    """Fields of ``generalPages``. ``location="none"`` makes no link: the page is opened by other modules."""

    location: str


class AdminPageFields(PageFields, total=False):
    """Fields of ``adminPages``. ``full_page`` takes the whole width; Confluence alone knows it."""

    full_page: bool


class ConfigurePageFields(_Page, total=False):
    """Fields of ``configurePage``."""

    full_page: bool


class WebPanelFields(ViewFields, _Shown, total=False):
    """Fields of ``webPanels``."""

    layout: Layout
    tooltip: Text
    cacheable: bool
    supports_native: bool


class WebSectionFields(_Shown, total=False):
    """Fields of ``webSections``."""

    tooltip: Text


class WebItemFields(ViewFields, _Shown, total=False):
    """Fields of ``webItems``. ``context`` says what ``url`` is relative to, ``target`` where it opens."""

    context: ItemContext
    target: ItemTarget
    target_options: Mapping[str, Any]
    icon: Icon
    tooltip: Text
    style_classes: Sequence[str]
    cacheable: bool


class DialogFields(ViewFields, total=False):
    """Fields and options of ``dialogs``. With ``chrome`` the host draws header and buttons."""

    size: DialogSize
    width: str
    height: str
    chrome: bool
    header: Text
    hint: Text
    cacheable: bool


class IssueContentFields(ViewFields, _Shown, total=False):
    """Fields of ``jiraIssueContents``. ``content_present_conditions`` show it without a click where they hold."""

    content_present_conditions: ConditionLike
    layout: Layout


class IssueGlanceFields(ViewFields, _Shown, total=False):
    """Fields of ``jiraIssueGlances``."""


class WebhookFields(TypedDict, total=False):
    """Fields of ``webhooks``, of which Confluence knows ``exclude_body`` and ``conditions``.

    ``filter`` is JQL: only events of issues that match are sent. ``exclude_body`` leaves the body empty.
    ``property_keys`` name entity properties whose values come with the body.
    """

    filter: str
    exclude_body: bool
    property_keys: Sequence[str]
    conditions: ConditionLike


def written(
    shape: type, fields: Mapping[str, Any], *, path: str, otherwise: str = "connect.module() takes any."
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Spell fields as the descriptor does, and split off those that are about the view.

    A field that is spelt as in the descriptor already (``excludeBody``) is taken, too: people copy from there.

    :param shape: one of the classes above.
    :param path: of the module, for messages.
    :param otherwise: where a field goes that is not here.
    :return: arguments of the declaration; fields of the module.
    :raises DescriptorError: there is no such field, it is given in both spellings, or a word is none of those it knows.
    """
    hints = _hints(shape)
    routing: dict[str, Any] = {}
    definition: dict[str, Any] = {}
    for given, value in fields.items():
        name = given if given in hints else _snake(given)
        if name not in hints:
            raise DescriptorError(
                f"There is no such field; known are {', '.join(sorted(hints))}. {otherwise}",
                path=f"{path}.{given}",
            )
        if name != given and name in fields:
            raise DescriptorError(f"Is given as {name} as well.", path=f"{path}.{given}")
        if name in _ROUTING:
            routing[name] = value  # checked where it is declared
            continue
        words = get_args(hints[name]) if get_origin(hints[name]) is Literal else ()
        if words and value is not None and value not in words:
            raise DescriptorError(f"{value!r} is none of {', '.join(words)}.", path=f"{path}.{name}")
        if value is not None:
            definition[_camel(name)] = name_object(value) if hints[name] == Text else value
    return routing, definition


@cache
def _hints(shape: type) -> dict[str, Any]:
    return get_type_hints(shape)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
