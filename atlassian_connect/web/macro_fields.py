"""What the shortcuts for macros take: parameters, editors, and the fields of both kinds of macros.

Sources: *Dynamic content macro* and *Static content macro*,
https://developer.atlassian.com/cloud/confluence/modules/dynamic-content-macro/ and
https://developer.atlassian.com/cloud/confluence/modules/static-content-macro/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from ..errors import DescriptorError
from ..protocol.modules import name_object
from .shortcut_fields import Icon, Text, ViewFields

__all__ = ["MacroEditor", "MacroFields", "MacroParameter", "StaticMacroFields", "macro_definition"]

OutputType: TypeAlias = Literal["block", "inline"]
BodyType: TypeAlias = Literal["none", "plain-text", "rich-text"]
RenderMode: TypeAlias = Literal["default", "pdf", "word", "email"]
ParameterType: TypeAlias = Literal[
    "string", "boolean", "enum", "attachment", "confluence-content", "spacekey", "username"
]


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


class StaticMacroFields(ViewFields, total=False):
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


def macro_definition(fields: Mapping[str, Any], *, path: str) -> tuple[dict[str, Any], list[str]]:
    """Write a macro's fields as the descriptor has them, and return the identifiers of its parameters too.

    :param fields: as :func:`.written` gives them.
    :param path: of the module, for messages.
    :raises DescriptorError: two parameters have one identifier, or matchers have no parameter to fill.
    """
    definition = dict(fields)
    parameters: Sequence[MacroParameter] = definition.pop("parameters", ())
    matchers, matched = definition.pop("matchers", None), definition.pop("matcherParameter", None)
    identifiers = [parameter.identifier for parameter in parameters]
    if len(set(identifiers)) != len(identifiers):
        raise DescriptorError("Two parameters have the same identifier.", path=f"{path}.parameters")
    if (matchers is None) != (matched is None) or (matched is not None and matched not in identifiers):
        raise DescriptorError(
            "matchers need matcher_parameter, a parameter of the macro.", path=f"{path}.matcher_parameter"
        )
    if parameters:
        definition["parameters"] = [
            parameter.to_json(f"{path}.parameters[{index}]") for index, parameter in enumerate(parameters)
        ]
    if matchers is not None:
        definition["autoconvert"] = {
            "matchers": [{"pattern": pattern} for pattern in matchers],
            "urlParameter": matched,
        }
    if "editor" in definition:
        definition["editor"] = definition["editor"].to_json()
    if "documentation" in definition:
        definition["documentation"] = {"url": definition["documentation"]}
    if "renderModes" in definition:
        definition["renderModes"] = {mode: {"url": url} for mode, url in definition["renderModes"].items()}
    return definition, identifiers
