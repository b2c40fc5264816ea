"""Custom fields of issues: those that apps bring along by modules of type ``jiraIssueFields``, and others.

A field comes into being when somebody first looks after its module is there, keeps its id over reinstalls, and is
hidden while its app is not enabled.

Source: https://developer.atlassian.com/cloud/jira/platform/modules/issue-field/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..protocol.modules import Module, value_at
from .store.values import Field, Issue

if TYPE_CHECKING:
    from .installation import Installation
    from .site import Site

__all__ = [
    "FieldOption",
    "add_option",
    "custom_fields",
    "field_of_module",
    "field_options",
    "field_values",
    "module_of_field",
    "remove_option",
]

_TYPES: Final = {
    "string": "string",
    "text": "text",
    "rich_text": "text",
    "number": "number",
    "single_select": "option",
    "multi_select": "options",
}
_OPTIONS: Final = "field_options"


@dataclass(frozen=True, slots=True)
class FieldOption:
    """What can be chosen in a select field."""

    id: int
    value: str


def custom_fields(site: Site) -> list[Field]:
    """The custom fields of a site, by id.

    :return: ``type`` is ``string``, ``text``, ``number``, ``option``, ``options`` or ``read_only``.
    """
    every = site.content.fields()
    known = {field.module: field for field in every if field.module}
    found = [field for field in every if not field.module]
    for name, module in _modules(site):
        kind = str(module.definition.get("type", "string"))
        wanted = (_text(module, "name") or module.key, _TYPES.get(kind, kind), _text(module, "description"))
        field = known.get(name)
        if field is None or (field.name, field.type, field.description) != wanted:
            field = site.content.create_field(wanted[0], type=wanted[1], description=wanted[2], module=name)
        found.append(field)
    return sorted(found, key=lambda field: int(field.id.rpartition("_")[2]))


def module_of_field(site: Site, field: Field) -> tuple[Installation, Module] | None:
    """The app and module that a field comes from. None: there is none, or not now."""
    app_key, _, module_key = field.module.partition("__")
    try:
        installation = site.installation(app_key)
        return installation, installation.module(module_key)
    except KeyError:
        return None


def field_of_module(site: Site, module: str) -> Field | None:
    """The field of a module, by ``app-key__module-key``. None: there is none."""
    return next((field for field in custom_fields(site) if module and field.module == module), None)


def field_values(site: Site, issue: Issue) -> dict[str, Any]:
    """The values of the fields that are not every issue's own, as REST writes them. Empty custom fields are None."""
    values = {name: value for name, value in issue.fields.items() if not name.startswith("customfield_")}
    for field in custom_fields(site):
        if field.type == "read_only":
            values[field.id] = _from_property(site, issue, field)
        else:
            values[field.id] = issue.fields.get(field.id)
    return values


def field_options(site: Site, field: Field) -> list[FieldOption]:
    """What can be chosen in a select field of an app, by id."""
    found = site.entity_properties.all((_OPTIONS, field.id))
    return [FieldOption(int(one.key), str(one.value)) for one in found]


def add_option(site: Site, field: Field, value: str, *, account_id: str, option_id: int | None = None) -> FieldOption:
    """Add an option to a select field.

    :param option_id: of the one that gets another text; None for a new one.
    """
    with site.store.database.transaction():  # else two at once would get one number
        number = option_id or max((one.id for one in field_options(site, field)), default=0) + 1
        site.entity_properties.put((_OPTIONS, field.id), str(number), value, account_id)
        return FieldOption(number, value)


def remove_option(site: Site, field: Field, option_id: int) -> None:
    """Take an option away. Nothing happens when there is none."""
    site.entity_properties.delete((_OPTIONS, field.id), str(option_id))


def _from_property(site: Site, issue: Issue, field: Field) -> Any:
    """A read-only field shows what stands in a property of the issue."""
    found = module_of_field(site, field)
    wanted = found[1].definition.get("property") if found else None
    if not isinstance(wanted, Mapping):
        return None
    try:
        value = site.entity_properties.get(("issue", issue.id), str(wanted.get("key", ""))).value
    except KeyError:
        return None
    return value_at(value, str(wanted.get("path", ""))) if wanted.get("path") else value


def _modules(site: Site) -> Iterator[tuple[str, Module]]:
    for installation in site.installations:
        if installation.state == "enabled":
            for module in (*installation.static_modules, *installation.dynamic_modules):
                if module.type == "jiraIssueFields":
                    yield f"{installation.app_key}__{module.key}", module


def _text(module: Module, name: str) -> str:
    value = module.definition.get(name)
    text = value.get("value") if isinstance(value, Mapping) else value
    return text if isinstance(text, str) else ""
