"""The descriptor's root from code: what :meth:`Description.describe` takes, and how it meets the template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypedDict, Unpack

from flask import Flask

from ..errors import ConfigurationError, DescriptorError
from ..protocol.descriptor_checks import root_problems
from ..protocol.problems import Checking
from ..protocol.translations import check_texts
from ..protocol.urls import normal_base_url
from .declarations import Declarations
from .shortcut_fields import written

__all__ = ["Description", "DescriptorFields", "read_translations", "with_description"]

#: One locale's texts: flat, or the path of a JSON file below the app's root.
Texts: TypeAlias = Mapping[str, str] | str | Path


class DescriptorFields(TypedDict, total=False):
    """Fields of the descriptor's root.

    ``region_base_urls``: realm → base URL. ``max_migration_duration_hours``: how long moving a tenant to another realm
    may take. ``translations``: locale → flat texts, or a JSON file below the app's root. The rest as in the descriptor.
    """

    name: str
    description: str
    vendor: Mapping[str, str]
    links: Mapping[str, str]
    scopes: Sequence[str]
    api_version: int
    api_migrations: Mapping[str, bool]
    enable_licensing: bool
    editions_enabled: bool
    region_base_urls: Mapping[str, str]
    max_migration_duration_hours: int
    cloud_app_migration: Mapping[str, str]
    translations: Mapping[str, Texts]


class Description(Declarations):
    """Says in code what is not a module."""

    def describe(self, **fields: Unpack[DescriptorFields]) -> None:
        """Say what the descriptor's root has: name, vendor, scopes, licensing, regions, translations, …

        Call it before ``init_app``, as often as you like with different fields. What the template says wins, field by
        field, and entry by entry in objects such as ``links``. With it the template may be missing.

        Source: *Connect app descriptor*, https://developer.atlassian.com/cloud/confluence/connect-app-descriptor/

        :param fields: those of :class:`~atlassian_connect.web.description.DescriptorFields`.
        :raises DescriptorError: a field does not exist, was said before, or would be refused by hosts; ``path`` says
            which.
        """
        if self._is_set_up():
            raise ConfigurationError("Call describe() before init_app: regions and scopes are settled there.")
        _, root = written(DescriptorFields, fields, path="descriptor", otherwise="The template takes any.")
        translations = root.pop("translations", {})
        if "maxMigrationDurationHours" in root:
            root["dataResidency"] = {"maxMigrationDurationHours": root.pop("maxMigrationDurationHours")}
        root = json.loads(json.dumps(root))  # lists and plain objects, and nobody else's to change
        _check(root, translations)
        for name in root:
            if name in self._registry.description:
                raise DescriptorError("Was described before.", path=name)
        for locale, texts in translations.items():
            path = f"translations.{locale}"
            if locale in self._registry.translations:
                raise DescriptorError("Was described before.", path=path)
            if not isinstance(texts, str | Path):
                check_texts(texts, path=path)
        self._registry.description.update(root)
        self._registry.translations.update(translations)

    def _is_set_up(self) -> bool:
        """Hook: whether an app was set up already."""
        return False


def _check(root: Mapping[str, Any], translations: Mapping[str, Texts]) -> None:
    paths = {locale: f"/{locale}" for locale in translations}
    checked = {**root, **({"translations": {"paths": paths}} if paths else {})}
    for problem in root_problems(Checking(served=True), checked):
        if problem.severity == "error" and problem.path.split(".")[0].split("[")[0] in checked:
            raise DescriptorError(f"{problem.message} {problem.fix}".strip(), path=problem.path)
    seen: dict[str, str] = {}
    for realm, url in root.get("regionBaseUrls", {}).items():
        other = seen.setdefault(normal_base_url(url), realm)
        if other != realm:
            raise DescriptorError(f"Is the base URL of {other} already.", path=f"regionBaseUrls.{realm}")


def with_description(
    template: Mapping[str, Any], root: Mapping[str, Any], *, translations: Mapping[str, str]
) -> dict[str, Any]:
    """Put what code says below what the template says.

    :param translations: locale → path below the base URL.
    """
    described = dict(root)
    if translations:
        described["translations"] = {"paths": dict(translations)}
    return _below(described, template)


def _below(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Merge objects, all the way down; ``upper`` wins, and comes first."""
    merged = dict(upper)
    for name, value in lower.items():
        above = merged.get(name)
        if name not in merged:
            merged[name] = value
        elif isinstance(value, Mapping) and isinstance(above, Mapping):
            merged[name] = _below(value, above)
    return merged


def read_translations(app: Flask, declared: Mapping[str, Texts]) -> dict[str, dict[str, str]]:
    """Read the texts of each locale, from code or from files.

    :raises DescriptorError: a file is missing, is no JSON, or is not flat; ``path`` says which locale.
    """
    return {
        locale: check_texts(
            _read(Path(app.root_path, texts), locale) if isinstance(texts, str | Path) else texts,
            path=f"translations.{locale}",
        )
        for locale, texts in declared.items()
    }


def _read(file: Path, locale: str) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DescriptorError(f"{file} cannot be read: {error.strerror}.", path=f"translations.{locale}") from error
    except ValueError as error:
        raise DescriptorError(f"{file} is not valid JSON: {error}", path=f"translations.{locale}") from error
