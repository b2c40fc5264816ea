"""What the typed shortcuts take: the fields of the module types used most, as Python spells them.

Sources: the pages of the module types, https://developer.atlassian.com/cloud/jira/platform/modules/ and
https://developer.atlassian.com/cloud/confluence/modules/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    "MacroEditor",
    "MacroFields",
    "MacroParameter",
    "PageFields",
    "StaticMacroFields",
    "Text",
    "WebItemFields",
    "WebPanelFields",
    "WebSectionFields",
    "written",
]

#: A text that people see: plain, or with a key of the translations, as :func:`atlassian_connect.text` makes it.
Text: TypeAlias = str | Mapping[str, str]
ItemContext: TypeAlias = Literal["addon", "page", "product"]
ItemTarget: TypeAlias = Literal["page", "dialog", "inlinedialog", "dialogmodule"]
DialogSize: TypeAlias = Literal["small", "medium", "large", "x-large", "fullscreen"]
OutputType: TypeAlias = Literal["block", "inline"]
BodyType: TypeAlias = Literal["none", "plain-text", "rich-text"]
RenderMode: TypeAlias = Literal["default", "pdf", "word", "email"]
ParameterType: TypeAlias = Literal[
    "string", "boolean", "enum", "attachment", "confluence-content", "spacekey", "username"
]

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


class _ViewFields(TypedDict, total=False):
    url: str
    methods: Sequence[str]
    when_blocked: WhenBlocked


class _Shown(TypedDict, total=False):
    conditions: ConditionLike
    params: Mapping[str, str]
    weight: int


class PageFields(_ViewFields, _Shown, total=False):
    """Fields of ``generalPages``. ``location="none"`` makes no link: the page is opened by other modules."""

    location: str
    icon: Icon
    cacheable: bool


class AdminPageFields(PageFields, total=False):
    """Fields of ``adminPages``. ``full_page`` takes the whole width; Confluence alone knows it."""

    full_page: bool


class ConfigurePageFields(_ViewFields, _Shown, total=False):
    """Fields of ``configurePage``."""

    icon: Icon
    cacheable: bool
    full_page: bool


class WebPanelFields(_ViewFields, _Shown, total=False):
    """Fields of ``webPanels``."""

    layout: Layout
    tooltip: Text
    cacheable: bool
    supports_native: bool


class WebSectionFields(_Shown, total=False):
    """Fields of ``webSections``."""

    tooltip: Text


class WebItemFields(_ViewFields, _Shown, total=False):
    """Fields of ``webItems``. ``context`` says what ``url`` is relative to, ``target`` where it opens."""

    context: ItemContext
    target: ItemTarget
    target_options: Mapping[str, Any]
    icon: Icon
    tooltip: Text
    style_classes: Sequence[str]
    cacheable: bool


class DialogFields(_ViewFields, total=False):
    """Fields and options of ``dialogs``. With ``chrome`` the host draws header and buttons."""

    size: DialogSize
    width: str
    height: str
    chrome: bool
    header: Text
    hint: Text
    cacheable: bool


class IssueContentFields(_ViewFields, _Shown, total=False):
    """Fields of ``jiraIssueContents``. ``content_present_conditions`` show it without a click where they hold."""

    content_present_conditions: ConditionLike
    layout: Layout


class IssueGlanceFields(_ViewFields, _Shown, total=False):
    """Fields of ``jiraIssueGlances``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroParameter:
    """What the user who places a macro can set. It reaches the view as a parameter of the query.

    :ivar identifier: lower-case letters, digits, dots, dashes and underscores.
    :ivar name: text beside the field; None: the identifier.
    :ivar multiple: whether several values can be chosen.
    :ivar default: a text; None: empty.
    :ivar values: the choices of an ``enum``.
    :ivar hidden: whether the editor leaves it out, so that only a page of the app can set it.
    """

    identifier: str
    type: ParameterType = "string"
    name: Text | None = None
    description: Text | None = None
    required: bool = False
    multiple: bool = False
    default: str | None = None
    values: Sequence[str] = ()
    hidden: bool = False

    def to_json(self, path: str = "parameters") -> dict[str, Any]:
        """Write it as a descriptor has it.

        :raises DescriptorError: the identifier or the type is none, or an ``enum`` lacks its values.
        """
        if not re.fullmatch(r"[-_a-z0-9.]+", self.identifier):
            raise DescriptorError(
                f"{self.identifier!r} is no identifier: use lower-case letters, digits, dots, dashes and underscores.",
                path=f"{path}.identifier",
            )
        if self.type not in get_args(ParameterType):
            raise DescriptorError(f"Is one of {', '.join(get_args(ParameterType))}.", path=f"{path}.type")
        if (self.type == "enum") != bool(self.values):
            raise DescriptorError("An enum has values, and nothing else does.", path=f"{path}.values")
        if self.type == "enum" and self.default is not None and self.default not in self.values:
            raise DescriptorError("Is none of the values.", path=f"{path}.default")
        definition: dict[str, Any] = {
            "identifier": self.identifier,
            "name": name_object(self.name or self.identifier),
            "description": None if self.description is None else name_object(self.description),
            "type": self.type,
            "required": self.required,
            "multiple": self.multiple,
            "defaultValue": self.default,
            "values": list(self.values) or None,
            "hidden": self.hidden,
        }
        return {name: value for name, value in definition.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroEditor:
    """A page of the app, in a dialog, instead of the host's form for a macro's parameters.

    :ivar url: below the base URL; its route is yours, guarded by ``@connect.require``.
    :ivar width: such as ``600px`` or ``100%``.
    """

    url: str
    width: str | None = None
    height: str | None = None
    insert_title: Text | None = None
    edit_title: Text | None = None
    cacheable: bool = False

    def to_json(self) -> dict[str, Any]:
        """Write it as a descriptor has it."""
        definition: dict[str, Any] = {
            "url": self.url,
            "width": self.width,
            "height": self.height,
            "insertTitle": None if self.insert_title is None else name_object(self.insert_title),
            "editTitle": None if self.edit_title is None else name_object(self.edit_title),
            "cacheable": self.cacheable or None,
        }
        return {name: value for name, value in definition.items() if value is not None}


class StaticMacroFields(_ViewFields, total=False):
    """Fields of ``staticContentMacros``.

    ``matchers`` are URLs with ``{}`` for what varies: who pastes one gets the macro, with the URL in the parameter
    ``matcher_parameter``. ``rendering_method="post"`` brings the whole body of the macro, in a form.
    """

    parameters: Sequence[MacroParameter]
    editor: MacroEditor
    matchers: Sequence[str]
    matcher_parameter: str
    description: Text
    documentation: str
    icon: Icon
    categories: Sequence[str]
    aliases: Sequence[str]
    output_type: OutputType
    body_type: BodyType
    rendering_method: Literal["get", "post"]
    featured: bool
    hidden: bool


class MacroFields(StaticMacroFields, total=False):
    """Fields of ``dynamicContentMacros``: those of static macros, and what a frame needs.

    ``render_modes`` give the URL of a static macro's view for exports, where no frame can be shown.
    """

    width: str
    height: str
    render_modes: Mapping[RenderMode, str]


def written(
    shape: type, fields: Mapping[str, Any], *, path: str, otherwise: str = "connect.module() takes any."
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Spell fields as the descriptor does, and split off those that are about the view.

    :param shape: one of the classes above.
    :param path: of the module, for messages.
    :param otherwise: where a field goes that is not here.
    :return: arguments of the declaration; fields of the module.
    :raises DescriptorError: there is no such field, or a word is none of those it knows.
    """
    hints = _hints(shape)
    routing: dict[str, Any] = {}
    definition: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in hints:
            raise DescriptorError(
                f"There is no such field; known are {', '.join(sorted(hints))}. {otherwise}",
                path=f"{path}.{name}",
            )
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


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
